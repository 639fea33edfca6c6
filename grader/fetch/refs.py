"""Which commit is meant: the asked ref, or the one in the link, against the refs that the repository has."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from grader.errors import FetchError
from grader.fetch.url import Link
from grader.text import clean

_LINE = re.compile(rb"([0-9a-f]{40})\t(HEAD|refs/[^\x00-\x20\x7f ~^:?*\[\\]+)")
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_HEADS, _TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True)
class Target:
    """What to fetch: a full ref name or a commit; and what that leaves of the link: a path in the repository."""

    wanted: str  # "HEAD", "refs/heads/main", or 40 hex digits
    ref: str  # as a person writes it; "" for the default branch
    path: tuple[str, ...]

    @property
    def is_commit(self) -> bool:
        return _COMMIT.fullmatch(self.wanted) is not None


def read_refs(listing: bytes) -> dict[str, str]:
    """Full ref name → object id, from the output of `git ls-remote`; odd names and peeled tags are left out."""
    found = {}
    for line in listing.split(b"\n"):
        match = _LINE.fullmatch(line)
        if match:
            found[match[2].decode("utf-8", "replace")] = match[1].decode()
    return found


def choose(link: Link, asked: str, refs: dict[str, str]) -> Target:
    """The target for this link. `asked` wins over the link's ref; branches win over tags of the same name.

    Raises:
        FetchError: the repository is empty, or has no such branch or tag.
    """
    if not refs:
        raise FetchError(f"The repository {link.shown} is empty.", "Push the work, then hand it in again.")
    in_link, path = _from_tail(link.tail, refs) if link.tail else ("", _parts(link.path))
    if asked:
        return Target(_full_name(asked, refs, link), asked, path)
    if link.tail:
        return Target(_full_name(in_link, refs, link), in_link, path)
    if "HEAD" not in refs:
        raise FetchError(
            f"The default branch of {link.shown} has no commit; {_have(refs)}.",
            "Name a branch with --ref, or set the default branch on the host.",
        )
    return Target("HEAD", "", path)


def _from_tail(tail: tuple[str, ...], refs: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """The longest start of `tail` that is a ref, and the rest; else its first part, and the rest."""
    for length in range(len(tail), 0, -1):
        name = "/".join(tail[:length])
        if _find(name, refs):
            return name, tail[length:]
    return "/".join(tail[:1]), tail[1:]


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _find(name: str, refs: dict[str, str]) -> str:
    """The full name or commit that `name` stands for; "" where there is none."""
    for full in (f"{_HEADS}{name}", f"{_TAGS}{name}", name if name.startswith("refs/") else ""):
        if full in refs:
            return full
    return name.lower() if _COMMIT.fullmatch(name) else "HEAD" if name == "HEAD" and "HEAD" in refs else ""


def _full_name(name: str, refs: dict[str, str], link: Link) -> str:
    full = _find(name, refs)
    if full:
        return full
    short = re.fullmatch(r"[0-9a-f]{7,39}", name)
    hint = (
        "A commit must be given with all of its 40 digits."
        if short
        else "Check the spelling, or push the branch."
    )
    raise FetchError(
        f'There is no branch or tag "{clean(name, 80)}" in {link.shown}; {_have(refs, name)}.', hint
    )


def _have(refs: dict[str, str], near: str = "") -> str:
    """A few names that are there, the most alike first."""
    names = [
        full.removeprefix(_HEADS).removeprefix(_TAGS) for full in refs if full.startswith((_HEADS, _TAGS))
    ]
    alike = difflib.get_close_matches(near, names[:2000], n=3, cutoff=0.5) if near else []
    listed = [*alike, *(name for name in names if name not in alike)][:5]
    more = f" and {len(names) - len(listed)} more" if len(names) > len(listed) else ""
    return (
        f"it has {', '.join(clean(name, 60) for name in listed)}{more}"
        if listed
        else "it has no branch at all"
    )
