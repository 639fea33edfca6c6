"""Tiny ImageNet from a zip file or a folder: the split, the order of classes, and every kind of damage."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from grader.data import tiny_imagenet, tiny_pictures
from grader.data.download import Remote
from grader.data.interface import DataSet, load
from grader.errors import DataMissing, GraderFault

WNIDS = ("n02124075", "n01443537", "n09246464")  # not in alphabetical order, as in the published file
PER_CLASS, VALIDATION = 7, 3
Members = dict[str, bytes]


def picture(shade: int, mode: str = "RGB", size: int = 64) -> bytes:
    from PIL import Image

    contents = io.BytesIO()
    Image.new(mode, (size, size), shade if mode == "L" else (shade, 100, 200)).save(
        contents, "JPEG", quality=95
    )
    return contents.getvalue()


def members() -> Members:
    """Each picture has a shade of its own: 10 numbers for each class."""
    found: Members = {
        "wnids.txt": "\n".join(WNIDS).encode(),
        "words.txt": b"n01443537\tgoldfish, Carassius auratus\nn02124075\tEgyptian cat\nn00000000\tother\n",
        "test/images/test_0.JPEG": picture(1),
    }
    lines = []
    for label, wnid in enumerate(sorted(WNIDS)):
        for number in range(PER_CLASS):
            grey = "L" if number == 0 else "RGB"
            found[f"train/{wnid}/images/{wnid}_{number}.JPEG"] = picture(80 * label + 6 * number, grey)
        found[f"train/{wnid}/{wnid}_boxes.txt"] = b"box"
        for number in range(VALIDATION):
            index = label * VALIDATION + number
            found[f"val/images/val_{index}.JPEG"] = picture(80 * label + 6 * (PER_CLASS + number))
            lines.append(f"val_{index}.JPEG\t{wnid}\t0\t0\t62\t62")
    found["val/val_annotations.txt"] = "\n".join(lines[::-1]).encode()
    return found


GOOD = members()


def write_zip(folder: Path, found: Members = GOOD) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tiny-imagenet-200.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, contents in found.items():
            packed.writestr(f"tiny-imagenet-200/{name}", contents)
    return path


def write_folder(folder: Path, found: Members = GOOD) -> None:
    for name, contents in found.items():
        path = folder / "tiny-imagenet-200" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)


def read(place: Path, unofficial: bool = True, cache: str = "/nonexistent") -> DataSet:
    return load(
        "tiny_imagenet", data_dir=place, allow_unofficial=unofficial, environment={"XDG_CACHE_HOME": cache}
    )


def shades(data: DataSet) -> list[int]:
    """Which pictures there are, by their shade of red."""
    images = np.concatenate([data.train_images, data.test_images])
    return sorted(round(float(image[0].mean()) / 2) * 2 for image in images)


def test_the_split_is_70_to_30_of_each_class_and_loses_nothing(tmp_path: Path) -> None:
    write_zip(tmp_path)
    data = read(tmp_path)
    assert np.bincount(data.train_labels).tolist() == [7, 7, 7]
    assert np.bincount(data.test_labels).tolist() == [3, 3, 3]
    assert data.train_images.shape == (21, 3, 64, 64)
    expected = [80 * label + 6 * number for label in range(3) for number in range(10)]
    assert np.allclose(shades(data), expected, atol=3)


def test_labels_stay_with_their_pictures_and_classes_are_in_alphabetical_order(tmp_path: Path) -> None:
    write_zip(tmp_path)
    data = read(tmp_path)
    for images, labels in ((data.train_images, data.train_labels), (data.test_images, data.test_labels)):
        for image, label in zip(images, labels, strict=True):
            assert (float(image[0].mean()) + 4) // 80 == label
    assert data.class_names == ("goldfish", "Egyptian cat", "n09246464")


def test_grey_pictures_have_three_equal_channels(tmp_path: Path) -> None:
    write_zip(tmp_path)
    data = read(tmp_path)
    images = np.concatenate([data.train_images, data.test_images])
    grey = [image for image in images if (image[0] == image[1]).all() and (image[1] == image[2]).all()]
    assert len(grey) == 3


def test_a_folder_is_the_same_set(tmp_path: Path) -> None:
    write_zip(tmp_path / "zip")
    write_folder(tmp_path / "folder")
    one, other = read(tmp_path / "zip"), read(tmp_path / "folder")
    assert one.facts.digest == other.facts.digest
    np.testing.assert_array_equal(one.train_images, other.train_images)


@pytest.mark.parametrize("write", [write_zip, write_folder])
def test_an_unofficial_copy_is_refused_and_named(write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(GraderFault, match="not the official Tiny ImageNet file") as caught:
        read(tmp_path, unofficial=False)
    assert tiny_imagenet.ARCHIVE.md5 in caught.value.message
    assert "--unofficial-data" in caught.value.hint
    data = read(tmp_path)
    assert data.facts.name == "Tiny ImageNet, unofficial copy"
    assert data.facts.place.endswith("an unofficial copy")


def test_the_official_one_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_zip(tmp_path)
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setattr(tiny_imagenet, "ARCHIVE", Remote(path.name, path.stat().st_size, md5))
    first = read(tmp_path, unofficial=False, cache=str(tmp_path / "cache"))
    assert first.facts.official
    assert isinstance(first.train_images, np.memmap)
    seen: list[str] = []
    decode = tiny_pictures.decode
    monkeypatch.setattr(tiny_pictures, "decode", lambda files, name: seen.append(name) or decode(files, name))
    again = read(tmp_path, unofficial=False, cache=str(tmp_path / "cache"))
    assert len(seen) == len(again.test_images)
    assert again.facts.digest == first.facts.digest
    np.testing.assert_array_equal(first.train_images, read(tmp_path).train_images)


def without(name: str) -> Members:
    return {known: contents for known, contents in GOOD.items() if known != name}


_ONE = "train/n01443537/images/n01443537_3.JPEG"


@pytest.mark.parametrize(
    ("found", "expected", "seen"),
    [
        ({**GOOD, _ONE: picture(9)[:200]}, f"a JPEG picture {_ONE}", "one that cannot be decoded"),
        ({**GOOD, _ONE: b"<html>"}, f"a JPEG picture {_ONE}", "a web page (HTML)"),
        ({**GOOD, _ONE: picture(9, size=32)}, f"64 x 64 pixels in {_ONE}", "32 x 32"),
        ({**GOOD, _ONE: bytes(2 << 20)}, f"at most 1,048,576 bytes in {_ONE}", "more"),
        (without("wnids.txt"), "a file wnids.txt", "none"),
        (without("val/val_annotations.txt"), "a file val/val_annotations.txt", "none"),
        ({**GOOD, "wnids.txt": b"n01443537"}, "2 to 200 different classes", "1"),
        ({**GOOD, "wnids.txt": b"n01443537 ../../etc"}, "classes such as n01443537", "../../etc"),
        ({**GOOD, "wnids.txt": b"n01443537 n00000001"}, "pictures and classes", "val_"),
        (without("val/images/val_4.JPEG"), "pictures and classes of val_annotations", "val_4.JPEG"),
        ({**GOOD, "val/val_annotations.txt": b"../../x.JPEG\tn01443537"}, "pictures and classes", "x.JPEG"),
    ],
)
def test_damage_names_expected_and_found(found: Members, expected: str, seen: str, tmp_path: Path) -> None:
    path = write_zip(tmp_path, found)
    with pytest.raises(GraderFault) as caught:
        read(tmp_path)
    assert caught.value.message.startswith(f"{path}: expected ")
    assert expected in caught.value.message
    assert seen in caught.value.message
    assert "grader data fetch tiny_imagenet" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda good: good[: len(good) // 2], "a broken one"),
        (lambda good: b"<!doctype html><p>Not found", "a web page (HTML)"),
        (lambda good: b"", "an empty file"),
    ],
)
def test_a_zip_file_that_is_none_is_named(
    change: Callable[[bytes], bytes], seen: str, tmp_path: Path
) -> None:
    path = write_zip(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(GraderFault) as caught:
        read(tmp_path)
    assert str(path) in caught.value.message
    assert seen in caught.value.message


def test_a_flipped_byte_in_a_member_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path)
    contents = bytearray(path.read_bytes())
    place = contents.find(GOOD[_ONE]) + 300
    contents[place] ^= 0xFF
    path.write_bytes(bytes(contents))
    with pytest.raises(GraderFault, match=r"a broken one \(Bad CRC-32"):
        read(tmp_path)


def test_missing_data_says_which_file_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as caught:
        load("tiny_imagenet", data_dir=tmp_path, download=False, environment={"HOME": str(tmp_path)})
    assert "tiny-imagenet-200.zip" in caught.value.hint
