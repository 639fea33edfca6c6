"""What arrives from a git server: into a bare repository of our own, measured while it grows, stopped at the cap."""

from __future__ import annotations

import time
from pathlib import Path

from grader.errors import FetchError, GraderError
from grader.fetch.access import Access
from grader.fetch.complaints import explain
from grader.fetch.errand import Errand
from grader.fetch.git import Call, Git, GitFailed, Watch, size_below
from grader.fetch.refs import Target
from grader.fetch.staging import megabytes
from grader.fetch.url import Link

HERE = "refs/grader/handed-in"
_WATCH_SECONDS = 0.2
_SAY_SECONDS = 2.0
_OPTIONS = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
_GENEROUS = "--upload-pack=git -c uploadpack.allowFilter=true upload-pack"
"""A repository on this machine leaves out what is not asked for, as the large hosts do, whatever its settings."""


def receive_into(
    git: Git, git_dir: Path, link: Link, target: Target, errand: Errand, options: tuple[str, ...]
) -> None:
    """Fetch what `target` names to the ref `HERE` of a new bare repository at `git_dir`.

    `options` say how much of the history comes with it: "--depth=1", or "--filter=…" for all of it.

    Raises:
        FetchError: it is over the cap, or not there. GraderFault: the machine's or the network's fault.
    """
    whole = "--depth=1" not in options
    generous: tuple[str, ...] = ()
    url = link.url
    if link.protocols == "file" and whole:
        generous, url = (
            (_GENEROUS,),
            Path(url).as_uri(),
        )  # a plain path is no name for a remote that leaves out files
    git.output(Call(("init", "--quiet", "--bare", "--template=", "--", str(git_dir))))
    words = ("fetch", *_OPTIONS, *options, *generous, "--", url, f"{target.wanted}:{HERE}")
    watch = _watch(git_dir, errand, whole)
    try:
        git.output(Call(words, git_dir, protocols=link.protocols, url=link.url, watch=watch))
    except GitFailed as failed:
        if size_below(git_dir) >= errand.caps.clone_bytes:
            raise over_clone_cap(errand, whole) from failed
        raise _of_receiving(failed, link, target, errand.access) from failed
    if size_below(git_dir) > errand.caps.clone_bytes:
        raise over_clone_cap(errand, whole)


def _of_receiving(failed: GitFailed, link: Link, target: Target, access: Access) -> GraderError:
    """A repository without a commit, and a commit that is not given out, have names of their own."""
    if "couldn't find remote ref HEAD" in failed.stderr:
        return FetchError(f"{link.name} has no commit yet.", "Commit the work, then hand it in again.")
    explained = explain(failed, link, access)
    if target.is_commit and "give out that commit" in explained.message:
        return FetchError(
            f"The server does not give out the commit {target.wanted} of {link.name}.",
            "See that it was pushed to this repository; else name a branch or tag that holds it.",
        )
    return explained


def _watch(folder: Path, errand: Errand, whole: bool) -> Watch:
    """Measures the clone as it grows, says so now and then, and stops it at the cap."""
    last = [0.0, time.monotonic()]

    def look() -> None:
        now = time.monotonic()
        if now - last[0] < _WATCH_SECONDS:
            return
        last[0] = now
        size_bytes = size_below(folder)
        if size_bytes > errand.caps.clone_bytes:
            raise over_clone_cap(errand, whole)
        if now - last[1] > _SAY_SECONDS:
            last[1] = now
            errand.progress(f"Receiving: {megabytes(size_bytes)}")

    return look


def over_clone_cap(errand: Errand, whole: bool = False) -> FetchError:
    """`whole`: the history was asked for too, because a date has to be looked up in it."""
    limit = megabytes(errand.caps.clone_bytes)
    if whole:
        return FetchError(
            f"The repository with its history is larger than {limit}.",
            "Name the commit itself with --ref: then its history is not needed.",
        )
    return FetchError(
        f"The repository is larger than {limit}, even without its history.",
        "Take data sets and saved weights out of it.",
    )
