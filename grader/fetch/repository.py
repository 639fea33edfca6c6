"""A git repository as the source: ask, receive one commit, list it, write its regular files. Never a checkout."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from grader.errors import FetchError, GraderError, GraderFault
from grader.fetch.complaints import explain
from grader.fetch.digest import tree_digest
from grader.fetch.git import Call, Git, GitFailed, Watch, size_below
from grader.fetch.interface import Errand, Fetched
from grader.fetch.listing import Entry, Place, locate, read_listing
from grader.fetch.refs import Target, choose, read_refs
from grader.fetch.staging import Stage, check_total, megabytes
from grader.fetch.url import Link
from grader.records import Submission
from grader.text import clean

_HERE = "refs/grader/handed-in"
_REFS_BYTES = 64 << 20
_WATCH_SECONDS = 0.2
_SAY_SECONDS = 2.0


@dataclass(frozen=True)
class Commit:
    """A commit that has arrived, in a bare repository of our own."""

    git_dir: Path
    commit: str
    committed_at: str


def bring(link: Link, ref: str, errand: Errand) -> Fetched:
    """Fetch what `link` names and stage it.

    Raises:
        FetchError, GraderFault: as `grader.fetch.interface.fetch`.
    """
    git = Git(errand)
    try:
        errand.progress(f"Asking {link.host or link.shown} for its branches")
        target = choose(link, ref, _refs(git, link))
        errand.progress(f"Receiving {target.ref or 'the default branch'} of {link.name}")
        commit = receive(git, link, target, errand)
        entries = entries_of(git, commit, commit.commit, errand)
        place = locate(target.path, entries)
        stage = _staged(git, commit, entries, errand)
    except GitFailed as failed:
        raise explain(failed, link) from failed
    return Fetched(_record(link, target, commit, place, stage), stage.root)


def _refs(git: Git, link: Link) -> dict[str, str]:
    asked = Call(("ls-remote", "--quiet", "--", link.url), protocols=link.protocols)
    return read_refs(git.output(asked, _REFS_BYTES))


def receive(git: Git, link: Link, target: Target, errand: Errand) -> Commit:
    """Fetch one commit without its history into a new bare repository.

    Raises:
        GitFailed: git could not; FetchError: it is over the cap, or what arrived is no commit.
    """
    git_dir = errand.holder / "git"
    git.output(Call(("init", "--quiet", "--bare", "--template=", "--", str(git_dir))))
    options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
    arguments = ("fetch", *options, "--", link.url, f"{target.wanted}:{_HERE}")
    watch = _watch(git_dir, errand)
    try:
        git.output(Call(arguments, git_dir, protocols=link.protocols, watch=watch))
    except GitFailed as failed:
        raise _of_receiving(failed, link, target, size_below(git_dir), errand) from failed
    if size_below(git_dir) > errand.caps.clone_bytes:
        raise _over_clone_cap(errand)
    return _arrived(git, git_dir, target)


def _of_receiving(
    failed: GitFailed, link: Link, target: Target, size_bytes: int, errand: Errand
) -> GraderError:
    """Git does not say that the kernel stopped a file at the cap, but the file is there; a refused commit is named."""
    if size_bytes >= errand.caps.clone_bytes:
        return _over_clone_cap(errand)
    if "couldn't find remote ref HEAD" in failed.stderr:
        return FetchError(f"{link.name} has no commit yet.", "Commit the work, then hand it in again.")
    explained = explain(failed, link)
    if target.is_commit and "give out that commit" in explained.message:
        return FetchError(
            f"The server does not give out the commit {target.wanted} of {link.name}.",
            "See that it was pushed to this repository; else name a branch or tag that holds it.",
        )
    return explained


def _watch(folder: Path, errand: Errand) -> Watch:
    """Measures the clone as it grows, says so now and then, and stops it at the cap."""
    last = [0.0, time.monotonic()]

    def look() -> None:
        now = time.monotonic()
        if now - last[0] < _WATCH_SECONDS:
            return
        last[0] = now
        size_bytes = size_below(folder)
        if size_bytes > errand.caps.clone_bytes:
            raise _over_clone_cap(errand)
        if now - last[1] > _SAY_SECONDS:
            last[1] = now
            errand.progress(f"Receiving: {megabytes(size_bytes)}")

    return look


def _over_clone_cap(errand: Errand) -> FetchError:
    return FetchError(
        f"The repository is larger than {megabytes(errand.caps.clone_bytes)}, even without its history.",
        "Take data sets and saved weights out of it.",
    )


def _arrived(git: Git, git_dir: Path, target: Target) -> Commit:
    """Resolve what was fetched; a tag may stand for something that is no commit."""
    show = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{_HERE}^{{commit}}")
    try:
        commit = git.output(Call(show, git_dir)).decode().strip()
    except GitFailed:
        raise FetchError(
            f'"{clean(target.ref or target.wanted, 80)}" is not a commit.',
            "Name a branch, or a tag of a commit.",
        ) from None
    date = git.output(Call(("log", "-1", "--no-show-signature", "--format=%cI", commit), git_dir))
    return Commit(git_dir, commit, clean(date.decode("utf-8", "replace").strip(), 40))


def entries_of(git: Git, commit: Commit, treeish: str, errand: Errand) -> list[Entry]:
    """All files of a tree, folders unfolded."""
    call = Call(("ls-tree", "-r", "-z", "-l", "--full-tree", treeish), commit.git_dir)
    with closing(git.stream(call)) as chunks:
        return read_listing(chunks, errand.caps)


def _staged(git: Git, commit: Commit, entries: list[Entry], errand: Errand) -> Stage:
    stage = Stage(errand.root, errand.caps)
    taken = [entry for entry in entries if not entry.reason]
    for entry in entries:
        if entry.reason:
            stage.leave_out(entry.raw, entry.reason)
    check_total(sum(entry.size_bytes for entry in taken), errand.caps)
    if taken:
        wanted = "".join(f"{entry.object_id}\n" for entry in taken).encode()
        call = Call(("cat-file", "--batch"), commit.git_dir, stdin=wanted)
        with closing(git.stream(call)) as chunks:
            for entry, content in zip(taken, _contents(chunks, taken), strict=True):
                stage.take(entry.path, content)
    return stage


def _contents(chunks: Iterator[bytes], taken: list[Entry]) -> Iterator[bytes]:
    """The contents that `git cat-file --batch` prints: `<id> blob <size>`, newline, content, newline.

    The sizes are known from the listing and were checked; an answer of another shape is damage.
    """
    buffer = bytearray()
    for entry in taken:
        header = f"{entry.object_id} blob {entry.size_bytes}\n".encode()
        whole = len(header) + entry.size_bytes + 1
        while len(buffer) < whole and (chunk := next(chunks, b"")):
            buffer += chunk
        if not buffer.startswith(header) or len(buffer) < whole:
            raise GraderFault(
                f"Git could not read {entry.path} back.", "Try again; if it stays, look at git's version."
            )
        yield bytes(buffer[len(header) : whole - 1])
        del buffer[:whole]
    for _ in chunks:  # git ends by itself, with its exit code
        pass


def _record(link: Link, target: Target, commit: Commit, place: Place, stage: Stage) -> Submission:
    files = stage.files_below(place.subfolder)
    if not files:
        where = f"folder {place.subfolder} of {link.name}" if place.subfolder else f"repository {link.name}"
        raise FetchError(
            f"The {where} holds no files that can be graded.", "Push the work, then hand it in again."
        )
    readme = place.readme_path
    return Submission(
        source=link.shown,
        kind="git",
        name=link.name,
        subfolder=place.subfolder,
        ref=clean(target.ref, 200),
        commit=commit.commit,
        committed_at=commit.committed_at,
        dirty=False,
        tree_digest=tree_digest(files),
        files=files,
        left_out=stage.left_out_below(place.subfolder),
        readme_path=readme if any(file.path == readme for file in files) else "",
        notes=(*link.notes, *place.notes, *stage.notes()),
    )


def local_link(url: str, name: str, path: str = "") -> Link:
    """A repository on this machine, for which the file protocol is allowed."""
    return Link(url, clean(url, 300), clean(name, 120), "", path=path, protocols="file")
