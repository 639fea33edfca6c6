"""The layer at the end of a path, and the size of its map."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.evaluation.layer_maps import map_side, named_layer
from grader.records import Absent, Layer, ModelFacts


@pytest.fixture
def model(example_records) -> ModelFacts:
    facts = example_records["full_marks"].evidence.model
    assert not isinstance(facts, Absent)
    names = ("", "features", "features.0", "features.0.1", "features.1", "model", "model.conv", "head")
    return replace(facts, layers=tuple(Layer(name, "Module", (8, 6, 7), 0) for name in names))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("features", "features"),
        ("features.0", "features.0"),
        ("features.-1", "features.1"),
        ("features.0.0", "features.0.1"),
        ("features.2", None),
        ("features.-3", None),
        ("features.0.1.0", None),
        ("-1", "head"),
        ("0.1", "features.1"),
        ("model.conv", "model.conv"),
        ("net.features.1", "features.1"),
        ("trainer.net.features.1", "features.1"),
        ("a.b.c.features.1", None),
        ("features.1.features", None),
        ("odd", None),
        ("99999", None),
    ],
)
def test_where_a_path_leads(model, path, name):
    found = named_layer(model, path)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("shape", "side"), [((8, 6, 7), 6), ((8, 7, 6), 6), ((10,), 0), ((), 0), ((64, 48), 0), ((1, 2, 3, 4), 0)]
)
def test_the_shorter_side(shape, side):
    assert map_side(Layer("a", "Conv2d", shape, 0)) == side
