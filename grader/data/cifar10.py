"""CIFAR-10: 50,000 training and 10,000 test images of ten kinds of things, 32 x 32 in colour.

Two versions are published, with the same images in six files each: pickled batches (`cifar-10-batches-py`, what
torchvision uses) and plain records (`cifar-10-batches-bin`). A copy is official if each of its files has the
published checksum, or if its images and labels, written as plain records, have it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from grader.data import archives, cifar_batches, download, faults, search
from grader.data.download import Remote
from grader.data.interface import DataSet, Request, digest_of
from grader.data.places import Contents, fullest, look_exactly
from grader.data.search import Source
from grader.records import DataFacts

if TYPE_CHECKING:
    from grader.data.interface import Pixels

MEAN, STD = 0.4734, 0.2516
CHANNEL_MEANS, CHANNEL_STDS = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
"""Of the official training pixels on the scale 0 to 1: all of them, and red, green and blue."""

TABULATED_SD = 0.0027
"""Run-to-run standard deviation of test accuracy: about 0.27 points near 85 % (derived), 0.15 near 94 %
(published). The wider one is taken."""

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
ARCHIVE = Remote("cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a")
"""What is downloaded, with the published MD5."""

OFFICIAL_MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
"""Of the pickled batches, as torchvision checks them."""

OFFICIAL_RECORDS_SHA256 = {
    "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}
"""Of the same batches as plain records (data_batch_1.bin and so on)."""

STEMS = tuple(OFFICIAL_MD5)
_NAMES_OF_CLASSES = {"batches.meta": "5ff9c542aee3614f3951f8cda6e48888"}
"""The file that torchvision wants beside the batches; the grader does not read it."""

_FOLDER = "cifar-10-batches-py"
_PYTHON_FOLDERS = (_FOLDER, "cifar10", "")
_BINARY_FOLDERS = ("cifar-10-batches-bin", "cifar10", "")


def look(folder: Path) -> Contents:
    """The six batches in one of the two versions; their keys are the names of the pickled ones."""
    pickled = look_exactly(folder, STEMS, _PYTHON_FOLDERS)
    records = look_exactly(folder, tuple(f"{stem}.bin" for stem in STEMS), _BINARY_FOLDERS)
    return fullest(pickled, records)


def load(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> DataSet:
    """CIFAR-10 from the first place that holds it; see `grader.data.interface.load`."""
    ways = (
        "Do one of three things: run `grader data fetch cifar10` on a machine with network and copy its cache "
        f"folder here; pass --data-dir DIR (or set GRADER_DATA) where DIR holds {_FOLDER}; or pass --stand-in to "
        "use generated pictures (not a grade)."
    )
    source = Source("CIFAR-10", look, read, lambda: fetch(request, mirrors), ways)
    return search.first_copy(request, source)


def fetch(request: Request, mirrors: tuple[str, ...] = MIRRORS) -> Path:
    """Download and unpack into the user cache what is not there yet, in torchvision's layout.

    Returns the folder of the batches. The archive is removed once it is unpacked.

    Raises:
        Unreachable: no mirror could be connected to.
        GraderFault: the mirrors hand out something else, or the cache cannot be written.
    """
    folder = search.cache(request) / _FOLDER
    wanted = {**OFFICIAL_MD5, **_NAMES_OF_CLASSES}
    if not all(_has_md5(folder / name, md5) for name, md5 in wanted.items()):
        (archive,) = download.fetch((ARCHIVE,), mirrors, folder.parent, request.progress)
        members = {f"{_FOLDER}/{name}": md5 for name, md5 in wanted.items()}
        archives.unpack_tar(archive, members, folder, cifar_batches.MAX_FILE_BYTES)
        archive.unlink()
    return folder


def read(contents: Contents, place: str, allow_unofficial: bool) -> DataSet:
    """Decode and verify six files.

    Raises:
        GraderFault: one is damaged, or not the official one and `allow_unofficial` is not set.
    """
    batches = {stem: _batch(contents, stem, allow_unofficial) for stem in STEMS}
    official = all(is_official for _, _, is_official in batches.values())
    train_images, train_labels = _joined([batches[stem] for stem in STEMS[:-1]])
    test_images, test_labels = _joined([batches[STEMS[-1]]])
    facts = DataFacts(
        name="CIFAR-10" if official else "CIFAR-10, unofficial copy",
        official=official,
        stand_in=False,
        digest=digest_of(*(array.data for array in (train_images, train_labels, test_images, test_labels))),
        train_images=len(train_images),
        test_images=len(test_images),
        place=place if official else f"{place}; an unofficial copy",
    )
    return DataSet(
        facts,
        train_images,
        train_labels,
        test_images,
        test_labels,
        MEAN,
        STD,
        TABULATED_SD,
        input_shape=cifar_batches.SHAPE,
        task_images=50_000,
        channel_means=CHANNEL_MEANS,
        channel_stds=CHANNEL_STDS,
        class_names=CLASS_NAMES,
    )


def stand_in() -> DataSet:
    """Generated pictures of the same shape, for machines that have no CIFAR-10: not a grade."""
    from grader.data import standin_pictures

    return standin_pictures.ten_kinds()


def _batch(contents: Contents, stem: str, allow_unofficial: bool) -> tuple[Pixels, Pixels, bool]:
    """Images and labels of one file, and whether they are the published ones."""
    path = contents.files.get(stem) or contents.files[f"{stem}.bin"]
    packed = faults.read_file(path, cifar_batches.MAX_FILE_BYTES, "cifar10")
    images, labels = cifar_batches.parse(packed, path)
    found = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if path.name == stem and found == OFFICIAL_MD5[stem]:
        return images, labels, True
    records = hashlib.sha256(cifar_batches.as_records(images, labels)).hexdigest()
    official = records == OFFICIAL_RECORDS_SHA256[stem]
    if not official and not allow_unofficial:
        raise faults.not_official(
            path,
            "CIFAR-10",
            f"images and labels that have SHA-256 {OFFICIAL_RECORDS_SHA256[stem]} as plain records",
            records,
            "cifar10",
        )
    return images, labels, official


def _joined(parts: list[tuple[Pixels, Pixels, bool]]) -> tuple[Pixels, Pixels]:
    import numpy as np

    images = np.concatenate([images for images, _, _ in parts])
    labels = np.concatenate([labels for _, labels, _ in parts])
    images.flags.writeable = labels.flags.writeable = False
    return images, labels


def _has_md5(path: Path, md5: str) -> bool:
    if not path.is_file():
        return False
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == md5
