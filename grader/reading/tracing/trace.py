"""What happened while the source was followed: who was stepped, where, inside of which loops."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from grader.reading.tracing.values import Instance, Made, Value

LIMIT_EVENTS = 5_000


@dataclass(eq=False)
class Loop:
    """A loop that is followed once. `rounds` is its bound, 0 where it is not known."""

    over: Value
    rounds: int
    place: str
    why_unknown: str = ""


@dataclass(frozen=True)
class Event:
    """`subject` is the optimizer, the schedule, the model or the loss that the event is about."""

    kind: Literal["step", "schedule", "zero", "backward", "forward", "handed", "finder"]
    subject: Value
    loops: tuple[Loop, ...]
    top: str  # the place of the statement at the top level that led here
    place: str
    gradients: bool = True
    mode: str = ""
    given: tuple[Value, ...] = ()
    at_import: bool = False
    order: int = 0
    whole_call: Made | None = None  # of "handed": the call that takes the optimizer away


@dataclass
class Trace:
    """One unit's events, in their order, with every optimizer, schedule and model that was built."""

    events: list[Event] = field(default_factory=list)
    optimizers: list[Made] = field(default_factory=list)
    schedules: list[Made] = field(default_factory=list)
    models: list[Instance] = field(default_factory=list)
    finders: list[Made] = field(default_factory=list)
    pipelines: list[Made] = field(default_factory=list)  # compositions of transforms that were called
    faults: list[str] = field(default_factory=list)  # what could not be read, with its place

    def add(self, event: Event) -> None:
        if len(self.events) < LIMIT_EVENTS:
            self.events.append(event)
