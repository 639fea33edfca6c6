"""The contract of every kind of check: a new file in `grader/checks` is held to it at once."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from ruamel.yaml import YAML

from grader.checks.interface import Rule, Verdict, modules, rule_types, run
from grader.records import (
    Absent,
    Annotations,
    Evidence,
    Outcome,
    Pictures,
    RunRecord,
    Variants,
    WebAnswers,
    Workbook,
)
from grader.spec.load import load_spec, shipped_specs

KINDS = sorted(modules())
CAUSES = ("failed", "errored", "skipped", "review")

each_kind = pytest.mark.parametrize("kind", KINDS)
each_cause = pytest.mark.parametrize("cause", CAUSES)


def example_rule(kind: str) -> Rule:
    """The first rule of this kind in a shipped spec, or in the guide for authors of specs.

    A kind that stands in neither is not finished.
    """
    found = next((rule for rule in known_rules() if rule.check == kind), None)
    assert found, f"neither a spec in specs/ nor the guide uses the check {kind}"
    return found


@cache
def known_rules() -> tuple[Rule, ...]:
    """All rules that the shipped specs and docs/writing-a-spec.md show."""
    shipped = [rule for name in shipped_specs() for rule in load_spec(name).spec.checks]
    text = (Path(__file__).parents[2] / "docs" / "writing-a-spec.md").read_text(encoding="utf-8")
    blocks = [YAML(typ="safe", pure=True).load(b) for b in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    shown = [rule for block in blocks if isinstance(block, list) for rule in block]
    return (*shipped, *(rule_types()[rule["check"]].model_validate(rule) for rule in shown))


@pytest.fixture
def evidence(example_records: dict[str, RunRecord]) -> Evidence:
    return example_records["full_marks"].evidence


def test_checks_are_found_by_their_files() -> None:
    assert {"parameters", "readme", "test_accuracy"} <= set(KINDS)
    assert "interface" not in KINDS


@each_kind
def test_it_has_a_rule_and_a_judge(kind: str) -> None:
    module = modules()[kind]
    assert issubclass(module.Rule, Rule)
    assert module.Rule is not Rule
    assert list(inspect.signature(module.judge).parameters) == ["rule", "evidence"]


@each_kind
def test_the_rules_name_is_the_files_name(kind: str) -> None:
    assert get_args(rule_types()[kind].model_fields["check"].annotation) == (kind,)


@each_kind
def test_it_says_what_it_asks_for(kind: str) -> None:
    for text in (modules()[kind].__doc__, modules()[kind].Rule.__doc__):
        first = (text or "").strip().split("\n\n")[0]
        assert first.endswith("."), f"the docstring of {kind} does not begin with a sentence"
    own = set(rule_types()[kind].model_fields) - {"check"}
    undescribed = [name for name in own if not rule_types()[kind].model_fields[name].description]
    assert undescribed == []


@each_kind
def test_an_example_rule_builds_and_its_requirement_is_a_sentence(kind: str) -> None:
    requirement = example_rule(kind).requirement()
    assert re.fullmatch(r"[A-Z].{10,200}[^.]\.", requirement)
    assert rule_types()[kind].model_validate(example_rule(kind).model_dump()) == example_rule(kind)


@each_kind
def test_an_unknown_key_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="extra_forbidden"):
        rule_types()[kind].model_validate(example_rule(kind).model_dump() | {"colour": "red"})


@each_kind
def test_it_needs_only_evidence_that_exists(kind: str) -> None:
    fields = {
        "model",
        "test_accuracy",
        "train_accuracy",
        "pictures",
        "variants",
        "workbook",
        "web",
        "annotations",
    }
    assert rule_types()[kind].needs <= fields
    assert fields <= set(Evidence.__dataclass_fields__)


@each_kind
@each_cause
def test_absent_evidence_means_what_its_cause_says(kind: str, cause: str, evidence: Evidence) -> None:
    rule = example_rule(kind)
    for name in sorted(rule.needs):
        outcome = run(rule, replace(evidence, **{name: Absent(cause, "It is not there.", "Look.")}))
        assert outcome.status == cause
        assert (outcome.points, outcome.open_points) == (0, 0 if cause == "failed" else rule.points)
        assert (outcome.finding.rationale, outcome.finding.hint) == ("It is not there.", "Look.")


@each_kind
@each_cause
def test_it_has_a_verdict_where_nothing_at_all_is_there(kind: str, cause: str, evidence: Evidence) -> None:
    gone = Absent(cause, "It is not there.")
    names = (
        "model",
        "recipe",
        "data",
        "projection",
        "test_accuracy",
        "train_accuracy",
        "training",
        "pictures",
        "variants",
        "workbook",
        "web",
        "annotations",
    )
    nothing = dict.fromkeys(names, gone)
    empty = replace(evidence, **nothing, trials=(), reading=replace(evidence.reading, readme=gone))
    rule = example_rule(kind)
    outcome = run(rule, empty)
    assert well_formed(outcome)
    if not rule.needs and outcome == run(rule, evidence):
        return  # it judges the files that were handed in, and these are still there
    assert outcome.points == 0
    assert outcome.status == cause


@each_kind
def test_it_is_a_pure_function_of_rule_and_evidence(kind: str, example_record: RunRecord) -> None:
    rule, evidence = example_rule(kind), with_places(example_record.evidence)
    before = pickle.dumps(evidence)
    outcome = run(rule, evidence)
    assert outcome == run(rule, pickle.loads(before))
    assert pickle.dumps(evidence) == before
    assert (outcome.id, outcome.check, outcome.max_points) == (rule.id, kind, rule.points)
    assert well_formed(outcome)


@each_kind
def test_its_verdict_is_a_verdict(kind: str, evidence: Evidence) -> None:
    whole = replace(
        evidence,
        pictures=Pictures(()),
        variants=Variants(()),
        train_accuracy=evidence.test_accuracy,
        workbook=Workbook((), (), Absent("review", "There is no table."), ()),
        web=WebAnswers(()),
    )
    whole = replace(whole, annotations=Annotations("", "", False, 0, 0, (), (), (), (), ()))
    verdict = modules()[kind].judge(example_rule(kind), whole)
    assert isinstance(verdict, Verdict)
    assert 0 <= verdict.share <= verdict.share + verdict.open_share <= 1 + 1e-9


@each_kind
@each_cause
def test_a_structure_that_was_not_recorded_is_absent_evidence(
    kind: str, cause: str, evidence: Evidence
) -> None:
    """A check that looks at the operators says why it cannot; one that does not judges as before."""
    assert not isinstance(evidence.model, Absent)
    gone = replace(evidence.model, structure=Absent(cause, "It is not there."))
    outcome, before = (
        run(example_rule(kind), replace(evidence, model=one)) for one in (gone, evidence.model)
    )
    assert outcome == before or (outcome.status, outcome.finding.rationale) == (cause, "It is not there.")
    assert well_formed(outcome)


def with_places(evidence: Evidence) -> Evidence:
    """The places of claims are the reader's own and end in a line, also where every other text is hostile."""
    readme = evidence.reading.readme
    if isinstance(readme, Absent):
        return evidence
    claims = tuple(replace(claim, place="README.md:3") for claim in readme.claims)
    return replace(evidence, reading=replace(evidence.reading, readme=replace(readme, claims=claims)))


def well_formed(outcome: Outcome) -> bool:
    """Points within their bounds, open ones only where somebody has still to decide, every text a text."""
    assert 0 <= outcome.points <= outcome.points + outcome.open_points <= outcome.max_points + 1e-6
    if outcome.status in ("passed", "failed"):
        assert outcome.open_points == 0
        assert outcome.points == (outcome.max_points if outcome.status == "passed" else 0)
    assert outcome.finding.measured
    assert outcome.finding.expected
    if outcome.parts:
        assert sum(part.max_points for part in outcome.parts) == pytest.approx(outcome.max_points)
    return True


def test_checks_and_specs_are_loaded_without_torch() -> None:
    program = "import sys, grader.spec.load as s; s.load_spec('s4'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
