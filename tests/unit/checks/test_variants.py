"""One argument chooses: what each of its values builds decides, and nothing is lost without proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.checks.interface import rule_types, run
from grader.records import Absent, Entrypoint, Evidence, RunRecord, Use, Variant, Variants

NORMS = ("group norm", "layer norm", "batch norm")
EACH = [{"uses": [one], "not": [other for other in NORMS if other != one]} for one in NORMS]
RULE = rule_types()["variants"].model_validate(
    {"id": "choose", "check": "variants", "each": EACH, "points": 90}
)


@pytest.fixture
def evidence(example_records: dict[str, RunRecord]) -> Evidence:
    return example_records["full_marks"].evidence


def variant(
    value, *features: str, name: str = "Net", argument: str = "norm", origin="called", fault=""
) -> Variant:
    entrypoint = Entrypoint(
        "model.py", 0, name, ((argument, value),) if argument else (), "called in a.ipynb, cell 3"
    )
    uses = tuple(Use(feature, 6) for feature in features)
    return Variant(entrypoint, argument, value, origin, uses, 7662, fault)


def other(*features: str, fault: str = "") -> Variant:
    return variant("something else", *features, origin="other", fault=fault)


def outcome(evidence: Evidence, *builds: Variant, **fields):
    return run(RULE, replace(evidence, variants=Variants(builds, **fields)))


def states(found) -> dict[str, str]:
    return {part.name: part.status for part in found.parts}


ALL = (variant("GN", "group norm"), variant("LN", "layer norm"), variant("BN", "batch norm"))


def test_each_variant_by_a_value_of_one_argument(evidence: Evidence) -> None:
    found = outcome(evidence, *ALL, other(fault="ValueError"))
    assert (found.status, found.points) == ("passed", 90)
    assert "Net(norm='GN'), which uses 6 group norm (7,662 parameters)" in found.parts[0].finding.measured


def test_what_the_last_else_builds_counts_and_is_said(evidence: Evidence) -> None:
    found = outcome(evidence, *ALL[1:], other("group norm"))
    assert found.status == "passed"
    assert "a value that the code does not name" in found.parts[0].finding.measured


def test_a_note_of_the_feature_is_passed_on(evidence: Evidence) -> None:
    one = replace(
        ALL[1], uses=(Use("layer norm", 6, ("bn1: counted as one.",)), Use("group norm", 0, ("no.",)))
    )
    found = outcome(evidence, ALL[0], one, ALL[2])
    assert found.parts[1].finding.rationale == "bn1: counted as one."


def test_a_variant_that_also_uses_what_it_must_not_is_none(evidence: Evidence) -> None:
    mixed = variant("LN", "layer norm", "batch norm")
    found = outcome(evidence, ALL[0], mixed, ALL[2], other(fault="x"))
    assert states(found) == {"group norm": "passed", "layer norm": "failed", "batch norm": "passed"}
    assert "were built: 'GN', 'LN', 'BN'" in found.parts[1].finding.rationale


def test_an_argument_that_selects_nothing_loses_all(evidence: Evidence) -> None:
    builds = [variant(value, "batch norm") for value in ("GN", "LN", "BN")]
    found = outcome(evidence, *builds, other("batch norm"))
    assert (found.status, found.points, found.open_points) == ("failed", 0, 0)


def test_a_model_without_an_argument_loses_all(evidence: Evidence) -> None:
    found = outcome(evidence, variant("", "batch norm", argument=""))
    assert (found.status, found.open_points) == ("failed", 0)
    assert "takes no argument" in found.parts[0].finding.rationale


@pytest.mark.parametrize(
    ("builds", "fields"),
    [
        ((variant("", "batch norm", argument=""),), {"open_builders": ("Net",)}),
        ((variant("BN", "batch norm"), other("batch norm")), {}),
        ((variant("BN", "batch norm"), variant("GN", fault="RuntimeError"), variant("x", "batch norm")), {}),
        ((*ALL[1:], other(fault="x")), {"cut": "Only 2 of 40 calls were tried."}),
        ((), {}),
    ],
)
def test_without_proof_a_person_looks(evidence: Evidence, builds, fields) -> None:
    found = outcome(evidence, *builds, **fields)
    assert states(found)["group norm"] == "review"
    assert found.status == "review"


def test_separate_classes_go_to_a_person(evidence: Evidence) -> None:
    names = ("GroupNet", "LayerNet", "BatchNet")
    builds = [variant("", norm, name=name, argument="") for name, norm in zip(names, NORMS, strict=True)]
    found = outcome(evidence, *builds)
    assert set(states(found).values()) == {"review"}
    assert "no argument that chooses the others" in found.parts[0].finding.rationale


def test_two_arguments_that_choose_together_go_to_a_person(evidence: Evidence) -> None:
    builds = (
        variant(True, "group norm", argument="use_gn"),
        variant(False, "batch norm", argument="use_gn"),
        variant(True, "layer norm", argument="use_ln"),
        variant(False, "batch norm", argument="use_ln"),
    )
    assert states(outcome(evidence, *builds)) == {
        "group norm": "passed",
        "layer norm": "review",
        "batch norm": "passed",
    }


def test_the_argument_that_chooses_most_counts(evidence: Evidence) -> None:
    noise = [variant(n, "batch norm", argument="size") for n in range(5)]
    assert outcome(evidence, *noise, *ALL).status == "passed"


def test_doubtful_operators_go_to_a_person(evidence: Evidence) -> None:
    rule = rule_types()["variants"].model_validate(
        {
            "id": "c",
            "check": "variants",
            "each": [{"uses": ["max pool"]}, {"uses": ["dilated convolution"]}],
            "points": 10,
        }
    )
    doubt = replace(variant("a"), uses=(Use("max pool", 0, (), ("aten.new",)),))
    builds = (
        doubt,
        variant("b", "dilated convolution"),
        variant("c", "dilated convolution"),
        other(fault="x"),
    )
    found = run(rule, replace(evidence, variants=Variants(builds)))
    assert states(found)["max pool"] == "review"


def test_names_of_members_are_shown_without_quotes(evidence: Evidence) -> None:
    builds = [replace(one, member=True) for one in ALL]
    found = outcome(
        evidence,
        *[
            replace(
                one,
                value=f"Norm.{one.value}",
                entrypoint=replace(one.entrypoint, arguments=(("norm", f"Norm.{one.value}"),)),
            )
            for one in builds
        ],
    )
    assert "Net(norm=Norm.GN)" in found.parts[0].finding.measured


def test_hostile_texts_are_cleaned(evidence: Evidence) -> None:
    bad = "\x1b[31m" + "x" * 5000
    found = outcome(evidence, variant("GN", fault=bad), variant("BN", "batch norm"))
    shown = f"{[part.finding for part in found.parts]}"
    assert "\x1b" not in shown
    assert len(shown) < 6000


def test_absent_evidence_is_what_its_cause_says(evidence: Evidence) -> None:
    gone = replace(evidence, variants=Absent("failed", "There is no model."))
    assert run(RULE, gone).status == "failed"


@pytest.mark.parametrize(
    ("each", "said"),
    [
        ([EACH[0]], "at least 2"),
        ([EACH[0], EACH[0]], "asked for twice"),
        ([{"uses": ["group norm"], "not": ["group norm"]}, EACH[1]], "in uses and in not"),
        ([{"uses": []}, EACH[1]], "at least 1"),
        ([{"uses": ["nice norm"]}, EACH[1]], "Input should be"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(each, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rule_types()["variants"].model_validate({"id": "a", "check": "variants", "each": each, "points": 1})
