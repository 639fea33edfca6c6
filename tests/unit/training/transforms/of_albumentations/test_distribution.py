"""The transforms of albumentations: which images they act on, what they draw, what they fill in.

The library draws from Python's own generator, so its draws cannot be repeated; its distributions can.
"""

from __future__ import annotations

import pytest
import torch

from grader.training.transforms import warping
from grader.training.transforms.interface import Stated, Value
from grader.training.transforms.pipeline import Pipeline

SHAPE = (3, 32, 32)
MANY = 4000


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def call(name: str, /, **arguments: Value) -> Stated:
    return Stated(name, tuple(arguments.items()), "albumentations")


FIRST = call("Cutout", p=0.0)
"""Says which version is meant, and does nothing."""
SECOND = call("CoarseDropout", num_holes_range="(1, 1)", p=0.0)
AS_IT_IS = [call("Normalize", mean="(0, 0, 0)", std="(1, 1, 1)", max_pixel_value=1.0), call("ToTensorV2")]


def outputs(*calls: Stated, image: torch.Tensor | None = None, count: int = MANY) -> torch.Tensor:
    """Many images of the same content, as floats from 0 to 255."""
    image = torch.full(SHAPE, 200, dtype=torch.uint8) if image is None else image
    pipeline = Pipeline.of([*calls, *AS_IT_IS], tuple(image.shape))
    assert pipeline.exactness == "same distribution"
    return pipeline(image.expand(count, -1, -1, -1), torch.Generator().manual_seed(1))


def ramp() -> torch.Tensor:
    return torch.arange(3 * 32 * 32).remainder(251).view(SHAPE).byte()


def near(share: float, p: float, count: int = MANY) -> bool:
    """Within four standard deviations of a coin's."""
    return abs(share - p) < 4 * (p * (1 - p) / count) ** 0.5


@pytest.mark.parametrize(("name", "axis"), [("HorizontalFlip", -1), ("VerticalFlip", -2)])
def test_flips_as_often_as_asked(name, axis):
    image = ramp()
    found = outputs(call(name, p=0.3), image=image)
    turned = (found == image.flip(axis).float()).flatten(1).all(1)
    kept = (found == image.float()).flatten(1).all(1)
    assert bool((turned | kept).all())
    assert near(turned.float().mean().item(), 0.3)
    assert (outputs(call(name, p=0.3, always_apply=True), image=image) == image.flip(axis).float()).all()


def test_normalize_is_the_librarys_formula_and_tensors_keep_their_values():
    image = ramp()
    mean, std = (0.4914, 0.4822, 0.4471), (0.2469, 0.2433, 0.2615)
    found = Pipeline.of([call("Normalize", mean=repr(mean), std=repr(std)), call("ToTensorV2")], SHAPE)(
        image[None]
    )
    for channel in range(3):
        exact = (image[channel].double() - mean[channel] * 255) / (std[channel] * 255)
        assert (found[0, channel] - exact).abs().max() < 1e-6


def test_coarse_dropout_of_version_1():
    arguments = {
        "max_holes": 1,
        "max_height": 16,
        "max_width": 16,
        "min_holes": 1,
        "min_height": 16,
        "min_width": 16,
    }
    found = outputs(
        call("CoarseDropout", **arguments, fill_value="[125.307, 122.961, 114.0105]", mask_fill_value="None")
    )
    holes = found[:, 0] != 200
    acted = holes.flatten(1).any(1)
    assert near(acted.float().mean().item(), 0.5)
    assert set(holes.flatten(1).sum(1).unique().tolist()) == {0, 256}, "always whole, within the image"
    rows = holes[acted].any(2).int().argmax(1)
    assert rows.min() == 0
    assert rows.max() == 16
    counts = rows.bincount(minlength=17).float()
    assert float(((counts - counts.mean()) ** 2 / counts.mean()).sum()) < 40  # chi-square, 16 degrees
    assert [found[acted][:, c].min().item() for c in range(3)] == [125, 122, 114], "cut to whole bytes"


def test_coarse_dropout_of_version_2_and_in_shares():
    fixed = call("CoarseDropout", num_holes_range="(1, 1)", hole_height_range="(16, 16)", hole_width_range="(8, 8)", fill="(1, 2, 3)", p=1.0)  # fmt: skip
    found = outputs(fixed)
    assert (found[:, 0] == 1).flatten(1).sum(1).unique().tolist() == [128]
    found = outputs(call("CoarseDropout", num_holes_range="(1, 2)", p=1.0))
    high = (found[:, 0] == 0).any(2).sum(1)
    assert high.min() == 3
    assert high.max() <= 2 * 6
    several = outputs(call("CoarseDropout", max_holes=3, min_holes=1, max_height=1, max_width=1, p=1.0))
    assert (several[:, 0] == 0).flatten(1).sum(1).unique().tolist() == [1, 2, 3]


def test_cutout_reaches_over_the_border():
    found = outputs(
        call("Cutout", num_holes=1, max_h_size=8, max_w_size=8, fill_value=7, always_apply=True, p=0.1)
    )
    holes = found[:, 0] == 7
    high = holes.any(2).sum(1)
    assert high.max() == 8
    assert high.min() == 4, "the middle is on the border's line at most; what lies before it is moved in"
    assert near((high == 8).float().mean().item(), 29 / 33)


