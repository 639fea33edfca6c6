"""Tables are trained and scored like images: rows of pixels and columns, in the sandbox, from a link to a grade."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.events import Events
from grader.pipeline import Request, grade_submission
from grader.records import Absent, Evidence, Explanations, Measurement, ModelFacts, Recipe
from grader.spec.load import Loaded, parse_spec, shipped_specs

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
ROWS = """
from torch import nn

class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.output = nn.Linear(784, 32), nn.Linear(32, 10)

    def forward(self, pixels):
        return self.output(self.hidden(pixels).relu())
"""
PICTURES = """
from torch import nn

class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Conv2d(1, 8, 5, stride=3)
        self.output = nn.Linear(8 * 8 * 8, 10)

    def forward(self, pictures):
        return self.output(self.look(pictures).relu().flatten(1))
"""


def graded(name: str, source: Path, out: Path, **fields: object) -> Evidence:
    """The evidence of one trial, with the shipped spec's training cut to one epoch where it says exactly how many."""
    text = shipped_specs()[name].read_text(encoding="utf-8").replace("exactly: 10}", "exactly: 1}", 1)
    spec = parse_spec(text.encode(), f"{name}.yaml")
    asked = Request(
        loaded=Loaded(spec, "sha256:0", f"{name}.yaml"),
        source=str(source),
        command=f"grader run {name}",
        seeds=(1,),
        secret=7,
        out=out,
        **fields,  # type: ignore[arg-type]
    )
    done = grade_submission(asked, Events())
    assert done.folder is not None
    assert (done.folder / "report.html").is_file()
    return done.record.evidence


@pytest.mark.parametrize(
    ("code", "form"), [(ROWS, (784,)), (PICTURES, (1, 28, 28))], ids=["takes rows", "takes pictures"]
)
def test_rows_of_pixels_are_trained_in_the_form_that_the_model_takes(
    tmp_path: Path, code: str, form: tuple[int, ...]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "model.py").write_text(code, encoding="utf-8")
    found = graded("ik_fnn", work, tmp_path / "out", stand_in=True)
    assert isinstance(found.model, ModelFacts)
    assert found.model.input_shape == form
    assert isinstance(found.recipe, Recipe)
    assert [one.name for one in found.recipe.transforms] == ["ToTensor"]
    assert isinstance(found.test_accuracy, Measurement)
    assert isinstance(found.train_accuracy, Measurement)
    assert found.test_accuracy.value > 0.5
    assert found.train_accuracy.value > 0.5
    assert (found.train_accuracy.split, found.train_accuracy.n) == ("training", 11_520)
    assert found.train_accuracy.value != found.test_accuracy.value
    assert [probe.name for probe in found.integrity.probes if probe.weight in ("flag", "void")] == []
    assert isinstance(found.explanations, Explanations)
    assert len(found.explanations.images[0].rows) == 28


def test_columns_are_trained_and_scored(tmp_path: Path) -> None:
    found = graded("bh_iris", ROOT / "reference_models" / "bh_iris", tmp_path / "out")
    assert isinstance(found.model, ModelFacts)
    assert found.model.input_shape == (4,)
    assert isinstance(found.recipe, Recipe)
    assert (found.recipe.source, [one.name for one in found.recipe.transforms]) == ("student", ["Normalize"])
    assert isinstance(found.test_accuracy, Measurement)
    assert found.test_accuracy.value >= 0.9
    assert isinstance(found.train_accuracy, Absent)
    assert found.train_accuracy.cause == "skipped"
    assert [probe.name for probe in found.integrity.probes if probe.weight in ("flag", "void")] == []
    assert isinstance(found.explanations, Absent)
