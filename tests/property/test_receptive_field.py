"""The recorder against an oracle that knows no rules: put NaN into one row of the image and see where it arrives.

`GRADER_EXAMPLES=5000 pytest tests/property/test_receptive_field.py` looks longer.
"""

from __future__ import annotations

import os

import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from grader.inspection.recorder import recording

EXAMPLES = int(os.environ.get("GRADER_EXAMPLES", "200"))
NATIVE = 26  # the size that the recorder sees; the probe gets as much as it needs
LARGEST = 400
CHANNELS = 2


# --- random networks ----------------------------------------------------------------------------------------


class Residual(nn.Module):
    def __init__(self, body, skip):
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, x):
        return self.body(x) + self.skip(x)


class Branches(nn.Module):
    """Parallel paths, joined by channels and brought back to the usual number of them."""

    def __init__(self, paths):
        super().__init__()
        self.paths = nn.ModuleList(paths)
        self.join = nn.Conv2d(CHANNELS * len(paths), CHANNELS, 1)

    def forward(self, x):
        return self.join(torch.cat([path(x) for path in self.paths], dim=1))


class Call(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class ChannelsLast(nn.Module):
    """As in ConvNeXt: permute, normalise and mix the channels, permute back."""

    def __init__(self):
        super().__init__()
        self.norm, self.mix = nn.LayerNorm(CHANNELS), nn.Linear(CHANNELS, CHANNELS)

    def forward(self, x):
        return self.mix(self.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2)


def pair(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


STRIDES = st.sampled_from([1, 1, 1, 2, 2, 3])


@st.composite
def convolutions(draw):
    kernel, padding, dilation = draw(pair(1, 4)), draw(pair(0, 2)), draw(pair(1, 3))
    stride = draw(st.tuples(STRIDES, STRIDES))
    groups = draw(st.sampled_from([1, CHANNELS]))
    return nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, dilation, groups)


@st.composite
def transposed(draw):
    """Without gaps: every output position takes something (a gap is a case of its own, see the unit tests)."""
    kernel, stride, dilation = draw(pair(1, 4)), draw(st.tuples(STRIDES, STRIDES)), draw(pair(1, 2))
    reached = [{t * d % s for t in range(k)} for k, s, d in zip(kernel, stride, dilation, strict=True)]
    assume(all(len(phases) == s for phases, s in zip(reached, stride, strict=True)))
    padding = tuple(draw(st.integers(0, (k - 1) // 2)) for k in kernel)
    extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    return nn.ConvTranspose2d(CHANNELS, CHANNELS, kernel, stride, padding, extra, 1, True, dilation)


@st.composite
def pools(draw):
    kernel, stride = draw(pair(1, 4)), draw(st.tuples(STRIDES, STRIDES))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    ceil = draw(st.booleans())
    if draw(st.booleans()):
        return nn.AvgPool2d(kernel, stride, padding, ceil)
    return nn.MaxPool2d(kernel, stride, padding, draw(pair(1, 2)), ceil_mode=ceil)


@st.composite
def same_size(draw, stride=1):
    """A convolution with padding that keeps the size, but for the stride."""
    kernel, dilation = draw(st.sampled_from([1, 3, 5])), draw(st.integers(1, 2))
    return nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, dilation * (kernel - 1) // 2, dilation)


@st.composite
def residuals(draw):
    stride = draw(st.integers(1, 3))
    body = nn.Sequential(draw(same_size(stride)), nn.BatchNorm2d(CHANNELS), nn.ReLU(), draw(same_size()))
    plain = stride == 1 and draw(st.booleans())
    return Residual(body, nn.Identity() if plain else nn.Conv2d(CHANNELS, CHANNELS, 1, stride))


@st.composite
def branches(draw):
    stride = draw(st.integers(1, 2))
    paths = [
        nn.Sequential(draw(same_size(stride)), draw(same_size())) for _ in range(draw(st.integers(2, 3)))
    ]
    if draw(st.booleans()):
        paths.append(nn.Sequential(nn.MaxPool2d(3, stride, 1), nn.Conv2d(CHANNELS, CHANNELS, 1)))
    return Branches(paths)


@st.composite
def rearrangements(draw):
    low, high, step = draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.integers(1, 3))
    factor = draw(st.integers(2, 3))
    return draw(
        st.sampled_from(
            [
                nn.ZeroPad2d((low, high, high, low)),
                nn.ReflectionPad2d((low, 0, 1, high)),
                nn.Upsample(scale_factor=factor),
                nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False),
                nn.Sequential(nn.Conv2d(CHANNELS, CHANNELS * factor**2, 1), nn.PixelShuffle(factor)),
                Call(lambda x: x[:, :, low:, : x.shape[3] - high]),
                Call(lambda x: x[:, :, low::step, ::step]),
                Call(lambda x: torch.cat(x.chunk(2, dim=2), dim=2)),
                Call(lambda x: x.repeat_interleave(factor, dim=3)),
                Call(lambda x: x.clone().mul_(2).add_(1).relu_()),
                Call(lambda x: torch.stack([x, 2 * x]).sum(0)),
                Call(lambda x: x.flatten(2).unflatten(2, x.shape[2:]) * 2),
                ChannelsLast(),
                nn.Sequential(nn.BatchNorm2d(CHANNELS), nn.LeakyReLU()),
            ]
        )
    )  # fmt: skip


@st.composite
def stems(draw):
    """Space to depth, in one of two ways; behind an upsampling it would be unknown."""
    factor = draw(st.integers(2, 3))
    even = Call(lambda x: x[:, :, : x.shape[2] // factor * factor, : x.shape[3] // factor * factor])
    fold = nn.PixelUnshuffle(factor) if draw(st.booleans()) else Call(lambda x: by_hand(x, factor))
    return nn.Sequential(even, fold, nn.Conv2d(CHANNELS * factor**2, CHANNELS, draw(pair(1, 3))))


def by_hand(x, factor):
    n, c, h, w = x.shape
    split = x.view(n, c, h // factor, factor, w // factor, factor)
    return split.permute(0, 3, 5, 1, 2, 4).reshape(n, c * factor**2, h // factor, w // factor)


@st.composite
def networks(draw):
    layers = draw(st.lists(LAYERS, min_size=1, max_size=5))
    stem = [draw(stems())] if draw(st.integers(0, 5)) == 0 else []
    return nn.Sequential(*stem, *layers).double().eval()


LAYERS = st.one_of(convolutions(), pools(), residuals(), branches(), transposed(), rearrangements())


# --- the two measurements -----------------------------------------------------------------------------------


class TooSmall(Exception):
    """The image does not hold the field of the outputs that are probed."""


def recorded(model):
    """The trace of the output, and per axis the largest jump on the way."""
    image = torch.rand(2, CHANNELS, NATIVE, NATIVE + 1, dtype=torch.float64)
    with recording(model, (image,)) as recorder:
        model(image)
    assert recorder.fault is None
    assert not recorder.unknown
    jumps = [max(float(row.after.jump(axis)) for row in recorder.rows) for axis in (0, 1)]
    return recorder.rows[-1].after, jumps


def probed(model, axis, sizes, outputs, margin):
    """The most input rows (from the first to the last that counts) that one of the middle output rows takes.

    A row that an output takes makes it NaN; so the smallest r for which NaN in rows 0 to r arrives is the first
    such row, and is found by halving. The last one is found from the other end.
    """
    with torch.no_grad():
        count = model(torch.zeros(1, CHANNELS, *sizes, dtype=torch.float64)).shape[2 + axis]
    first = count // 2 - outputs // 2
    if first < 0 or first + outputs > count:
        raise TooSmall
    wanted = torch.arange(first, first + outputs)
    begin, end = (
        edge(model, axis, sizes, wanted, forwards=True),
        edge(model, axis, sizes, wanted, forwards=False),
    )
    if bool((begin < margin).any()) or bool((end >= sizes[axis] - margin).any()):
        raise TooSmall
    return int((end - begin).max()) + 1


def edge(model, axis, sizes, wanted, *, forwards):
    """For each wanted output row the first input row that it takes (or the last, seen from behind)."""
    rows = torch.arange(sizes[axis])
    order = rows if forwards else rows.flip(0)
    low, high = torch.zeros(len(wanted), dtype=torch.long), torch.full((len(wanted),), sizes[axis])
    while bool((low < high).any()):
        middle = (low + high) // 2
        image = torch.rand(len(wanted), CHANNELS, *sizes, dtype=torch.float64)
        image.movedim(2 + axis, 1)[order[None, :] <= middle[:, None]] = float("nan")
        with torch.no_grad():
            arrived = model(image).isnan().any(dim=1).any(dim=2 - axis)[torch.arange(len(wanted)), wanted]
        high, low = torch.where(arrived, middle, high), torch.where(arrived, low, middle + 1)
    return low if forwards else sizes[axis] - 1 - low


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@pytest.mark.timeout(7200)
@given(model=networks(), seed=st.integers(0, 2**31))
def test_the_recorder_sees_what_the_nan_probe_sees(model, seed):
    torch.manual_seed(seed)
    try:
        trace, jumps = recorded(model)
    except (RuntimeError, ValueError):
        assume(False)  # a kernel larger than what is left of the map
    fields = trace.fields
    assert [field.state for field in fields] == ["known", "known"]
    repeats = [trace.shape[2 + axis] // max(trace.positions(axis), 1) for axis in (0, 1)]  # a pixel shuffle's
    outputs = [(len(field.phases) + 1) * times for field, times in zip(fields, repeats, strict=True)]
    # With dilation there are gaps between the rows that count: so far from the border none can be missed.
    margins = [int(3 * jump) + 1 for jump in jumps]
    sizes = [
        int(fields[axis].size + (outputs[axis] + 4) * jumps[axis] + 2 * margins[axis]) + 8 for axis in (0, 1)
    ]
    for axis in (0, 1):
        assert fields[axis].size == grown(model, axis, sizes, outputs[axis], margins[axis]), (axis, model)


def grown(model, axis, sizes, outputs, margin):
    """The probe on an image that is made larger until it is large enough."""
    while max(sizes) <= LARGEST:
        try:
            return probed(model, axis, sizes, outputs, margin)
        except (TooSmall, RuntimeError):
            sizes = [int(1.5 * size) for size in sizes]
    assume(False)
    return 0
