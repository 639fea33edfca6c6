"""Whole runs on pictures in colour: CIFAR-10 in both lanes, the default recipe by channel, two hundred classes."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from grader.data import cifar10, standin_pictures, tiny_imagenet
from grader.events import Events
from grader.pipeline import Graded, Request, grade_submission
from grader.records import Absent, Explanations, Recipe
from grader.spec.load import load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def small_data(monkeypatch: pytest.MonkeyPatch) -> None:
    ten = partial(standin_pictures.ten_kinds, 0, 2_000, 500)
    many = partial(standin_pictures.two_hundred_kinds, 0, 1_000, 400)
    monkeypatch.setattr(cifar10, "stand_in", ten)
    monkeypatch.setattr(tiny_imagenet, "stand_in", many)


@pytest.fixture(scope="module")
def colours() -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / "colours.py"
    spec = importlib.util.spec_from_file_location("grader_test_colours", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def graded(spec: Path, source: Path, out: Path, lane: Any = "auto") -> Graded:
    request = Request(
        loaded=load_spec(str(spec)),
        source=str(source),
        command="grader run colours",
        lane=lane,
        out=out,
        stand_in=True,
        seeds=(7,),
    )
    return grade_submission(request, Events())


def recipe_of(found: Graded) -> Recipe:
    assert not isinstance(found.record.evidence.recipe, Absent)
    return found.record.evidence.recipe


def explained(found: Graded) -> Explanations:
    assert not isinstance(found.record.evidence.explanations, Absent)
    return found.record.evidence.explanations


def page(found: Graded, name: str) -> str:
    assert found.folder is not None
    return (found.folder / name).read_text("utf-8")


@pytest.mark.parametrize("lane", ["auto", "faithful"])
def test_cifar_in_both_lanes(colours: Any, tmp_path: Path, lane: str) -> None:
    source = colours.lay_out(tmp_path / "work", train=colours.TRAIN)
    found = graded(colours.spec_file(tmp_path), source, tmp_path / "out", lane)
    recipe, evidence = recipe_of(found), found.record.evidence
    assert recipe.lane == ("faithful" if lane == "faithful" else "fast")
    assert recipe.source == "student"
    assert [one.name for one in recipe.transforms] == ["RandomHorizontalFlip", "ToTensor", "Normalize"]
    assert [one.name for one in recipe.evaluated_with] == ["ToTensor", "Normalize"]
    (trial,) = evidence.trials
    assert [one.epoch for one in trial.epochs] == [1, 2, 3, 4]
    assert {outcome.id: outcome.status for outcome in found.record.outcomes} == {
        "small": "passed",
        "learns": "passed",
    }
    probes = {one.name: one.weight for one in evidence.integrity.probes}
    assert set(probes.values()) <= {"clean", "note"}
    assert {"perturbed images", "scrambled state", "two orders", "untrained accuracy"} <= set(probes)


def test_mistakes_are_shown_in_colour_and_by_name(colours: Any, tmp_path: Path) -> None:
    source = colours.lay_out(tmp_path / "work", train=colours.TRAIN)
    found = graded(colours.spec_file(tmp_path), source, tmp_path / "out")
    shown = explained(found)
    names = standin_pictures.ten_kinds(0, 10, 10).class_names
    assert shown.class_names == names
    assert {image.channels for image in shown.images} == {3}
    assert {len(image.rows[0]) for image in shown.images} == {2 * 3 * 32}
    assert shown.map_size == (4, 4)
    wrong = next(image for image in shown.images if image.answer != image.true_class)
    told = f"{names[wrong.true_class]} taken for {names[wrong.answer]}"
    assert told in page(found, "report.html")
    for name in ("report.html", "README.md"):
        assert all(one in page(found, name) for one in names)


def test_without_a_training_the_default_normalises_each_channel(colours: Any, tmp_path: Path) -> None:
    source = colours.lay_out(tmp_path / "work")
    found = graded(colours.spec_file(tmp_path, epochs=2, at_least="20 %"), source, tmp_path / "out")
    recipe = recipe_of(found)
    assert recipe.source == "default"
    data = cifar10.stand_in()
    (normalise,) = (one for one in recipe.transforms if one.name == "Normalize")
    given = dict(normalise.arguments)
    assert given["mean"] == repr(tuple(round(one, 6) for one in data.channel_means))
    assert given["std"] == repr(tuple(round(one, 6) for one in data.channel_stds))
    assert recipe.evaluated_with == recipe.transforms
    assert found.record.outcomes[1].status == "passed"


def test_two_hundred_classes_make_a_report_that_can_be_read(colours: Any, tmp_path: Path) -> None:
    source = colours.lay_out(tmp_path / "work", classes=200)
    spec = colours.spec_file(tmp_path, task="tiny_imagenet", epochs=1, at_least="0.6 %")
    found = graded(spec, source, tmp_path / "out")
    (trial,) = found.record.evidence.trials
    assert not isinstance(trial.accuracy, Absent)
    assert len(trial.confusion) == 200
    assert len(explained(found).images) == 13
    assert len(page(found, "report.html")) < 600_000
    assert len(page(found, "README.md")) < 100_000
