"""The training runs of a submission as its source has them. Nothing is executed: the code is followed on paper."""

from __future__ import annotations

from collections.abc import Iterable

from grader.reading.describing import Unclear, arguments_of, call_of, clean_place, library_name
from grader.reading.evaluations import evaluations as evaluations_of
from grader.reading.losses import loss_of
from grader.reading.pipelines import loading_of
from grader.reading.ranking import is_test
from grader.reading.rates import first_and_last
from grader.reading.runs import Run, loops_of, model_called_in, model_of, runs, training_loader
from grader.reading.tracing.follow import Followed
from grader.reading.tracing.imports import is_library
from grader.reading.tracing.trace import Event, Loop
from grader.reading.tracing.values import Instance, Made, children
from grader.records import Absent, Call, Loading, Schedule, Session
from grader.text import clean, clean_path

LIMIT_SESSIONS = 60


def sessions(units: Iterable[Followed]) -> tuple[Session, ...]:
    """Every training run that the units hold, in the order of the code; what nothing calls and tests come last."""
    found: dict[tuple[str, str, str, str], Session] = {}
    for followed in sorted(units, key=lambda one: (not one.was_called, is_test(one.unit))):
        for one in runs(followed)[:LIMIT_SESSIONS]:
            try:
                session = _session(one)
            except RecursionError:
                continue  # values nested that deeply are nobody's training
            known = {place for place, *_ in found}
            key = (session.optimizer.place, session.place, session.model.text, session.optimizer.text)
            if followed.was_called or session.optimizer.place not in known:
                found.setdefault(key, session)
            if len(found) >= LIMIT_SESSIONS:
                return tuple(found.values())
    return tuple(found.values())


def _session(run: Run) -> Session:
    unclear: Unclear = [("trace", clean(fault)) for fault in run.followed.trace.faults[:5]]
    first = run.steps[0]
    inner, outer = loops_of(first)
    loader = training_loader(run, inner)
    model = _model(run, unclear)
    epochs = _epochs(run, outer, inner, unclear)
    schedules = tuple(_schedule(run, made, inner, unclear) for made in _schedules(run))
    optimizer = _optimizer(run, unclear)
    loss = loss_of(run, unclear)
    training = _training(run, loader, inner, unclear)
    rates = _rates(optimizer, schedules, epochs, unclear)
    place = _place(first, outer or inner)
    complete = bool(
        run.followed.was_called and loader and epochs and loss.name and model and not run.is_handed
    )
    return Session(
        way="read",
        unit=clean_path(run.followed.unit),
        place=clean_place(place),
        model=call_of(model, "model", unclear),
        trainable=0,
        optimizer=optimizer,
        parameter_groups=_groups(run.optimizer),
        schedules=schedules,
        loss=loss.name,
        loss_is_plain=loss.is_plain,
        loss_arguments=loss.arguments,
        training=training,
        evaluations=evaluations_of(run, inner, outer, epochs, unclear),
        epochs=epochs,
        passes=0,
        first_rate=rates[0],
        last_rate=rates[1],
        zeroes_gradients=run.is_handed or _zeroes(run, inner),
        rate_finder=_finder(unclear),
        at_import=first.at_import,
        confidence="medium" if complete else "low",
        unknown=tuple(dict.fromkeys(unclear)),
    )


def _model(run: Run, unclear: Unclear) -> Instance | Made | None:
    model = model_of(run.optimizer) or model_called_in(run, run.steps[0])
    if model is None:
        unclear.append(("model", "reading cannot tell whose parameters the optimizer is given"))
    elif isinstance(model, Made) and not is_library(model.name):
        unclear.append(("model", f"{clean(model.last, 60)} is not in the submission"))
    return model


def _training(run: Run, loader: Made | None, inner: Loop | None, unclear: Unclear) -> Loading | Absent:
    if loader is None:
        return _no_loader(inner, unclear)
    return loading_of(run.followed.machine, loader, "training", unclear)


def _place(first: Event, loop: Loop | None) -> str:
    """The cell that trains; in a plain file the line of its outermost loop, or of the step."""
    return first.top if ", cell " in first.top else (loop.place if loop else first.place)


