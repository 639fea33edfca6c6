"""The search order and the layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.data.places import (
    PassedOver,
    Place,
    fullest,
    in_words,
    look,
    look_exactly,
    search_order,
    user_cache,
)

STEMS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


def test_named_places_come_first_and_the_cache_last() -> None:
    environment = {"GRADER_DATA": "/shared", "XDG_CACHE_HOME": "/cache", "HOME": "/home/x"}
    order = search_order(Path("/mine"), environment)
    assert order == (
        Place(Path("/mine"), "--data-dir", True),
        Place(Path("/shared"), "GRADER_DATA", True),
        Place(Path("/cache/grader/data"), "user cache", False),
    )
    assert [place.name for place in search_order(None, {"HOME": "/h"})] == ["user cache"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HOME": "/h"}, "/h/.cache/grader/data"),
        ({"HOME": "/h", "XDG_CACHE_HOME": ""}, "/h/.cache/grader/data"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "/h/.cache/grader/data"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/c"}, "/c/grader/data"),
        ({}, str(Path.home() / ".cache/grader/data")),
    ],
)
def test_user_cache(environment: dict[str, str], expected: str) -> None:
    assert str(user_cache(environment)) == expected


@pytest.mark.parametrize("layout", ["MNIST/raw", "mnist", "raw", "."])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_layouts(layout: str, ending: str, tmp_path: Path) -> None:
    put(tmp_path / layout, *(stem + ending for stem in STEMS))
    contents = look(tmp_path, STEMS)
    assert contents.complete
    assert contents.files == {stem: tmp_path / layout / (stem + ending) for stem in STEMS}


def test_the_other_spelling(tmp_path: Path) -> None:
    put(tmp_path, "train-images.idx3-ubyte", "train-labels.idx1-ubyte.gz")
    assert look(tmp_path, STEMS).complete


def test_the_packed_file_is_taken_where_both_are_there(tmp_path: Path) -> None:
    put(tmp_path, *STEMS, *(stem + ".gz" for stem in STEMS))
    assert all(path.suffix == ".gz" for path in look(tmp_path, STEMS).files.values())


def test_the_fullest_layout_is_taken_and_says_what_it_lacks(tmp_path: Path) -> None:
    put(tmp_path / "mnist", STEMS[1])
    contents = look(tmp_path, STEMS)
    assert not contents.complete
    assert contents.describe() == "lacks train-images-idx3-ubyte"
    put(tmp_path, *STEMS)
    assert look(tmp_path, STEMS).complete


def test_a_folder_that_is_not_there_or_holds_other_things(tmp_path: Path) -> None:
    (tmp_path / STEMS[0]).mkdir()
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert look(folder, STEMS).describe() == "holds none of the files"


def test_words_for_reports_hold_no_paths() -> None:
    passed_over = [PassedOver(Place(Path("/secret/place"), "--data-dir", True), "holds none of the files")]
    assert in_words("user cache", passed_over) == "user cache; --data-dir did not hold it"
    assert in_words("GRADER_DATA", []) == "GRADER_DATA"


def test_exact_names_take_no_other_spelling(tmp_path: Path) -> None:
    put(tmp_path / "a", "train.csv.gz")
    assert look_exactly(tmp_path, ("train.csv",), ("a", "")).describe() == "holds none of the files"
    put(tmp_path / "a", "train.csv")
    assert look_exactly(tmp_path, ("train.csv",), ("a", "")).files == {
        "train.csv": tmp_path / "a" / "train.csv"
    }


def test_of_several_versions_a_complete_one_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "one", "two", "three", "packed")
    lacking = look_exactly(tmp_path, ("one", "two", "three", "four"), ("",))
    packed = look_exactly(tmp_path, ("packed",), ("",))
    assert fullest(lacking, packed) == packed
    assert fullest(look_exactly(tmp_path, ("zip",), ("",)), lacking).describe() == "lacks four"
