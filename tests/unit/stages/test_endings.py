"""How a worker ended → what the report says and whose fault it is."""

from __future__ import annotations

import typing

import pytest

from grader.isolation.supervisor import Ending, EndingKind
from grader.records import Entrypoint
from grader.stages.endings import absent_because

ENTRY = Entrypoint("model.py", 0, "Net", (), "")
CAUSES = {"machine": "errored", "slow": "review", "killed": "review", "recipe": "review"}


@pytest.mark.parametrize("kind", typing.get_args(EndingKind))
@pytest.mark.parametrize("phase", ["load", "build", "forward", "train", "predict", "restore"])
def test_every_ending_in_every_phase_has_a_fault_a_sentence_and_a_next_step(kind, phase):
    absent = absent_because(Ending(kind, "It happened.", "model.py:3"), phase, ENTRY)
    assert absent.cause == CAUSES.get(kind, "failed")
    assert absent.hint
    assert absent.reason.endswith(".")
    assert "It happened" in absent.reason
    assert "model.py" in absent.reason or "Net()" in absent.reason


def test_an_error_names_its_line():
    absent = absent_because(Ending("raised", "ValueError: no", "model.py:14"), "forward", ENTRY)
    assert (
        absent.reason
        == "An error was raised in the forward pass of Net() on random images: ValueError: no (model.py:14)."
    )


def test_the_hint_names_the_images_of_this_assignment():
    ending = Ending("raised", "RuntimeError: no", "model.py:14")
    assert "torch.rand(4, 3, 32, 32)" in absent_because(ending, "forward", ENTRY, (3, 32, 32)).hint
    assert "torch.rand(4, 1, 28, 28)" in absent_because(ending, "forward", ENTRY).hint
