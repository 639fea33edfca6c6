"""Mistakes in a pattern or in `uses`, as the author of a spec reads them: at their place, with what to write."""

from __future__ import annotations

import copy
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from grader.errors import SpecError
from grader.spec.load import parse_spec
from grader.spec.schema import Spec

SPEC = """\
id: shape
edition: 1
title: A shape
course: ours
points: 30
task: mnist
training:
  epochs: {exactly: 1}
  time_limit: 10 min
  reference_device: t4
  recipe: default
  default: {optimizer: {adam: {}}, schedule: {constant: {lr: 0.01}}, batch_size: 128}
checks:
  - id: built
    check: architecture
    points: 20
    sequence:
      - convolution: {kernel: 3x3, channels: 8}
      - in any order: [batch norm, relu]
      - repeat: {times: 2, of: [{residual: {body: [convolution, relu], shortcut: {optional: convolution}}}]}
      - any of: [global average pool, [max pool, average pool: {size: 2}]]
      - parallel: {branches: [[], linear: {out: 4}], joined by: add}
      - anything: {without: [dropout]}
      - linear: {out: 10}
  - id: parts
    check: uses
    points: 10
    uses: [dropout, {strided 3x3: {at_least: 3}}]
    not: [max pool]
"""

CASES = [
    # what is replaced, by what, the place, and how the problem goes on
    ("- convolution: {", "- convolutoin: {", '18:9 checks[0].sequence[0]: got "convolutoin", which is no layer. Did you mean'),
    ("kernel: 3x3", "kernal: 3x3", '18:22 checks[0].sequence[0].convolution: got the option "kernal", which is not known. Did you'),
    ("kernel: 3x3", "kernel: big", "checks[0].sequence[0].convolution.kernel: expected a size such as 3x3, got"),
    ("channels: 8", "channels: -1", "checks[0].sequence[0].convolution.channels: expected a whole number from 1, "),
    ("channels: 8", "channels: {at_least: -1}", "convolution.channels.at_least: must be at least 1, got -1."),
    ("channels: 8", "channels: {}", 'convolution.channels: give a number, "same", a name, or at_least and at_most'),
    ("[batch norm, relu]", "[batch norm, rely]", '19:36 checks[0].sequence[1].in any order[1]: got "rely", which is no layer. Did you mean "relu"?'),
    ("{times: 2, of", "{times: 0, of", "checks[0].sequence[2].repeat.times: must be at least 1, got 0."),
    ("{times: 2, of", "{at_least: 3, at_most: 2, of", "sequence[2].repeat: at_least is more than at_most."),
    ("channels: 8", "channels: true", "channels: expected a whole number from 1, \"same\", a name such as c, or"),
    ("channels: 8", "channels: {exactly: 1, at_least: 1}", 'channels: give a number, "same", a name, or at_least'),
    ("{times: 2, of", "{of", "checks[0].sequence[2].repeat: give either times, or at_least and at_most."),
    ("body: [convolution, relu], ", "", 'residual.body: is missing. Add "body: ..."'),
    ("{size: 2}", "{size: 2, pad: 1}", 'average pool: got the option "pad", which is not known. Known are size, stride.'),
    ("branches: [[], linear: {out: 4}]", "branches: [[]]", "checks[0].sequence[4].parallel.branches: needs at least 2"),
    ("joined by: add", "joined by: sum", "checks[0].sequence[4].parallel.joined by: got"),
    ("without: [dropout]", "without: [drop]", 'checks[0].sequence[5].anything.without[0]: got "drop". Did you mean "dropout"'),
    ("- linear: {out: 10}", "- any of", 'checks[0].sequence[6]: got "any of" alone; write what it is about, such as any of: ['),
    ("any of: [global", "any_of: [global", 'checks[0].sequence[3]: got "any_of", which is no layer. Did you mean "any of"?'),
    ("joined by: add", "joined_by: add", "checks[0].sequence[4].parallel: got the option \"joined_by\", which is not known."),
    ("- linear: {out: 10}", "- 5", "24:9 checks[0].sequence[6]: expected keys with values, got 5."),
    ("- linear: {out: 10}", "- {linear: {}, relu: {}}", "checks[0].sequence[6]: an element is one word with its options"),
    ("    sequence:", "    pattern: resnet19\n    sequence:", 'checks[0].pattern: got "resnet19", which is no pattern. Did you'),
    ("    sequence:", "    pattern: resnet18\n    sequence:", "checks[0]: give pattern or sequence, not both."),
    ("[dropout, {", "[droput, {", '28:12 checks[1].uses[0]: got "droput", which is no feature. Did you mean "dropout"?'),
    ("at_least: 3", "at_least: 0", "checks[1].uses[1].strided 3x3.at_least: must be at least 1, got 0."),
    ("at_least: 3", "at_least: 3, exactly: 3", "checks[1].uses[1].strided 3x3: give exactly one of at_least, exactly."),
    ("not: [max pool]", "not: [pools]", 'checks[1].not[0]: got "pools". Did you mean "max pool"?'),
    ("not: [max pool]", "without: [max pool]", 'checks[1].without: unknown key.'),
    ("not: [max pool]", "not: [dropout]", "checks[1]: dropout is named twice in uses and not."),
]  # fmt: skip


def test_the_example_is_right():
    assert isinstance(parse_spec(SPEC.encode(), "s.yaml"), Spec)


@pytest.mark.parametrize(("old", "new", "expected"), CASES, ids=[new for _, new, _ in CASES])
def test_a_mistake_is_named_at_its_place(old, new, expected):
    assert SPEC.count(old) == 1
    with pytest.raises(SpecError) as caught:
        parse_spec(SPEC.replace(old, new).encode(), "s.yaml")
    assert len([one for one in caught.value.problems if expected in one]) == 1, caught.value.problems


DATA = YAML(typ="safe", pure=True).load(SPEC)
words = st.sampled_from(
    ["relu", "any of", "repeat", "same", "c", "3x3", "linear", "max pool", "in", "of", "depthwise"]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.text(max_size=5) | words,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def ways(value: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, one in inner for found in ways(one, (*way, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([way for way in ways(DATA) if way[:1] == ("checks",) and len(way) > 2]), values)
def test_any_value_anywhere_gives_a_spec_or_problems_with_places(way, value):
    data = copy.deepcopy(DATA)
    target = data
    for step in way[:-1]:
        target = target[step]
    target[way[-1]] = value
    try:
        assert isinstance(parse_spec(json.dumps(data).encode(), "s.yaml"), Spec)
    except SpecError as error:
        assert error.problems
        assert all(re.match(r"s\.yaml:\d+:\d+ .+: \S", problem) for problem in error.problems)
