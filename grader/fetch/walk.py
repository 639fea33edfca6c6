"""The walk through a handed-in folder, level by level: what is taken, what is left out, what is passed over."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import GraderFault
from grader.fetch.digest import blob_id
from grader.fetch.errand import Errand
from grader.fetch.ignored import MAX_GITIGNORE_BYTES, Ignored
from grader.fetch.listing import Entry
from grader.fetch.names import SKIPPED_FOLDERS, refusal
from grader.fetch.safe_open import NotTaken, folder_below, kind_of, read_below
from grader.fetch.staging import Stage, over_size, too_deep, too_many_files

MARKS = {"pyvenv.cfg": "a virtual environment of Python", ".grader-runs": "earlier runs of the grader"}
"""Files that say what the folder around them is."""


@dataclass(frozen=True)
class Item:
    """One thing in the folder, by its path from the top of the walk."""

    raw: bytes
    mode: int
    size_bytes: int

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


class Walk:
    """One walk. Committed files are taken wherever they lie; others only where no rule passes them over."""

    def __init__(
        self,
        folder: Path,
        stage: Stage,
        tracked: Mapping[bytes, Entry],
        ignored: Ignored | None,
        errand: Errand,
    ) -> None:
        self.blobs: dict[bytes, str] = {}  # path → what git calls the content, of each file that was taken
        self.ignored_count = 0
        self._folder = folder
        self._stage = stage
        self._tracked = tracked
        self._tracked_folders = _parents(tracked)
        self._ignored = ignored
        self._errand = errand
        self._committed_only: set[bytes] = set()  # folders that are passed over but for committed files
        self._seen = 0

    def run(self) -> None:
        """Take everything that is to be taken.

        Raises:
            FetchError: over a cap; GraderFault: out of time; GitFailed: git could not say what is ignored.
        """
        root = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            level = [b""]
            while level:
                level = self._one_level(root, level)
        finally:
            os.close(root)

    def _one_level(self, root: int, folders: list[bytes]) -> list[bytes]:
        """Everything directly in these folders; returns the folders to look into next."""
        items = [item for folder in folders for item in self._look_into(root, folder)]
        named = [item for item in items if self._has_a_good_name(item)]
        ignored = self._ignored_among(root, named)
        deeper = []
        for item in named:
            if item.raw in ignored and not self._is_committed(item):
                self.ignored_count += 1
            elif not item.is_folder:
                self._file(root, item)
            elif self._enters(root, item, item.raw in ignored):
                deeper.append(item.raw)
        return deeper

    def _look_into(self, root: int, folder: bytes) -> Iterator[Item]:
        try:
            with folder_below(root, folder) as place, os.scandir(place) as inside:
                entries = sorted(inside, key=lambda entry: entry.name)
                found = [(os.fsencode(entry.name), entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            self._stage.leave_out(folder, f"the folder cannot be read: {error.strerror}")
            return
        for name, status in found:
            item = Item(folder + b"/" + name if folder else name, status.st_mode, status.st_size)
            if name != b".git" and not self._is_ours(item) and self._may_count(item, folder):
                yield item

    def _may_count(self, item: Item, folder: bytes) -> bool:
        """In a folder that is passed over, only what is committed, and the way to it."""
        return folder not in self._committed_only or self._is_committed(item)

    def _is_committed(self, item: Item) -> bool:
        return item.raw in self._tracked or item.raw in self._tracked_folders

    def _is_ours(self, item: Item) -> bool:
        """The temporary folder of this very fetch, where it lies inside of what is copied."""
        return item.is_folder and self._folder / os.fsdecode(item.raw) == self._errand.holder

    def _has_a_good_name(self, item: Item) -> bool:
        reason = refusal(item.raw)
        if reason:
            self._leave_out(item, reason)
        return not reason

    def _ignored_among(self, root: int, items: list[Item]) -> set[bytes]:
        if self._ignored is None:
            return set()
        asked = [item for item in items if item.raw.rpartition(b"/")[0] not in self._committed_only]
        for item in asked:
            if item.raw.rpartition(b"/")[2] == b".gitignore" and stat.S_ISREG(item.mode):
                self._learn(root, item.raw, self._ignored)
        folders = [item.raw for item in asked if item.is_folder]
        return self._ignored.among(folders, [item.raw for item in asked if not item.is_folder])

    def _learn(self, root: int, gitignore: bytes, ignored: Ignored) -> None:
        try:
            ignored.learn(gitignore, read_below(root, gitignore, MAX_GITIGNORE_BYTES))
        except NotTaken:
            return  # it is left out as a file, with its reason

    def _enters(self, root: int, item: Item, ignored: bool) -> bool:
        """Whether to look into a folder; it is left out, with the reason, where not."""
        if item.raw in self._tracked:
            self._leave_out(item, self._tracked[item.raw].reason or "a folder where a file was committed")
            return False
        skipped = self._why_skipped(root, item)
        if skipped and item.raw not in self._tracked_folders:
            self._leave_out(item, skipped)
            return False
        if skipped or ignored or item.raw.rpartition(b"/")[0] in self._committed_only:
            self._committed_only.add(item.raw)
        if item.raw.count(b"/") >= self._errand.caps.depth:
            raise too_deep(self._errand.caps)
        return True

    def _why_skipped(self, root: int, item: Item) -> str:
        name = os.fsdecode(item.raw.rpartition(b"/")[2])
        if name in SKIPPED_FOLDERS:
            return SKIPPED_FOLDERS[name]
        for mark, reason in MARKS.items():
            with contextlib.suppress(OSError), folder_below(root, item.raw) as place:
                os.stat(mark, dir_fd=place, follow_symlinks=False)
                return reason
        return ""

    def _file(self, root: int, item: Item) -> None:
        if time.monotonic() > self._errand.deadline:
            seconds = f"{self._errand.caps.seconds:g} s"
            raise GraderFault(
                f"Copying the folder took longer than {seconds}.", "Copy it to a local disk, try again."
            )
        reason = "" if stat.S_ISREG(item.mode) else kind_of(item.mode)
        reason = reason or over_size(item.size_bytes, self._errand.caps)
        if reason:
            self._leave_out(item, reason)
            return
        self._count()
        try:
            content = read_below(root, item.raw, self._errand.caps.file_bytes)
        except NotTaken as fault:
            self._stage.leave_out(item.raw, str(fault))
            return
        self._stage.take(os.fsdecode(item.raw), content)
        self.blobs[item.raw] = blob_id(content)

    def _leave_out(self, item: Item, reason: str) -> None:
        self._count()
        self._stage.leave_out(item.raw, reason)

    def _count(self) -> None:
        self._seen += 1
        if self._seen > self._errand.caps.files:
            raise too_many_files(self._errand.caps)


def _parents(paths: Mapping[bytes, Entry]) -> set[bytes]:
    found: set[bytes] = set()
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(b"/")[0]
    return found
