"""The integrity probes end to end: real workers in the real sandbox, honest oddities beside dishonest models.

The data is a small generated set, so that one trial takes seconds; the thresholds were set with MNIST
(`benchmarks/probes.py`). `make test` runs one of each weight, `make test-all` all of them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from grader.data.standin import generate
from grader.fetch.interface import fetch
from grader.isolation.supervisor import Worker
from grader.reading.read import read_submission
from grader.reading.scan import scan
from grader.records import Absent, Probe, Trial
from grader.spec.load import load_spec
from grader.stages.job import Job
from grader.stages.model import find_model
from grader.stages.recipe import default_recipe
from grader.stages.study import run_study
from grader.stages.workers import choose_sandbox, opener

HONEST = Path(__file__).parents[2] / "benchmarks" / "honest_models"

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


@cache
def data():
    return generate(train=6_000, test=2_000)


class Watched:
    """The workers of a trial, and how many there were."""

    def __init__(self, start) -> None:
        self._start, self.started = start, 0

    def __call__(self) -> Worker:
        self.started += 1
        return self._start()


def study(folder: Path, name: str) -> tuple[Trial, dict[str, Probe], int]:
    """One trial of a submission's model; its probes by name, and the workers that it took."""
    spec = load_spec("s4").spec
    sandbox, _ = choose_sandbox(plain_allowed=False)
    with fetch(str(folder)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        workers = Watched(opener(sandbox, fetched.root, 1))
        model = find_model(workers, reading, data().input_shape, 10, f"model.py:{name}").model
        assert not isinstance(model, Absent), model.reason
        workers.started = 0
        job = Job(
            workers,
            model,
            default_recipe(spec, data(), model.head),
            data(),
            120,
            1,
            12345,
            scan=scan(fetched.root, fetched.submission),
        )
        trials, _, probes = run_study(job, (), at_least=1, at_most=1, seeds=(1,))
    return trials[0], {probe.name: probe for probe in probes}, workers.started


def raised(probes: dict[str, Probe]) -> dict[str, str]:
    return {name: probe.weight for name, probe in probes.items() if probe.weight != "clean"}


def handed_in(tmp_path: Path, text: str) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "model.py").write_text(text)
    return tmp_path / "work"


# --- honest models --------------------------------------------------------------------------------------------


def test_an_honest_model_is_clean_in_every_probe_and_takes_three_workers():
    trial, probes, workers = study(HONEST, "Plain")
    assert raised(probes) == {}
    assert set(probes) == {
        "state size",
        "hidden values",
        "steps",
        "tensors outside of the state",
        "start and seed",
        "untrained accuracy",
        "scrambled state",
        "perturbed images",
        "batch sizes",
        "two orders",
        "state while predicting",
        "repository",
    }
    assert workers == 3
    assert trial.accuracy.value > 0.4  # after 47 steps


@pytest.mark.parametrize(
    ("name", "notes", "words"),
    [
        pytest.param("Seeded", {"start and seed": "note"}, "sets a seed", marks=pytest.mark.slow),
        pytest.param("Squeezed", {"batch sizes": "note"}, "squeeze", marks=pytest.mark.slow),
        pytest.param(
            "NeverEvaluates",
            {"two orders": "note", "state while predicting": "note"},
            "stays in train mode",
            marks=pytest.mark.slow,
        ),
        pytest.param("DropoutStaysOn", {"two orders": "note"}, "F.dropout", marks=pytest.mark.slow),
        pytest.param("FixedFilters", {}, "", marks=pytest.mark.slow),
        pytest.param("Pooled", {}, "", marks=pytest.mark.slow),
    ],
)
def test_an_honest_oddity_is_graded_with_a_note_at_most(name, notes, words):
    trial, probes, _ = study(HONEST, name)
    assert raised(probes) == notes
    assert all(words in probes[note].detail for note in notes)
    assert not isinstance(trial.accuracy, Absent)
    assert trial.correct > 0


# --- dishonest ones -------------------------------------------------------------------------------------------

_START = """
import hashlib
import torch
from torch import nn
"""

_LOOK_UP = (
    _START
    + """
ANSWERS = {answers}

def key(image):
    pixels = ((image * {std} + {mean}) * 255).round().clamp(0, 255).to(torch.uint8)
    return hashlib.sha1(bytes(pixels.flatten().tolist())).hexdigest()[:10]

def known(images):
    labels = [ANSWERS.get(key(image), 10) for image in images]
    return torch.nn.functional.one_hot(torch.tensor(labels), 11).float()[:, :10]

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {state}

    def forward(self, images):
        return {scores}
"""
)


def look_up(state: str, scores: str) -> str:
    """A model that knows every image of the set by its hash and learns only how the classes are permuted."""
    import hashlib

    images = np.concatenate([data().train_images, data().test_images])
    labels = np.concatenate([data().train_labels, data().test_labels])
    answers = {
        hashlib.sha1(image.tobytes()).hexdigest()[:10]: int(label)
        for image, label in zip(images, labels, strict=True)
    }
    return _LOOK_UP.format(answers=answers, std=data().std, mean=data().mean, state=state, scores=scores)


