"""Honest text and the same words in random order lie apart: the calibration of the README check."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from grader.reading.layer_words import kinds_measured, kinds_named
from grader.reading.markdown import blocks
from grader.reading.prose import statements, words
from grader.reading.word_order import HIGHEST_DISORDER, order

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reading"
HONEST = sorted(FIXTURES.glob("honest_*.md"))
WRITTEN = [place for place in HONEST if "table" not in place.name]


def texts(place: Path) -> list[str]:
    return [block.text for block in blocks(place.read_text()) if block.kind == "prose"]


def shuffled(honest: list[str], seed: int, way: str) -> list[str]:
    chance = random.Random(seed)
    if way == "each by itself":
        return [" ".join(chance.sample(text.split(), len(text.split()))) for text in honest]
    every = [word for text in honest for word in text.split()]
    chance.shuffle(every)
    if way == "one row":
        return [" ".join(every)]
    return [" ".join(every.pop() for _ in text.split()) for text in honest]


@pytest.mark.parametrize("place", HONEST, ids=lambda place: place.stem)
def test_honest_text_stays_far_below_the_limit(place):
    found = order(texts(place))
    assert found.impossible <= HIGHEST_DISORDER / 2 * found.pairs
    assert found.reads_like_sentences


@pytest.mark.parametrize("way", ["one row", "each by itself", "over the blocks"])
@pytest.mark.parametrize("place", WRITTEN, ids=lambda place: place.stem)
def test_shuffled_text_lies_far_above_it(place, way):
    for seed in range(20):
        found = order(shuffled(texts(place), seed, way))
        assert found.impossible > 1.5 * HIGHEST_DISORDER * found.pairs, (seed, found)


@pytest.mark.parametrize(
    ("text", "impossible"),
    [
        ("The network has a linear layer.", 0),
        ("Each of the 8 maps is halved (by max pooling), e.g. from 24 to 12.", 0),
        ("a) This is the input. It goes through an FC layer and a unit of size 2.", 0),
        ("Layers after which dropout is used:", 0),
        ("the of", 1),
        ("A input is here", 1),
        ("It ends with a", 1),
        ("One sentence. another one", 1),
        ("the Network (with Of two", 2),
        ("batch the fully layer receptive", 2),
    ],
)
def test_single_pairs(text, impossible):
    assert order([text]).impossible == impossible


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Conv2d", {"convolution"}),
        ("three convolutional layers, conv1 and conv_2", {"convolution"}),
        ("nn.BatchNorm2d, BN1, batch-normalisation, Batch Normalization", {"batch norm"}),
        ("MaxPool2d(2), max-pooling", {"max pool"}),
        ("FC layer, fully-connected, dense, nn.Linear, fc1", {"linear"}),
        ("GAP; AdaptiveAvgPool2d; global average pooling", {"global average pool", "average pool"}),
        ("ReLU activations and rectified linear units", {"relu"}),
        ("Dropout2d, drop-out", {"dropout"}),
        ("log_softmax", {"log softmax", "softmax"}),
        ("depthwise separable", {"depthwise convolution", "convolution"}),
        ("GroupNorm and LayerNorm", {"group norm", "layer norm"}),
        ("convince the lawyers: normalize the gapless maximum", set()),
    ],
)
def test_the_words_for_layer_kinds(text, kinds):
    assert kinds_named(text) == kinds


def test_measured_kinds_come_from_operators_and_from_the_modules_that_ran():
    found = kinds_measured(
        ("convolution", "max pool", "global average pool", "fully connected"), ("Conv2d", "Dropout2d")
    )
    assert found == ("convolution", "max pool", "global average pool", "linear", "dropout")


def test_statements_name_a_layer_kind_with_a_fact_or_a_role():
    said = statements(
        ["The convolution is here. Nothing else. Max pooling", "ReLU ReLU ReLU " * 10],
        [("Conv2d", "26x26x8"), ("Layer", "Size"), ("Linear", "")],
    )
    assert said == ["The convolution is here", "Conv2d | 26x26x8"]


def test_words_are_counted_without_signs():
    assert words("3x3 kernel → 8 channels, | a-b — `c`") == ["3x3", "kernel", "8", "channels,", "a-b", "`c`"]
