"""Whatever a spec is turned into: it loads, or every problem has its file, line and column."""

from __future__ import annotations

import copy
import json
import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from grader.errors import SpecError
from grader.spec.load import parse_spec
from grader.spec.new import new_spec_text
from grader.spec.schema import Spec

TEXT = new_spec_text("net", "net.yaml")
DATA = YAML(typ="safe", pure=True).load(TEXT)
PROBLEM = re.compile(r"s\.yaml:(\d+):(\d+) .+: \S")

scalars = (
    st.none() | st.booleans() | st.integers(-3, 30_000) | st.floats(allow_nan=False) | st.text(max_size=8)
)
values = st.recursive(
    scalars | st.sampled_from(["student", "95 %", "10 min", "parameters", "readme", "mnist", "s4", "25k"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
pieces = st.sampled_from(
    [
        "\t",
        "\n",
        ": ",
        "- ",
        "? ",
        "&a ",
        "*a",
        "!!int ",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "#",
        "|",
        ">",
        "%",
        "@",
        "---\n",
        "...",
        "\x00",
        "\ufeff",
        "\u2028",
        "\x85",
        "\r",
        "  ",
        "0x1",
        "null",
        "é",
        "😀",
    ]
) | st.text(max_size=6)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(content: bytes) -> None:
    try:
        assert isinstance(parse_spec(content, "s.yaml"), Spec)
    except SpecError as error:
        assert error.problems
        lines = content.decode("utf-8", "replace").count("\n") + 1
        for problem in error.problems:
            found = PROBLEM.match(problem)
            assert found, problem
            assert "\n" not in problem
            assert int(found[2]) >= 1
            if not re.search(r"[\r\x85\u2028\u2029]", content.decode("utf-8", "replace")):
                assert 1 <= int(found[1]) <= lines + 1, problem


def ways(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The way to every value in the spec."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, one in inner for found in ways(one, (*way, key)))]


WAYS = [way for way in ways(DATA) if way]


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from(WAYS), st.sampled_from(["set", "delete", "rename", "double"]), values),
        min_size=1,
        max_size=4,
    )
)
@example([(("checks", 0, "check"), "set", ["a"])])
@example([(("checks", 0, "check"), "set", {"parameters": 1})])
@example([(("multiplier", "where", "check"), "set", {"parameters": 1})])
@example([(("penalties", 0), "set", {"taken_unless": {"check": ["readme"]}})])
@example([(("penalties", 1, "proposed_unless"), "set", [{"check": "readme"}])])
@example([(("bonuses",), "set", {"0": {"check": "parameters"}})])
@example([(("multiplier",), "set", [{"where": {"check": "parameters"}}])])
@example([(("checks",), "set", {"0": {"check": "parameters"}})])
@example([(("id",), "rename", "checks")])
def test_any_value_anywhere(changes):
    data = copy.deepcopy(DATA)
    for way, how, value in changes:
        target = data
        try:
            for step in way[:-1]:
                target = target[step]
            old = target[way[-1]]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took it away
        if how == "set":
            target[way[-1]] = value
        elif how == "delete":
            del target[way[-1]]
        elif how == "rename" and isinstance(target, dict):
            target[str(value)[:10]] = target.pop(way[-1])
        elif isinstance(target, list):
            target.append(old)
    check(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


@quick
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), pieces), min_size=1, max_size=5))
def test_any_edit_of_the_text(edits):
    text = TEXT
    for at, cut, piece in edits:
        text = text[:at] + piece + text[at + cut :]
    check(text.encode("utf-8", "replace"))


@quick
@given(st.permutations(TEXT.splitlines()), st.integers(1, 60))
def test_any_order_of_the_lines(lines, kept):
    check("\n".join(lines[:kept]).encode())


@quick
@given(st.binary(max_size=60) | st.lists(pieces, max_size=12).map("".join).map(str.encode))
def test_any_bytes(content):
    check(content)


@quick
@given(st.integers(0, len(TEXT)), st.binary(min_size=1, max_size=4))
def test_any_bytes_anywhere(at, content):
    raw = TEXT.encode()
    check(raw[:at] + content + raw[at:])
