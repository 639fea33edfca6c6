"""Tasks with a digit beside each image: what is handed over, and what never is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.data import mnist_sum, standin
from grader.data.interface import DataSet, Second
from grader.isolation.pair_answer import Pair
from grader.records import Absent, ModelFacts, PairForm
from grader.stages import pairs

FORM = PairForm(True, "one_hot", ((10,), (19,)), 0, 1, 19, "logits")


@pytest.fixture(scope="module")
def data() -> DataSet:
    return mnist_sum.drawn(standin.generate(0, 60, 30), 1)


@pytest.fixture
def model(example_records: Any) -> ModelFacts:
    found: ModelFacts = replace(example_records["full_marks"].evidence.model, pair=FORM)
    return found


def second(data: DataSet) -> Second:
    assert data.second is not None
    return data.second


def test_a_training_worker_gets_class_sum_and_digit_of_each_training_image(data: DataSet) -> None:
    found = pairs.train_targets(data, data.train_labels)
    assert (found.shape, found.dtype) == ((60, 3), np.int64)
    assert (found[:, 0] + found[:, 2] == found[:, 1]).all()
    assert (found[:, 0] == data.train_labels).all()
    plain = replace(data, second=None)
    assert pairs.train_targets(plain, data.train_labels).tolist() == data.train_labels.tolist()


def test_an_evaluating_worker_gets_images_and_digits_and_no_sum(data: DataSet, model: ModelFacts) -> None:
    given = pairs.test_inputs(data, model)
    assert given.images is data.test_images
    assert given.digits is second(data).test_inputs
    assert set(given.arrays) == {"images", "digits"}
    assert pairs.test_inputs(replace(data, second=None), model).digits is None


def test_each_trial_has_digits_of_its_own_and_the_same_images(data: DataSet) -> None:
    one, again, other = (pairs.with_digits(data, seed) for seed in (4, 4, 5))
    assert second(one).train_inputs.tolist() == second(again).train_inputs.tolist()
    assert second(one).train_inputs.tolist() != second(other).train_inputs.tolist()
    assert one.train_images is other.train_images is data.train_images
    plain = replace(data, second=None)
    assert pairs.with_digits(plain, 4) is plain


def test_the_plan_says_how_the_model_is_called(data: DataSet, model: ModelFacts) -> None:
    told = pairs.in_plan(data, replace(model, head="log_softmax"))["pair"]
    assert (told["digit"], told["image_first"], told["sum_width"]) == ("one_hot", True, 19)
    assert (told["classes"], told["digits"], told["sums"]) == (10, 10, 19)
    assert (told["head"], told["sum_head"]) == ("log_softmax", "logits")
    assert pairs.in_plan(replace(data, second=None), model) == {}


def test_the_sum_is_scored_from_the_columns_behind_the_classes(data: DataSet, model: ModelFacts) -> None:
    right = np.eye(19, dtype=np.float32)[second(data).test_targets]
    scores = np.concatenate([np.zeros((30, 10), np.float32), right], axis=1)
    (found,) = pairs.beside(data, model, scores)
    assert (found.name, found.value, found.n) == ("sum_accuracy", 1.0, 30)
    scores[:3, 10:] = np.nan
    assert pairs.beside(data, model, scores)[0].value == pytest.approx(0.9)
    assert pairs.beside(replace(data, second=None), model, scores) == ()


def test_what_is_asked_of_a_model(data: DataSet) -> None:
    assert pairs.pair_of(data) == Pair(10, 10, 19)
    assert pairs.pair_of(replace(data, second=None)) is None


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (replace(FORM, digit=""), "takes only an image"),
        (
            replace(FORM, outputs=((10,),), sum_output=-1, sum_width=0),
            "gives (batch, 10), nothing for the sum",
        ),
        (
            replace(FORM, outputs=((16,), (19,)), image_output=-1),
            "gives (batch, 16) and (batch, 19), no score for each of the image's classes",
        ),
    ],
)
def test_why_a_model_cannot_be_trained(model: ModelFacts, form: PairForm, words: str) -> None:
    found = pairs.missing_of_pair(replace(model, pair=form))
    assert found is not None
    assert (found.cause, found.stage) == ("failed", "inspect")
    assert words in found.reason
    assert found.hint


def test_a_whole_model_can(model: ModelFacts) -> None:
    assert pairs.missing_of_pair(model) is None
    assert pairs.missing_of_pair(replace(model, pair=Absent("skipped", "One image."))) is None
