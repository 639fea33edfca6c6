"""How the hosts of repositories write their pages' addresses: where the repository ends and a place in it begins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.errors import FetchError

KNOWN_HOSTS = frozenset(
    {
        "github.com",
        "gitlab.com",
        "bitbucket.org",
        "codeberg.org",
        "gist.github.com",
        "raw.githubusercontent.com",
        "codeload.github.com",
        "github.dev",
    }
)
"""Hosts that serve https for every http address of theirs."""

TOKEN_USERS = {
    "github.com": "x-access-token",
    "gist.github.com": "x-access-token",
    "gitlab.com": "oauth2",
    "bitbucket.org": "x-token-auth",
    "codeberg.org": "oauth2",
}
"""Hosts that may be handed a token without being named for it, and the user name that each wants beside it."""

NO_REPOSITORY = {
    "colab.research.google.com": "a Colab notebook",
    "drive.google.com": "a file on Google Drive",
    "docs.google.com": "a Google document",
    "kaggle.com": "a Kaggle page",
    "nbviewer.org": "a notebook viewer",
    "nbviewer.jupyter.org": "a notebook viewer",
}

VIEWERS = frozenset(
    {"colab.research.google.com", "nbviewer.org", "nbviewer.jupyter.org", "githubtocolab.com"}
)
"""Pages that show a notebook of a repository; what stands behind `github/` in their addresses is GitHub's own."""

_VIEWS = frozenset({"tree", "blob", "raw", "blame", "edit", "commit", "commits"})


@dataclass(frozen=True)
class Split:
    repository: list[str]
    marker: list[str]  # how this host writes "a place in it": ["tree"], ["-", "blob"]
    tail: list[str]
    host: str = ""  # where the repository is on another host than the page


def split_path(host: str, segments: list[str]) -> Split:
    """Split the path of an address on `host`.

    Raises:
        FetchError: it is a page of the host that is neither a repository nor a folder or file in one.
    """
    if host in VIEWERS or host == "github.dev":
        return replace(split_path("github.com", _behind_viewer(segments)), host="github.com")
    if host == "codeload.github.com":
        behind = _archive_tail(segments[3:])
        return Split(_owned(segments, "github.com"), ["tree"] if behind else [], behind, "github.com")
    if host == "raw.githubusercontent.com":
        return Split(_owned(segments, "github.com"), ["blob"], segments[2:], "github.com")
    if host == "gist.github.com":
        return Split(segments[-1:] if len(segments) == 1 else segments[:2], [], [])
    if host == "github.com":
        return _behind(_owned(segments, host), segments[2:], host)
    if host == "bitbucket.org":
        return _behind(_owned(segments, host), segments[2:], host, _VIEWS | {"src", "branch"})
    if host == "codeberg.org":
        return _forgejo(_owned(segments, host), segments[2:], host)
    return _anywhere(host, segments)


def shows_repository(host: str, segments: list[str]) -> bool:
    """Whether a page that is no repository's shows a notebook of one on GitHub."""
    return host == "githubtocolab.com" or (host in VIEWERS and segments[:1] == ["github"])


def _behind_viewer(segments: list[str]) -> list[str]:
    return segments[1:] if segments[:1] == ["github"] else segments


def _archive_tail(segments: list[str]) -> list[str]:
    """The branch or tag in the address of a packed download: `refs/heads/main.zip`, `main.tar.gz`."""
    if not segments:
        return []
    last = segments[-1]
    ending = next((end for end in (".tar.gz", ".zip", ".tar.bz2", ".tar") if last.endswith(end)), "")
    return [*segments[:-1], last.removesuffix(ending)]


def _owned(segments: list[str], host: str) -> list[str]:
    if len(segments) < 2:
        raise FetchError(
            f"The link names an account on {host}, not a repository.",
            f"Give the repository's address: https://{host}/owner/repository.",
        )
    return segments[:2]


def _behind(repository: list[str], rest: list[str], host: str, views: frozenset[str] = _VIEWS) -> Split:
    """What stands behind owner and repository: nothing, or a view and its ref and path."""
    if not rest:
        return Split(repository, [], [])
    if rest[0] == "archive" and rest[1:]:
        named = (
            rest[1:-1] if host != "github.com" and rest[2:] else rest[1:]
        )  # GitLab: archive/main/name-main.zip
        return Split(repository, ["tree"], _archive_tail(named))
    if rest[:2] == ["releases", "tag"] and rest[2:]:
        return Split(repository, ["tree"], rest[2:])
    if rest[0] not in views:
        raise FetchError(
            f'The link is to the page "{rest[0][:40]}" of a repository on {host}, not to its files.',
            "Give the address of the repository, or of a folder in it.",
        )
    return Split(repository, rest[:1] if rest[1:] else [], rest[1:])


def _forgejo(repository: list[str], rest: list[str], host: str) -> Split:
    """`/src/branch/main/S4`: the kind of ref stands before it."""
    if len(rest) > 2 and rest[0] in ("src", "raw") and rest[1] in ("branch", "tag", "commit"):
        return Split(repository, rest[:2], rest[2:])
    return _behind(repository, rest, host, _VIEWS | {"src"})


def _anywhere(host: str, segments: list[str]) -> Split:
    """GitLab (`/-/tree/`), and hosts of one's own: the first segment that can only be a view."""
    if "-" in segments[1:]:
        cut = segments.index("-", 1)
        behind = _behind(segments[:cut], segments[cut + 1 :], host)
        return Split(behind.repository, ["-", *behind.marker] if behind.marker else [], behind.tail)
    for cut in range(1, len(segments)):
        if segments[cut] in ("tree", "blob") and segments[cut + 1 :]:
            return Split(segments[:cut], segments[cut : cut + 1], segments[cut + 1 :])
        if segments[cut] == "src" and segments[cut + 1 : cut + 2] == ["branch"] and segments[cut + 2 :]:
            return Split(segments[:cut], segments[cut : cut + 2], segments[cut + 2 :])
    return Split(segments, [], [])