# --- loops, loaders, epochs --------------------------------------------------------------------------------------


def _no_loader(inner: Loop | None, unclear: Unclear) -> Absent:
    reason = (
        inner.why_unknown
        if inner and inner.why_unknown
        else "no loop over a loader was found around the step"
    )
    unclear.append(("training", clean(reason)))
    return Absent("skipped", clean(f"Reading cannot tell what it trains on: {reason}."), stage="reading")


def _epochs(run: Run, outer: Loop | None, inner: Loop | None, unclear: Unclear) -> int:
    if run.is_handed:
        return _handed_epochs(run, unclear)
    if outer is None:
        return 1 if inner is not None else 0
    if outer.rounds:
        return outer.rounds if outer.rounds < 10**9 else 0
    unclear.append(
        ("epochs", clean(outer.why_unknown or "the bound of the loop is known only while the code runs"))
    )
    return 0


def _handed_epochs(run: Run, unclear: Unclear) -> int:
    whole = run.steps[0].whole_call
    named = whole.named if whole else {}
    for name, value in named.items():
        if "epoch" in name.lower() and isinstance(value, int) and 0 < value < 10**9:
            return value
    name = clean(whole.last, 60) if whole else "a function"
    unclear.append(("epochs", f"the training is in {name}(), whose code is not in the submission"))
    return 0


# --- model, optimizer, schedules, loss ------------------------------------------------------------------------------


def _groups(optimizer: Made) -> int:
    given = optimizer.named.get("params")
    return len(given) if isinstance(given, list | tuple) and given and isinstance(given[0], dict) else 1


def _optimizer(run: Run, unclear: Unclear) -> Call:
    named = {name: value for name, value in run.optimizer.named.items() if name != "params"}
    place = clean_place(run.optimizer.place)
    name = clean(run.optimizer.last, 80)
    return Call(name, arguments_of(named, "optimizer", unclear), place, library_name(run.optimizer.name))


def _rates(
    optimizer: Call, schedules: tuple[Schedule, ...], epochs: int, unclear: Unclear
) -> tuple[float, float]:
    """The first and the last rate; a first one that is lost with an argument is named with the reason."""
    reasons = dict(unclear)
    rates = first_and_last(optimizer, schedules, epochs, frozenset(reasons))
    names = ("schedule.max_lr", "schedule.div_factor", "schedule.**", "optimizer.lr", "optimizer.**")
    why = next((reasons[name] for name in names if name in reasons), "")
    if not rates[0] and why:
        unclear.append(("first_rate", why))
    return rates


def _schedules(run: Run) -> list[Made]:
    found = run.followed.trace.schedules
    own = [
        one for one in found if one.named.get("optimizer", next(iter(one.positional), None)) is run.optimizer
    ]
    listed = {id(inner) for one in own for part in one.parts() for inner in children(part, 2)}
    return [one for one in own if id(one) not in listed]


def _schedule(run: Run, made: Made, inner: Loop | None, unclear: Unclear) -> Schedule:
    named = {name: value for name, value in made.named.items() if name != "optimizer"}
    call = Call(
        clean(made.last, 80),
        arguments_of(named, "schedule", unclear),
        clean_place(made.place),
        library_name(made.name),
    )
    stepped = [
        event
        for event in run.followed.trace.events
        if event.kind == "schedule"
        and event.subject is made
        and (run.is_only or event.top == run.steps[0].top)
    ]
    if not stepped:
        return Schedule(call, "unclear" if run.is_handed else "never")
    loops = stepped[0].loops
    if inner is not None and inner in loops:
        return Schedule(call, "per batch")
    return Schedule(call, "per epoch" if loops else "unclear")


def _zeroes(run: Run, inner: Loop | None) -> bool:
    return any(
        event.kind == "zero" and event.top == run.steps[0].top and (inner is None or inner in event.loops)
        for event in run.followed.trace.events
    )


def _finder(unclear: Unclear) -> str:
    for field, reason in unclear:
        if "learning-rate finder" in reason:
            return clean(f"{field}: {reason}")
    return ""
