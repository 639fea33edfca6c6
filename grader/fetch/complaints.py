"""What git's complaints mean: the link's fault, or this machine's. Whatever is not understood is ours."""

from __future__ import annotations

import re

from grader.errors import FetchError, GraderError, GraderFault, UsageError
from grader.fetch.access import NO_ACCESS, TOKEN_OPTION, Access, place_of
from grader.fetch.git import GitFailed
from grader.fetch.url import Link
from grader.text import clean

_TRY_AGAIN = "Look at this machine's network, and at the spelling of the host; then try again."
_NOT_THERE = "Check the spelling, and that it is public; for private work see --git-token-env and --git-ssh."
_GIVE_TOKEN = (
    f"Check the spelling; for private work give {TOKEN_OPTION} NAME (an environment variable that holds a token), "
    "or a folder."
)

_DISK = re.compile(
    r"No space left|Disk quota exceeded|unable to write file|Read-only file system", re.IGNORECASE
)
_MEMORY = re.compile(r"out of memory|Cannot allocate memory", re.IGNORECASE)
_CERTIFICATE = re.compile(r"certificate|SSL_ERROR|gnutls_handshake|SSL routines", re.IGNORECASE)
_NETWORK = re.compile(
    r"Could not resolve|Name or service not known|Temporary failure in name|Failed to connect|Connection refused|"
    r"Connection reset|Connection timed out|Operation timed out|Operation too slow|Network is unreachable|"
    r"No route to host|Couldn't connect|RPC failed|early EOF|unexpected disconnect|hung up unexpectedly|"
    r"Empty reply from server|returned error: (?:408|429|5\d\d)|Connection closed|Recv failure|Send failure|"
    r"transfer closed|GnuTLS recv error|SSL_read|non-properly terminated|Could not resolve proxy|"
    r"Proxy CONNECT aborted|CONNECT tunnel failed",
    re.IGNORECASE,
)
_HOST_KEY = re.compile(r"Host key verification failed", re.IGNORECASE)
_KEY = re.compile(r"Permission denied \(|Permission denied, please try again", re.IGNORECASE)
_PRIVATE = re.compile(
    r"could not read (?:Username|Password)|Authentication failed|terminal prompts disabled|"
    r"returned error: (?:401|403)|access denied",
    re.IGNORECASE,
)
_ASKED = re.compile(r"could not read (?:Username|Password) for '[a-z]+://(?:[^'@/]*@)?([^'@/]+)'")
_MISSING = re.compile(
    r"repository '[^']*' not found|Repository not found|returned error: (?:404|410)|project you were looking for|"
    r"does not appear to be a git repository|not a git repository",
    re.IGNORECASE,
)
_OWNERSHIP = re.compile(r"dubious ownership", re.IGNORECASE)
_NO_REPOSITORY = re.compile(
    r"not valid: is this a git repository|invalid server response|protocol error", re.IGNORECASE
)
_NO_COMMIT = re.compile(
    r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref", re.IGNORECASE
)
_BROKEN = re.compile(
    r"fsck error|bad object|corrupt|inflate: data stream|missing tree|did not send all necessary|"
    r"invalid index-pack output|index-pack|unresolved deltas|mismatched algorithms|maximum allowed tree depth|"
    r"pack-objects died",
    re.IGNORECASE,
)
_REDIRECT = re.compile(
    r"transport '[^']*' not allowed|unable to update url base|Protocol \"\S+\" (?:not|disabled)",
    re.IGNORECASE,
)


def explain(failed: GitFailed, link: Link, access: Access = NO_ACCESS) -> GraderError:
    """The error that a person should see for git's failure at `link`, which was asked with `access`."""
    said = failed.stderr
    where = link.host or "this machine"
    for pattern, message, hint in _faults_of_ours(where):
        if pattern is _NETWORK and not link.host:
            continue  # no network lies between: git, reading there, has broken off
        if pattern.search(said):
            return GraderFault(f"{message} {first_words(failed)}", hint)
    if _KEY.search(said):
        return UsageError(
            f"{link.host} does not let the keys of this ssh agent read {link.shown}.",
            "Add the right key (ssh-add), or give the https address.",
        )
    if _PRIVATE.search(said):
        return _closed(said, link, access)
    if access.token_for(link.url) and _MISSING.search(said):
        return FetchError(
            f"There is no repository at {link.shown}, or the token of {TOKEN_OPTION} may not see it.",
            "Check the spelling, and that it is shared with the token's owner.",
        )
    for pattern, message, hint in _faults_of_the_link(link):
        if pattern.search(said):
            return FetchError(message, hint)
    return GraderFault(
        f"Git failed at {link.shown}: {first_words(failed)}", "Try again; if it stays, a person must look."
    )


def _faults_of_ours(where: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    return (
        (_DISK, "The disk is full while fetching.", "Make room, or set TMPDIR to a folder with room."),
        (_MEMORY, "Git ran out of memory.", "Try again on a machine with more memory."),
        (
            _CERTIFICATE,
            f"The certificate of {where} is not trusted here.",
            "Look at the clock and the certificates of this machine (GIT_SSL_CAINFO).",
        ),
        (
            _HOST_KEY,
            f"This machine does not know the ssh key of {where}.",
            "Use the https address, or add the host to known_hosts.",
        ),
        (_NETWORK, f"{where} could not be reached.", _TRY_AGAIN),
        (
            _OWNERSHIP,
            "The repository belongs to another user of this machine.",
            "Run the grader as its owner, or hand in a copy.",
        ),
    )


def _faults_of_the_link(link: Link) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    shown = link.url if not link.host else link.shown
    return (
        (_REDIRECT, f"{shown} leads to an address that is not https.", "Give the repository's own address."),
        (_MISSING, f"There is no repository at {shown}.", _NOT_THERE),
        (
            _BROKEN,
            f"The objects of {shown} are damaged: git refuses them.",
            "Run git fsck there, repair it and push again.",
        ),
        (
            _NO_REPOSITORY,
            f"What is at {shown} is not a git repository.",
            "Give the repository's own address.",
        ),
        (
            _NO_COMMIT,
            f"The server does not give out that commit or branch of {shown}.",
            "See that it was pushed; name a branch or tag that holds it.",
        ),
    )


def _closed(said: str, link: Link, access: Access) -> GraderError:
    """A password was asked for. By whom, and was there one to give?"""
    asked, place = _ASKED.search(said), place_of(link.url)
    if asked and asked[1].lower() != place:
        return FetchError(
            f"{link.shown} leads to {clean(asked[1], 80)}, which asks for a password: another host is given none.",
            "Give the repository's own address.",
        )
    if access.token_for(link.url):
        return UsageError(
            f"{link.host} refuses the token of {TOKEN_OPTION} for {link.shown}.",
            "See that it is whole and has not expired, and that it may read the contents of this repository.",
        )
    message = f"{link.shown} is private, or does not exist: {link.host} asks for a password."
    if access.tokens:
        return FetchError(
            f"{message} The token of {TOKEN_OPTION} is for another host, and was not given.",
            f"Where this host is to have one, name it: {TOKEN_OPTION} {place}=NAME.",
        )
    return FetchError(message, _GIVE_TOKEN)


def first_words(failed: GitFailed) -> str:
    """What git said first that is an error, as one clean sentence in brackets."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", failed.stderr) if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:"))] or lines
    return f"({clean(telling[0], 200)})" if telling else f"(git {failed.verb} ended with {failed.returncode})"
