"""s4 end to end: the reference, its broken variants and the attacks on it, in the real sandbox.

In `make test` what differs only in its README is judged on the reference's evidence; `make test-all` trains
every variant through the command line and prints the table that is committed under `reports/reference/`.
"""

from __future__ import annotations

import dataclasses
import fcntl
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checks import interface as checks
from grader.errors import ExitCode, UsageError
from grader.events import Events
from grader.fetch.interface import fetch
from grader.isolation import conversation
from grader.isolation.interface import Limits
from grader.isolation.supervisor import Patience
from grader.judge import exit_code, judge
from grader.pipeline import Request, check_submission, grade_submission
from grader.reading.read import read_submission
from grader.records import Absent, RunRecord
from grader.report.html import render as html
from grader.report.json import from_json, to_json
from grader.spec.load import load_spec

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "reference_models" / "s4"

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


def load(place: str):
    name = f"grader_test_{Path(place).stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, HERE.parent / place)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


variants = load("submissions/s4_variants.py")
attacks = load("attacks/s4_attacks.py")
ALL = {**variants.VARIANTS, **attacks.ATTACKS}

README_ONLY = ("no_readme", "empty_readme", "huge_readme", "shuffled_readme")
NOT_TRAINED = (*(name for name, v in ALL.items() if v.status == "ungradable"), "kills_itself")
IN_EVERY_RUN = (
    "thirty_thousand",
    "cannot_learn",
    "notebook_only",
    "patches_eq",
    "reads_data",
    "hides_in_statistics",
    "packs_float64",
)
QUICKLY: tuple[str, ...] = ()
"""Variants that are trained in every run of the tests: none, half a minute each. The attacks train models that cannot learn."""


def build(name: str, dest: Path) -> Path:
    return (attacks if name in attacks.ATTACKS else variants).build(name, dest / "submission")


def request(source: Path, out: Path, **fields) -> Request:
    return Request(
        loaded=load_spec("s4"), source=str(source), command="grader run s4", out=out, threads=1, **fields
    )


