"""What is due, how it is run and kept, and the page beside the results."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from grader.records import MEASURING_VERSION
from grader.spec.load import load_spec

STORED = Path(__file__).parents[3] / "reports" / "reference"


@pytest.fixture
def place(tmp_path):
    shutil.copy(STORED / "bh_iris.json", tmp_path)
    shutil.copytree(STORED / "hardware", tmp_path / "hardware")
    return tmp_path


def changed(place: Path, old: str, new: str) -> None:
    file = place / "bh_iris.json"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def stored(place: Path) -> dict:
    return json.loads((place / "bh_iris.json").read_text("utf-8"))


def test_a_result_of_the_same_version_training_and_model_holds(script, place):
    assert script("references").reference("bh_iris", place).due == ""


def test_a_result_that_is_not_there_is_due(script, tmp_path):
    assert script("references").reference("bh_iris", tmp_path).due == "missing"


def test_a_result_of_another_measuring_version_is_due(script, place):
    changed(place, f'"measuring_version": {MEASURING_VERSION}', '"measuring_version": 1')
    due = script("references").reference("bh_iris", place).due
    assert due == f"measured by version 1, this is {MEASURING_VERSION}"


@pytest.mark.parametrize(
    ("part", "key", "due"),
    [
        ("provenance", "evidence_plan_digest", "the spec's training was changed"),
        ("submission", "tree_digest", "the reference model was changed"),
    ],
)
def test_a_result_of_something_else_is_due(script, place, part, key, due):
    record = stored(place)
    holder = record["evidence"][part] if part == "submission" else record[part]
    changed(place, holder[key], f"sha256:{'0' * 64}")
    assert script("references").reference("bh_iris", place).due == due


def test_a_result_that_cannot_be_read_is_due_and_says_why(script, place):
    (place / "bh_iris.json").write_text("{}", "utf-8")
    assert script("references").reference("bh_iris", place).due.startswith("cannot be read: ")


def test_everything_that_trains_is_wanted_and_what_is_stored(script):
    found = script("references").wanted(STORED)
    assert {"s4", "eva8_s4", "eva8_s8", "eva8_s5"} <= set(found)  # eva8_s5 trains nothing, and is stored
    assert not {"eva8_s3_1", "s4_aws"} & set(found)


def test_the_command_has_paths_of_the_repository_and_names_a_second_one(script):
    command = script("references").command
    words = command(load_spec("bh_iris").spec, 1, "cpu", unofficial=True)
    assert words == ["run", "bh_iris", "--repo", "reference_models/bh_iris", "--threads", "1"]
    also = script("references").also(load_spec("eva8_s8").spec, Path("reference_models"))
    assert also == ("pytorch-cifar-models=reference_models/eva8_models",)


def test_a_good_result_is_kept_whole_with_its_machine(script, place, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    assert script("references").kept(place / "bh_iris.json", "bh_iris", kept, 0) == ""
    assert (kept / "bh_iris.json").read_bytes() == (place / "bh_iris.json").read_bytes()
    machine = script("references_page").read_machines(kept)["bh_iris"]
    assert machine.run_id == stored(place)["run_id"]
    assert machine.processor
    assert machine.cores >= 1


def test_a_grade_below_the_pass_mark_is_not_kept(script, place, tmp_path):
    found = script("references").kept(place / "bh_iris.json", "other", tmp_path, 3)
    assert found == "its grade is 250 of 250 (exit code 3): not kept"
    assert not (tmp_path / "other.json").exists()


def test_a_run_without_a_training_is_not_kept(script, place, tmp_path):
    record = stored(place)
    gone = {
        "kind": "absent",
        "cause": "review",
        "reason": "A training would need about 5 h here: not trained.",
    }
    record["evidence"] |= {"trials": [], "test_accuracy": gone}
    (place / "bh_iris.json").write_text(json.dumps(record), "utf-8")
    found = script("references").kept(place / "bh_iris.json", "other", tmp_path, 6)
    assert found == "not trained here: A training would need about 5 h here: not trained."
    assert not (tmp_path / "other.json").exists()


# --- the page -----------------------------------------------------------------------------------------------


def test_the_committed_page_is_that_of_the_committed_results(script):
    page = script("references_page").page(STORED)
    assert (STORED / "README.md").read_text("utf-8") == page, "run `python benchmarks/references.py --page`"


def test_every_committed_result_is_on_the_page_with_its_machine():
    page = (STORED / "README.md").read_text("utf-8")
    for file in STORED.glob("*.json"):
        assert f"[{file.stem}" in page
    assert "not recorded" not in page


def test_a_result_of_an_unknown_machine_says_so(script, place):
    line = next(one for one in script("references_page").page(place).splitlines() if "`grader run" in one)
    assert "not recorded" not in line
    (place / "hardware" / "machines.json").unlink()
    assert "not recorded" in script("references_page").page(place)


@pytest.mark.slow
@pytest.mark.sandbox
def test_a_missing_result_is_trained_and_kept(script, monkeypatch, tmp_path, capsys):
    """The smallest one, through the command line of the grader."""
    references = script("references")
    monkeypatch.setattr(references, "PLACE", tmp_path)
    monkeypatch.setattr("sys.argv", ["references.py", "bh_iris"])
    assert references.main() == 0
    said = capsys.readouterr().out
    assert "bh_iris: missing" in said
    assert "bh_iris: kept" in said
    assert references.reference("bh_iris", tmp_path).due == ""
    page = (tmp_path / "README.md").read_text("utf-8")
    assert "`grader run bh_iris --repo reference_models/bh_iris`" in page
