"""Each probe has a student's wording, and no figure is in it."""

from __future__ import annotations

import re

import pytest

from grader.evaluation.probes import LIMITS
from grader.flags import SEEN, WORDS, said_of, sentence_of
from grader.records import Probe


def test_every_probe_of_the_table_is_worded() -> None:
    assert set(WORDS) == set(LIMITS)
    assert len({one.subject for one in WORDS.values()}) == len(WORDS)


@pytest.mark.parametrize("name", sorted(WORDS))
def test_what_the_heaviest_weight_comes_to_is_said(name: str) -> None:
    probe = Probe(name, LIMITS[name].weight, "12.5 % of 987 images")
    said = said_of(probe)
    assert said.weight == probe.weight
    assert said.detail or said.weight == "flag"
    assert sentence_of(probe)
    assert not re.search(r"\d+(\.\d+)? ?%|\d{3}", said.name + said.detail)
    assert said_of(said) == said


def test_notes_that_some_probes_come_to_are_worded_too() -> None:
    assert "seed in the code" in said_of(Probe("start and seed", "note", "61 of 100")).detail


def test_an_unknown_probe_says_nothing_of_itself() -> None:
    for weight in ("note", "flag", "void", "clean"):
        said = said_of(Probe("secret trick", weight, "0.2718"))  # type: ignore[arg-type]
        assert said.name == SEEN
        assert "0.2718" not in said.detail
