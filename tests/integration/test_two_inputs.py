"""Whole runs of models with two inputs and two outputs, on the stand-in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from grader.data import mnist, standin
from grader.events import Events
from grader.pipeline import Request, check_submission, grade_submission
from grader.records import Absent, ModelFacts, PairForm, RunRecord
from grader.report.html import render
from grader.report.json import from_json, to_json
from grader.spec.load import load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

MODEL = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Sums(nn.Module):
    def __init__(self):
        super().__init__()
        self.see = nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 12 * 12, 10))
        self.embed = nn.Embedding(10, 10)
        self.add = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, SUMS))

    def forward(self, TAKES):
        scores = self.see(image)
        total = self.add(torch.cat([scores, DIGIT], dim=1))
        return GIVES
"""
TRAINING = """
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms
from model import Sums

class Pairs(Dataset):
    def __init__(self, train):
        self.digits = datasets.MNIST("data", train=train, download=True, transform=transforms.ToTensor())

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, index):
        image, label = self.digits[index]
        number = torch.randint(0, 10, ())
        return image, F.one_hot(number, 10).float(), label, label + int(number)

model = Sums()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for epoch in range(8):
    for image, digit, label, total in DataLoader(Pairs(True), batch_size=32, shuffle=True):
        first, second = model(image, digit)
        loss = F.cross_entropy(first, label) + F.cross_entropy(second, total)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


@pytest.fixture(autouse=True)
def small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "stand_in", partial(standin.generate, 0, 3_000, 500))


def write(folder: Path, sums: str = "19", takes: str = "image, digit", digit: str = "digit", gives: str = "scores, total") -> Path:  # fmt: skip
    folder.mkdir()
    text = MODEL.replace("SUMS", sums).replace("TAKES", takes).replace("GIVES", gives).replace("DIGIT", digit)
    (folder / "model.py").write_text(text)
    return folder


def asked(source: Path, out: Path) -> Request:
    loaded = load_spec("eva8_s2_5")
    return Request(loaded, str(source), "grader run eva8_s2_5", out=out, stand_in=True, seeds=(7,))


def form_of(record: RunRecord) -> PairForm:
    model = record.evidence.model
    assert isinstance(model, ModelFacts)
    assert isinstance(model.pair, PairForm)
    return model.pair


def status(record: RunRecord) -> dict[str, str]:
    return {outcome.id: outcome.status for outcome in record.outcomes}


def test_the_students_recipe_trains_both_outputs(tmp_path: Path) -> None:
    source = write(tmp_path / "work")
    (source / "train.py").write_text(TRAINING)
    record = grade_submission(asked(source, tmp_path / "out"), Events()).record
    recipe, trial = record.evidence.recipe, record.evidence.trials[0]
    assert not isinstance(recipe, Absent)
    assert (recipe.source, recipe.loss, recipe.epochs, recipe.lane) == ("student", "cross_entropy", 8, "fast")
    assert not isinstance(trial.accuracy, Absent)
    assert trial.accuracy.value > 0.9
    (sums,) = trial.beside
    assert sums.value > 0.6
    assert trial.epochs[-1].accuracy == trial.accuracy.value
    assert {probe.weight for probe in record.evidence.integrity.probes} <= {"clean", "note"}
    assert {name: status(record)[name] for name in ("two-inputs", "two-outputs")} == {
        "two-inputs": "passed",
        "two-outputs": "passed",
    }
    assert from_json(to_json(record)) == record
    page = render(record)
    assert "Sums that are right" in page
    assert "one hot, the image first" in page


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"sums": "5", "gives": "[total, scores]"}, (True, "one_hot", 1, 0, 5)),
        ({"takes": "digit, image", "digit": "self.embed(digit)", "gives": "dict(a=scores, b=total)"}, (False, "index", 0, 1, 19)),
        ({"digit": "digit.repeat(1, 10)", "sums": "1"}, (True, "column", 0, 1, 1)),
        ({"gives": "torch.cat([scores, total], dim=1)"}, (True, "one_hot", 0, 0, 19)),
    ],
    ids=["bits in a list", "embedded, image second", "numbers", "one row"],
)  # fmt: skip
def test_other_forms_take_a_few_steps(
    tmp_path: Path, fields: dict[str, str], expected: tuple[object, ...]
) -> None:
    record = check_submission(
        _quick(asked(write(tmp_path / "work", **fields), tmp_path / "out")), Events()
    ).record
    form = form_of(record)
    found = (form.image_first, form.digit, form.image_output, form.sum_output, form.sum_width)
    assert found == expected
    assert not isinstance(record.evidence.projection, Absent)
    assert status(record)["two-outputs"] == "passed"


def _quick(request: Request) -> Request:
    return replace(request, full=False)


def test_a_model_that_takes_only_an_image_is_told_so_and_not_trained(tmp_path: Path) -> None:
    source = write(tmp_path / "work", takes="image", digit="scores")
    record = grade_submission(asked(source, tmp_path / "out"), Events()).record
    found = status(record)
    assert (found["two-inputs"], found["two-outputs"], found["learns"]) == ("failed", "passed", "failed")
    assert record.evidence.trials == ()
    assert "takes only an image" in record.grade.reason
    assert form_of(record).digit == ""
