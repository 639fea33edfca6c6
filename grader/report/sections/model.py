"""What the model is: where it was found, its layers and parameters, torchinfo's table, the candidates."""

from __future__ import annotations

import re
from dataclasses import replace

from grader.records import (
    Absent,
    Candidate,
    Entrypoint,
    Inspection,
    Layer,
    ModelFacts,
    Outcome,
    Reading,
    RunRecord,
)
from grader.report import words
from grader.report.sections import structure
from grader.report.sections.interface import (
    ROWS_SHOWN,
    Block,
    Column,
    Fact,
    Section,
    Table,
    listed,
    shortened,
)

HEADS = {
    "logits": "logits",
    "log_softmax": "log-softmax: the logarithm of probabilities",
    "probabilities": "probabilities: softmax is already applied",
}


LAYERS_SHOWN = 200
DEAREST = 3
"""Layers that are named as the most expensive ones."""
_LIMIT = re.compile(r"(?:fewer than|at most|exactly) (\d[\d,]{0,20}) ")
"""As the check `parameters` writes its requirement."""


def build(record: RunRecord) -> Section:
    made = describe(record.evidence.model, record.evidence.reading)
    found = record.evidence.model
    return (
        made
        if isinstance(found, Absent)
        else replace(made, lead=(*made.lead, *budget(found, record.outcomes)))
    )


def budget(found: ModelFacts, outcomes: tuple[Outcome, ...]) -> tuple[str, ...]:
    """The parameters against each limit of the assignment, and where most of them are."""
    limits = [_LIMIT.search(one.requirement) for one in outcomes if one.check == "parameters"]
    known = dict.fromkeys(int(one[1].replace(",", "")) for one in limits if one)
    said = [
        f"{found.parameters:,} parameters are {_percent(found.parameters, limit)} the limit of {limit:,}."
        for limit in known
        if limit > 0
    ]
    dear = sorted((one for one in found.layers if one.parameters > 0), key=lambda one: -one.parameters)
    if dear:
        named = ", ".join(
            f"{one.name or 'the model itself'} ({one.kind}) with {one.parameters:,}" for one in dear[:DEAREST]
        )
        said.append(f"The most expensive: {named}.")
    return tuple(said)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} % of" if part < 10 * whole else f"{part / whole:,.0f} times"


def describe(found: ModelFacts | Absent, seen: Reading | Inspection) -> Section:
    """The section for a model, or for the lack of one, and for the candidates that it was chosen from."""
    candidates = _candidates(seen, None if isinstance(found, Absent) else found.entrypoint)
    unreadable = tuple((left.path, left.reason) for left in seen.unreadable)
    broken = listed("What could not be read", (Column("Place", "code"), Column("Why")), unreadable)
    if isinstance(found, Absent):
        lead = (f"No model was measured. {words.why_not(found)}", *(() if candidates else _choice(seen)))
        return Section("model", "The model", lead=lead, tables=(*candidates, *broken))
    return Section(
        id="model",
        title="The model",
        lead=(*map(words.sentence, found.notes[:20]), *structure.lead(found)),
        facts=_facts(found),
        tables=(*structure.tables(found), *_layers(found), *candidates, *broken),
        blocks=(Block("Table by torchinfo", found.table),) if found.table else (),
    )


def _choice(seen: Reading | Inspection) -> tuple[str, ...]:
    return (words.sentence(seen.choice),) if seen.choice else ()


def _facts(found: ModelFacts) -> tuple[Fact, ...]:
    fixed = found.parameters - found.trainable
    not_trained = f", {fixed:,} of them are not trained" if fixed else ""
    return (
        Fact("Class", found.entrypoint.call, "code"),
        Fact("Where", found.entrypoint.place, "code"),
        Fact("How it was found", words.sentence(found.entrypoint.found_by)),
        Fact("Parameters", f"{found.parameters:,}{not_trained}"),
        Fact("Buffers", words.counted(found.buffer_elements, "value")),
        Fact("Input", words.shape(found.input_shape)),
        Fact("Output", f"{words.shape(found.output_shape)}, {HEADS[found.head]}"),
        *_pair(found),
        *structure.facts(found),
        Fact("Operators that ran", structure.kinds(found)),
    )


def _pair(found: ModelFacts) -> tuple[Fact, ...]:
    """How it takes the second input and gives the second output, where the task has them."""
    form = found.pair
    if isinstance(form, Absent):
        return ()
    order = "the image first" if form.image_first else "the digit first"
    taken = f"{form.digit.replace('_', ' ')}, {order}" if form.digit else "none"
    given = f"{words.counted(form.sum_width, 'number')}, {HEADS[form.sum_head]}" if form.sum_width else "none"
    return Fact("Digit beside the image", taken), Fact("Output for the sum", given)


def _layers(found: ModelFacts) -> tuple[Table, ...]:
    """The layers, folded where there are many; a bar is the share of the model's parameters."""
    if not found.layers:
        return ()
    whole = max(found.parameters, 1)
    rows, note = shortened(tuple(_layer_row(layer, whole) for layer in found.layers), LAYERS_SHOWN)
    weights = tuple(min(1.0, layer.parameters / whole) for layer in found.layers[: len(rows)])
    columns = (
        Column("Layer", "code"),
        Column("Kind", "code"),
        Column("Output"),
        Column("Parameters", "number"),
        Column("Share", "number"),
    )
    title, folded = "Layers and their parameters", len(rows) > ROWS_SHOWN
    return (Table(title, columns, rows, shown_as="bars", weights=weights, folded=folded, note=note),)


def _layer_row(layer: Layer, whole: int) -> tuple[str, ...]:
    part = f"{100 * layer.parameters / whole:.1f} %" if layer.parameters else "–"
    output = words.shape(layer.output_shape) if layer.output_shape else "never called"
    return (layer.name or "the model itself", layer.kind, output, f"{layer.parameters:,}", part)


def _candidates(reading: Reading | Inspection, chosen: Entrypoint | None) -> tuple[Table, ...]:
    columns = (Column("Class", "code"), Column("Where", "code"), Column("What it looks like"))
    rows = tuple((one.class_name, one.place, _looks(one, chosen)) for one in reading.candidates)
    title, note = "Classes that could be the model", "".join(_choice(reading))
    return tuple(replace(one, note=f"{note} {one.note}".strip()) for one in listed(title, columns, rows))


def _looks(one: Candidate, chosen: Entrypoint | None) -> str:
    said = []
    if chosen and (chosen.file, chosen.cell, chosen.class_name) == (one.file, one.cell, one.class_name):
        said.append("chosen")
    if one.used_by:
        said.append(f"a part of {', '.join(one.used_by)}")
    if one.built_at:
        said.append(f"built at {', '.join(one.built_at)}")
    if one.required_arguments:
        said.append(f"needs {', '.join(one.required_arguments)}")
    if not one.has_forward:
        said.append("has no forward method of its own")
    return "; ".join(said) or "built nowhere in the submission"
