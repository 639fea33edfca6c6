"""Tiny ImageNet: 200 classes, 64 x 64 in colour; its 110,000 labelled pictures, split 70 to 30.

The published set has 500 training and 50 validation pictures of each class; its test part has no labels. The
assignment asks for a split of 70 to 30, so both labelled parts are taken together: 385 of each class to train on and
165 to test on, by a permutation that is the same each time. A copy is official if the zip file has the published
MD5. The training pictures are decoded once into the user cache (`grader.data.decoded`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import decoded, download, faults, search, tiny_pictures
from grader.data.download import Remote
from grader.data.interface import DataSet, Request, digest_of
from grader.data.places import Contents, fullest, look_exactly
from grader.data.search import Source
from grader.data.tiny_pictures import Files, Listing
from grader.records import DataFacts

if TYPE_CHECKING:
    from grader.data.interface import Pixels

TABULATED_SD = 0.0021
"""Run-to-run standard deviation of test accuracy near 50 %: derived. The known ones of other tasks are about three
quarters of the binomial standard deviation of their test set, sqrt(p (1 - p) / n); here n is 33,000."""

MIRRORS = ("https://cs231n.stanford.edu/",)
ARCHIVE = Remote("tiny-imagenet-200.zip", 248_100_043, "90528d7ca1a48142e341f4ef8d21d0de")
STEMS = (ARCHIVE.name,)
SHARE = 0.7
_LISTS = ("wnids.txt", "val/val_annotations.txt")
_ZIP_FOLDERS = ("", "tiny-imagenet", tiny_pictures.ROOT)
_UNPACKED_FOLDERS = (tiny_pictures.ROOT, "tiny-imagenet", "")
_SPLIT_SEED = 70_30


@dataclass(frozen=True)
class _Split:
    """Names and labels of one part, in the order in which they are served."""

    names: tuple[str, ...]
    labels: Pixels


def look(folder: Path) -> Contents:
    """The zip file, else the folder that it unpacks to (by its two lists)."""
    packed = look_exactly(folder, STEMS, _ZIP_FOLDERS)
    return fullest(packed, look_exactly(folder, _LISTS, _UNPACKED_FOLDERS))


def load(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> DataSet:
    """Tiny ImageNet from the first place that holds it; see `grader.data.interface.load`."""
    ways = (
        "Do one of three things: run `grader data fetch tiny_imagenet` on a machine with network and copy its "
        f"cache folder here; pass --data-dir DIR (or set GRADER_DATA) where DIR holds {ARCHIVE.name}; or pass "
        "--stand-in to use generated pictures (not a grade)."
    )

    def read_it(contents: Contents, place: str, allow_unofficial: bool) -> DataSet:
        return read(contents, place, allow_unofficial, request)

    return search.first_copy(
        request, Source("Tiny ImageNet", look, read_it, lambda: fetch(request, mirrors), ways)
    )


def fetch(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> Path:
    """Download the zip file into the user cache. Returns its folder.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors hand out something else, or the cache cannot be written.
    """
    folder = search.cache(request)
    download.fetch((ARCHIVE,), mirrors, folder, request.progress)
    return folder


def read(contents: Contents, place: str, allow_unofficial: bool, request: Request) -> DataSet:
    """Verify, split and decode.

    Raises:
        GraderFault: it is damaged, or not the official one and `allow_unofficial` is not set; or the user cache
            cannot be written.
    """
    packed = contents.files.get(STEMS[0])
    copy = packed or contents.files[_LISTS[0]].parent
    found = _md5(packed) if packed else ""
    official = found == ARCHIVE.md5
    if not official and not allow_unofficial:
        expected = f"the zip file with MD5 {ARCHIVE.md5}"
        raise faults.not_official(
            copy, "Tiny ImageNet", expected, found or "an unpacked folder", "tiny_imagenet"
        )
    with tiny_pictures.opened(copy) as files:
        listed = tiny_pictures.listing(files)
        return _decoded(files, listed, place, official, found, request)


def stand_in() -> DataSet:
    """Generated pictures of two hundred kinds in the same shape: not a grade."""
    from grader.data import standin_pictures

    return standin_pictures.two_hundred_kinds()


def split(listed: Listing) -> tuple[_Split, _Split]:
    """The pictures to train on and to test on: 70 % and 30 % of each class, then mixed."""
    import numpy as np

    # RandomState's numbers are frozen by NumPy's policy; those of a Generator may change with a release
    random = np.random.RandomState(_SPLIT_SEED)
    parts: tuple[list[tuple[str, int]], list[tuple[str, int]]] = ([], [])
    for label, names in enumerate(listed.pictures):
        order = random.permutation(len(names))
        kept = min(max(round(len(names) * SHARE), 1), len(names) - 1)
        for part, chosen in zip(parts, (order[:kept], order[kept:]), strict=True):
            part.extend((names[index], label) for index in chosen)
    train, test = (_mixed(part, random.permutation(len(part))) for part in parts)
    return train, test


def _mixed(part: list[tuple[str, int]], order: object) -> _Split:
    import numpy as np

    chosen = [part[index] for index in np.asarray(order)]
    labels = np.array([label for _, label in chosen], np.uint8)
    labels.flags.writeable = False
    return _Split(tuple(name for name, _ in chosen), labels)


def _decoded(
    files: Files, listed: Listing, place: str, official: bool, md5: str, request: Request
) -> DataSet:
    import numpy as np

    from grader.data.standin_pictures import statistics

    train, test = split(listed)
    test_images = np.empty((len(test.names), *tiny_pictures.SHAPE), np.uint8)
    _fill(files, test.names, test_images)
    test_images.flags.writeable = False
    train_images = _training(files, train, md5, request)
    means, stds = statistics(train_images)
    facts = DataFacts(
        name="Tiny ImageNet" if official else "Tiny ImageNet, unofficial copy",
        official=official,
        stand_in=False,
        digest=digest_of(*(array.data for array in (train_images, train.labels, test_images, test.labels))),
        train_images=len(train.names),
        test_images=len(test.names),
        place=place if official else f"{place}; an unofficial copy",
    )
    return DataSet(
        facts,
        train_images,
        train.labels,
        test_images,
        test.labels,
        mean=round(float(np.mean(means)), 4),
        std=_spread(means, stds),
        tabulated_sd=TABULATED_SD,
        classes=len(listed.classes),
        input_shape=tiny_pictures.SHAPE,
        task_images=77_000,
        channel_means=means,
        channel_stds=stds,
        class_names=tiny_pictures.words(files, listed.classes) or listed.classes,
    )


def _training(files: Files, part: _Split, md5: str, request: Request) -> Pixels:
    """The official ones are decoded once for all commands; a copy that may change is decoded each time."""
    import numpy as np

    shape = (len(part.names), *tiny_pictures.SHAPE)
    if md5 != ARCHIVE.md5:
        images = np.empty(shape, np.uint8)
        _fill(files, part.names, images)
        images.flags.writeable = False
        return images
    key = f"tiny-imagenet-{md5}-{_SPLIT_SEED}"
    return decoded.made(key, shape, lambda array: _fill(files, part.names, array), request.environment)


def _fill(files: Files, names: tuple[str, ...], images: Pixels) -> None:
    for index, name in enumerate(names):
        images[index] = tiny_pictures.decode(files, name)


def _spread(means: tuple[float, ...], stds: tuple[float, ...]) -> float:
    """The standard deviation over all channels, from those of each: total variance is the mean of the variances
    and the variance of the means."""
    import numpy as np

    return round(float(np.sqrt(np.mean(np.square(stds)) + np.var(means))), 4)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
