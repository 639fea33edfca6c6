"""Links as people paste them, taken apart without asking anybody.

Where the branch ends and the path begins in `…/tree/feature/x/S4` only the repository's own list of refs can
say, so `tail` keeps both together. No message repeats what may be a secret: text of the link beyond its scheme
and host is shown only once it is known to hold no credentials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, quote, unquote, urlsplit

from grader.errors import FetchError
from grader.fetch.hosts import KNOWN_HOSTS, NO_REPOSITORY, VIEWERS, shows_repository, split_path
from grader.text import clean

_EXAMPLE = "https://github.com/owner/repository"
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_SCP = re.compile(
    r"(?P<user>[A-Za-z0-9_][\w.-]*)@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?P<path>(?!/?-)[^\s:\\]+)"
)
_HELPER = re.compile(r"[A-Za-z0-9+.-]+::")
_BARE_HOST = re.compile(
    rf"(?:www\.)?(?:{'|'.join(map(re.escape, sorted(KNOWN_HOSTS | VIEWERS)))})(?:/|$)", re.IGNORECASE
)
_SUBDIRECTORY = "subdirectory="
_CLONE = re.compile(r"[!$%]?\s*git\s+clone\s+(?=[^-\s])")
_MARKDOWN = re.compile(r"\[[^\]\n]*\]\(\s*<?([^()\s<>]+)>?\s*\)")
_PIP = re.compile(r"git\+(?=https://)", re.IGNORECASE)
_MAX_LENGTH = 2000


@dataclass(frozen=True)
class Link:
    """A repository, and perhaps a place in it."""

    url: str  # what git is given
    shown: str  # for people and for the record: no credentials, no query
    name: str  # "owner/repository"
    host: str  # "" for a repository on this machine
    tail: tuple[str, ...] = ()  # what stands behind tree/ or blob/: a branch, tag or commit, then a path
    ref: str = ""  # where the link says it without a doubt
    path: str = ""  # below the root, where it is known without a ref
    protocols: str = "https"  # what git may use for this source
    notes: tuple[str, ...] = ()


def looks_like_link(text: str) -> bool:
    """Whether `parse` should have the last word on it, and not the file system."""
    bare = _unwrapped(text)
    return (
        "://" in bare
        or bare.startswith("-")
        or bool(_HELPER.match(bare) or _SCP.fullmatch(bare) or _BARE_HOST.match(bare))
    )


def parse(text: str) -> Link:
    """Take a link apart.

    Raises:
        FetchError: it is no link to a repository, or one that is never followed; the message says which.
    """
    link = _unwrapped(text)
    _refuse_shape(link)
    link, folder = _apart(link)
    found = _repository(link)
    return _with_folder(found, folder) if folder else found


def with_folder(link: str, folder: str) -> str:
    """The link of a folder in a repository, in the form that pip uses: it says the same for every host."""
    return f"{link}#{_SUBDIRECTORY}{quote(folder.strip('/'), safe='/')}"


def _apart(link: str) -> tuple[str, str]:
    """The link without its fragment's `subdirectory=`, and that folder; "" where it names none."""
    bare, _, fragment = link.partition("#")
    named = [part for part in fragment.split("&") if part.startswith(_SUBDIRECTORY)]
    return (bare, unquote(named[0].removeprefix(_SUBDIRECTORY))) if named else (link, "")


def _with_folder(link: Link, folder: str) -> Link:
    segments = [segment for segment in folder.split("/") if segment]
    _refuse_odd(segments, link.host)
    shown = clean(with_folder(link.shown, folder), 300)
    if link.tail:
        return replace(link, tail=(*link.tail, *segments), shown=shown)
    return replace(link, path="/".join(segments), shown=shown)


def _repository(link: str) -> Link:
    if "://" not in link:
        scp = _SCP.fullmatch(link)
        if scp:
            return _from_scp(scp)
        if not _BARE_HOST.match(link):
            raise FetchError("This is not a link to a repository.", f"Give its address: {_EXAMPLE}.")
        link = f"https://{link}"
    pip = _PIP.match(link)
    parts = _parts(link[pip.end() :] if pip else link)
    if pip:
        parts = _from_pip(parts)
    return _from_ssh(parts) if parts.scheme == "ssh" else _from_web(parts)


def _from_pip(parts: SplitResult) -> SplitResult:
    """`git+https://host/owner/repository@branch`: as pip writes it; the branch moves to where a page has it."""
    path, _, ref = parts.path.partition("@")
    return parts._replace(path=f"{path}/tree/{ref}" if ref else path)


def _unwrapped(text: str) -> str:
    """The link in what was pasted: without brackets and quotes, out of a Markdown link or a `git clone`."""
    bare = _bare(text[: 2 * _MAX_LENGTH])
    markdown = _MARKDOWN.fullmatch(bare)
    if markdown:
        bare = _bare(markdown[1])
    return _bare(_CLONE.sub("", bare, count=1)) if _CLONE.match(bare) else bare


def _bare(text: str) -> str:
    bare = text.strip("\ufeff\u200b \t\r\n").strip("<>\"'`").strip().rstrip(",;")
    return bare.removesuffix(")") if "(" not in bare else bare


