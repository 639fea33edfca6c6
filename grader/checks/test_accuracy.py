"""Accuracy on the test images, measured by the grader outside of the sandbox.

The number is the mean over the grader's seeds. Whether it is above the line is a sequential test on that mean
(`grader.evaluation.verdict`, docs/verdicts.md): where the seeds cannot tell, the check is `borderline`. The model
counts as it is when its training ends, or in each of the last epochs; never in its best one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from grader.checks import interface
from grader.checks.interface import Ratio, Verdict, failed, open_verdict, passed
from grader.evaluation.consistency import Held, held, last_epochs
from grader.evaluation.noise import Noise, interval, tabulated
from grader.evaluation.verdict import RULE, Decision, decide
from grader.records import Absent, Evidence, Finding, Measurement, Trial

CHANCE_MARGIN = 0.05
"""A model trained by the grader's default that stays this close to chance cannot be blamed on the default."""

_BEST_EPOCH = (
    "at_any_epoch",
    "in_any_epoch",
    "any_epoch",
    "best_epoch",
    "best_of",
    "reached_within",
    "within",
)
_EPOCHS = r"^\s*([2-9]|1\d|20)\s*epochs\s*$"


def _number_of_epochs(value: object) -> int:
    found = re.fullmatch(_EPOCHS, value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected 2 to 20 epochs, such as 3 epochs")
    return int(found[1])


LastEpochs = Annotated[
    int,
    BeforeValidator(_number_of_epochs, json_schema_input_type=Annotated[str, Field(pattern=_EPOCHS)]),
    PlainSerializer(lambda number: f"{number} epochs", return_type=str),
]


class Rule(interface.Rule):
    """The trained model reaches the accuracy that the assignment asks for."""

    check: Literal["test_accuracy"]
    at_least: Ratio = Field(description="The mean accuracy over the grader's seeds must be at or above this.")
    in_each_of_the_last: LastEpochs | None = Field(
        None, description="`3 epochs`: the mean must be there after each of them, not only after the last."
    )

    needs: ClassVar[frozenset[str]] = frozenset({"test_accuracy"})

    @model_validator(mode="before")
    @classmethod
    def _never_the_best_epoch(cls, given: Any) -> Any:
        asked = [key for key in _BEST_EPOCH if isinstance(given, dict) and key in given]
        if asked:
            raise ValueError(
                f"{asked[0]} would pick the best epoch on the test images, which is luck and not a result. "
                "The accuracy after the last epoch counts. Write how many epochs there may be into "
                "training.epochs, such as {at_most: 15}, and in_each_of_the_last: 3 epochs where it must last"
            )
        return given

    def requirement(self) -> str:
        where = f" in each of the last {self.in_each_of_the_last} epochs" if self.in_each_of_the_last else ""
        return f"The trained model reaches a test accuracy of {100 * self.at_least:.4g} % or more{where}."


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    measured = evidence.test_accuracy
    assert not isinstance(measured, Absent)
    noise = noise_at(rule.at_least, evidence, measured)
    if rule.in_each_of_the_last is None:
        decision = decide(measured.values, rule.at_least, noise.sd)
        shown = Shown(rule.requirement(), describe(measured), decision, measured.values, noise)
        return verdict_of(shown, evidence, measured)
    epochs = last_epochs(evidence.trials, rule.in_each_of_the_last)
    if isinstance(epochs, Absent):
        return open_verdict("review", Finding(describe(measured), rule.requirement(), epochs.reason))
    found = held(epochs, rule.at_least, noise.sd)
    told = f"{describe(measured)}; {_each(found)}"
    if found.decision.outcome == "passed" and len(epochs) < rule.in_each_of_the_last:
        why = (
            f"It was trained for fewer epochs ({len(epochs)}), so a person decides whether the line is held."
        )
        return open_verdict("review", Finding(told, rule.requirement(), f"{found.decision.sentence} {why}"))
    shown = Shown(rule.requirement(), told, found.decision, found.weakest.values, noise)
    return verdict_of(shown, evidence, measured)


def describe(measured: Measurement) -> str:
    """`98.61 % ± 0.12 (3 seeds, 10,000 test images)`."""
    seeds = f"{len(measured.values)} seed{'s' if len(measured.values) != 1 else ''}"
    return f"{100 * measured.value:.2f} % ± {100 * measured.spread:.2f} ({seeds}, {measured.n:,} {measured.split} images)"


def _each(found: Held) -> str:
    """`epoch 13: 99.41 %, epoch 14: 99.43 %, epoch 15: 99.44 %`."""
    return ", ".join(f"{one.name}: {100 * one.mean:.2f} %" for one in found.epochs)


def noise_at(line: float, evidence: Evidence, measured: Measurement) -> Noise:
    """The known noise at the line; where no table has the data set, what it was measured with."""
    name = "" if isinstance(evidence.data, Absent) else evidence.data.name
    found = tabulated(name, line, measured.spread)
    if found.source != "data set":
        return found
    return replace(found, sentence=f"{100 * found.sd:.2f} points, {measured.spread_source}")


@dataclass(frozen=True)
class Shown:
    """A decision on a line, and what is shown of it."""

    requirement: str
    measured: str
    decision: Decision
    values: tuple[float, ...]  # that were decided on, one per seed
    noise: Noise


def verdict_of(shown: Shown, evidence: Evidence, measured: Measurement) -> Verdict:
    """The verdict on an accuracy, of whatever split: where the seeds cannot tell, or where what the student did not
    choose may be to blame, a person decides."""
    decision, noise = shown.decision, shown.noise
    finding = Finding(
        measured=shown.measured,
        expected=shown.requirement,
        rationale=f"{decision.sentence} {interval(shown.values, noise.sd).sentence}",
        hint="" if decision.outcome == "passed" else _hint(evidence),
    )
    again = _again(evidence.trials, measured.name)
    notes = (RULE, f"Noise from run to run: {noise.sentence}.", *again)
    if decision.outcome == "passed":
        return passed(finding, notes)
    if decision.outcome == "borderline":
        return open_verdict("borderline", finding, notes)
    if a_person_decides_a_miss(evidence, measured):
        return open_verdict("review", finding, notes)
    return failed(finding, notes)


def _again(trials: tuple[Trial, ...], name: str) -> tuple[str, ...]:
    """How to repeat each trial: the seed goes with the secret, which the provenance has."""
    both = [(one.seed, one.train_accuracy if name == "train_accuracy" else one.accuracy) for one in trials]
    scored = [f"{seed} ({100 * one.value:.2f} %)" for seed, one in both if not isinstance(one, Absent)]
    if not scored:
        return ()
    how = "the run's command with --seeds and one of them, and --secret, which stands in the provenance"
    return (f"Seeds: {', '.join(scored)}. To repeat a trial: {how}.",)


def a_person_decides_a_miss(evidence: Evidence, measured: Measurement) -> bool:
    """Whether what the student did not choose may be to blame where this accuracy is below its line."""
    return _recipe_may_be_to_blame(evidence, measured) or _capped(evidence)


def _recipe_may_be_to_blame(evidence: Evidence, measured: Measurement) -> bool:
    """A miss under the grader's default, even a part of it, is the student's only where nothing is learned."""
    ours = not isinstance(evidence.recipe, Absent) and evidence.recipe.source != "student"
    chance = 1 / max(_classes(evidence), 2)
    return ours and any(value > chance + CHANCE_MARGIN for value in measured.values)


def _classes(evidence: Evidence) -> int:
    return 10 if isinstance(evidence.model, Absent) else evidence.model.output_shape[-1]


def _capped(evidence: Evidence) -> bool:
    """Whether the training was cut short by what the grader can afford, not by a rule of the assignment."""
    return not isinstance(evidence.recipe, Absent) and evidence.recipe.epochs_capped


def _hint(evidence: Evidence) -> str:
    recipe = evidence.recipe
    if _capped(evidence):
        return (
            "Your own training is longer than what the grader can afford: "
            "a person decides whether the whole of it would have reached the line."
        )
    if isinstance(recipe, Absent) or recipe.source == "student":
        return "Look at the curve: does the loss still fall at the end, or does it not fall at all?"
    part = "the assignment's default recipe" if recipe.source == "default" else "parts of the default recipe"
    return (
        f"It was trained with {part}, not with yours: "
        "a person decides whether your own would have reached it."
    )
