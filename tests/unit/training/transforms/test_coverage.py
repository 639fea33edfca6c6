"""What the fast lane takes, what it leaves alone and why, without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.records import Call
from grader.training.transforms.coverage import covered, exactness, for_a_test, output_shape

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def call(name: str, library: str = "torchvision", /, **arguments: object) -> Call:
    return Call(name, tuple(arguments.items()), "train.py:3", library)  # type: ignore[arg-type]


def flexible(name: str, /, **arguments: object) -> Call:
    return call(name, "albumentations", **arguments)


TENSOR = call("ToTensor")
NORMAL = call("Normalize", mean="(0.1307,)", std="(0.3081,)")
ENDING = [flexible("Normalize", mean="[0.49, 0.48, 0.45]", std="[0.25, 0.24, 0.26]"), flexible("ToTensorV2")]
DROPOUT = flexible("CoarseDropout", max_holes=1, max_height=16, max_width=16, min_holes=1, min_height=16, min_width=16, fill_value="[125.307, 122.961, 114.0105]", mask_fill_value="None")  # fmt: skip
NEWER = flexible("CoarseDropout", num_holes_range="(1, 1)", hole_height_range="(16, 16)", hole_width_range="(16, 16)", fill="(125, 122, 113)", fill_mask="None", p=0.5)  # fmt: skip
PADDED = [flexible("PadIfNeeded", min_height=40), flexible("RandomCrop", height=32, width=32)]
CUTOUT = flexible("Cutout", num_holes=1, max_h_size=8, max_w_size=8, fill_value="[125.3, 122.9, 114.0]", always_apply=True, p=0.5)  # fmt: skip

REAL = {
    "plain": ([TENSOR, NORMAL], GREY, "same draws"),
    "turned": ([call("RandomRotation", degrees="(-7.0, 7.0)", fill="(1,)"), TENSOR, NORMAL], GREY, "same draws"),
    "tensors moved": (
        [TENSOR, NORMAL, call("RandomRotation", degrees=15), call("RandomAffine", degrees=0, translate="(0.12, 0.12)", scale="(0.85, 1.15)")],
        GREY,
        "same draws",
    ),
    "applied at times": (
        [call("RandomApply", transforms="[CenterCrop(size=22)]", p=0.1), call("Resize", size="(28, 28)"), TENSOR, NORMAL],
        GREY,
        "same draws",
    ),
    "version 1": ([flexible("HorizontalFlip"), flexible("ShiftScaleRotate"), DROPOUT, *ENDING], COLOUR, "same distribution"),
    "version 2": (
        [flexible("HorizontalFlip", p=0.5), flexible("Affine", translate_percent="{'x': 0.0625, 'y': 0.0625}", scale="(0.9, 1.1)", rotate="(-15, 15)", p=0.5), NEWER, *ENDING],
        COLOUR,
        "same distribution",
    ),
    "padded and cut": ([*PADDED, flexible("HorizontalFlip"), CUTOUT, *ENDING], COLOUR, "same distribution"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REAL))
def test_recipes_in_the_shapes_that_students_write(name):
    calls, shape, kind = REAL[name]
    assert covered(calls, shape) == ""
    assert exactness(calls, shape) == kind


def test_what_a_test_pass_uses_of_them_is_of_the_same_size():
    calls, shape, _ = REAL["applied at times"]
    assert for_a_test(calls, shape) == tuple(calls[1:])
    around = [call("Pad", padding=4), call("RandomCrop", size=32), TENSOR]
    assert output_shape(around, COLOUR) == COLOUR
    assert for_a_test(around, COLOUR) == (TENSOR,)
    calls, shape, _ = REAL["padded and cut"]
    assert for_a_test(calls, shape) == tuple(ENDING)


REFUSED = {
    "nothing": ([], GREY, "no transforms"),
    "no tensor": ([call("RandomRotation", degrees=5)], GREY, "no tensor of floats"),
    "own class": ([call("AddNoise", "", std=0.1), TENSOR], GREY, "AddNoise(std=0.1): it is the student's own"),
    "another library": ([call("Rot90", "kornia"), TENSOR], GREY, "Rot90(): it is of kornia"),
    "two libraries": ([flexible("HorizontalFlip"), TENSOR], COLOUR, "two libraries are mixed"),
    "unknown": ([call("ElasticTransform"), TENSOR], GREY, "ElasticTransform(): It has no batched form"),
    "unknown argument": ([call("RandomRotation", degrees=5, magic=1), TENSOR], GREY, "argument 'magic'"),
    "missing argument": ([call("RandomRotation"), TENSOR], GREY, "argument 'degrees'"),
    "enlarged": ([call("RandomRotation", degrees=5, expand=True), TENSOR], GREY, "expand=True"),
    "off centre": ([call("RandomRotation", degrees=5, center="(3, 3)"), TENSOR], GREY, "center=(3, 3)"),
    "bicubic": ([call("RandomRotation", degrees=5, interpolation="bicubic"), TENSOR], GREY, "interpolation='bicubic'"),
    "noise": ([TENSOR, call("RandomErasing", value="random")], GREY, "value='random'"),
    "hue": ([call("ColorJitter", hue=0.1), TENSOR], COLOUR, "hue=0.1"),
    "jitter of tensors": ([TENSOR, call("ColorJitter", brightness=0.1)], COLOUR, "It is given a tensor"),
    "erasing of pictures": ([call("RandomErasing"), TENSOR], GREY, "no tensor of floats"),
    "too small": ([call("RandomCrop", size=32), TENSOR], GREY, "smaller than what is cut"),
    "several sizes": ([call("RandomApply", transforms="[CenterCrop(size=22)]"), TENSOR], GREY, "different sizes"),
    "own within": ([call("RandomApply", transforms="[Mine, CenterCrop(size=22)]"), TENSOR], GREY, "no transform of the library"),
    "zero": ([TENSOR, call("Normalize", mean="(0.5,)", std="(0.0,)")], GREY, "divides by zero"),
    "channels": ([TENSOR, call("Normalize", mean="(0.5, 0.5)", std="(1, 1)")], COLOUR, "mean=(0.5, 0.5)"),
    "shrinks one way": ([call("Resize", size="(14, 28)"), TENSOR], GREY, "shrinks the height"),
    "large images": ([TENSOR], (3, 4000, 4000), "larger than was compared"),
    "four channels": ([TENSOR], (4, 32, 32), "4 channels"),
    "tensors in version 2": ([call("ToImage", "torchvision.v2"), call("RandomRotation", "torchvision.v2", degrees=3)], GREY, "given a tensor"),
    "no version": ([flexible("ShiftScaleRotate"), *ENDING], COLOUR, "ShiftScaleRotate(): It has no batched form"),
    "no border": ([flexible("PadIfNeeded", min_height=40, min_width=40), *ENDING], COLOUR, "differs between the versions"),
    "two versions": ([DROPOUT, NEWER, *ENDING], COLOUR, "two versions"),
    "too large a hole": ([flexible("CoarseDropout", max_holes=1, max_height=40, max_width=4), *ENDING], COLOUR, "larger than the image"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_left_to_the_students_own_loop_and_why(name):
    calls, shape, reason = REFUSED[name]
    assert reason in covered(calls, shape)


HOSTILE = [
    "__import__('os').system('true')",
    "(" * 5000,
    "[" * 300 + "]" * 300,
    "9" * 5000,
    "\x1b[31m\u202e",
    "nan",
    "1e999",
    "{}",
    "[]",
    "'a' * 10**9",
    "-" * 390 + "1",
    "lambda: 0",
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
@pytest.mark.parametrize("name", ["RandomRotation", "RandomApply", "Normalize", "RandomCrop"])
def test_hostile_arguments_are_refused_in_plain_words(name, number):
    argument = {
        "RandomRotation": "degrees",
        "RandomApply": "transforms",
        "Normalize": "mean",
        "RandomCrop": "size",
    }
    reason = covered([call(name, **{argument[name]: HOSTILE[number]}), TENSOR], GREY)
    assert reason
    assert len(reason) <= 400
    assert "\x1b" not in reason
    assert "\u202e" not in reason


def test_a_number_that_is_none_is_refused():
    for value in (float("nan"), float("inf"), True, -5):
        assert covered([call("RandomRotation", degrees=value), TENSOR], GREY)


def test_asking_needs_no_torch():
    program = (
        "import sys; from grader.records import Call; from grader.training.transforms.coverage import covered;"
        "assert covered([Call('ToTensor', library='torchvision')], (1, 28, 28)) == '';"
        "assert covered([Call('Cutout', library='albumentations')], (3, 32, 32));"
        "sys.exit(bool({'torch', 'numpy', 'torchvision'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
