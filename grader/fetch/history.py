"""Which commit counted at a moment: the history without its files, walked along the first parents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.errors import FetchError
from grader.fetch.deadline import Deadline, Moment, shown_moment
from grader.fetch.errand import Errand
from grader.fetch.git import Call, Git, GitFailed
from grader.fetch.receiving import HERE, receive_into
from grader.fetch.refs import Target
from grader.fetch.url import Link
from grader.text import clean

_BRANCH_BYTES = 64 << 20  # about a million commits
_FORGEABLE = "Commit dates are set by whoever makes the commit and can be forged; the host's own record of pushes cannot."


@dataclass(frozen=True)
class Choice:
    """The commit that counts. `whole` is where it lies already with its files; None where it has to be asked for."""

    commit: str
    notes: tuple[str, ...]
    earlier_commits: int  # along the first parents
    whole: Path | None


def choose_commit(git: Git, link: Link, target: Target, moment: Moment, errand: Errand) -> Choice:
    """The commit of `target`'s history that `moment` means.

    Only commits are asked for, no files; a server that cannot leave them out sends them, under the same cap.

    Raises:
        FetchError: no commit is that old (the oldest is named), or there are fewer commits than steps back.
        GitFailed, GraderFault: as for any fetch.
    """
    git_dir = errand.holder / "history"
    errand.progress(f"Looking for the commit of {link.name} that counts")
    receive_into(git, git_dir, link, target, errand, ("--filter=tree:0", "--update-shallow"))
    branch = _branch(git, git_dir, target)
    index, notes = _place(branch, moment, link, target, (git_dir / "shallow").exists())
    index += moment.steps_back
    if index >= len(branch):
        raise FetchError(
            f"{link.name} has no {moment.steps_back} commits before the one that counts.",
            "Take fewer steps back.",
        )
    commit = branch[index][1]
    whole = git_dir if _has_files(git, git_dir, commit) else None
    return Choice(commit, notes, len(branch) - 1 - index, whole)


def _branch(git: Git, git_dir: Path, target: Target) -> list[tuple[int, str]]:
    """(seconds since 1970, commit) from the newest on, along the first parents."""
    walk = ("rev-list", "--first-parent", "--timestamp", "--end-of-options", f"{HERE}^{{commit}}", "--")
    try:
        listed = git.output(Call(walk, git_dir), _BRANCH_BYTES)
    except GitFailed:
        raise FetchError(
            f'"{clean(target.ref or target.wanted, 80)}" is not a commit.',
            "Name a branch, or a tag of a commit.",
        ) from None
    pairs = (line.split() for line in listed.decode().splitlines())
    return [(int(seconds), commit) for seconds, commit in pairs]


def _place(
    branch: list[tuple[int, str]], moment: Moment, link: Link, target: Target, cut: bool
) -> tuple[int, tuple[str, ...]]:
    """Index in `branch` of the last commit at the moment, and what a person has to know about it."""
    deadline = moment.deadline
    if moment.start:
        return _start(branch, moment.start, link), ()
    if deadline is None:
        return 0, ()
    index = next((n for n, (seconds, _) in enumerate(branch) if seconds <= deadline.seconds), None)
    if index is None:
        return _none_old_enough(branch, moment, deadline, link, target, cut)
    seconds, commit = branch[index]
    taken = f"Taken is the last commit before {moment.why or 'the deadline'} ({deadline.shown}): "
    later = (
        "no later one" if not index else f"{index} later {'one does' if index == 1 else 'ones do'} not count"
    )
    first = f"{taken}{commit[:12]} of {shown_moment(seconds)}; {later}."
    if moment.why:
        return index, (first,)
    notes = (f"{first} {_FORGEABLE}", deadline.note(), _disorder(branch[index:], deadline))
    return index, tuple(note for note in notes if note)


def _start(branch: list[tuple[int, str]], commit: str, link: Link) -> int:
    for index, (_, other) in enumerate(branch):
        if other == commit:
            return index
    raise FetchError(
        f"The commit {commit[:12]} is not in the history of {link.name} any more.", "Fetch the work again."
    )


def _none_old_enough(
    branch: list[tuple[int, str]], moment: Moment, deadline: Deadline, link: Link, target: Target, cut: bool
) -> tuple[int, tuple[str, ...]]:
    oldest = shown_moment(branch[-1][0])
    where = f"{clean(target.ref, 80) or 'the default branch'} of {link.name}"
    missing = " that this shallow copy holds" if cut else ""
    if moment.or_oldest:
        older = f"No commit on {where}{missing} is older than {moment.why} ({deadline.shown})"
        return len(branch) - 1, (f"{older}; the oldest was taken, of {oldest}.",)
    raise FetchError(
        f"No commit on {where}{missing} is from before the deadline {deadline.shown}; the oldest is of {oldest}.",
        deadline.note()
        or "See whether another branch was handed in (--ref), and that the deadline's time zone is right.",
    )


def _disorder(older: list[tuple[int, str]], deadline: Deadline) -> str:
    """A commit is made after its parents: where a parent is dated after the deadline, a clock or a date is wrong."""
    after = [commit for seconds, commit in older if seconds > deadline.seconds]
    if not after:
        return ""
    return (
        f"The dates of this history are out of order: {after[0][:12]}, an ancestor of the commit taken, "
        "is dated after the deadline. A person should look at the host's record of pushes."
    )


def _has_files(git: Git, git_dir: Path, commit: str) -> bool:
    try:
        git.output(Call(("cat-file", "-e", f"{commit}^{{tree}}"), git_dir))
    except GitFailed:
        return False
    return True


def last_change(git: Git, link: Link, target: Target, commit: str, folder: str, errand: Errand) -> str:
    """When `folder` was last changed, up to `commit` on `target`: ISO 8601; "" where its history does not say.

    Raises:
        FetchError, GraderFault: as for any fetch.
    """
    git_dir = errand.holder / "changes"
    receive_into(git, git_dir, link, target, errand, ("--filter=blob:none", "--update-shallow"))
    log = (
        "log",
        "-1",
        "--no-show-signature",
        "--format=%cI",
        "--end-of-options",
        commit,
        "--",
        f":(literal){folder}",
    )
    try:
        return clean(git.output(Call(log, git_dir)).decode("utf-8", "replace").strip(), 40)
    except GitFailed:
        return ""