@pytest.mark.slow
def test_answers_by_hash_are_flagged_by_noise_by_the_source_and_before_any_training(tmp_path):
    state = "self.names = nn.Linear(10, 10); nn.init.eye_(self.names.weight)"
    source = look_up(state, "self.names(known(images)) * 10")
    trial, probes, _ = study(handed_in(tmp_path, source), "Net")
    assert trial.accuracy.value > 0.9
    found = raised(probes)
    assert found["perturbed images"] == "flag"
    assert found["repository"] == "flag"
    assert found["untrained accuracy"] == "flag"


def test_answers_that_do_not_come_from_the_state_void_the_number(tmp_path):
    """Scalars survive every shuffle, so what they name is still right: it stood in the code."""
    state = "self.names = nn.ParameterList(nn.Parameter(torch.rand(()) / 10) for _ in range(100))"
    scores = "known(images) @ torch.stack(list(self.names)).reshape(10, 10) * 10"
    _, probes, _ = study(handed_in(tmp_path, look_up(state, scores)), "Net")
    assert probes["scrambled state"].weight == "void"
    assert "lowest of 5 tries" in probes["scrambled state"].detail


_CONVOLUTION = (
    _START
    + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = nn.Conv2d(1, 8, 5, stride=2), nn.Linear(8 * 12 * 12, 10)
        self.seen = 0
        {init}

    def plain(self, images):
        return self.head(self.conv(images).relu().flatten(1))

    def forward(self, images):
        {forward}
"""
)


def test_answers_that_hang_on_the_order_are_judged_by_the_lowest_accuracy(tmp_path):
    """Right for the first 2,000 images that a process sees in large batches, wrong for what comes in small ones."""
    forward = """scores = self.plain(images)
        self.seen += 1
        return scores if self.training or len(images) > 64 or self.seen % 4 else -scores"""
    trial, probes, workers = study(handed_in(tmp_path, _CONVOLUTION.format(init="", forward=forward)), "Net")
    assert raised(probes) == {"two orders": "note"}
    assert workers == 4
    assert 0.3 < trial.accuracy.value < 0.85
    assert f"{100 * trial.accuracy.value:.1f} %" in probes["two orders"].detail


@pytest.mark.slow
def test_learning_from_test_images_is_flagged(tmp_path):
    forward = """scores = self.plain(images)
        if not self.training:
            self.head.weight.data += 0.05 * torch.randn_like(self.head.weight)
        return scores"""
    _, probes, _ = study(handed_in(tmp_path, _CONVOLUTION.format(init="", forward=forward)), "Net")
    assert probes["learning while predicting"].weight == "flag"
    assert probes["two orders"].weight == "note"


@pytest.mark.slow
def test_weights_that_stand_in_the_code_are_flagged(tmp_path):
    values = np.random.default_rng(0).normal(0, 0.05, 11520).round(5).tolist()
    init = "self.head.weight.data = torch.tensor(WEIGHTS).reshape(10, -1)"
    source = f"WEIGHTS = {values}\n" + _CONVOLUTION.format(init=init, forward="return self.plain(images)")
    _, probes, _ = study(handed_in(tmp_path, source), "Net")
    assert raised(probes) == {"start and seed": "flag", "repository": "flag"}


@pytest.mark.slow
def test_weights_that_are_made_in_forward_are_flagged(tmp_path):
    forward = """made = torch.randn(8 * 12 * 12, 10, generator=torch.Generator().manual_seed(0))
        return self.plain(images) + self.conv(images).relu().flatten(1) @ made * 0.001"""
    _, probes, _ = study(handed_in(tmp_path, _CONVOLUTION.format(init="", forward=forward)), "Net")
    assert raised(probes) == {"hidden values": "flag"}


@pytest.mark.slow
def test_refusing_small_batches_is_no_way_around_the_second_order(tmp_path):
    forward = """if not self.training and 4 < len(images) < 65:
            raise ValueError("not this size")
        scores = self.plain(images)
        self.seen += 1
        return scores if self.training or self.seen % 4 else -scores"""
    trial, probes, workers = study(handed_in(tmp_path, _CONVOLUTION.format(init="", forward=forward)), "Net")
    assert workers == 4
    assert raised(probes) == {"batch sizes": "note", "two orders": "note"}
    assert trial.accuracy.value < 0.85


@pytest.mark.slow
def test_a_process_that_ends_in_a_probe_is_not_clean(tmp_path):
    forward = """if not self.training and len(images) == 7:
            import os
            os._exit(0)
        return self.plain(images)"""
    trial, probes, _ = study(handed_in(tmp_path, _CONVOLUTION.format(init="", forward=forward)), "Net")
    assert probes["all probes"].weight == "flag"
    assert "ended by itself" in probes["all probes"].detail
    assert not isinstance(trial.accuracy, Absent)
