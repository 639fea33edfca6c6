"""The submissions of a batch, each fetched once and kept beside it, so that an attempt needs no network and no second
fetch: a folder of plain files and the record of what they were."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from grader.errors import StoreError
from grader.fetch.interface import Fetched
from grader.records import Submission
from grader.report.json import plain

_RECORD, _TREE, _PARTIAL = "submission.json", "tree", ".partial"


class Clones:
    """Kept submissions below `folder`, by the key of their row. One process writes, any number read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, fetched: Fetched, asked: str = "") -> None:
        """Keep a submission, whole or not at all; another one that was kept under this key before is replaced. The same
        one stays in its place: an attempt that outlived the batch may be reading it.

        Args:
            asked: what was asked for when it was fetched: `asked` gives it back.

        Raises:
            StoreError: there is no room, or the folder cannot be written.
        """
        final, partial = self._folder / key, self._folder / f"{key}{_PARTIAL}"
        record = {"submission": plain(fetched.submission), "also_sources": list(fetched.also_sources)}
        record["asked"] = asked
        text = json.dumps(record)
        with _faults(final):
            if (final / _RECORD).is_file() and (final / _RECORD).read_text("utf-8") == text:
                return
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            shutil.copytree(fetched.root, partial / _TREE, symlinks=True)
            (partial / _RECORD).write_text(text, "utf-8")
            if final.exists():
                shutil.rmtree(final)
            partial.rename(final)

    def get(self, key: str) -> Fetched | None:
        """The submission that is kept under this key; None where there is none that can be read."""
        place = self._folder / key
        try:
            return kept(place) if (place / _RECORD).is_file() else None
        except StoreError:
            return None  # it is fetched again

    def asked(self, key: str) -> str:
        """What was asked for when it was fetched."""
        try:
            return str(json.loads((self._folder / key / _RECORD).read_text("utf-8"))["asked"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def place(self, key: str) -> Path:
        """Where `kept` finds it."""
        return self._folder / key


def kept(place: Path) -> Fetched:
    """The submission in a folder that `Clones` wrote.

    Raises:
        StoreError: it cannot be read, or is none.
    """
    from pydantic import TypeAdapter, ValidationError

    with _faults(place):
        text = (place / _RECORD).read_text("utf-8")
    try:
        data: dict[str, Any] = json.loads(text)
        submission = TypeAdapter(Submission).validate_json(json.dumps(data["submission"]), strict=True)
        sources = tuple(str(one) for one in data["also_sources"])
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise StoreError(
            f"{place / _RECORD} is no record of a submission: {type(error).__name__}.",
            "Remove that folder: the submission is fetched again.",
        ) from None
    return Fetched(submission, place / _TREE, sources)


def shown_as(submission: Submission, name: str, source: str = "") -> Submission:
    """The submission under a row's name; with `source`, without the links that lead to who it is."""
    if not source:
        return replace(submission, name=name)
    also = tuple(replace(one, source=source) for one in submission.also)
    return replace(submission, name=name, source=source, also=also)


@contextmanager
def _faults(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"{place}: {reason}.", "Free some space, or give another --out.") from error
