"""The search for a copy of a data set, the same for every set: place after place, then the official download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from grader.data.download import Unreachable
from grader.data.places import Contents, PassedOver, in_words, search_order, user_cache
from grader.errors import DataMissing, GraderFault

if TYPE_CHECKING:
    from grader.data.interface import Request

Found = TypeVar("Found")
"""What a set is read as: a `DataSet`, or something else than a task's data."""


@dataclass(frozen=True)
class Source(Generic[Found]):
    """How one set is found in a folder, read and downloaded.

    `read` takes what was found, the place in words, and whether an unofficial copy will do. `fetch` returns the
    folder of the downloaded files; it is None where nothing can be downloaded, and `no_fetch` says why.
    """

    title: str  # "CIFAR-10"
    look: Callable[[Path], Contents]
    read: Callable[[Contents, str, bool], Found]
    fetch: Callable[[], Path] | None
    ways: str  # to get the set, as the hint of the error
    no_fetch: str = ""


def first_copy(request: Request, source: Source[Found]) -> Found:
    """The set from the first place that holds it; see `grader.data.interface.load`.

    Raises:
        DataMissing: it is in none of the places, and it cannot be downloaded.
        GraderFault: a file is damaged or not the official one.
    """
    passed_over: list[PassedOver] = []
    for place in search_order(request.data_dir, request.environment):
        contents = source.look(place.folder)
        try:
            if contents.complete:
                words = in_words(place.name, passed_over)
                return source.read(contents, words, request.allow_unofficial)
            reason = contents.describe()
        except GraderFault as fault:
            if place.explicit or not request.download or source.fetch is None:
                raise
            reason = f"holds a copy that cannot be used: {fault.message}"  # ours: the download replaces it
        if place.explicit or contents.complete:
            passed_over.append(PassedOver(place, reason))
    return _downloaded(request, source, passed_over)


def _downloaded(request: Request, source: Source[Found], passed_over: list[PassedOver]) -> Found:
    if source.fetch is None:
        raise missing(source, passed_over, source.no_fetch)
    if not request.download:
        raise missing(source, passed_over, "the download was not asked for")
    try:
        folder = source.fetch()
    except Unreachable as error:
        raise missing(source, passed_over, error.message) from error
    return source.read(source.look(folder), in_words("official download", passed_over), False)


def missing(source: Source[Found], passed_over: list[PassedOver], reason: str) -> DataMissing:
    """The ways to get the data, after what was tried."""
    tried = "".join(
        f" {one.place.name} ({one.place.folder}) {one.reason.rstrip('.')}." for one in passed_over
    )
    return DataMissing(
        f"{source.title} is not on this machine, and {reason.rstrip('.')}.{tried}", source.ways
    )


def cache(request: Request) -> Path:
    """The folder that downloads go to."""
    return user_cache(request.environment)
