"""Positions through views, slices, gaps and joins, by arithmetic that can be checked by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grader.inspection import joining, layout
from grader.inspection.fields import UNKNOWN, image
from grader.inspection.recorder import recording

PICTURE = image((2, 3, 8, 12))


def field(forward, shape=(2, 2, 12, 12)):
    """(state, size) along height of what `forward` gives for an image."""
    picture = torch.rand(shape)
    with recording(nn.Identity(), (picture,)) as recorder:
        forward(picture)
    assert recorder.fault is None
    found = recorder.rows[-1].after.fields[0]
    return found.state, found.size


def test_a_view_and_back_is_nothing():
    flat = layout.view(PICTURE, (2, 3 * 8 * 12))
    assert flat.positions(0) == 8
    assert layout.view(flat, (2, 3, 8, 12)) == PICTURE
    assert layout.view(layout.view(PICTURE, (48, 12)), (2, 3, 8, 12)) == PICTURE


def test_a_view_that_cuts_a_map_into_patches():
    patches = layout.view(PICTURE, (2, 3, 4, 2, 3, 4))
    assert [dim[0].jumps for dim in patches.dims[2:]] == [(2, 0), (1, 0), (0, 4), (0, 1)]
    inside = joining.contract(patches, [3, 5])
    assert [inside.fields[axis].size for axis in (0, 1)] == [2, 4]
    assert [joining.contract(patches, [2, 3]).fields[axis].state for axis in (0, 1)] == ["global", "known"]


def test_a_view_across_the_grain_has_no_even_spacing():
    torn = layout.view(PICTURE, (2, 3, 12, 8))
    assert [f.size for f in torn.fields] == [1, 1]
    assert layout.window(torn, 2, 0, 4).fields[0].size == 1
    assert layout.resample(torn, 2, 10, Fraction(1), lambda o: (o, o + 1, o + 2)).fields == (UNKNOWN, UNKNOWN)


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda x: F.conv_transpose2d(x, torch.rand(2, 2, 3, 3), stride=2), ("known", 2)),
        (lambda x: F.conv_transpose2d(x, torch.rand(2, 2, 1, 1), stride=3), ("known", 1)),  # gaps between the ones
        (lambda x: F.conv_transpose2d(x, torch.rand(2, 2, 1, 1), stride=3)[:, :, 1::3], ("none", 0)),  # only gaps
        (lambda x: F.interpolate(x, scale_factor=2)[:, :, ::2] + x[:, :, :, :1], ("known", 1)),
        (lambda x: F.interpolate(x, size=18, mode="bilinear", align_corners=True), ("known", 2)),
        (lambda x: F.adaptive_avg_pool2d(x, 24), ("known", 1)),
        (lambda x: F.conv2d(x.flip(2), torch.rand(2, 2, 3, 3), stride=2), ("known", 3)),
        (lambda x: x.unfold(2, 3, 2).sum(-1), ("known", 3)),
        (lambda x: torch.rand(5, 18) @ F.unfold(x, 3), ("known", 3)),
        (lambda x: torch.cat([x[:, :, :6], x[:, :, 6:]], 2)[:, :, 1:], ("known", 1)),
        (lambda x: torch.cat([x[:, :, 6:], x[:, :, :6]], 2), ("known", 1)),
        (lambda x: F.max_pool2d(torch.cat([x[:, :, 6:], x[:, :, :6]], 2), 2), ("unknown", 0)),
        (lambda x: x[:, :, 3] + x[:, :, 7], ("known", 5)),
        (lambda x: torch.stack(x.unbind(2)[2:4]).sum(0), ("known", 2)),
        (lambda x: x[:, [1, 0]].relu(), ("known", 1)),
        (lambda x: x[:, :, [1, 0]].relu(), ("unknown", 0)),
        (lambda x: x.roll(1, 1).relu(), ("known", 1)),
        (lambda x: x.roll(1, 2).relu(), ("unknown", 0)),
        (lambda x: x + x[:, :, ::2].repeat(1, 1, 2, 1), ("unknown", 0)),
        (lambda x: x * x.mean(2, keepdim=True), ("global", 0)),
        (lambda x: x.softmax(2), ("global", 0)),
        (lambda x: x.softmax(1), ("known", 1)),
        (lambda x: x.transpose(2, 3) @ x, ("global", 0)),
        (lambda x: x.permute(0, 2, 3, 1)[..., None, :] @ x.permute(0, 2, 3, 1)[..., None], ("known", 1)),
        (lambda x: F.scaled_dot_product_attention(*[x.flatten(2).transpose(1, 2)] * 3), ("global", 0)),
        (lambda x: F.layer_norm(x, (2, 12, 12)), ("known", 1)),
        (lambda x: x.as_strided((2, 2, 6, 6), (288, 144, 24, 2)), ("unknown", 0)),
        (lambda x: F.pixel_unshuffle(F.interpolate(x, scale_factor=2), 2).sum(1), ("unknown", 0)),
        (lambda x: F.fold(F.unfold(x, 3), 12, 3), ("unknown", 0)),
    ],
)  # fmt: skip
def test_the_field_of(forward, expected):
    assert field(forward) == expected


def test_a_map_of_one_position_keeps_its_axes():
    """Found by the property test: a 1-wide map, its channels mixed in the last dimension, then a padded convolution."""

    def forward(x):
        x = F.linear(F.max_pool2d(x, 12).permute(0, 2, 3, 1), torch.rand(2, 2)).permute(0, 3, 1, 2)
        return F.conv2d(x, torch.rand(2, 2, 2, 2), padding=1)

    assert field(forward) == ("known", 24)


def test_writing_a_part_in_place():
    def spatial(x):
        out = torch.zeros(2, 2, 14, 14)
        out[:, :, 1:13, 1:13] = x
        return F.conv2d(out, torch.rand(2, 2, 3, 3))

    def channels(x):
        out = torch.zeros(2, 4, 12, 12)
        out[:, 1:3] = F.conv2d(x, torch.rand(2, 2, 3, 3), padding=1)
        return F.max_pool2d(out, 2)

    assert field(spatial) == ("unknown", 0)
    assert field(channels) == ("known", 4)
