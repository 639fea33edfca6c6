"""Other repositories that a submission fetches, installs or links: half of them are suggestions for `--also`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from grader.reading.describing import clean_place
from grader.reading.markdown import Block
from grader.reading.pieces import Piece
from grader.reading.staged import staged_text
from grader.records import RepositoryLink, Submission
from grader.text import clean, without_credentials

LIMIT_LINKS = 200
LIMIT_LINE = 2_000
LIMIT_LIST_BYTES = 100_000
Kind = Literal["cloned", "installed", "linked", "notebook"]

_ADDRESS = r"(?:https?://|ssh://|git://|git@)[^\s\"'<>|;&)\]}\\,]{4,300}"
_CLONE = re.compile(rf"\bclone(?:_from)?\b(?P<options>[^\n]{{0,200}}?)(?P<url>{_ADDRESS})")
_BRANCH = re.compile(r"(?:^|\s)(?:-b|--branch)[\s=]+(?P<branch>[\w./-]{1,80})")
_INSTALL = re.compile(rf"git\+(?P<url>{_ADDRESS})")
_MODULE = re.compile(rf"^\s*url\s*=\s*(?P<url>{_ADDRESS})", re.MULTILINE)
_QUOTES = str.maketrans({'"': " ", "'": " ", ",": " ", "[": " ", "(": " "})
_GITHUB = re.compile(
    r"(?:https?://|ssh://|git://|git@)?(?:[^/@\s]*@)?(?:www\.)?github\.com[/:]([\w.-]+)/([\w.-]+)",
    re.IGNORECASE,
)
_COLAB = re.compile(
    r"https?://colab\.research\.google\.com/(drive/[\w-]+|github/([\w.-]+)/([\w.-]+))", re.IGNORECASE
)
_NO_OWNER = frozenset(
    {"features", "topics", "sponsors", "settings", "marketplace", "orgs", "apps", "user-attachments"}
)
_LISTS = re.compile(r"(?:^|/)(?:requirements[\w.-]*\.txt|environment\.ya?ml|\.gitmodules|pyproject\.toml)$")


def fetched_by_code(source: Iterable[Piece], submission: Submission) -> Iterator[RepositoryLink]:
    """`git clone` and `pip install git+...` in cells and scripts, however they are spelled; not the own repository."""
    own = own_name(submission)
    for piece in source:
        if not piece.is_own:
            continue
        for number, line in enumerate((piece.raw or piece.text).split("\n"), 1):
            if "git" in line:
                for kind, url in _fetched(line[:LIMIT_LINE]):
                    if f"{url.lower()}/".startswith(f"https://github.com/{own}/"):
                        continue  # the submission itself, fetched to where the notebook runs
                    yield RepositoryLink(url, clean_place(piece.place(number)), kind)


def cloned(source: str) -> tuple[str, ...]:
    """Addresses of the repositories that a cell or script clones, each once, the submission's own too."""
    lines = [line[:LIMIT_LINE] for line in source.split("\n") if "git" in line]
    found = [url for line in lines for kind, url in _fetched(line) if kind == "cloned"]
    return tuple(dict.fromkeys(found))[:LIMIT_LINKS]


def _fetched(line: str) -> Iterator[tuple[Kind, str]]:
    spaced = line.translate(_QUOTES)
    if "clone" in spaced and not spaced.lstrip().startswith("#"):
        for found in _CLONE.finditer(spaced):
            branch = _BRANCH.search(found["options"])
            yield "cloned", _pasted(found["url"], branch["branch"] if branch else "")
    if not spaced.lstrip().startswith("#"):
        for found in _INSTALL.finditer(spaced):
            yield "installed", _pasted(found["url"])


def in_lists(root: Path, submission: Submission) -> Iterator[RepositoryLink]:
    """Repositories that lists of requirements and git's own list of submodules name."""
    for file in submission.files:
        if not _LISTS.search(file.path):
            continue
        try:
            text = staged_text(root, file.path, LIMIT_LIST_BYTES)
        except ValueError:
            continue
        is_modules = file.path.endswith(".gitmodules")
        for number, line in enumerate(text.split("\n"), 1):
            for found in (_MODULE if is_modules else _INSTALL).finditer(line[:LIMIT_LINE]):
                kind: Kind = "cloned" if is_modules else "installed"
                yield RepositoryLink(_pasted(found["url"]), clean_place(f"{file.path}:{number}"), kind)


def linked(page: list[Block], path: str, submission: Submission) -> Iterator[RepositoryLink]:
    """Links of the README to other repositories on GitHub, and to notebooks that are kept on Colab."""
    own = own_name(submission)
    for block in page:
        if block.kind == "prose":
            yield from _bare_colab(block, path)
        if block.kind != "link":
            continue
        colab, github = _COLAB.match(block.target[:LIMIT_LINE]), _GITHUB.match(block.target[:LIMIT_LINE])
        place = clean_place(f"{path}:{block.line}")
        owner, name = (colab[2], colab[3]) if colab else (github[1], github[2]) if github else ("", "")
        if colab and not owner:
            yield RepositoryLink(
                clean(without_credentials(f"https://colab.research.google.com/{colab[1]}")), place, "notebook"
            )
        elif owner and owner.lower() not in _NO_OWNER:
            whole = f"{owner}/{name.removesuffix('.git')}"
            if whole.lower() != own:
                yield RepositoryLink(clean(f"https://github.com/{whole}"), place, "linked")


def _bare_colab(block: Block, path: str) -> Iterator[RepositoryLink]:
    """An address of Colab that stands in the text as it is: GitHub shows it as a link."""
    for line, text in enumerate(block.lines[:LIMIT_LINKS], block.line):
        for found in _COLAB.finditer(text[:LIMIT_LINE]):
            if not found[2]:
                url = without_credentials(f"https://colab.research.google.com/{found[1]}")
                yield RepositoryLink(clean(url), clean_place(f"{path}:{line}"), "notebook")


def own_name(submission: Submission) -> str:
    """`owner/name` of the submission's own repository, in lower case; "" where it is no repository of GitHub's."""
    own = _GITHUB.search(submission.source)
    return f"{own[1]}/{own[2].removesuffix('.git')}".lower() if own else ""


def distinct(links: Iterable[RepositoryLink]) -> tuple[RepositoryLink, ...]:
    """Each repository once, where it is first named and in the strongest of its ways."""
    strength = {"cloned": 0, "installed": 1, "linked": 2, "notebook": 3}
    found: dict[str, RepositoryLink] = {}
    for link in links:
        key = link.url.lower()
        if key not in found or strength[link.kind] < strength[found[key].kind]:
            found[key] = link
        if len(found) >= LIMIT_LINKS:
            break
    return tuple(found.values())


def _pasted(url: str, branch: str = "") -> str:
    """The address as a person would paste it: no credentials, no `.git`; a branch as GitHub shows it."""
    plain = without_credentials(url.rstrip(".,:"))
    github = _GITHUB.match(plain)
    if github:
        reference = re.search(r"@([\w./-]{1,80})(?:#|$)", plain.partition("github.com")[2])
        at = branch or (reference[1] if reference else "")
        name = github[2].partition("@")[0].removesuffix(".git")
        return clean(f"https://github.com/{github[1]}/{name}" + (f"/tree/{at}" if at else ""))
    return clean(plain.partition("#")[0].removesuffix(".git"))
