"""Stated test accuracies, against the grader's own mean and its noise.

The claim is one training with one seed, often the best of its epochs; the measurement is a mean over n seeds.
With the run-to-run standard deviation sd, their difference has sd * sqrt(1 + 1/n); the best of k epochs lies up to
sd * sqrt(2 ln k) above a typical one. Within two of these widths a claim agrees, beyond four it differs.
"""

from __future__ import annotations

import math

from grader.evaluation import stated_log
from grader.evaluation.rounding import last_digit
from grader.evaluation.stated import Stated, not_measured
from grader.records import Absent, Claim, Comparison, Measurement, Recipe

AGREES_WITHIN = 2.0
DIFFERS_BEYOND = 4.0
SMALLEST_SD = 0.0005
"""A tabulated or observed deviation below 0.05 points is not believed: three seeds can agree by chance."""


def compare(
    claim: Claim, stated: Stated, accuracy: Measurement | Absent, recipe: Recipe | Absent, on_training: bool
) -> Comparison:
    """Held against the measurement, and where that does not agree, against the student's own log."""
    if isinstance(accuracy, Absent):
        found = _beside_log(claim, stated, accuracy)
    else:
        found = _beside_measurement(claim, stated, accuracy, recipe, on_training)
    why = stated_log.contradiction(claim, stated) if found.verdict == "cannot tell" else ""
    if why:
        measured = found.measured or stated_log.highest(claim, stated)
        return Comparison(claim, measured, "differs", why)
    return found


def _beside_log(claim: Claim, stated: Stated, absent: Absent) -> Comparison:
    """Nothing was measured: the student's own log may have the number, which proves nothing."""
    said = stated_log.agreement(claim, stated)
    if not said:
        return not_measured(claim, absent)
    why = " ".join(filter(None, ("No accuracy was measured here.", absent.reason, said)))
    return Comparison(claim, "", "cannot tell", why)


def _beside_measurement(
    claim: Claim, stated: Stated, accuracy: Measurement, recipe: Recipe | Absent, on_training: bool
) -> Comparison:
    measured = f"{100 * accuracy.value:.2f} % ± {100 * accuracy.spread:.2f} ({_seeds(accuracy)})"
    if on_training:
        why = "The stated accuracy seems to be measured on training images; measured here is the test set."
        return Comparison(claim, measured, "cannot tell", why)
    doubt = _doubt(claim, stated, recipe)
    over = claim.value - accuracy.value
    width = max(accuracy.spread, SMALLEST_SD) * math.sqrt(1 + 1 / max(len(accuracy.values), 1))
    best = _best_of_epochs(stated, accuracy) if over > 0 else 0.0
    slack = last_digit(claim) + best
    way = f"Stated is {100 * abs(over):.2f} points {'more' if over > 0 else 'less'} than the mean"
    if abs(over) <= AGREES_WITHIN * width + slack:
        noise = f"{way}, within the noise of a training ({100 * width:.2f} points)."
        return Comparison(claim, measured, "agrees", noise)
    if doubt:
        return Comparison(claim, measured, "cannot tell", doubt)
    if abs(over) <= DIFFERS_BEYOND * width + slack:
        return Comparison(
            claim, measured, "cannot tell", f"{way}: too near to tell from the noise of a training."
        )
    return Comparison(
        claim, measured, "differs", f"{way}, {abs(over) / width:.0f} times the noise of a training."
    )


def _seeds(accuracy: Measurement) -> str:
    count = len(accuracy.values)
    return f"{count} seed{'s' if count != 1 else ''}"


def _best_of_epochs(stated: Stated, accuracy: Measurement) -> float:
    """How much higher the best of the student's epochs lies by chance alone."""
    epochs = stated.session.epochs if stated.session is not None else 1
    return max(accuracy.spread, SMALLEST_SD) * math.sqrt(2 * math.log(max(epochs, 1)))


def _doubt(claim: Claim, stated: Stated, recipe: Recipe | Absent) -> str:
    """Why two different numbers may both be right; "" where nothing says so."""
    if isinstance(recipe, Recipe) and recipe.source == "default":
        return "The grader trained with the assignment's default recipe, not with the student's own."
    session = stated.session
    if isinstance(recipe, Recipe) and session is not None and recipe.epochs != session.epochs:
        return f"The grader trained for {recipe.epochs} epochs, the student's loop has {session.epochs}."
    return "" if isinstance(stated.model, Absent) else stated.about_other(claim)
