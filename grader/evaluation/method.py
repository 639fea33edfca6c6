"""The words of the method review, and what its rules look at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from grader.evaluation.quoting import Quote, Source, quote
from grader.records import Absent, Evaluating, Loading, ModelFacts, Remark, Session

FaultName = Literal[
    "measured on the training set",
    "test data with random augmentation",
    "test set with random augmentation, never used",
    "no model.eval() at test",
    "no zero_grad",
    "training without shuffling",
    "softmax before cross-entropy",
    "scheduler never stepped",
    "one of several schedulers acts",
    "best test epoch as the result",
    "more epochs than allowed",
    "different normalisation for train and test",
]
ShownName = Literal["trained on test images"]
"""Mistakes that the review shows and that no spec can name in `free_of`."""
NoteName = Literal[
    "gradients on while evaluating",
    "validation on a part of the training data",
    "log-softmax before cross-entropy",
    "best test epoch named as such",
]

FAULTS: tuple[FaultName, ...] = get_args(FaultName)
NOTES: tuple[NoteName, ...] = get_args(NoteName)
"""Remarks that name no mistake: harmless or legitimate, said so that nobody has to wonder."""


@dataclass(frozen=True)
class Method:
    """One training session as the rules look at it."""

    session: Session
    model: ModelFacts | Absent
    source: Source
    unused: tuple[Loading, ...] = ()  # loaders that were built and never asked for a batch

    @property
    def captured(self) -> bool:
        """It was seen while it ran; what is only read in the source says less."""
        return self.session.way == "captured"

    @property
    def used(self) -> tuple[Evaluating, ...]:
        """Evaluations that really passed over data."""
        return tuple(one for one in self.session.evaluations if one.passes > 0)

    @property
    def held_out(self) -> tuple[Evaluating, ...]:
        """Those whose accuracy is the result: on held-out data, and not a look at a few pictures."""
        found = [one for one in self.used if one.loading.split in ("test", "part of test", "part of train")]
        most = max((one.passes for one in found), default=0)
        return tuple(one for one in found if 2 * one.passes >= most)

    def knows(self, field: str) -> bool:
        """Whether a field of the session was found out: `training.shuffled`, `evaluations.mode`."""
        parts = field.split(".")
        known_as = {field, parts[0], parts[-1]}
        return not any(re.sub(r"\[\d+\]", "", name) in known_as for name, _ in self.session.unknown[:100])

    def remark(
        self,
        name: FaultName | ShownName | NoteName,
        place: str,
        why: str,
        patterns: tuple[str, ...] = (),
        instead: str = "",
    ) -> Remark:
        """The remark with the line that it is about."""
        return self.quoted(name, quote(self.source, place or self.session.place, patterns, instead), why)

    def quoted(self, name: FaultName | ShownName | NoteName, found: Quote, why: str) -> Remark:
        """The remark with a line that was found before."""
        seen: Literal["behaviour", "source"] = "behaviour" if self.captured else "source"
        return Remark(name, found.place, found.text, why, seen, harmless=name in NOTES)