def _refuse_shape(link: str) -> None:
    if not link:
        raise FetchError("The link is empty.", f"Give the repository's address: {_EXAMPLE}.")
    if link.startswith("-"):
        raise FetchError("The link starts with a dash.", f"Give the repository's address: {_EXAMPLE}.")
    if len(link) > _MAX_LENGTH:
        raise FetchError(f"The link is longer than {_MAX_LENGTH} characters.", f"Give only {_EXAMPLE}.")
    if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) < 0xE000 for c in link):  # surrogates: not UTF-8
        raise FetchError(
            "The link holds control characters or broken ones.", "Copy the address again from the browser."
        )
    if _HELPER.match(link):
        raise FetchError(
            f"Addresses of the kind {link.partition('::')[0]}:: run a program and are never followed.",
            f"Give an https address: {_EXAMPLE}.",
        )


def _parts(link: str) -> SplitResult:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise FetchError("The link is not a valid address.", f"Give one such as {_EXAMPLE}.") from None
    _refuse_scheme(parts.scheme, host.removeprefix("www."))
    if not _HOST.fullmatch(host):
        raise FetchError("The link names no valid host.", f"Give an address such as {_EXAMPLE}.")
    if parts.password is not None:
        raise FetchError(
            f"The link to {host} holds a password or token.",
            "Give it without, and withdraw that token: it was shared. For private work there is --git-token-env NAME.",
        )
    return parts


def _refuse_scheme(scheme: str, host: str) -> None:
    if scheme in ("https", "ssh") or (scheme == "http" and host in KNOWN_HOSTS):
        return
    if scheme == "file":
        raise FetchError("Links that begin with file:// are not followed.", "Give the folder's path itself.")
    if scheme == "http":
        raise FetchError(
            "The link begins with http://, where anybody on the way can change what arrives.",
            "Write https://.",
        )
    if scheme == "git":
        raise FetchError(
            "The link begins with git://, where anybody on the way can change what arrives.",
            f"Give the https address: {_EXAMPLE}.",
        )
    raise FetchError(
        f"Links that begin with {clean(scheme, 20)}:// are not followed, only https:// and ssh://.",
        f"Give the https address: {_EXAMPLE}.",
    )


def _from_scp(found: re.Match[str]) -> Link:
    """`git@host:owner/repository.git`, kept in that form: its path is relative to the user's home there."""
    segments = [segment for segment in found["path"].split("/") if segment]
    _refuse_odd(segments, found["host"])
    return Link(found[0], clean(found[0], 300), _name(segments), found["host"].lower(), protocols="ssh")


def _from_ssh(parts: SplitResult) -> Link:
    host = parts.hostname or ""
    segments = [segment for segment in parts.path.split("/") if segment]
    _refuse_odd(segments, host)
    if host.startswith("-") or (parts.username or "").startswith("-"):
        raise FetchError("The link names no valid host.", f"Give the https address: {_EXAMPLE}.")
    user = f"{quote(parts.username, safe='')}@" if parts.username else ""
    url = f"ssh://{user}{_place(parts)}{quote(parts.path, safe='/%~')}"
    return Link(url, clean(url, 300), _name(segments), host, protocols="ssh")


def _from_web(parts: SplitResult) -> Link:
    host = (parts.hostname or "").removeprefix("www.")
    segments = [segment for segment in parts.path.split("/") if segment]
    if host in NO_REPOSITORY and not shows_repository(host, segments):
        raise FetchError(
            f"This is a link to {NO_REPOSITORY[host]}, not to a repository.", _repository_needed(host)
        )
    _refuse_odd(_decoded(segments), host)
    found = split_path(host, segments)
    place = found.host or (_place(parts) if host not in KNOWN_HOSTS else host)
    url = "/".join([f"https://{place}", *(quote(part, safe="%~+@:") for part in found.repository)])
    tail = tuple(_decoded(found.tail))
    shown = "/".join([url, *found.marker, *tail])
    notes = ("The user name in the link was left out.",) if parts.username else ()
    name = _name([unquote(part) for part in found.repository])
    return Link(url, clean(shown, 300), name, host, tail, notes=notes)


def _decoded(segments: list[str]) -> list[str]:
    """Some hosts write the slash in a branch's name as %2F."""
    return [part for segment in segments for part in unquote(segment).split("/") if part]


def _repository_needed(host: str) -> str:
    if host == "colab.research.google.com":
        return "Save the notebook in a repository (File, Save a copy in GitHub) and hand in its address."
    return f"Put the work in a public repository and give its address: {_EXAMPLE}."


def _refuse_odd(segments: list[str], host: str) -> None:
    """A path that climbs, or that git or ssh could take for an option."""
    if not segments:
        raise FetchError(f"The link to {host} names no repository.", f"Give the whole address: {_EXAMPLE}.")
    if segments[0].startswith("-"):
        raise FetchError("The repository's name starts with a dash.", f"Give its address: {_EXAMPLE}.")
    if any(part in (".", "..") or any(ord(c) < 32 or ord(c) == 127 for c in part) for part in segments):
        raise FetchError('The link\'s path holds ".." or control characters.', "Copy the address again.")


def _place(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port is not None else host


def _name(segments: list[str]) -> str:
    return clean("/".join(segments[-2:]).removesuffix(".git"), 120)
