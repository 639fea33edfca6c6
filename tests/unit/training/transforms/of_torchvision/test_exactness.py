"""Every transform of torchvision: the same bits and the same draws as the library gives image by image."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose

from grader.data.interface import load
from grader.training.transforms.interface import Stated, Value, readers
from grader.training.transforms.pipeline import Pipeline
from grader.training.transforms.selfcheck import built, picture

GREY, COLOUR, OBLONG = (1, 28, 28), (3, 32, 32), (3, 30, 26)


def call(name: str, library: str = "torchvision", /, **arguments: Value) -> Stated:
    return Stated(name, tuple(arguments.items()), library)


def second(name: str, /, **arguments: Value) -> Stated:
    return call(name, "torchvision.v2", **arguments)


TENSOR = call("ToTensor")
GREY_NORMAL = call("Normalize", mean="(0.1307,)", std="(0.3081,)")
COLOUR_NORMAL = call("Normalize", mean="[0.4914, 0.4822, 0.4471]", std="(0.2469, 0.2433, 0.2615)")
SECOND_TENSOR = [second("ToImage"), second("ToDtype", dtype="torch.float32", scale=True)]

ANGLES = ["7", "(-10.0, 10.0)", "(90, 90)", "(180, 180)", "(270, 270)", "(0, 0)", "(-200, 720)"]
AFFINES: dict[str, dict[str, Value]] = {
    "moved": {"degrees": 0, "translate": "(0.1, 0.2)"},
    "scaled": {"degrees": 0, "scale": "(0.7, 1.3)"},
    "moved and scaled": {"degrees": 0, "translate": "(0.12, 0.12)", "scale": "(0.85, 1.15)"},
    "all": {
        "degrees": "(-10, 10)",
        "translate": "(0.1, 0.1)",
        "scale": "(0.5, 2.0)",
        "shear": "(-5, 5, -3, 3)",
    },
    "sheared": {"degrees": 5, "shear": 10, "fill": 3},
}
ERASINGS: dict[str, dict[str, Value]] = {
    "as it comes": {},
    "coloured": {"p": 0.9, "scale": "(0.02, 0.2)", "value": "(0.1, 0.2, 0.3)"},
    "often too large": {"p": 1.0, "scale": "(0.5, 1.0)", "ratio": "(1.0, 1.0)"},
    "nearly always too large": {"p": 1.0, "scale": "(0.9, 1.0)", "value": 1},
}
JITTERS: dict[str, dict[str, Value]] = {
    "bright": {"brightness": 0.2},
    "all": {"brightness": 0.2, "contrast": 0.3, "saturation": 0.4},
    "strong": {"brightness": 3, "contrast": 3, "saturation": 5},
    "pair": {"contrast": "(0.5, 1.5)", "hue": 0},
}

CASES: dict[str, tuple[list[Stated], tuple[int, int, int]]] = {
    "normal grey": ([TENSOR, GREY_NORMAL], GREY),
    "normal colour": ([TENSOR, COLOUR_NORMAL], COLOUR),
    "one mean for three channels": ([TENSOR, GREY_NORMAL], COLOUR),
    "second version": ([*SECOND_TENSOR, second("Normalize", mean="[0.5]", std="[0.5]")], COLOUR),
    "second version, as the first": ([second("ToTensor")], GREY),
    "apply and resize": (
        [
            call("RandomApply", transforms="[CenterCrop(size=22)]", p=0.1),
            call("Resize", size="(28, 28)"),
            call("RandomRotation", degrees="(-15.0, 15.0)", fill=0),
            TENSOR,
            GREY_NORMAL,
        ],
        GREY,
    ),
    "draws that depend on draws": (
        [
            call("RandomApply", transforms="[CenterCrop(size=22), RandomRotation(degrees='(-5, 5)')]", p=0.6),
            call("RandomCrop", size="(20, 22)"),
            TENSOR,
            call("RandomErasing"),
        ],
        GREY,
    ),
    "apply within apply": (
        [
            call(
                "RandomApply",
                transforms="[RandomApply(transforms='[RandomRotation(degrees=9)]', p=0.5), RandomVerticalFlip()]",
                p=0.6,
            ),
            TENSOR,
        ],
        GREY,
    ),
    "second version, many": (
        [
            second("RandomApply", transforms="[RandomRotation(degrees=9)]", p=0.6),
            second("RandomRotation", degrees=7, fill="[1]", interpolation="bilinear"),
            second("RandomAffine", degrees=7, translate="(0.1, 0.1)"),
            second("ColorJitter", brightness=0.3, contrast=0.3),
            *SECOND_TENSOR,
            second("RandomErasing"),
        ],
        GREY,
    ),
    "crop, flip and erasing": (
        [
            call("RandomCrop", size=32, padding=4),
            call("RandomHorizontalFlip"),
            call("RandomVerticalFlip", p=0.2),
            TENSOR,
            COLOUR_NORMAL,
            call("RandomErasing", p=0.5, scale="(0.02, 0.2)"),
        ],
        COLOUR,
    ),
    "padded as needed": ([call("RandomCrop", size="(28, 36)", pad_if_needed=True, fill=9), TENSOR], COLOUR),
    "padded as needed, second": (
        [second("RandomCrop", size="(28, 36)", pad_if_needed=True, fill=9), *SECOND_TENSOR],
        COLOUR,
    ),
    "no choice of a crop": ([call("RandomCrop", size=32), call("RandomHorizontalFlip", p=0.3), TENSOR], COLOUR),
    "bytes as a tensor": (
        [second("PILToTensor"), second("RandomHorizontalFlip"), second("RandomCrop", size=20), SECOND_TENSOR[1]],
        COLOUR,
    ),
}  # fmt: skip
for kind in ("nearest", "bilinear"):
    for angle in ANGLES:
        turn = call("RandomRotation", degrees=angle, fill="(1,)", interpolation=kind)
        CASES[f"picture turned, {kind}, {angle}"] = ([turn, TENSOR, GREY_NORMAL], GREY)
        CASES[f"tensor turned, {kind}, {angle}"] = ([TENSOR, GREY_NORMAL, turn], GREY)
        CASES[f"colours turned, {kind}, {angle}"] = (
            [call("RandomRotation", degrees=angle, fill="(1, 2, 3)", interpolation=kind), TENSOR],
            OBLONG,
        )
    for name, arguments in AFFINES.items():
        move = call("RandomAffine", interpolation=kind, **arguments)
        CASES[f"picture {name}, {kind}"] = ([move, TENSOR], OBLONG)
        CASES[f"tensor {name}, {kind}"] = ([TENSOR, COLOUR_NORMAL, move], OBLONG)
for mode in ("constant", "reflect", "edge", "symmetric"):
    framed: dict[str, Value] = {"padding_mode": mode, "padding": "(1, 2, 3, 4)"}
    CASES[f"cropped, {mode}"] = ([call("RandomCrop", size="(28, 30)", fill=7, **framed), TENSOR], COLOUR)
    CASES[f"cropped tensor, {mode}"] = (
        [TENSOR, COLOUR_NORMAL, call("RandomCrop", size=32, **framed)],
        COLOUR,
    )
    CASES[f"cropped, second, {mode}"] = ([second("RandomCrop", size=31, **framed), *SECOND_TENSOR], COLOUR)
    CASES[f"padded, {mode}"] = ([call("Pad", fill="(7, 8, 9)", **framed), TENSOR], COLOUR)
    CASES[f"padded tensor, {mode}"] = ([TENSOR, call("Pad", padding="(1, 3)", padding_mode=mode)], COLOUR)
for name, arguments in ERASINGS.items():
    CASES[f"erased {name}"] = ([TENSOR, COLOUR_NORMAL, call("RandomErasing", **arguments)], COLOUR)
for name, arguments in JITTERS.items():
    CASES[f"jitter {name}"] = ([call("ColorJitter", **arguments), TENSOR], COLOUR)
    CASES[f"grey jitter {name}"] = ([call("ColorJitter", **arguments), TENSOR], GREY)
for size in ("20", "(20, 17)", "(40, 44)", "64", "[40]"):
    shape = COLOUR if size == "20" else OBLONG
    CASES[f"resized {size}"] = ([call("Resize", size=size), TENSOR], shape)
    CASES[f"resized tensor {size}"] = ([TENSOR, call("Resize", size=size)], OBLONG)
    CASES[f"resized tensor {size}, plain"] = ([TENSOR, call("Resize", size=size, antialias=False)], OBLONG)
for size in ("22", "(40, 30)", "(33, 35)"):
    CASES[f"centre {size}"] = ([call("CenterCrop", size=size), TENSOR], COLOUR)
    CASES[f"centre of a tensor {size}"] = ([TENSOR, COLOUR_NORMAL, call("CenterCrop", size=size)], COLOUR)


def pictures(shape: tuple[int, int, int], count: int) -> torch.Tensor:
    """Noise with a flat part, as digits have."""
    images = torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(0)).byte()
    images[:, :, :, :5] = 0
    return images


@pytest.fixture(autouse=True)
def one_thread():
    """Small batches do not gain by more, and tests run beside each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.filterwarnings("ignore:The transform `ToTensor")
