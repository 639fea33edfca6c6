"""Stand-ins that need no training around them: quiet objects, albumentations, the hub, shown values."""

from __future__ import annotations

import enum

import numpy as np
import pytest
import torch

from grader.worker.capture import albumen, hub_data, shown
from grader.worker.capture.quiet import Quiet, QuietModule


def test_a_quiet_object_can_be_unpacked_into_any_number_of_names():
    figure, axes = Quiet("plt").subplots(2, 3)
    a, b, c = Quiet("x")()
    for _ in range(20):
        first, (second, third) = Quiet("x"), Quiet("y")
    assert all(isinstance(one, Quiet) for one in (figure, axes, a, b, c, first, second, third))
    assert list(Quiet("x")) == []


def test_a_quiet_object_calculates_indexes_and_compares():
    quiet = Quiet("x")
    quiet[0] = 1
    assert isinstance(quiet[0] + 1 - quiet * 2, Quiet)
    assert (float(quiet), int(quiet), len(quiet), bool(quiet), quiet > 1, f"{quiet:.3f}") == (
        0.0,
        0,
        0,
        True,
        False,
        "0",
    )


def test_a_quiet_decorator_gives_the_function_back():
    @Quiet("jit")
    def function():
        return 3

    assert function() == 3


def test_a_quiet_module_looks_in_the_submission_first():
    module = QuietModule("models", {"Net": 5}.get)
    assert module.Net == 5
    assert isinstance(module.Other, Quiet)
    with pytest.raises(AttributeError):
        module.__wrapped__  # noqa: B018


def test_albumentations_records_what_was_written():
    library = albumen.module("albumentations")
    made = library.CoarseDropout(1, 16, max_width=16, fill_value=(0, 0, 0))
    assert made.__dict__["_recorded_call"]["arguments"] == [
        ["max_holes", 1], ["max_height", 16], ["max_width", 16], ["fill_value", "(0, 0, 0)"],
    ]  # fmt: skip
    assert library.HorizontalFlip is albumen.module("albumentations.augmentations").HorizontalFlip
    assert library.NeverHeardOf(p=1).given == {"p": 1}


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [
        ("PadIfNeeded", {"min_height": 40, "min_width": 36}, (40, 36, 3)),
        ("RandomCrop", {"height": 24, "width": 20}, (24, 20, 3)),
        ("Resize", {"height": 64, "width": 64}, (64, 64, 3)),
        ("RandomResizedCrop", {"size": (8, 9)}, (8, 9, 3)),
        ("HorizontalFlip", {"p": 1.0}, (32, 32, 3)),
    ],
)
def test_albumentations_keeps_shapes_true(name, arguments, shape):
    made = getattr(albumen.module("albumentations"), name)(**arguments)
    assert made(image=np.zeros((32, 32, 3), np.uint8))["image"].shape == shape


def test_a_pipeline_ends_as_a_tensor():
    library = albumen.module("albumentations")
    steps = library.Compose([None, library.Normalize(mean=(0.5,), std=(0.5,)), library.ToTensorV2()])
    image = steps(image=np.full((32, 32, 3), 255, np.uint8))["image"]
    assert isinstance(image, torch.Tensor)
    assert image.shape == (3, 32, 32)


def test_hub_data_comes_in_rows_columns_and_parts():
    tables = hub_data.load_dataset("ylecun/mnist")
    row = tables["train"][7]
    assert (len(tables["train"]), len(tables["test"]), row["label"], row["image"].size) == (
        60_000,
        10_000,
        7,
        (28, 28),
    )
    parts = tables["train"].train_test_split(test_size=0.1)
    assert (len(parts["train"]), len(parts["test"]), parts["test"].part) == (54_000, 6_000, True)
    doubled = tables["test"].with_transform(lambda batch: {"label": [2 * one for one in batch["label"]]})
    assert doubled[3]["label"] == 6
    assert tables["test"][1:3]["label"] == [1, 2]
    with pytest.raises(IndexError):
        tables["test"][10_000]


def test_one_split_and_a_part_of_one():
    assert len(hub_data.load_dataset("cifar10", split="test")) == 10_000
    assert hub_data.load_dataset("cifar10", split="train[:50%]").part


class Mode(enum.Enum):
    NEAREST = "nearest"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, 0.1),
        (True, True),
        (float("inf"), "inf"),
        (2**60, str(2**60)),
        (None, "None"),
        ((0.5,), "(0.5,)"),
        ([1, {"a": 2}], "[1, {'a': 2}]"),
        (Mode.NEAREST, "nearest"),
        (len, "len"),
        (object(), "object"),
        (np.arange(3), "[0, 1, 2]"),
        (torch.zeros(100), "Tensor(100,)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_as_plain_data(value, expected):
    assert shown.plain(value) == expected


def test_a_value_that_holds_itself_comes_to_an_end():
    endless: list[object] = []
    endless.append(endless)
    assert len(str(shown.plain(endless))) < 100
