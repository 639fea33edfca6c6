"""Whatever the pattern and the model: no exception, one answer, and the algebra of `optional` and `repeat`."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.architecture.graph import graph_of
from grader.architecture.match import match
from grader.architecture.pattern import Pattern
from grader.architecture.series import Branches, Tangle, operators_in, series_of
from grader.records import Axis, Operator, Structure

_SPEC = importlib.util.spec_from_file_location(
    "grader_test_structures_property", Path(__file__).parents[2] / "fixtures" / "structures.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
built = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = built
_SPEC.loader.exec_module(built)

WORDS = ("relu", "tanh", "gelu", "sigmoid")
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.sampled_from(WORDS)
convolutions = st.fixed_dictionaries(
    {
        "convolution": st.fixed_dictionaries(
            {"kernel": st.sampled_from(["1x1", "3x3"]), "channels": st.integers(1, 6)}
        )
    }
)


def composite(inner):
    some = st.lists(inner, min_size=1, max_size=3)
    return (
        st.fixed_dictionaries({"repeat": st.fixed_dictionaries({"times": st.integers(1, 3), "of": some})})
        | st.fixed_dictionaries({"repeat": st.fixed_dictionaries({"at_least": st.integers(0, 2), "of": some})})
        | st.fixed_dictionaries({"optional": some})
        | st.fixed_dictionaries({"any of": st.lists(some, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"in any order": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"residual": st.fixed_dictionaries({"body": some, "shortcut": st.just([]) | some})})
        | st.fixed_dictionaries(
            {"parallel": st.fixed_dictionaries(
                {"branches": st.lists(some, min_size=2, max_size=3), "joined by": st.sampled_from(["add", "concatenate"])}
            )}
        )
    )  # fmt: skip


elements = st.recursive(words | convolutions, composite, max_leaves=8)
sequences = st.lists(elements, min_size=1, max_size=4)


def pattern_of(sequence) -> Pattern:
    return Pattern.model_validate({"title": "x", "sequence": sequence})


class Drawn:
    """Builds one of the models that a pattern describes, with the choices that hypothesis draws."""

    def __init__(self, draw) -> None:
        self.draw = draw
        self.net = built.Net((3, 8, 8))

    def sequence(self, x, listed):
        for element in listed:
            x = self.element(x, element)
        return x

    def element(self, x, element):
        if isinstance(element, str):
            return self.net.pointwise(element, x)
        ((word, options),) = element.items()
        return getattr(self, word.replace(" ", "_"))(x, options)

    def convolution(self, x, options):
        kernel = int(options["kernel"][0])
        x = self.net.conv(x, options["channels"], kernel, padding=kernel // 2)
        return self.net.dropout(x) if self.draw(st.booleans()) else x

    def repeat(self, x, options):
        least = options.get("times", options.get("at_least", 0))
        more = 0 if "times" in options else self.draw(st.integers(0, 2))
        for _ in range(least + more):
            x = self.sequence(x, options["of"])
        return x

    def optional(self, x, options):
        return self.sequence(x, options) if self.draw(st.booleans()) else x

    def any_of(self, x, options):
        return self.sequence(x, self.draw(st.sampled_from(options)))

    def in_any_order(self, x, options):
        return self.sequence(x, self.draw(st.permutations(options)))

    def residual(self, x, options):
        return self._joined("add", x, [options["body"], options["shortcut"]])

    def parallel(self, x, options):
        return self._joined(options["joined by"], x, options["branches"])

    def _joined(self, kind, x, branches):
        ends = tuple(self.sequence(x, branch) for branch in self.draw(st.permutations(branches)))
        return self.net.add_operator(kind, ends, self.net.shape(ends[0]))


@quick
@given(sequences, st.data())
def test_a_model_drawn_from_a_pattern_matches_it(sequence, data):
    drawn = Drawn(data.draw)
    end = drawn.sequence(drawn.net.image, sequence)
    if end != len(drawn.net.operators) - 1:
        return  # it ends in nothing: no operator gives the answer
    found = match(pattern_of(sequence).sequence, graph_of(drawn.net.structure(end)))
    assert found.status == "match", found


def chain(kinds) -> Structure:
    net = built.Net((3, 8, 8))
    x = net.image
    for kind in kinds:
        x = net.pointwise(kind, x)
    return net.structure(x)


chains = st.lists(words, min_size=1, max_size=8).map(chain)
parts = st.lists(
    words | st.fixed_dictionaries({"optional": st.lists(words, min_size=1, max_size=2)}),
    min_size=1,
    max_size=3,
)


def status(structure, *sequence) -> str:
    return match(pattern_of(list(sequence)).sequence, graph_of(structure)).status


@quick
@given(chains, parts, parts)
def test_the_algebra_of_patterns(structure, one, other):
    """Each line says the same thing in two ways."""
    same = [
        ([{"repeat": {"times": 2, "of": one}}, *other], [*one, *one, *other]),
        ([{"optional": one}, *other], [{"any of": [[*one, *other], other]}]),
        ([{"optional": one}, *other], [{"repeat": {"at_most": 1, "of": one}}, *other]),
        (
            [{"repeat": {"at_least": 1, "of": one}}, *other],
            [*one, {"repeat": {"at_least": 0, "of": one}}, *other],
        ),
        ([{"any of": [one, other]}], [{"any of": [other, one]}]),
        ([{"optional": {"optional": one}}, *other], [{"optional": one}, *other]),
        (
            [{"in any order": [{"any of": [one]}, {"any of": [other]}]}],
            [{"any of": [[*one, *other], [*other, *one]]}],
        ),
        ([*one, "anything"], [*one, "anything", "anything"]),
    ]
    for left, right in same:
        assert status(structure, *left) == status(structure, *right), (left, right)


@quick
@given(chains, parts)
def test_a_repeat_matches_what_some_number_of_times_matches(structure, one):
    several = any(status(structure, {"repeat": {"times": n, "of": one}}) == "match" for n in range(1, 9))
    assert (status(structure, {"repeat": {"at_least": 1, "of": one}}) == "match") == several


# --- models that nobody drew ----------------------------------------------------------------------------------

kinds = st.sampled_from(
    [*WORDS, "convolution", "add", "matmul", "multiply", "concatenate", "view", "dropout", "other"]
)
axes = st.sampled_from([(), (Axis("known", 3, 1.0),) * 2, (Axis("global"),) * 2, (Axis("unknown"),)])
scalars = st.sampled_from(["3x3", "x", "", "9" * 300, "-1x2", 3, -3, 0.5, True])
names = st.sampled_from(
    ["kernel", "stride", "groups", "channels_in", "channels_out", "depthwise", "on_map", "padding"]
)


@st.composite
def structures(draw) -> Structure:
    operators = []
    for index in range(draw(st.integers(0, 14))):
        inputs = draw(st.lists(st.integers(-2, index + 1), max_size=3))
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=4)))
        details = tuple(draw(st.dictionaries(names, scalars, max_size=4)).items())
        operators.append(
            Operator(
                index,
                draw(kinds),
                "aten.mul",
                draw(st.text(max_size=3)),
                tuple(inputs),
                shape,
                0,
                draw(axes),
                details,
            )
        )
    return Structure(tuple(operators), (), -1, (), 0, False, (), 0, 0, 0, (), ())


@quick
@given(structures(), sequences, st.sampled_from([(), (3,), (1, 1)]))
def test_any_model_has_one_answer(structure, sequence, shape):
    graph = graph_of(structure, shape)
    found = match(pattern_of([*sequence, "anything"]).sequence, graph, ("gelu",), 5000)
    assert found == match(
        pattern_of([*sequence, "anything"]).sequence, graph_of(structure, shape), ("gelu",), 5000
    )
    assert found.status in ("match", "mismatch", "ambiguous")
    assert (found.status == "mismatch") == bool(found.expected)
    assert match(pattern_of(["anything"]).sequence, graph).status == "match"


@quick
@given(structures())
def test_the_series_holds_every_operator_once(structure):
    graph = graph_of(structure)
    series = series_of(graph)
    held = [operator.index for item in series for operator in operators_in(item)]
    assert sorted(held) == sorted(graph.inputs)
    assert all(item.ways for item in series if isinstance(item, Branches))
    assert all(item.within for item in series if isinstance(item, Tangle))
