"""YAML 1.2's plain part: what a scalar becomes, and where everything stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.spec.schema import Spec
from grader.spec.tree import Place, Tree, read_tree
from grader.spec.wording import faults


def value(text: str) -> object:
    tree = read_tree(f"key: {text}\n")
    assert not tree.faults
    assert isinstance(tree.data, dict)
    return tree.data["key"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("-3", -3),
        ("007", 7),
        ("3.10", 3.1),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("on", "on"),
        ("No", "No"),
        ("25k", "25k"),
        ("25_000", "25_000"),
        ("0x10", "0x10"),
        ("1:30", "1:30"),
        ("2026-11-20", "2026-11-20"),
        (".nan", ".nan"),
        ("9" * 40, "9" * 40),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("95 %", "95 %"),
        ("null", None),
        ("~", None),
    ],
)
def test_a_scalar_is_what_it_looks_like(text, expected):
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_come_back(number):
    assert value(str(number)) == number


def test_a_folded_text_is_one_line_without_marks():
    assert value(">-\n  one\n  two\n  three") == "one two three"
    assert value("|-\n  one\n  two") == "one\ntwo"


def test_keys_and_values_have_their_places():
    tree = read_tree("a: 1\nb:\n  - x\n  - {c: 2}\n")
    assert (tree.keys[("b",)], tree.values[("b", 0)]) == (Place(2, 1), Place(3, 5))
    assert (tree.keys[("b", 1, "c")], tree.values[("b", 1, "c")]) == (Place(4, 6), Place(4, 9))
    assert tree.place(("b", 1, "missing", "deeper")) == Place(4, 5)
    assert tree.place(()) == Place(1, 1)


def test_merge_keys_are_no_keys_of_a_spec():
    assert read_tree("<<: {a: 1}\nb: 2\n").data == {"<<": {"a": 1}, "b": 2}


def test_a_kind_of_mistake_that_has_no_wording_yet_is_still_placed_and_said():
    tree = read_tree("id: s4\nsince: x\n")
    error = {"type": "date_parsing", "loc": ("since",), "msg": "Input should be a date", "input": "x"}
    (found,) = faults(tree, [error], Spec)
    assert found.place == Place(2, 8)
    assert found.text == 'input should be a date, got "x".'


def test_an_empty_tree_has_a_place_for_everything():
    assert Tree().place(("checks", 0)) == Place(1, 1)
