"""How long a machine that runs the grader by itself has to allow for."""

from __future__ import annotations

import math

from grader.spec.schema import Spec

SET_UP_MINUTES = 15
"""Installing, reading, measuring, probing and writing, on a small machine."""
MOST_MINUTES = 360
"""What GitHub's own machines allow a job at the most."""


def minutes(spec: Spec, *, training: bool) -> int:
    """Whole minutes for one submission: every trial that its verdict may need up to its limit, and all around it."""
    if not training or spec.training is None:
        return SET_UP_MINUTES
    trials = spec.training.time_limit * spec.training.seeds.at_most
    return min(MOST_MINUTES, SET_UP_MINUTES + math.ceil(trials / 60))
