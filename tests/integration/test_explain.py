"""Explaining a trained model end to end: trained and explained by real workers in the real sandbox."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from grader.data.standin import generate
from grader.evaluation.score import Secret
from grader.fetch.interface import fetch
from grader.isolation import conversation
from grader.isolation.supervisor import Ending
from grader.reading.read import read_submission
from grader.records import Absent, Explanations
from grader.report import heat
from grader.spec.load import load_spec
from grader.stages.explain import explain
from grader.stages.job import Job, prepare
from grader.stages.model import find_model
from grader.stages.plan import plan_of
from grader.stages.recipe import default_recipe
from grader.stages.workers import choose_sandbox, opener

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]
SEED = 3

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
"""
HONEST = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 8, 5, stride=2)
        self.norm = nn.BatchNorm2d(8)
        self.second = nn.Conv2d(8, 12, 3)
        self.head = nn.Linear(12, 10)

    def forward(self, x):
        x = F.relu(self.second(F.relu(self.norm(self.first(x)))), inplace=True)
        return F.log_softmax(self.head(F.adaptive_avg_pool2d(x, 1).flatten(1)), dim=-1)
"""
NO_MAP = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(784, 10)

    def forward(self, x):
        return self.head(x.flatten(1))
"""
FAILS_LATER = (
    HONEST
    + """
    def backward_only(self, x):
        raise SystemExit("not here")

class Net(Net):
    def forward(self, x):
        if torch.is_grad_enabled() and not self.training:
            self.backward_only(x)
        return super().forward(x)
"""
)
HANGS_LATER = FAILS_LATER.replace('raise SystemExit("not here")', "while True: pass")


@cache
def data():
    return generate(train=1_500, test=400)


def explained(tmp_path: Path, text: str) -> Explanations | Absent:
    """A submission's model after a short training, explained by the worker that evaluated it."""
    (tmp_path / "model.py").write_text(HEAD + text)
    sandbox, _ = choose_sandbox(plain_allowed=False)
    with fetch(str(tmp_path)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        open_worker = opener(sandbox, fetched.root, 1)
        model = find_model(open_worker, reading, data().input_shape, 10, "model.py:Net").model
        assert not isinstance(model, Absent), model.reason
        recipe = default_recipe(load_spec("s4").spec, data())
        job = Job(open_worker, model, recipe, data(), 120, 1, 12345)
        secret = Secret.draw(10, len(data().test_images), job.secret, SEED)
        with open_worker() as trainer:
            assert prepare(job, trainer, SEED) is None
            handed = conversation.hand_over(trainer, data().train_images, secret.hide(data().train_labels))
            assert handed is None
            start = conversation.state(trainer)
            assert not isinstance(start, Ending)
            trained = conversation.train(
                trainer, plan_of(recipe), seed=SEED, patience=job.patience(), start=start
            )
            assert trained.ending is None
            state = conversation.state(trainer)
            assert not isinstance(state, Ending)
        with open_worker() as evaluator:
            assert prepare(job, evaluator, SEED + 1) is None
            assert conversation.restore(evaluator, state) is None
            scores = conversation.predict(
                evaluator, data().test_images[secret.test_order], 10, transforms=recipe.evaluated_with
            )
            assert not isinstance(scores, Ending)
            return explain(job, evaluator, secret, SEED, secret.true_order(scores))


def test_a_trained_model_is_explained(tmp_path: Path) -> None:
    found = explained(tmp_path, HONEST)
    assert isinstance(found, Explanations)
    assert (found.seed, found.map_size, found.without_maps) == (SEED, (10, 10), "")
    wrong = [one for one in found.images if one.answer != one.true_class]
    assert len(wrong) == min(10, found.wrong)
    assert len(found.images) - len(wrong) == 3
    assert [one.answer_share for one in wrong] == sorted((one.answer_share for one in wrong), reverse=True)
    for one in found.images:
        assert one.true_class == data().test_labels[one.index]
        picture = heat.decoded(one.rows, one.channels)
        assert picture is not None
        assert (picture[:, :, 0] == data().test_images[one.index]).all()
        assert [map.class_id for map in one.maps] == list(dict.fromkeys((one.answer, one.true_class)))
        assert all(heat.decoded(map.rows, 1).shape == (10, 10, 1) for map in one.maps)
    answers = [map for one in found.images for map in one.maps[:1]]
    assert sum(map.strongest > 0 for map in answers) > len(answers) / 2


@pytest.mark.slow
def test_without_a_map_the_images_are_shown_alone(tmp_path: Path) -> None:
    found = explained(tmp_path, NO_MAP)
    assert isinstance(found, Explanations)
    assert found.without_maps == "No map with height and width feeds the model's head."
    assert found.map_size == ()
    assert found.images
    assert all(one.rows and not one.maps for one in found.images)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(FAILS_LATER, "SystemExit: not here", id="raises"),
        pytest.param(HANGS_LATER, "It used 10 s of CPU time", id="hangs", marks=pytest.mark.slow),
    ],
)
def test_a_model_that_cannot_be_explained_loses_its_maps_only(tmp_path: Path, text: str, reason: str) -> None:
    found = explained(tmp_path, text)
    assert isinstance(found, Explanations)
    assert found.without_maps.startswith(f"The model could not be explained: {reason}")
    assert len(found.images) > 3