def test_pad_if_needed_reflects_as_often_as_it_takes_in_version_1():
    image = torch.arange(4 * 5 * 3).view(3, 4, 5).byte()
    (found,) = outputs(FIRST, call("PadIfNeeded", min_height=6, min_width=20), image=image, count=1)
    assert found.shape == (3, 6, 20)
    line = [1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 4]  # columns 7 to 11 are the image
    assert found[0, 1].tolist() == line
    assert found[0, 0].tolist() == [5 + one for one in line]


def test_pad_if_needed_fills_in_version_2_and_is_left_alone_where_no_version_is_told():
    found = outputs(SECOND, call("PadIfNeeded", min_height=36, min_width=36, fill=9), count=1)
    assert (found == 9).sum() == 3 * (36 * 36 - 32 * 32)
    assert bool((found[..., 2:34, 2:34] == 200).all())


def test_random_crop_takes_every_position():
    image = torch.zeros(3, 32, 32, dtype=torch.uint8)
    image[0] = torch.arange(32).view(32, 1)
    image[1] = torch.arange(32)
    found = outputs(call("RandomCrop", height=28, width=30), image=image)
    top, left = found[:, 0, 0, 0], found[:, 1, 0, 0]
    assert torch.equal(found[:, 0, :, 0], top[:, None] + torch.arange(28))
    for start, choices in ((top, 5), (left, 3)):
        assert start.unique().tolist() == list(range(choices))
        for one in range(choices):
            assert near((start == one).float().mean().item(), 1 / choices)


@pytest.mark.slow
def test_shift_scale_rotate_stays_within_its_limits():
    image = torch.zeros(3, 32, 32, dtype=torch.uint8)
    image[:, 14:18, 14:18] = 240
    found = outputs(call("ShiftScaleRotate", shift_limit=0.125, scale_limit=0.0, rotate_limit=0, always_apply=True), image=image)  # fmt: skip
    weights = found[:, 0]
    total = weights.sum((1, 2))
    assert (total / (16 * 240) - 1).abs().max() < 0.02, "nothing is lost where nothing is scaled"
    middle = (weights.sum(1) * torch.arange(32.0)).sum(1) / total - 15.5
    assert middle.abs().max() < 4.1, "an eighth of 32 pixels"
    assert middle.std() == pytest.approx(8 / 12**0.5, rel=0.05), "equally likely in between"
    scaled = outputs(
        FIRST, call("ShiftScaleRotate", shift_limit=0, scale_limit=0.2, rotate_limit=0, p=1.0), image=image
    )
    sides = (scaled[:, 0].sum((1, 2)) / 240).sqrt() / 4
    assert 0.78 < sides.min() < 0.85
    assert 1.15 < sides.max() < 1.22
    half = outputs(FIRST, call("ShiftScaleRotate", p=0.5), image=ramp())
    assert near((half != ramp().float()).flatten(1).any(1).float().mean().item(), 0.5)


def test_affine_of_version_2_moves_by_whole_pixels_and_fills():
    moved = outputs(
        SECOND,
        call("Affine", translate_percent="{'x': 0.0625, 'y': 0.1}", fill=9, p=1.0),
        image=ramp(),
        count=2,
    )
    expected = torch.full((3, 32, 32), 9.0)
    expected[:, 3:, 2:] = ramp().float()[:, :29, :30]
    assert torch.equal(moved[0], expected)
    often = outputs(SECOND, call("Affine", rotate="(-15, 15)", scale="(0.9, 1.1)", p=0.4), image=ramp())
    assert near((often != ramp().float()).flatten(1).any(1).float().mean().item(), 0.4)


def test_a_warp_has_the_bytes_of_opencv():
    """From OpenCV 4.10: getRotationMatrix2D((2, 1.5), 20, 1.1), moved by (0.75, -0.5), then warpAffine."""
    image = torch.arange(20).mul(37).remainder(251).view(1, 1, 4, 5).byte()
    scale = torch.tensor([1.1], dtype=torch.float64)
    turn, shift = torch.tensor([20.0], dtype=torch.float64), torch.tensor([[0.75, -0.5]], dtype=torch.float64)
    forward = warping.turned(turn, scale, scale, shift, (4, 5))
    reflected = [
        [42, 47, 70, 46, 62],
        [134, 198, 150, 120, 195],
        [176, 138, 150, 161, 171],
        [132, 80, 83, 131, 182],
    ]
    filled = [[2, 47, 70, 46, 62], [82, 198, 150, 120, 195], [57, 138, 150, 161, 171], [10, 67, 83, 82, 62]]
    assert warping.warped(image, forward, None)[0, 0].tolist() == reflected
    assert warping.warped(image, forward, (7.0,))[0, 0].tolist() == filled


def test_torchs_generator_does_not_move_and_the_seed_counts():
    pipeline = Pipeline.of([call("RandomCrop", height=20, width=20), *AS_IT_IS], SHAPE)
    images = ramp().expand(50, -1, -1, -1)
    found = []
    for seed in (1, 1, 2):
        generator = torch.Generator().manual_seed(seed)
        before = generator.get_state()
        found.append(Pipeline.of(pipeline.calls, SHAPE)(images, generator))
        assert torch.equal(generator.get_state(), before)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert not torch.equal(pipeline(images), pipeline(images)), "each batch draws anew"
