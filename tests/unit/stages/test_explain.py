"""What is not explained, and why: nobody is asked. The rest runs with real workers (tests/integration)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.data.interface import Second
from grader.data.standin import generate
from grader.evaluation.score import Secret
from grader.records import Absent, Explanations, ModelFacts, Recipe, RunRecord
from grader.stages.explain import explain
from grader.stages.job import Job

DATA = generate(train=50, test=40)
DIGITS = np.zeros(40, np.uint8)


class NotAsked:
    """In a worker's place: whoever asks it fails the test."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the worker was asked: {name}")


def job(record: RunRecord, data: Any = DATA, **model: Any) -> Job:
    found, recipe = record.evidence.model, record.evidence.recipe
    assert isinstance(found, ModelFacts)
    assert isinstance(recipe, Recipe)
    return Job(NotAsked(), replace(found, **model), recipe, data, 60, 1, 1)


def explained(made: Job, scores: np.ndarray) -> Explanations | Absent:
    secret = Secret.draw(10, 40, 1, 2)
    return explain(made, NotAsked(), secret, 2, scores)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"inputs": "features"}, "something else than an image"),
        ({"second": Second(DIGITS, DIGITS, DIGITS, DIGITS, 10, 19)}, "something else than an image"),
        ({"test_images": DATA.test_images.reshape(40, 2, 14, 28)}, "cannot be shown as pictures"),
        ({"test_images": DATA.test_images[:0]}, "cannot be shown as pictures"),
    ],
    ids=["features", "second", "channels", "empty"],
)
def test_what_is_no_image_is_skipped(
    changed: dict[str, Any], reason: str, example_records: dict[str, RunRecord]
) -> None:
    found = explained(job(example_records["full_marks"], replace(DATA, **changed)), np.eye(10)[:4])
    assert isinstance(found, Absent)
    assert found.cause == "skipped"
    assert reason in found.reason


def test_scores_that_are_not_finite_are_skipped(example_records: dict[str, RunRecord]) -> None:
    found = explained(job(example_records["full_marks"]), np.full((40, 10), np.nan, np.float32))
    assert isinstance(found, Absent)
    assert "finite" in found.reason


def test_a_model_without_a_map_is_not_asked(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    model = record.evidence.model
    assert isinstance(model, ModelFacts)
    flat = replace(model.structure, map_before_pool=(), global_pool=-1)  # type: ignore[type-var]
    draws = np.random.default_rng(0).normal(size=(40, 10)).astype(np.float32)
    found = explained(job(record, structure=flat), draws)
    assert isinstance(found, Explanations)
    assert (found.map_size, found.without_maps) == (
        (),
        "No map with height and width feeds the model's head.",
    )
    wrong = int((draws.argmax(axis=1) != DATA.test_labels).sum())
    assert found.wrong == wrong
    assert len(found.images) == min(10, wrong) + min(3, 40 - wrong)
    assert {one.rows for one in found.images} <= {
        tuple(row.tobytes().hex() for row in image) for image in DATA.test_images
    }