@pytest.fixture(scope="session")
def graded_reference(tmp_path_factory) -> RunRecord:
    """The reference, trained once for all processes that test: the first one leaves its result to the others."""
    place = tmp_path_factory.getbasetemp()
    place = place.parent if "PYTEST_XDIST_WORKER" in os.environ else place
    stored = place / "s4-reference.json"
    with (place / "s4-reference.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stored.exists():
            asked = request(REFERENCE, tmp_path_factory.mktemp("reference"), seeds=(1,), secret=2)
            stored.write_text(to_json(grade_submission(asked, Events()).record))
    return from_json(stored.read_text())


def points(record: RunRecord) -> dict[str, float]:
    return {outcome.id: outcome.points for outcome in record.outcomes}


def parts(record: RunRecord) -> tuple[float, ...]:
    return tuple(part.points for outcome in record.outcomes for part in outcome.parts)


def everything_said(record: RunRecord) -> str:
    outcomes = [(o.finding, [part.finding for part in o.parts], o.notes) for o in record.outcomes]
    return f"{outcomes} {record.grade.reason} {record.evidence.model}"


def assert_as_expected(record: RunRecord, variant) -> None:
    assert points(record) == variant.points, everything_said(record)
    assert parts(record) == variant.parts, everything_said(record)
    assert record.grade.status == variant.status
    assert exit_code(record.grade) == variant.exit_code
    assert variant.says in everything_said(record)


@pytest.mark.mnist
def test_the_reference_earns_full_marks(graded_reference):
    record = graded_reference
    assert points(record) == {"small": 75, "learns-fast": 125, "explained": 50}
    assert exit_code(record.grade, strict=True) == ExitCode.PASSED
    assert record.not_a_grade == ()
    assert record.evidence.data.official
    assert record.evidence.integrity.isolation.level == "3"
    assert {probe.weight for probe in record.evidence.integrity.probes} == {"clean"}
    provenance = record.provenance
    assert provenance.seeds == (1,)
    assert dict(provenance.versions).keys() >= {"python", "torch", "torchvision", "torchinfo"}


@pytest.mark.mnist
@pytest.mark.parametrize(
    "name",
    [name if name in QUICKLY else pytest.param(name, marks=pytest.mark.slow) for name in IN_EVERY_RUN],
)
def test_a_variant_loses_exactly_what_it_should(name, tmp_path):
    record = grade_submission(request(build(name, tmp_path), tmp_path / "out"), Events()).record
    assert_as_expected(record, ALL[name])


@pytest.mark.mnist
@pytest.mark.parametrize("name", README_ONLY)
def test_a_readme_costs_what_it_should(name, tmp_path, graded_reference):
    """The model is the reference's, so its evidence is judged again with the README that was handed in."""
    loaded = load_spec("s4")
    with fetch(str(build(name, tmp_path))) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
    evidence = dataclasses.replace(graded_reference.evidence, submission=fetched.submission, reading=reading)
    outcomes = tuple(checks.run(rule, evidence) for rule in loaded.spec.checks)
    grade = judge(outcomes, loaded.spec.points, loaded.spec.pass_mark)
    assert_as_expected(dataclasses.replace(graded_reference, outcomes=outcomes, grade=grade), ALL[name])


@pytest.fixture
def short_deadlines(monkeypatch):
    """What hangs for ever is ended after seconds here, not after a minute."""
    for name in ("LOAD", "BUILD", "MEASURE"):
        monkeypatch.setattr(conversation, name, Patience(60, cpu_seconds=12, stall_seconds=6))
    monkeypatch.setattr(
        "grader.stages.workers.Limits", lambda threads: Limits(threads=threads, output_bytes=8 << 20)
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow)
        if name in ("sleeps_in_init", "sleeps_in_forward")
        else name
        for name in NOT_TRAINED
    ],
)
def test_what_cannot_be_graded_is_said_by_name(name, tmp_path, short_deadlines):
    """None of these reaches a training, so any data will do."""
    asked = request(build(name, tmp_path), tmp_path / "out", stand_in=True)
    # A forked worker is the first process of its namespace: the kernel lets it not kill itself.
    record = grade_submission(dataclasses.replace(asked, zygote=name != "kills_itself"), Events()).record
    assert_as_expected(record, ALL[name])


def test_a_self_check_names_the_same_faults_but_the_accuracy(tmp_path):
    record = check_submission(
        request(build("thirty_thousand", tmp_path), tmp_path, full=False, stand_in=True), Events()
    ).record
    assert points(record) == {"small": 0, "learns-fast": 0, "explained": 50}
    assert [outcome.status for outcome in record.outcomes] == ["failed", "skipped", "passed"]
    assert exit_code(record.grade) == ExitCode.BELOW_PASS_MARK
    assert record.grade.max_points == 125
    assert record.evidence.projection.steps_needed > record.evidence.projection.steps_measured == 30
    assert any("self-check" in reason for reason in record.not_a_grade)
    assert not list(tmp_path.glob("s4"))


@pytest.mark.slow
@pytest.mark.mnist
def test_a_self_check_that_trains_forecasts_the_verdict_and_is_no_grade(tmp_path):
    """On real data; one seed of the student's choice, and the reports are kept."""
    asked = request(REFERENCE, tmp_path / "out", seeds=(7,))
    graded = check_submission(asked, Events(), keep=True)
    (forecast,) = graded.record.forecasts
    assert forecast.basis == "measured"
    assert forecast.odds.passed > 0.99
    assert graded.record.not_a_grade[0].startswith("This is a self-check: the grader trains again")
    assert sorted(path.name for path in graded.folder.glob("*.*")) == [
        *("README.md", "events.jsonl", "report.html", "result.json"),
    ]
    assert "The chance of passing" in (graded.folder / "report.html").read_text()


