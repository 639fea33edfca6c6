"""A git repository as the source: ask, receive one commit, list it, write its regular files. Never a checkout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from grader.errors import FetchError, GraderFault, UsageError
from grader.fetch.access import SSH_OPTION, Access
from grader.fetch.complaints import explain
from grader.fetch.digest import tree_digest
from grader.fetch.errand import Asked, Brought, Errand
from grader.fetch.git import Call, Git, GitFailed
from grader.fetch.history import Choice, choose_commit, last_change
from grader.fetch.listing import Entry, Place, locate, read_listing
from grader.fetch.receiving import HERE, receive_into
from grader.fetch.refs import Target, choose, read_refs
from grader.fetch.staging import Stage, check_total
from grader.fetch.url import Link
from grader.records import Submission
from grader.text import clean

_REFS_BYTES = 64 << 20


@dataclass(frozen=True)
class Commit:
    """A commit that has arrived, in a bare repository of our own."""

    git_dir: Path
    commit: str
    committed_at: str


def bring(link: Link, asked: Asked, errand: Errand) -> Brought:
    """Fetch what `link` names and stage it.

    Raises:
        FetchError, UsageError, GraderFault: as `grader.fetch.interface.fetch`.
    """
    _refuse_ssh(link, errand.access)
    git = Git(errand)
    try:
        errand.progress(f"Asking {link.host or link.shown} for its branches")
        target = choose(link, asked.ref, _refs(git, link))
        choice = _by_date(git, link, target, asked, errand)
        errand.progress(f"Receiving {target.ref or 'the default branch'} of {link.name}")
        commit = _chosen(git, link, target, choice, errand)
        entries = entries_of(git, commit, commit.commit, errand)
        place = locate(target.path, entries)
        stage = _staged(git, commit, entries, errand)
    except GitFailed as failed:
        raise explain(failed, link, errand.access) from failed
    place = replace(place, notes=(*place.notes, *(choice.notes if choice else ())))
    record = _record(link, target, commit, place, stage, asked.whole)
    changed_at = _changed_at(git, link, target, record, errand) if asked.wants_change else ""
    return Brought(record, stage.root, choice.earlier_commits if choice else 0, changed_at)


def _refuse_ssh(link: Link, access: Access) -> None:
    if link.protocols == "ssh" and not access.ssh:
        raise UsageError(
            f"{link.shown} is an ssh address, and those are followed with {SSH_OPTION} alone.",
            f"Give the repository's https address, or add {SSH_OPTION}: it uses the keys of your ssh agent.",
        )


def _by_date(git: Git, link: Link, target: Target, asked: Asked, errand: Errand) -> Choice | None:
    if asked.moment is None or (asked.moment.yields and target.ref):
        return None
    return choose_commit(git, link, target, asked.moment, errand)


def _chosen(git: Git, link: Link, target: Target, choice: Choice | None, errand: Errand) -> Commit:
    """The commit that a date chose is asked for by itself, or lies here already."""
    if choice is None:
        return receive(git, link, target, errand)
    here = local_link(str(choice.whole), link.name) if choice.whole else link
    return receive(git, here, Target(choice.commit, target.ref, target.path), errand)


def _changed_at(git: Git, link: Link, target: Target, record: Submission, errand: Errand) -> str:
    """Only a folder has a date of its own. It is worth a look, and not worth an error."""
    if not record.subfolder:
        return ""
    try:
        return last_change(git, link, target, record.commit, record.subfolder, errand)
    except FetchError:
        return ""


def _refs(git: Git, link: Link) -> dict[str, str]:
    asked = Call(("ls-remote", "--quiet", "--", link.url), protocols=link.protocols, url=link.url)
    return read_refs(git.output(asked, _REFS_BYTES))


def receive(git: Git, link: Link, target: Target, errand: Errand) -> Commit:
    """Fetch one commit without its history into a new bare repository.

    Raises:
        GitFailed: git could not; FetchError: it is over the cap, or what arrived is no commit.
    """
    git_dir = errand.holder / "git"
    receive_into(git, git_dir, link, target, errand, ("--depth=1",))
    return _arrived(git, git_dir, target)


def _arrived(git: Git, git_dir: Path, target: Target) -> Commit:
    """Resolve what was fetched; a tag may stand for something that is no commit."""
    show = ("rev-parse", "--quiet", "--verify", "--end-of-options", f"{HERE}^{{commit}}")
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


def _record(
    link: Link, target: Target, commit: Commit, place: Place, stage: Stage, whole: bool
) -> Submission:
    below = "" if whole else place.subfolder
    files = stage.files_below(below)
    if not files:
        where = f"folder {place.subfolder} of {link.name}" if place.subfolder else f"repository {link.name}"
        raise FetchError(
            f"The {where} holds no files that can be graded.", "Push the work, then hand it in again."
        )
    taken = {file.path for file in files}
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
        left_out=stage.left_out_below(below),
        readme_path=place.readme_path if place.readme_path in taken else "",
        notes=(*link.notes, *place.notes, *stage.notes()),
        named_file=place.named_file if place.named_file in taken else "",
    )


def local_link(url: str, name: str, path: str = "") -> Link:
    """A repository on this machine, for which the file protocol is allowed."""
    return Link(url, clean(url, 300), clean(name, 120), "", path=path, protocols="file")
