"""The student's own training as it was recovered: each value with its place and how it was found out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.records import (
    Absent,
    Call,
    Evaluating,
    Loading,
    RecoveredTraining,
    RunRecord,
    Schedule,
    Session,
)
from grader.report import words
from grader.report.sections.interface import Block, Column, Section, Table, listed

TITLE = "Your own training, as it was recovered"
SESSIONS_SHOWN = 20
TRANSFORMS_SHOWN = 20
UNUSED_SHOWN = 8
SEEN = "seen while it ran"

_WAYS = {
    "captured": "seen while your code ran with stand-ins for data and devices",
    "read": "read in the source, nothing was run",
}
_SPLITS = {
    "train": "training set",
    "test": "test set",
    "part of train": "a part of the training set",
    "part of test": "a part of the test set",
    "unclear": "which images is not clear",
}
_RANDOM = {
    "fixed": "the same picture comes out the same each time",
    "random": "the same picture comes out differently each time",
    "unclear": "",
}
_MODES = {"eval": "in eval mode", "train": "in train mode", "unclear": ""}
Row = tuple[str, str, str, str]


def build(record: RunRecord) -> Section:
    return describe(record.evidence.training)


def describe(found: RecoveredTraining | Absent) -> Section:
    """The section for what was recovered, or for the lack of it."""
    if isinstance(found, Absent):
        return Section(
            "recovered", TITLE, lead=(f"Your own training was not recovered. {words.why_not(found)}",)
        )
    tail = (
        (Block("Last lines that your code printed", found.output_tail),) if found.output_tail.strip() else ()
    )
    if not 0 <= found.chosen < len(found.sessions):
        why = words.sentence(found.reason)
        return Section("recovered", TITLE, lead=(f"No training was found in it. {why}",), blocks=tail)
    session = found.sessions[found.chosen]
    columns = (Column("What"), Column("Value", "code"), Column("Where", "code"), Column("How"))
    return Section(
        id="recovered",
        title=TITLE,
        lead=(*_lead(found, session), *map(words.sentence, found.notes[:10])),
        tables=(
            Table("Each value, and where it comes from", columns, (*_rows(session), *_unused(found))),
            *_others(found),
        ),
        blocks=tail,
    )


def _lead(found: RecoveredTraining, session: Session) -> Iterator[str]:
    took = f" in {words.seconds(found.seconds)}" if session.way == "captured" else ""
    where = session.place or session.unit
    yield f"Recovered from {where}, {_WAYS[session.way]}{took}; confidence: {session.confidence}."
    if found.reason:
        yield words.sentence(found.reason)
    if session.rate_finder:
        yield f"The learning rate comes from a finder: {words.sentence(session.rate_finder)}"
    if session.at_import:
        yield "The training runs as soon as its module is imported."
    yield "It is a description to train by, never evidence of an accuracy."


def _rows(session: Session) -> Iterator[Row]:
    """One row per value; what could not be found out stands with its reason."""
    unknown = dict(session.unknown[:100])
    how = SEEN if session.way == "captured" else "read in the source"
    for name, what, value, place in _values(session):
        if not value and name in unknown:
            yield what, "", "", f"not recovered: {words.sentence(unknown.pop(name))}"
        elif value:
            doubt = f", not sure: {words.sentence(unknown.pop(name))}" if name in unknown else ""
            yield what, value, place, how + doubt
    for name, reason in unknown.items():
        yield _NAMES.get(name, name), "", "", f"not recovered: {words.sentence(reason)}"


_NAMES = {
    "last_rate": "Learning rate at the end",
    "loss_arguments": "Arguments of the loss",
    "passes": "Passes",
}
"""Of fields that have no row of their own."""


def _values(session: Session) -> Iterator[Row]:
    """(field of the record, what, value, place)"""
    count = f" with {session.trainable:,} trainable parameters" if session.trainable else ""
    yield "model", "Model", _call(session.model) + (count if session.model.name else ""), session.model.place
    groups = f", {session.parameter_groups} parameter groups" if session.parameter_groups > 1 else ""
    optimizer = _call(session.optimizer)
    yield "optimizer", "Optimizer", optimizer + (groups if optimizer else ""), session.optimizer.place
    for one in session.schedules:
        yield "schedules", "Schedule", _schedule(one), one.call.place
    if not session.schedules:
        yield "schedules", "Schedule", "" if "schedules" in dict(session.unknown) else "none", ""
    plain = "" if session.loss_is_plain else ", with a term added to it"
    loss = words.call(session.loss, session.loss_arguments)
    yield "loss", "Loss", f"{loss}{plain}" if session.loss else "", session.place
    yield from _training(session.training)
    yield "epochs", "Epochs", _epochs(session), session.place
    yield "first_rate", "Learning rate", _rates(session), session.place
    for one_pass in session.evaluations:
        yield from _evaluation(one_pass)


def _call(call: Call) -> str:
    return words.call(call.name, call.arguments) if call.name else ""


def _schedule(one: Schedule) -> str:
    stepped = {"never": "never stepped", "unclear": "stepped: unclear"}.get(one.steps, f"stepped {one.steps}")
    return f"{_call(one.call)}, {stepped}"


def _training(found: Loading | Absent) -> Iterator[Row]:
    if isinstance(found, Absent):
        yield "training", f"Training data: {words.why_not(found)}", "not recovered", ""
        return
    order = "shuffled" if found.shuffled else "not shuffled"
    yield "training", "Training data", f"{_data(found)}, {order}", found.place
    yield "batch_size", "Batch size", f"{found.batch_size:,}" if found.batch_size else "", found.place
    yield "transforms", "Training transforms", _transforms(found), found.place


def _evaluation(one: Evaluating) -> Iterator[Row]:
    said = (_data(one.loading), words.counted(one.passes, "pass", "passes"), _MODES[one.mode])
    yield "evaluations", "Evaluation", ", ".join(filter(None, said)), one.place or one.loading.place
    yield "evaluations", "Its transforms", _shown_transforms(one.loading), one.loading.place


def _unused(found: RecoveredTraining) -> Iterator[Row]:
    for one in found.unused[:UNUSED_SHOWN]:
        yield "Loaded and never used", _data(one), one.place, SEEN
        yield "Its transforms", _shown_transforms(one), one.place, SEEN


def _shown_transforms(one: Loading) -> str:
    return ": ".join(filter(None, (_transforms(one), _RANDOM[one.randomness])))


def _data(found: Loading) -> str:
    images = f", {words.counted(found.images, 'image')}" if found.images else ""
    return f"{found.data_set or 'unknown data set'}, {_SPLITS[found.split]}{images}"


def _transforms(found: Loading) -> str:
    shown = [_call(call) for call in found.transforms[:TRANSFORMS_SHOWN]]
    more = len(found.transforms) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _epochs(session: Session) -> str:
    if not session.epochs:
        return ""
    differs = session.way == "captured" and 0 < session.passes != session.epochs
    seen = f"; {session.passes:,} passes were seen" if differs else ""
    return f"{session.epochs:,}{seen}"


def _rates(session: Session) -> str:
    if not session.first_rate:
        return ""
    if not session.last_rate or session.first_rate == session.last_rate:
        return f"{session.first_rate:g}"
    return f"{session.first_rate:g} at first, {session.last_rate:g} at the end"


def _others(found: RecoveredTraining) -> tuple[Table, ...]:
    """Other trainings of the submission, for whoever doubts the choice."""
    rest = [one for index, one in enumerate(found.sessions) if index != found.chosen]
    rows = tuple(
        (one.place or one.unit, _call(one.model), _call(one.optimizer), f"{one.epochs:,}")
        for one in rest[:SESSIONS_SHOWN]
    )
    columns = (
        Column("Where", "code"),
        Column("Model", "code"),
        Column("Optimizer", "code"),
        Column("Epochs", "number"),
    )
    more = len(rest) - len(rows)
    note = f"{more:,} more, which are left out here." if more else ""
    return tuple(
        replace(one, note=note)
        for one in listed("Other trainings in the submission", columns, rows, folded=True)
    )