@pytest.mark.parametrize("name", list(CASES))
def test_the_same_bits_from_the_same_draws(name):
    calls, shape = CASES[name]
    images = pictures(shape, 70)
    library = Compose([built(one) for one in calls])
    pipeline = Pipeline.of(calls, shape)
    assert pipeline.exactness == "same draws"

    torch.manual_seed(3)
    expected = torch.stack([library(picture(image)) for image in images])
    state = torch.get_rng_state()
    torch.manual_seed(3)
    got = torch.cat([pipeline(part) for part in images.split(17)])

    assert got.dtype == torch.float32
    assert got.shape[1:] == pipeline.output_shape
    assert torch.equal(got, expected)
    assert torch.equal(torch.get_rng_state(), state), (
        "the generator does not stand where the library leaves it"
    )


def test_every_name_has_a_case():
    tried = {(one.library, one.name) for calls, _ in CASES.values() for one in calls}
    assert {name for _, name in tried} >= set(readers("torchvision")) | set(readers("torchvision.v2"))


class Digits(Dataset):
    def __init__(self, images: torch.Tensor, transform: Compose) -> None:
        self.images, self.transform = images, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(picture(self.images[index])), index


def test_a_loader_with_the_same_seed_gives_the_same_batches_over_two_epochs():
    """Also between batches: a dropout mask drawn after each batch is the same, too."""
    calls, shape = CASES["picture turned, nearest, 7"]
    images = pictures(shape, 100)
    loader = DataLoader(Digits(images, Compose([built(one) for one in calls])), 32, shuffle=True)
    theirs = []
    torch.manual_seed(5)
    for _ in range(2):
        for batch, chosen in loader:
            theirs.append((batch, chosen, torch.rand(3)))

    pipeline = Pipeline.of(calls, shape)
    torch.manual_seed(5)
    plain = DataLoader(range(100), 32, shuffle=True)
    ours = []
    for _ in range(2):
        for chosen in plain:
            ours.append((pipeline(images[chosen]), chosen, torch.rand(3)))
    for one, other in zip(ours, theirs, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.mnist
def test_all_of_two_thousand_digits_turn_alike():
    images = torch.from_numpy(
        load("mnist", data_dir=Path(os.environ["GRADER_DATA"]), download=False).test_images[:2000].copy()
    ).unsqueeze(1)
    calls, shape = CASES["picture turned, nearest, 7"]
    library, pipeline = Compose([built(one) for one in calls]), Pipeline.of(calls, shape)
    torch.manual_seed(0)
    expected = torch.stack([library(picture(image)) for image in images])
    torch.manual_seed(0)
    got = pipeline(images)
    assert int((got == expected).flatten(1).all(1).sum()) == 2000
