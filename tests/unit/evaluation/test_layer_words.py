"""What comments of layers state, in the forms that students write."""

from __future__ import annotations

import time

import pytest

from grader.evaluation.layer_words import stated


@pytest.mark.parametrize(
    ("comment", "field"),
    [
        ("RF 3x3", (3, 3)),
        ("RF: 3", (3,)),
        ("rf=3", (3,)),
        ("RF3", (3,)),
        ("R.F. 5", (5,)),
        ("receptive field = 5 x 5", (5, 5)),
        ("Receptive Field of 5*5", (5, 5)),
        ("receptive_field is now (7, 7)", (7, 7)),
        ("RF 10\u00d710", (10, 10)),
        ("RF -> 12", (12,)),
        ("3x3 RF", (3, 3)),
        ("RF 5x3", (5, 3)),
        ("rin = 3 rout = 5", (5,)),
        ("r_in: 3, r_out: 5", (5,)),
        ("input 28x28x1 -> 28x28x32 -> RF 3x3", (3, 3)),
        ("Input: 28x28x1 | Output: 26x26x8 | RF: 3x3", (3, 3)),
        ("output_size = 12, RF = 6", (6,)),
    ],
)
def test_a_stated_field(comment, field):
    assert stated(comment).fields == (field,)


@pytest.mark.parametrize(
    "comment", ["", "28x28x1", "the perfect 5", "surf 3", "kernel 3x3", "RF grows here", "28->26"]
)
def test_no_stated_field(comment):
    assert stated(comment).fields == ()


def test_a_field_before_and_after():
    assert stated("RF: 3 -> 5").fields == ((3,), (5,))
    assert stated("RF in 3 out 5").fields == ((3,), (5,))


def test_the_whole_image():
    assert stated("RF: the whole image").whole
    assert stated("receptive field is global").whole
    assert not stated("RF 3, all channels").whole


@pytest.mark.parametrize(
    ("comment", "inputs", "channels"),
    [
        ("input 28x28x1 -> 28x28x32", ((28, 28, 1),), ()),
        ("in: 1x28x28 | out 32x28x28", ((1, 28, 28),), ()),
        ("28x28x1 -> 28x28x8", ((28, 28, 1),), ()),
        ("1@28x28", ((1, 28, 28),), ()),
        ("input [64, 8, 28, 28]", ((64, 8, 28, 28),), ()),
        ("Input: torch.Size([-1, 8, 28, 28])", ((1, 8, 28, 28),), ()),
        ("input (batch, 8, 28, 28)", ((8, 28, 28),), ()),
        ("RF: 3, channels 1 -> 32", (), (1,)),
        ("in_channels=1 RF=3", (), (1,)),
        ("RF=3 | 32 input channels", (), (32,)),
        ("#input -1 Output 32; kernel_size = 3", (), (1,)),
        ("input- 32 channels, output=64 channels; image_size = 28x28", (), (32,)),
        ("Input size 28x28, channels 1", ((28, 28),), (1,)),
        ("-> (16, 26, 26)", (), ()),
        ("output=26x26x4", (), ()),
        ("o/p=24x24x8 => MaxPool => 12x12x8", (), ()),
        ("rin = 1 rout = 3", (), ()),
        ("conv 3x3, 32 filters, stride 2, padding 1", (), ()),
    ],
)
def test_a_stated_input(comment, inputs, channels):
    found = stated(comment)
    assert (found.inputs, found.channels, found.loose) == (inputs, channels, found.loose)


def test_what_no_word_explains_is_kept_apart():
    assert stated("28*28*1 -> 28*28*32 -> 3*3").loose == ((3, 3),)
    assert stated("1 -> 32").loose == ((1,), (32,))


def test_whether_the_input_is_named():
    assert stated("input 28x28x1").named
    assert not stated("28x28x1").named


@pytest.mark.parametrize(
    "comment",
    [
        "1x" * 200_000,
        "RF " * 100_000,
        "input" + " " * 300_000 + "1",
        "(((" * 100_000,
        "9" * 300_000,
        "\u202e\x00" * 9,
        "rf" + ": " * 200 + "x",
        "channels to to to " * 30_000,
        "\u0663x\u0663 RF",
        "RF \u00b2",
    ],
    ids=[f"hostile {n}" for n in range(10)],
)
def test_hostile_comments_are_bounded(comment):
    begin = time.monotonic()
    stated(comment)
    assert time.monotonic() - begin < 0.5