def test_another_model_can_be_chosen_and_a_wrong_choice_names_what_there_is(tmp_path):
    source = build("several_models", tmp_path)
    fields = {"full": False, "stand_in": True}
    chosen = check_submission(request(source, tmp_path, model="model.py:FlatNet", **fields), Events()).record
    assert chosen.evidence.model.parameters == 15_910
    assert "--model" in chosen.evidence.model.entrypoint.found_by
    with pytest.raises(UsageError, match=r"model.py:Other.*Found were: .*model.py:FlatNet"):
        check_submission(request(source, tmp_path, model="model.py:Other", **fields), Events())


@pytest.mark.slow
@pytest.mark.mnist
def test_the_same_seeds_and_secret_give_the_same_bits(tmp_path, graded_reference):
    again = grade_submission(request(REFERENCE, tmp_path, seeds=(1,), secret=2), Events()).record
    (one,), (other,) = graded_reference.evidence.trials, again.evidence.trials
    assert (one.state_digest, one.correct, one.confusion) == (
        other.state_digest,
        other.correct,
        other.confusion,
    )


def test_a_stored_run_of_stand_in_data(tmp_path):
    """Of the reference with a hostile README: it still learns, nobody takes it for a grade, and every report is there."""
    asked = request(build("html_readme", tmp_path), tmp_path / "out", stand_in=True)
    graded = grade_submission(asked, Events())
    assert {path.name for path in graded.folder.iterdir()} == {
        "result.json",
        "report.html",
        "README.md",
        "staff.html",
        "events.jsonl",
    }
    assert from_json((graded.folder / "result.json").read_text()) == graded.record
    page = (graded.folder / "report.html").read_text("utf-8")
    assert page == html(graded.record)
    assert "<script" not in page.lower()
    assert "&lt;script&gt;" in page
    assert_as_expected(graded.record, ALL["html_readme"])
    assert graded.record.grade.points == 250
    assert any("stand-in" in reason for reason in graded.record.not_a_grade)
    for name in ("report.html", "README.md"):
        assert "stand-in" in (graded.folder / name).read_text("utf-8").lower()


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.parametrize("name", ["reference", *ALL])
def test_every_variant_through_the_command_line(name, tmp_path, record_property):
    source = REFERENCE if name == "reference" else build(name, tmp_path)
    command = [
        sys.executable,
        "-m",
        "grader",
        "run",
        "s4",
        "--repo",
        str(source),
        "--out",
        str(tmp_path / "out"),
        "--json",
        "--threads",
        "1",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    result = json.loads(done.stdout)
    found = {outcome["id"]: outcome["points"] for outcome in result["outcomes"]}
    accuracy = result["evidence"]["test_accuracy"].get("value")
    shown = f"{100 * accuracy:.2f} %" if accuracy is not None else "-"
    row = f"| {name} | {found['small']:g} | {found['learns-fast']:g} | {found['explained']:g} | {result['grade']['status']} | {done.returncode} | {shown} |"
    record_property("table_row", row)
    expected = variants.Variant("The reference", lambda _: None) if name == "reference" else ALL[name]
    assert found == expected.points, done.stderr
    assert done.returncode == expected.exit_code
    assert expected.says in done.stdout.replace("\\u00d7", "×")


@pytest.mark.mnist
def test_absent_evidence_never_passes(graded_reference):
    """Fail closed: whatever is taken away, no check passes without it."""
    for cause in ("failed", "errored", "skipped", "review"):
        gone = Absent(cause, "It is gone.")
        for field in ("model", "test_accuracy"):
            evidence = dataclasses.replace(graded_reference.evidence, **{field: gone})
            for rule in load_spec("s4").spec.checks:
                if field in rule.needs:
                    outcome = checks.run(rule, evidence)
                    assert (outcome.points, outcome.status != "passed") == (0, True)
