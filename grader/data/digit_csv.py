"""Handwritten digits as a table: a label and 784 pixels in each row, split 80 to 20.

The table is the training file of Kaggle's "Digit Recognizer" (42,000 rows; `test.csv` beside it holds 28,000 rows
without labels). It is handed out to signed-in users only, so nothing is downloaded and no checksum is published.
But its digits are MNIST's: a table is official if each of its rows is one of the 70,000 pictures of the official
MNIST with its label, none twice. Where there is no table, one is cut from MNIST and named so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import digit_rows, mnist, search
from grader.data.interface import DataSet, Request, digest_of
from grader.data.places import Contents, look_exactly
from grader.data.search import Source
from grader.errors import DataMissing, GraderFault
from grader.records import DataFacts

if TYPE_CHECKING:
    from grader.data.interface import Pixels

TABULATED_SD = 0.0012
"""Run-to-run standard deviation of accuracy on the held-back 8,400 near 98 %: derived. The known ones of other
tasks are about three quarters of the binomial standard deviation of their test set, sqrt(p (1 - p) / n)."""

ELSE = "a table cut from MNIST, which is not the official one"
"""What is taken where no place holds the files, instead of a download."""

STEMS = ("train.csv",)
UNLABELLED = "test.csv"
ROWS = 42_000
COLUMNS = 784
CLASSES = 10
SHARE = 0.8
_FOLDERS = ("digit-recognizer", "digit_csv", "")
_SPLIT_SEED = 80_20
_CUT_SEED = 42_000
_WHERE = (
    "sign in at kaggle.com, download train.csv (and test.csv) of the competition digit-recognizer, and pass "
    "--data-dir DIR (or set GRADER_DATA) where DIR holds them"
)


@dataclass(frozen=True)
class _Table:
    """Rows as they are handed out: uint8, (N, 784) and (N,)."""

    pixels: Pixels
    labels: Pixels
    unlabelled: Pixels | None


def look(folder: Path) -> Contents:
    """The table with labels. The one without is taken where it stands beside it."""
    return look_exactly(folder, STEMS, _FOLDERS)


def load(request: Request, mirrors: tuple[str, ...] = mnist.MIRRORS) -> DataSet:
    """The table from the first place that holds it, else one cut from MNIST; see `grader.data.interface.load`."""
    no_fetch = "Kaggle hands it out to signed-in users only"
    ways = (
        f"Do one of three things: {_WHERE}; run `grader data fetch mnist`, from which such a table is cut; or "
        "pass --stand-in to use generated digits (not a grade)."
    )

    def read_it(contents: Contents, place: str, allow_unofficial: bool) -> DataSet:
        return read(contents, place, allow_unofficial, request)

    try:
        return search.first_copy(request, Source("The digit table", look, read_it, None, ways, no_fetch))
    except DataMissing as no_table:
        try:
            whole = mnist.load(request, mirrors)
        except DataMissing as no_mnist:
            raise DataMissing(f"{no_table.message} {no_mnist.message}", no_table.hint) from no_mnist
    return cut_from(whole)


def fetch(_: Request) -> Path:
    """There is no download.

    Raises:
        GraderFault: always; it says where the files are to be had.
    """
    raise GraderFault(
        "The digit table cannot be downloaded by the grader: Kaggle hands it out to signed-in users only.",
        f"To have it, {_WHERE}. Without it, a table is cut from MNIST (grader data fetch mnist).",
    )


def read(contents: Contents, place: str, allow_unofficial: bool, request: Request) -> DataSet:
    """Decode, verify and split.

    Raises:
        GraderFault: a table is damaged; or it is not made of MNIST, or that cannot be seen, and
            `allow_unofficial` is not set.
    """
    path = contents.files[STEMS[0]]
    table = _Table(*digit_rows.labelled(path), _beside(path))
    doubt = _doubt(table, request)
    if doubt and not allow_unofficial:
        raise GraderFault(
            f"{path}: not the official table: {doubt}.",
            "Take the official file, or accept this one with --unofficial-data: every report will name it.",
        )
    name = "digit table" if not doubt else "digit table, unofficial copy"
    return _split(table, name, official=not doubt, stand_in=False, place=place)


def cut_from(whole: DataSet) -> DataSet:
    """A table of 42,000 of MNIST's pictures, the others without labels; it is marked as not official."""
    import numpy as np

    pixels = np.concatenate([whole.train_images, whole.test_images]).reshape(-1, COLUMNS).astype(np.uint8)
    labels = np.concatenate([whole.train_labels, whole.test_labels])
    order = np.random.RandomState(_CUT_SEED).permutation(len(labels))
    rows = round(len(labels) * 0.6)  # 42,000 of 70,000
    table = _Table(pixels[order[:rows]], labels[order[:rows]], pixels[order[rows:]])
    facts = whole.facts
    if facts.stand_in:
        return _split(table, f"{facts.name}, as a table", False, True, facts.place)
    return _split(table, f"digit table, cut from {facts.name}", False, False, facts.place)


def stand_in() -> DataSet:
    """Generated digits as a table, for machines that have neither: not a grade."""
    return cut_from(mnist.stand_in())


def _split(table: _Table, name: str, official: bool, stand_in: bool, place: str) -> DataSet:
    """80 % to train on, 20 % to test on, by a permutation that is the same each time."""
    import numpy as np

    count = len(table.labels)
    order = np.random.RandomState(_SPLIT_SEED).permutation(count)
    train, test = np.split(order, [round(count * SHARE)])
    parts = table.pixels[train], table.labels[train], table.pixels[test], table.labels[test]
    rest = table.unlabelled
    for array in (*parts, *([rest] if rest is not None else [])):
        array.flags.writeable = False
    facts = DataFacts(
        name=name,
        official=official,
        stand_in=stand_in,
        digest=digest_of(*(array.data for array in parts)),
        train_images=len(train),
        test_images=len(test),
        place=place,
    )
    return DataSet(
        facts,
        parts[0],
        parts[1],
        parts[2],
        parts[3],
        mean=round(float(parts[0].mean()) / 255, 4),
        std=round(float(parts[0].std()) / 255, 4),
        tabulated_sd=TABULATED_SD,
        classes=CLASSES,
        input_shape=(COLUMNS,),
        task_images=round(ROWS * SHARE),
        unlabelled=rest,
    )


def _beside(path: Path) -> Pixels | None:
    other = path.with_name(UNLABELLED)
    return digit_rows.unlabelled(other) if other.is_file() else None


def _doubt(table: _Table, request: Request) -> str:
    """Why the table is not known to be the official one; "" where it is."""
    if len(table.labels) != ROWS:
        return f"expected {ROWS:,} rows, found {len(table.labels):,}"
    try:
        whole = mnist.load(replace(request, allow_unofficial=False, download=False))
    except GraderFault:
        return "its digits could not be compared with MNIST's, which is not on this machine"
    known = _counted(whole.train_images, whole.train_labels) + _counted(whole.test_images, whole.test_labels)
    strange = _counted(table.pixels, table.labels) - known
    if strange:
        return f"{sum(strange.values()):,} of its {ROWS:,} rows are not pictures of MNIST with their labels"
    return ""


def _counted(images: object, labels: Pixels) -> Counter[bytes]:
    """How often each picture with its label is there, by a digest of both."""
    import numpy as np

    rows = np.column_stack([labels, np.asarray(images, np.uint8).reshape(len(labels), -1)])
    return Counter(hashlib.blake2b(row, digest_size=16).digest() for row in rows)
