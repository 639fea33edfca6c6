"""Images on another device than the CPU, without one: torch's `meta` device has shapes and no values.

An operator that mixes devices is refused here. To read a value back, which on a GPU means to wait for it, is refused
by torch: a meta tensor has none. What is drawn stays on the CPU and is real.
"""

from __future__ import annotations

import pytest
import torch

from grader.training.placing import placed
from grader.training.transforms.interface import readers
from grader.training.transforms.pipeline import Pipeline

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def call(name: str, library: str = "torchvision", /, **arguments: object) -> dict[str, object]:
    return {"name": name, "arguments": [list(pair) for pair in arguments.items()], "library": library}


def first(name: str, /, **arguments: object) -> dict[str, object]:
    return call(name, "albumentations", **arguments)


TENSOR, NORMAL = call("ToTensor"), call("Normalize", mean="(0.5,)", std="(0.25,)")
NORMAL_2 = first("Normalize", mean="(0.5, 0.5, 0.5)", std="(0.2, 0.2, 0.2)")
END = [NORMAL_2, first("ToTensorV2")]
RECIPES = {
    "rotation of a picture": ([call("RandomRotation", degrees=7, fill=1), TENSOR, NORMAL], GREY),
    "rotation, bilinear": ([call("RandomRotation", degrees=7, interpolation="bilinear"), TENSOR], GREY),
    "rotation of a tensor": ([TENSOR, NORMAL, call("RandomRotation", degrees=7)], GREY),
    "rotation of a tensor, bilinear": (
        [TENSOR, call("RandomRotation", degrees=7, interpolation="bilinear")],
        GREY,
    ),
    "affine": ([call("RandomAffine", degrees=5, translate="(0.1, 0.1)", scale="(0.9, 1.1)"), TENSOR], GREY),
    "affine, level": ([call("RandomAffine", degrees=0, scale="(0.9, 1.1)"), TENSOR], GREY),
    "crop, flips, erasing": (
        [
            call("RandomCrop", size=32, padding=4),
            call("RandomHorizontalFlip"),
            call("RandomVerticalFlip"),
            TENSOR,
            call("RandomErasing", p=0.7),
        ],
        COLOUR,
    ),
    "padding, reflected": ([call("Pad", padding=3, padding_mode="reflect"), TENSOR], COLOUR),
    "colours": ([call("ColorJitter", brightness=0.3, contrast=0.3, saturation=0.3), TENSOR], COLOUR),
    "a gate": (
        [
            call("RandomApply", transforms="[CenterCrop(size=22)]", p=0.5),
            call("Resize", size="(28, 28)"),
            call("RandomRotation", degrees=15),
            TENSOR,
        ],
        GREY,
    ),
    "resize of a tensor": ([TENSOR, call("Resize", size="(20, 24)")], GREY),
    "v2": (
        [
            call("ToImage", "torchvision.v2"),
            call("ToDtype", "torchvision.v2", dtype="torch.float32", scale=True),
            call("Normalize", "torchvision.v2", mean="(0.5,)", std="(0.5,)"),
        ],
        GREY,
    ),
    "cutout": ([first("HorizontalFlip"), first("Cutout", num_holes=1, max_h_size=8, max_w_size=8), *END], COLOUR),
    "coarse dropout": (
        [
            first("PadIfNeeded", min_height=40, min_width=40, always_apply=True),
            first("RandomCrop", height=32, width=32),
            first("VerticalFlip"),
            first("CoarseDropout", max_holes=1, max_height=16, max_width=16, p=0.7),
            *END,
        ],
        COLOUR,
    ),
    "shift, scale, rotate": ([first("ShiftScaleRotate", p=0.6, always_apply=False), *END], COLOUR),
    "affine of version 2": ([first("Affine", rotate="(-9, 9)", fill=3), *END], COLOUR),
}  # fmt: skip


def images(shape: tuple[int, int, int], count: int = 24) -> torch.Tensor:
    return torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(0)).byte()


@pytest.mark.parametrize("name", RECIPES)
def test_a_pipeline_works_where_the_images_are_and_reads_nothing_back(name, one_device):
    calls, shape = RECIPES[name]
    pipeline = Pipeline.of(calls, shape)
    here = images(shape)
    expected = pipeline(here, torch.Generator().manual_seed(5))
    pipeline = Pipeline.of(calls, shape)  # those that draw apart from torch begin anew
    generator = torch.Generator().manual_seed(5)
    with one_device:
        found = pipeline(here.to("meta"), generator)
    assert found.device.type == "meta"
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert one_device.on_meta


@pytest.mark.parametrize("name", RECIPES)
def test_the_device_changes_no_draw(name):
    calls, shape = RECIPES[name]
    ends = []
    for device in ("cpu", "meta"):
        generator = torch.Generator().manual_seed(5)
        Pipeline.of(calls, shape)(images(shape).to(device), generator)
        ends.append(generator.get_state())
    assert torch.equal(*ends)


def test_every_covered_transform_is_in_one_of_the_recipes():
    tried = {(one["name"], str(one["library"]).split()[0]) for calls, _ in RECIPES.values() for one in calls}
    first_version = {name for name, library in tried if library == "torchvision"}
    second_version = {name for name, library in tried if library == "torchvision.v2"}
    other = {name for name, library in tried if library == "albumentations"}
    inner = {"CenterCrop"}  # behind the gate
    assert set(readers("torchvision.v2")) | set(readers("torchvision")) <= first_version | second_version | inner | {"PILToTensor"}  # fmt: skip
    for version in ("albumentations 1", "albumentations 2"):
        assert set(readers(version)) <= other


def test_a_tensor_that_is_there_is_the_same_one():
    tensor = torch.arange(3)
    assert placed(tensor, torch.device("cpu")) is tensor
    assert placed(tensor, torch.device("meta")).device.type == "meta"


def test_a_mix_of_devices_is_noticed(one_device):
    with pytest.raises(AssertionError, match="mixes"), one_device:
        torch.arange(3).to("meta") + torch.arange(3)
