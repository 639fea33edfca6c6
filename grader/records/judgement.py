"""What evidence comes to under a spec, and what people decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent

Status = Literal["passed", "partial", "failed", "borderline", "review", "skipped", "errored"]


@dataclass(frozen=True)
class Finding:
    """What a check saw: requirement, measured and expected as the student reads them, why, and what to try."""

    measured: str
    expected: str
    rationale: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Part:
    """One of the countable parts of a check."""

    name: str
    status: Status
    points: float
    max_points: float
    finding: Finding


@dataclass(frozen=True)
class Exhibit:
    """A piece of the evidence as it is laid out for who decides."""

    name: str  # "readme", "pictures", "steps", "model", "claims", "log", "files", "links"
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One check's verdict. `points` are certain; up to `max_points` are open while borderline or in review."""

    id: str
    check: str
    requirement: str
    status: Status
    points: float
    max_points: float
    open_points: float  # points that a person, or a retry, may still add
    finding: Finding
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()  # what a person who decides is shown beside it


@dataclass(frozen=True)
class Adjustment:
    """A bonus, a multiplier or a penalty of the assignment, and whether it counts.

    `open`: a person, or another run, still decides. A penalty that is `proposed` counts only once a person has
    confirmed it.
    """

    kind: Literal["bonus", "multiplier", "penalty", "percentage"]
    amount: float  # points of a bonus or a penalty; the factor; the share that a percentage takes, 0 to 1
    state: Literal["counts", "does not count", "open", "not judged"]
    outcome: Outcome  # of what it hangs on: a bonus is earned where it passed, a penalty where it did not
    proposed: bool = False
    decided: bool = False  # a person has confirmed or dismissed it

    @property
    def id(self) -> str:
        return self.outcome.id


@dataclass(frozen=True)
class Step:
    """One line of the grade's arithmetic: a change, or what all changes above it add up to."""

    text: str
    points: float
    kind: Literal["change", "sum"] = "change"


@dataclass(frozen=True)
class Grade:
    """Points. `points` counts nothing that is open: no open check or bonus, and no open penalty."""

    status: Literal["complete", "needs_review", "ungradable", "infrastructure"]
    points: float
    highest: float  # if all that is open were granted
    max_points: float  # of the checks that were judged
    spec_points: float  # of the whole assignment
    pass_mark: float  # 0 to 1
    passed: bool  # reaches the pass mark of what was judged, whatever a person decides
    steps: tuple[Step, ...]
    reason: str  # the status in one sentence
    at_risk: float = 0.0  # points that penalties may take which are still open
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def lowest(self) -> float:
        """The points if nothing that is open were granted and every open penalty were taken."""
        return round(self.points - self.at_risk, 2)


@dataclass(frozen=True)
class Odds:
    """How often the grader's verdict on an accuracy comes out each way with other seeds, as shares of 1."""

    passed: float
    borderline: float  # a person decides
    failed: float


@dataclass(frozen=True)
class Forecast:
    """What the grader's verdict on an accuracy may come to. No points hang on it, and it is no grade."""

    id: str  # of the check
    odds: Odds | Absent
    basis: Literal["measured", "stated", "nothing"]  # "stated": by the student, and not measured
    sentence: str


@dataclass(frozen=True)
class Decision:
    """What a person decided. The last one about an id counts; none is ever removed.

    It is an override where nothing was open (`lowest` and `highest` are then the points that the grader gave, or `was`
    says how a bonus, multiplier or penalty stood), and where the points lie outside of those two.
    """

    id: str  # of the check, bonus, multiplier or penalty
    points: float  # of a check, all its points; 0 for what only counts or does not
    counts: bool  # of a bonus, multiplier or penalty; False for a check
    reason: str
    who: str
    decided_at: str  # ISO 8601, UTC
    was: str  # the status or state that the grader left it with: "review", "failed", "open", "counts", "by hand"
    lowest: float  # points of the check that were certain; 0 for the others
    highest: float  # points of the check if all that was open were granted; 0 for the others
    open_parts: tuple[str, ...] = ()  # parts of the check that were open
