"""What every comparison looks at: the submission's other models, and whether a claim is about one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from grader.records import (
    Absent,
    Candidate,
    Claim,
    Comparison,
    ModelFacts,
    Reading,
    RecoveredTraining,
    Session,
)
from grader.text import clean

LIMIT_TEXT = 400
MOST_OTHERS = 200
_OTHER_VERSION = re.compile(
    r"baseline|previous|initial|original|first (?:model|version|attempt|try)|earlier|reduc\w* from|instead of"
    r"|compared|(?:step|model|version|attempt|iteration|v)[ _#-]?\d\b|would (?:be|have)|standard",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Stated:
    """The evidence that a claim is held against."""

    reading: Reading
    model: ModelFacts | Absent
    training: RecoveredTraining | Absent

    @property
    def session(self) -> Session | None:
        """The training of the model handed in, if it was recovered."""
        if isinstance(self.training, Absent) or not 0 <= self.training.chosen < len(self.training.sessions):
            return None
        return self.training.sessions[self.training.chosen]

    @property
    def other_sessions(self) -> tuple[Session, ...]:
        if isinstance(self.training, Absent):
            return ()
        chosen = self.training.chosen
        return tuple(one for index, one in enumerate(self.training.sessions) if index != chosen)

    @property
    def others(self) -> tuple[Candidate, ...]:
        """Models of the submission that were not measured; parts of a model are none."""
        if isinstance(self.model, Absent):
            return ()
        chosen = self.model.entrypoint
        return tuple(
            one
            for one in self.reading.candidates[:MOST_OTHERS]
            if not one.used_by
            and (one.file, one.cell, one.class_name) != (chosen.file, chosen.cell, chosen.class_name)
        )

    def about_other(self, claim: Claim) -> str:
        """Why a number that differs may be about another model, as a sentence; "" where nothing says so."""
        named = self.line_names_other(claim)
        if named:
            return named
        count = len(self.others)
        if count == 1:
            return (
                "The submission holds another model that was not measured: the number may be about that one."
            )
        if count:
            return (
                f"The submission holds {count} other models that were not measured: the number may be about "
                "one of them."
            )
        return ""

    def line_names_other(self, claim: Claim) -> str:
        """Why the line itself says that it may be about another model, as a sentence; "" where it does not."""
        text = claim.text[:LIMIT_TEXT]
        own = "" if isinstance(self.model, Absent) else self.model.entrypoint.class_name
        for one in self.others:
            if one.class_name != own and re.search(rf"(?<!\w){re.escape(one.class_name)}(?!\w)", text):
                return f"The line names {clean(one.class_name, 60)}, which is not the model that was graded."
        return "The line may be about another version of the model." if _OTHER_VERSION.search(text) else ""


def not_measured(claim: Claim, absent: Absent) -> Comparison:
    return Comparison(claim, "", "cannot tell", f"There is nothing to compare with. {absent.reason}".strip())
