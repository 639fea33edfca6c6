"""MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 x 28, ten classes.

A copy is official if the decoded contents of its four files have the published SHA-256, whether the files
are packed or not and whichever place they come from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from grader.data import download, idx, places, search
from grader.data.download import Remote
from grader.data.interface import DataSet, Request, digest_of
from grader.data.places import Contents, user_cache
from grader.data.search import Source
from grader.errors import GraderFault
from grader.records import DataFacts

MEAN, STD = 0.1307, 0.3081
"""Of all training pixels on the scale 0 to 1."""

TABULATED_SD = 0.0016
"""Run-to-run standard deviation of test accuracy after one epoch: measured at 0.08 to 0.16 points near 99 %
over repeated trainings of small networks; the upper end is taken."""

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://yann.lecun.com/exdb/mnist/")
"""The mirrors that torchvision names, in its order."""

REMOTES = (
    Remote("train-images-idx3-ubyte.gz", 9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    Remote("train-labels-idx1-ubyte.gz", 28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
    Remote("t10k-images-idx3-ubyte.gz", 1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
    Remote("t10k-labels-idx1-ubyte.gz", 4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
)
"""The packed files as the mirrors have them, with the published MD5s."""

OFFICIAL_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
"""Of the decoded contents, in the order: training images and labels, test images and labels."""

STEMS = tuple(OFFICIAL_SHA256)
CLASSES = 10


def look(folder: Path) -> Contents:
    """The four files, in the layout that holds most of them."""
    return places.look(folder, STEMS)


def load(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> DataSet:
    """MNIST from the first place that holds it; see `grader.data.interface.load`."""
    return search.first_copy(request, source(request, mirrors))


def source(request: Request, mirrors: tuple[str, ...] = MIRRORS, task: str = "mnist") -> Source[DataSet]:
    """How MNIST is found, read and downloaded, for the tasks that use it."""
    ways = (
        f"Do one of three things: run `grader data fetch {task}` on a machine with network and copy its cache "
        "folder here; pass --data-dir DIR (or set GRADER_DATA) with the four files "
        f"{', '.join(remote.name for remote in REMOTES)}; or pass --stand-in to use generated digits "
        "(not a grade)."
    )
    return Source("MNIST", look, read, lambda: fetch(request, mirrors), ways)


def fetch(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> Path:
    """Download into the user cache what is not there yet, in torchvision's layout. Returns the files' folder.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors hand out something else, or the cache cannot be written.
    """
    folder = user_cache(request.environment) / "MNIST" / "raw"
    download.fetch(REMOTES, mirrors, folder, request.progress)
    return folder


def read(contents: Contents, place: str, allow_unofficial: bool) -> DataSet:
    """Decode and verify four files.

    Raises:
        GraderFault: one is damaged, they don't belong together, or they are not the official ones and
            `allow_unofficial` is not set.
    """
    decoded = {stem: idx.read(path) for stem, path in contents.files.items()}
    arrays = {
        stem: idx.parse(decoded[stem], contents.files[stem], (28, 28) if "idx3" in stem else ())
        for stem in STEMS
    }
    changed = unofficial_files(decoded)
    if changed and not allow_unofficial:
        raise _not_official(contents, decoded, changed[0])
    for images, labels in (STEMS[:2], STEMS[2:]):
        _require_pair(contents, len(arrays[images]), len(arrays[labels]), int(arrays[labels].max()), labels)
    train_images, train_labels, test_images, test_labels = (arrays[stem] for stem in STEMS)
    facts = DataFacts(
        name="MNIST" if not changed else "MNIST, unofficial copy",
        official=not changed,
        stand_in=False,
        digest=digest_of(*(decoded[stem] for stem in STEMS)),
        train_images=len(train_images),
        test_images=len(test_images),
        place=place,
    )
    return DataSet(
        facts, train_images, train_labels, test_images, test_labels, MEAN, STD, TABULATED_SD, CLASSES
    )


def unofficial_files(decoded: dict[str, bytes]) -> tuple[str, ...]:
    """The files whose decoded contents are not the published ones."""
    return tuple(stem for stem in STEMS if hashlib.sha256(decoded[stem]).hexdigest() != OFFICIAL_SHA256[stem])


def stand_in() -> DataSet:
    """Generated digits of the same shape, for machines that have no MNIST: not a grade."""
    from grader.data import standin

    return standin.generate()


def _require_pair(contents: Contents, images: int, labels: int, highest: int, stem: str) -> None:
    path = contents.files[stem]
    if images != labels:
        raise idx.damaged(path, f"{images:,} labels, one for each image", f"{labels:,}")
    if highest >= CLASSES:
        raise idx.damaged(path, f"labels 0 to {CLASSES - 1}", f"label {highest}")


def _not_official(contents: Contents, decoded: dict[str, bytes], stem: str) -> GraderFault:
    found = hashlib.sha256(decoded[stem]).hexdigest()
    return GraderFault(
        f"{contents.files[stem]}: not the official MNIST file: expected contents with SHA-256 "
        f"{OFFICIAL_SHA256[stem]}, found {found}.",
        "Take the official file (grader data fetch mnist), or accept this copy with --unofficial-data: "
        "every report will name it.",
    )
