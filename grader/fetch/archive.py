"""A zip or tar archive as the source: its members are listed, judged, and only then are regular files unpacked.

What an archive is says its content, never its name. Nothing is extracted by a library: members are read as streams
under caps, and written by `Stage` under names that were checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.errors import FetchError
from grader.fetch import tar_archive, zip_archive
from grader.fetch.digest import tree_digest
from grader.fetch.errand import Brought, Errand
from grader.fetch.feed import KINDS, Limits, magic_kind
from grader.fetch.members import Member, Plan, planned
from grader.fetch.staging import Stage, check_total, megabytes
from grader.records import Submission
from grader.text import clean

_ENDINGS = (".zip", ".tar.gz", ".tar.xz", ".tar.bz2", ".tgz", ".txz", ".tbz2", ".tar")
_MAGIC_BYTES = 512


def kind_of_file(path: Path) -> str:
    """What kind of archive the regular file is, by its first bytes; "" where it is none."""
    with path.open("rb") as file:
        return magic_kind(file.read(_MAGIC_BYTES))


def bring(path: Path, kind: str, errand: Errand) -> Brought:
    """Unpack the archive at `path`.

    Raises:
        FetchError: it is damaged, encrypted, of a kind that is not read, hostile, empty, or over a cap.
        GraderFault: out of time.
    """
    label = clean(path.name, 80)
    if kind not in KINDS:
        raise FetchError(
            f"{label} is {kind}, which is not read.", "Pack the work as a zip or a tar.gz archive."
        )
    size_bytes = path.stat().st_size
    if size_bytes > errand.caps.clone_bytes:
        raise FetchError(
            f"{label} is larger than {megabytes(errand.caps.clone_bytes)}.",
            "Take data sets and saved weights out of it.",
        )
    errand.progress(f"Unpacking {label}")
    limits = Limits(errand.caps, errand.deadline, label)
    members, notes = _listed(path, kind, limits)
    plan = planned(members, label, size_bytes, errand.caps, is_committed=bool(notes))
    stage = Stage(errand.root, errand.caps)
    for left in plan.left_out:
        stage.leave_out(left.path, left.reason)
    check_total(sum(member.size_bytes for member in plan.taken), errand.caps)
    for name, content in _contents(path, kind, plan, limits):
        stage.take(name, content)
    return Brought(_record(path, label, stage, (*notes, *plan.notes)), stage.root)


def _listed(path: Path, kind: str, limits: Limits) -> tuple[list[Member], tuple[str, ...]]:
    if kind == "zip":
        return zip_archive.listed(path, limits)
    return tar_archive.listed(path, kind, limits)


def _contents(path: Path, kind: str, plan: Plan, limits: Limits) -> Iterator[tuple[str, bytes]]:
    """(path in the submission, content) of what the plan takes, in the archive's own order."""
    wanted = {member.index: name for member, name in zip(plan.taken, plan.paths, strict=True)}
    if kind == "zip":
        return zip_archive.contents(path, wanted, limits)
    return tar_archive.contents(path, kind, wanted, limits)


def _record(path: Path, label: str, stage: Stage, notes: tuple[str, ...]) -> Submission:
    files = stage.files_below("")
    if not files:
        raise FetchError(f"{label} holds no files that can be graded.", "Pack the work again.")
    return Submission(
        source=clean(str(path), 300),
        kind="archive",
        name=clean(_stem(path.name), 120) or "archive",
        subfolder="",
        ref="",
        commit="",
        committed_at="",
        dirty=False,
        tree_digest=tree_digest(files),
        files=files,
        left_out=stage.left_out_below(""),
        notes=(*notes, *stage.notes()),
    )


def _stem(name: str) -> str:
    ending = next((ending for ending in _ENDINGS if name.lower().endswith(ending)), "")
    return name[: len(name) - len(ending)] or name
