"""The reference submissions of EVA 8 against their specs: everything but the accuracy, on generated pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.events import Events
from grader.pipeline import Request, check_submission
from grader.records import Absent, Evidence, RunRecord
from grader.spec.load import load_spec

pytestmark = [pytest.mark.slow, pytest.mark.sandbox, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["eva8_s4", "eva8_s6"])
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    asked = Request(
        loaded=load_spec(request.param),
        source=str(ROOT / "reference_models" / request.param),
        command=f"grader check {request.param}",
        full=False,
        stand_in=True,
        out=tmp_path_factory.mktemp("out"),
    )
    return check_submission(asked, Events()).record


def test_it_earns_every_point_that_needs_no_training(checked: RunRecord) -> None:
    found = {one.id: one.status for one in checked.outcomes if one.check not in ("test_accuracy", "manual")}
    assert found == dict.fromkeys(found, "passed")
    assert [one.status for one in checked.outcomes if one.check == "test_accuracy"] == ["skipped"]


def test_every_part_of_the_recipe_is_its_own_and_in_the_fast_lane(checked: RunRecord) -> None:
    recipe = checked.evidence.recipe
    assert not isinstance(recipe, Absent)
    assert (recipe.source, recipe.lane) == ("student", "fast")
    assert recipe.epochs == recipe.stated_epochs == {"eva8_s4": 15, "eva8_s6": 20}[checked.provenance.spec_id]
    transforms = {
        "eva8_s4": ["RandomAffine", "ToTensor", "Normalize"],
        "eva8_s6": ["HorizontalFlip", "ShiftScaleRotate", "CoarseDropout", "Normalize", "ToTensorV2"],
    }
    assert [one.name for one in recipe.transforms] == transforms[checked.provenance.spec_id]
    assert [one.name for one in recipe.evaluated_with] == transforms[checked.provenance.spec_id][-2:]


def test_the_readme_states_the_measured_numbers(checked: RunRecord) -> None:
    model, readme = checked.evidence.model, readme_of(checked.evidence)
    assert not isinstance(model, Absent)
    assert not isinstance(model.structure, Absent)
    assert f"**{model.parameters:,}**" in readme
    last = [row for row in readme.splitlines() if row.startswith("| ") and " | all | " not in row]
    fields = {axis.size for axis in model.structure.receptive_field}
    (field,) = fields
    assert any(f" | {field} | " in row for row in last)


def readme_of(evidence: Evidence) -> str:
    return Path(evidence.submission.source, "README.md").read_text(encoding="utf-8")
