"""A folder on this machine as the source: its regular files are copied, and nothing in it is run or followed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

from grader.errors import FetchError, GraderFault, UsageError
from grader.fetch.committed import Committed, NoCommit, committed, repository_of
from grader.fetch.complaints import first_words
from grader.fetch.digest import tree_digest
from grader.fetch.errand import Brought, Errand
from grader.fetch.git import GitFailed
from grader.fetch.ignored import MAX_GITIGNORE_BYTES, Ignored
from grader.fetch.names import is_readme, shown
from grader.fetch.repository import local_link
from grader.fetch.safe_open import NotTaken, read_below
from grader.fetch.staging import Stage
from grader.fetch.url import Link
from grader.fetch.walk import Walk
from grader.records import Submission
from grader.text import clean

_NAMED = 5


def bare_link(path: Path) -> Link:
    """A bare repository on this machine; a folder's own `.git` is called by the folder's name."""
    return local_link(str(path), path.parent.name if path.name == ".git" else path.name.removesuffix(".git"))


def committed_link(path: Path, option: str = "--ref") -> Link:
    """The repository that holds this folder, for when one of its commits is asked for by `option`.

    Raises:
        UsageError: the folder is in no repository.
    """
    folder, _ = _folder_and_readme(path)
    top = repository_of(folder)
    if top is None:
        raise UsageError(
            f"{clean(str(folder))} is in no git repository, so it has no branch or commit.",
            f"Leave {option} out.",
        )
    return local_link(str(top), top.name, "" if folder == top else folder.relative_to(top).as_posix())


def bring(path: Path, errand: Errand) -> Brought:
    """Copy the folder at `path`, or the one that holds the README at `path`.

    Raises:
        UsageError: it is a file. FetchError: it holds nothing, or is over a cap. GraderFault: out of time.
    """
    folder, readme = _folder_and_readme(path)
    errand.progress(f"Copying {clean(folder.name, 80)}")
    state = committed(folder, errand)
    stage = Stage(errand.root, errand.caps)
    try:
        if isinstance(state, Committed):
            walk = Walk(folder, stage, state.entries, _ignored(folder, state, errand), errand)
        else:
            walk = Walk(folder, stage, {}, None, errand)
        walk.run()
    except GitFailed as failed:
        raise GraderFault(
            f"Git could not say which files of {clean(folder.name, 80)} are ignored. {first_words(failed)}",
            "Try again; if it stays, hand in a copy without the .git folder.",
        ) from failed
    return Brought(_record(folder, readme, state, stage, walk), stage.root)


def _folder_and_readme(path: Path) -> tuple[Path, str]:
    if path.is_dir():
        return path, ""
    if path.is_file() and is_readme(path.name):
        return path.parent, path.name
    raise UsageError(
        f"{clean(str(path))} is a file, not a folder.",
        "Give the folder that it lies in, or a zip or tar archive.",
    )


def _ignored(folder: Path, state: Committed, errand: Errand) -> Ignored:
    """The rules of the folders above are learnt here, those of the folder itself on the way."""
    ignored = Ignored(state.git, state.commit.git_dir, errand.holder / "twin", state.prefix)
    if not state.prefix:
        return ignored
    prefix = PurePosixPath(state.prefix)
    top = folder.parents[len(prefix.parts) - 1]
    root = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for above in prefix.parents:
            place = (above / ".gitignore").as_posix()
            with suppress(NotTaken):  # most folders have none
                ignored.learn_above(place, read_below(root, os.fsencode(place), MAX_GITIGNORE_BYTES))
    finally:
        os.close(root)
    return ignored


def _record(folder: Path, readme: str, state: Committed | NoCommit, stage: Stage, walk: Walk) -> Submission:
    files = stage.files_below("")
    if not files:
        raise FetchError(
            f"The folder {clean(folder.name, 80)} holds no files that can be graded.", "Give another folder."
        )
    changed = _changed(state, walk)
    commit = state.commit if isinstance(state, Committed) else None
    return Submission(
        source=clean(str(folder), 300),
        kind="folder",
        name=clean(folder.name, 120) or "folder",
        subfolder="",
        ref="",
        commit=commit.commit if commit else "",
        committed_at=commit.committed_at if commit else "",
        dirty=bool(changed),
        tree_digest=tree_digest(files),
        files=files,
        left_out=stage.left_out_below(""),
        readme_path=readme if any(file.path == readme for file in files) else "",
        notes=(*_notes(state, changed, walk), *stage.notes()),
    )


def _changed(state: Committed | NoCommit, walk: Walk) -> list[bytes]:
    """Paths whose content is not the commit's: then, and only then, the digests differ."""
    if isinstance(state, NoCommit):
        return []
    before = {raw: entry.object_id for raw, entry in state.entries.items() if not entry.reason}
    return sorted(raw for raw in before.keys() | walk.blobs.keys() if before.get(raw) != walk.blobs.get(raw))


def _notes(state: Committed | NoCommit, changed: list[bytes], walk: Walk) -> list[str]:
    if isinstance(state, NoCommit):
        return [state.note] if state.note else []
    notes = []
    if changed:
        names = ", ".join(shown(raw) for raw in changed[:_NAMED])
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        notes.append(f"Differs from its commit: {names}{more}.")
    if walk.ignored_count:
        notes.append(f"Left out because .gitignore names them: {walk.ignored_count} files or folders.")
    if state.prefix:
        notes.append(
            f"The folder is {shown(os.fsencode(state.prefix))} of a repository; only this folder was taken."
        )
    return notes
