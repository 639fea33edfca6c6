"""Iris: 150 flowers of three species, four lengths in centimetres each.

R. A. Fisher's measurements as the UCI Machine Learning Repository has them (`iris.data`, CC BY 4.0). The 150 rows are
shipped with the grader; a file of one's own is taken first. A copy is official if its rows, written as in UCI's file,
have the published SHA-256. UCI's rows differ from Fisher's paper in the 35th and the 38th flower.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import faults, search
from grader.data.interface import DataSet, Request, digest_of
from grader.data.places import Contents, look_exactly
from grader.data.search import Source
from grader.errors import DataMissing
from grader.records import DataFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from grader.data.interface import Pixels

TABULATED_SD = 0.025
"""Run-to-run standard deviation of accuracy on the held-back 30 flowers near 97 %: derived. The known ones of other
tasks are about three quarters of the binomial standard deviation of their test set, sqrt(p (1 - p) / n)."""

ELSE = "the rows that are shipped with the grader"
"""What is taken where no place holds the files, instead of a download."""

STEMS = ("iris.data",)
SPECIES = ("Iris-setosa", "Iris-versicolor", "Iris-virginica")
COLUMNS = 4
OFFICIAL_SHA256 = "6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0"
"""Of UCI's file: 150 rows and an empty line."""

SHIPPED = Path(__file__).with_name("iris.csv")
SHARE = 0.8
_MAX_FILE_BYTES = 1 << 20
_SPLIT_SEED = 150
_FOLDERS = ("iris", "")


def look(folder: Path) -> Contents:
    """UCI's file, or ours in the package's own folder."""
    if folder == SHIPPED.parent:
        return Contents({STEMS[0]: SHIPPED}, ())
    return look_exactly(folder, STEMS, _FOLDERS)


def load(request: Request) -> DataSet:
    """Iris from the first place that holds it, else the shipped rows."""
    source = Source("Iris", look, read, None, "It is shipped with the grader.")
    try:
        return search.first_copy(request, source)
    except DataMissing:
        return read(look(SHIPPED.parent), "shipped with the grader", False)


def fetch(_: Request) -> Path:
    """Nothing to download: the folder of the shipped rows."""
    return SHIPPED.parent


def read(contents: Contents, place: str, allow_unofficial: bool) -> DataSet:
    """Decode, verify and split.

    Raises:
        GraderFault: the file is damaged, or its rows are not the published ones and `allow_unofficial` is not set.
    """
    path = contents.files[STEMS[0]]
    lines = _lines(path)
    found = hashlib.sha256(("\n".join(lines) + "\n\n").encode()).hexdigest()
    official = found == OFFICIAL_SHA256
    if not official and not allow_unofficial:
        raise faults.not_official(
            path, "Iris", f"rows that have SHA-256 {OFFICIAL_SHA256} as UCI's file", found, "iris"
        )
    features, labels = _parsed(lines, path)
    name = "Iris" if official else "Iris, unofficial copy"
    return _split(features, labels, name, official, place)


def stand_in() -> DataSet:
    """Generated flowers of three kinds: not a grade."""
    import numpy as np

    random = np.random.RandomState(3)
    labels = np.repeat(np.arange(3, dtype=np.uint8), 50)
    centres = np.array([[5.0, 3.4, 1.5, 0.3], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.1]])
    spread = random.normal(0, 1, (150, COLUMNS)) * [0.4, 0.3, 0.35, 0.2]
    features = np.round(centres[labels] + spread, 1).clip(0.1).astype(np.float32)
    return _split(features, labels, "generated stand-in flowers", False, "generated here", stand_in=True)


def _lines(path: Path) -> list[str]:
    """The rows, without our own notes and header and without empty lines."""
    text = faults.read_file(path, _MAX_FILE_BYTES, "iris").decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "sepal_length"))]


def _parsed(lines: list[str], path: Path) -> tuple[NDArray[np.float32], Pixels]:
    import numpy as np

    rows, labels = [], []
    for number, line in enumerate(lines, 1):
        *cells, species = line.split(",")
        try:
            row = [float(cell) for cell in cells]
        except ValueError:
            row = []
        if len(row) != COLUMNS or species not in SPECIES or not all(0 < size < 100 for size in row):
            shown = line[:40].encode("ascii", "backslashreplace").decode("ascii")
            expected = f"four lengths and a species in row {number}"
            raise faults.damaged(path, expected, repr(shown), "iris")
        rows.append(row)
        labels.append(SPECIES.index(species))
    if min(labels.count(label) for label in range(len(SPECIES))) < 2:
        raise faults.damaged(path, "two rows at least of each species", f"{len(rows)} rows", "iris")
    return np.array(rows, np.float32), np.array(labels, np.uint8)


def _split(
    features: NDArray[np.float32],
    labels: Pixels,
    name: str,
    official: bool,
    place: str,
    stand_in: bool = False,
) -> DataSet:
    """80 % of each species to train on, 20 % to test on, by a permutation that is the same each time."""
    import numpy as np

    order = np.random.RandomState(_SPLIT_SEED).permutation(len(labels))
    by_class = [order[labels[order] == label] for label in range(len(SPECIES))]
    ends = [min(max(round(len(one) * SHARE), 1), len(one) - 1) for one in by_class]
    # sorted: the permutation's order, so that the species stay mixed
    train, test = (
        order[np.isin(order, np.concatenate(chosen))]
        for chosen in (
            [one[:end] for one, end in zip(by_class, ends, strict=True)],
            [one[end:] for one, end in zip(by_class, ends, strict=True)],
        )
    )
    arrays = features[train], labels[train], features[test], labels[test]
    for array in arrays:
        array.flags.writeable = False
    means, stds = features[train].mean(axis=0), features[train].std(axis=0)
    facts = DataFacts(
        name=name,
        official=official,
        stand_in=stand_in,
        digest=digest_of(*(array.data for array in arrays)),
        train_images=len(train),
        test_images=len(test),
        place=place,
    )
    return DataSet(
        facts,
        arrays[0],
        arrays[1],
        arrays[2],
        arrays[3],
        mean=round(float(features[train].mean()), 4),
        std=round(float(features[train].std()), 4),
        tabulated_sd=TABULATED_SD,
        classes=len(SPECIES),
        input_shape=(COLUMNS,),
        task_images=120,
        channel_means=tuple(round(float(mean), 4) for mean in means),
        channel_stds=tuple(round(float(std), 4) for std in stds),
        class_names=SPECIES,
        inputs="features",
    )
