"""The guide to patterns says what the matcher does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from grader.architecture.graph import graph_of
from grader.architecture.match import match
from grader.architecture.pattern import Element, Word
from grader.architecture.shipped import pattern_names
from grader.checks.architecture import Rule

GUIDE = (Path(__file__).parents[3] / "docs" / "architecture-patterns.md").read_text(encoding="utf-8")
RULES = [
    Rule.model_validate(rule)
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    for rule in YAML(typ="safe", pure=True).load(block)
]


def test_it_has_examples_and_they_match_what_they_describe(built):
    by_id = {rule.id: rule.sequence for rule in RULES}
    assert set(by_id) == {"built-as-asked", "strided-block", "attention-by-hand"}
    assert match(by_id["strided-block"], graph_of(built.resnet())).status == "match"
    assert match(by_id["attention-by-hand"], graph_of(built.attention_net())).status == "match"
    assert match(by_id["attention-by-hand"], graph_of(built.resnet())).status == "mismatch"
    net = built.Net((3, 32, 32))
    x = built.conv_block(net, net.image, 64, padding=1)
    x = built.basic_block(net, built.basic_block(net, x, 64), 64)
    structure = net.structure(net.linear(net.flatten(net.gap(x)), 10))
    assert match(by_id["built-as-asked"], graph_of(structure)).status == "match"


@pytest.mark.parametrize(
    "word", [*get_args(Word), *(str(info.alias) for info in Element.model_fields.values())]
)
def test_it_names_every_word(word):
    assert f"`{word}`" in GUIDE or f"`{word}:" in GUIDE


@pytest.mark.parametrize("name", pattern_names())
def test_it_names_every_pattern_that_comes_with_the_grader(name):
    assert f"| `{name}` |" in GUIDE


def test_every_word_for_a_layer_is_an_element():
    assert set(get_args(Word)) <= {info.alias for info in Element.model_fields.values()}
