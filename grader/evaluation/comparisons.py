"""What the student states, held against what was measured: `agrees`, `cannot tell` or `differs`.

A number may be rounded, may be about one layer, about another version or about another model of the submission:
only what is clearly about the graded model and clearly another number `differs`. The reasons accuse nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

from grader.evaluation import stated_accuracy, stated_epochs, stated_field, stated_parameters
from grader.evaluation.log_rules import logs_of
from grader.evaluation.remarks import measured_on_training
from grader.evaluation.stated import Stated
from grader.records import (
    Absent,
    Claim,
    Comparison,
    Measurement,
    ModelFacts,
    Reading,
    Recipe,
    RecoveredTraining,
)

MOST_CLAIMS = 100
NOT_GIVEN = Absent("skipped", "The recipe was not looked at.")


def comparisons(
    reading: Reading,
    model: ModelFacts | Absent,
    training: RecoveredTraining | Absent,
    accuracy: Measurement | Absent,
    *,
    recipe: Recipe | Absent = NOT_GIVEN,
) -> tuple[Comparison, ...]:
    """One comparison per stated number, in the order of the README and then of the notebooks.

    Args:
        accuracy: the grader's measurement; its spread is the noise that a difference is held against.
        recipe: what the accuracy was trained with. Under the grader's default no stated accuracy `differs`.
    """
    claims = _claims(reading)
    stated = Stated(reading, model, training)
    on_training = measured_on_training(training, reading)
    made = []
    for claim in claims:
        if claim.name == "parameters":
            made.append(stated_parameters.compare(claim, stated, claims))
        elif claim.name == "receptive_field":
            made.append(stated_field.compare(claim, stated))
        elif claim.name == "epochs":
            made.append(stated_epochs.compare(claim, stated))
        else:
            made.append(stated_accuracy.compare(claim, stated, accuracy, recipe, on_training))
    return (*made, *stated_epochs.of_the_log(stated))


def _claims(reading: Reading) -> tuple[Claim, ...]:
    """Each statement once; of the accuracies of one log only the last."""
    own = () if isinstance(reading.readme, Absent) else reading.readme.claims
    found = {(one.name, one.value, one.place): one for one in (*own, *reading.claims)}
    results = _results(found.values(), reading)
    kept = [one for one in found.values() if one.name != "test_accuracy" or one in results]
    return tuple(kept[:MOST_CLAIMS])


def _results(claims: Iterable[Claim], reading: Reading) -> frozenset[Claim]:
    """Accuracies that are stated as a result: not a log's epochs on the way."""
    lines = logs_of(reading)
    logged, last = {line.place for line in lines}, lines[-1].place if lines else ""
    by_place: dict[str, Claim] = {}
    for one in claims:
        if one.name == "test_accuracy" and (one.place not in logged or one.place == last):
            place = one.place if ", cell " in one.place else f"{one.place} {one.value}"
            by_place[place] = one
    return frozenset(by_place.values())
