"""What ran when the model ran: how far it sees, each operator, what takes part and what does not.

Parts of the section on the model, from `ModelFacts.structure`. Where that is absent, its reason is shown.
"""

from __future__ import annotations

from collections import Counter

from grader.records import Absent, Axis, Layer, ModelFacts, Operator, Scalar, Structure
from grader.report import words
from grader.report.sections.interface import Column, Fact, Table, shortened

OPERATORS_SHOWN = 200
NAMES_SHOWN = 12
GROWTH_TITLE = "How far it sees, operator by operator"
_READING = "What one output position sees of the picture, in pixels, and how far the next one is."
_SHORT = {"stride": "s", "padding": "p", "dilation": "d", "groups": "g"}
_USUAL: dict[str, dict[str, str]] = {
    "convolution": {"dilation": "1", "groups": "1"},
    "group norm": {},
    "": {"dilation": "1", "groups": "1", "padding": "0"},
}
"""By kind: values that nobody writes down."""

_SAID = ("depthwise", "ceil", "p", "heads", "mode", "output_size")
"""Other details that the table names; `result.json` has all of them."""


def lead(found: ModelFacts) -> tuple[str, ...]:
    if isinstance(found.structure, Absent):
        return (f"What ran inside of the model is not known. {words.why_not(found.structure)}",)
    return ()


def facts(found: ModelFacts) -> tuple[Fact, ...]:
    """Receptive field, map, use and cost; () where nothing was recorded."""
    seen = found.structure
    if isinstance(seen, Absent):
        return ()
    return (
        Fact("Receptive field", _field(seen, found.input_shape[1:])),
        Fact(*_map(seen)),
        Fact("Used", f"{_used(found, seen):,} of {words.counted(found.parameters, 'parameter')}"),
        Fact("Never used", _never_used(seen)),
        Fact("No gradient", _no_gradient(seen)),
        Fact("Hidden values", _hidden(seen)),
        Fact("FLOPs", _flops(seen)),
    )


def kinds(found: ModelFacts) -> str:
    """The kinds of operators that ran, with how often; those that only training adds stand without a number."""
    seen = () if isinstance(found.structure, Absent) else found.structure.operators
    named_kinds = (one.name if one.kind == "other" else one.kind for one in seen)
    counts = Counter(kind for kind in named_kinds if kind != "view")
    named = [f"{kind}\u00a0({n:,})" for kind, n in counts.items()]
    return ", ".join((*named, *(kind for kind in found.layer_kinds if kind not in counts))) or "none"


def tables(found: ModelFacts) -> tuple[Table, ...]:
    """One row per operator, in the order in which they ran, without those that only rearrange."""
    if isinstance(found.structure, Absent):
        return ()
    listed = [one for one in found.structure.operators if one.kind != "view"]
    if not listed:
        return ()
    columns = (
        Column("No.", "number"),
        Column("Operator"),
        Column("Where", "code"),
        Column("Output"),
        Column("Sees"),
        Column("Jump"),
        Column("Parameters", "number"),
    )
    ends, unknown = leaves(found.layers), frozenset(found.structure.unknown_operators)
    rows, more = shortened(tuple(_row(one, ends, unknown) for one in listed), OPERATORS_SHOWN)
    views = len(found.structure.operators) - len(listed)
    left_out = _left_out(views) if views else ""
    note = " ".join(part for part in (_READING, left_out, more) if part)
    return (Table(GROWTH_TITLE, columns, rows, shown_as="growth", folded=True, note=note),)


def _left_out(views: int) -> str:
    verb = "rearranges" if views == 1 else "rearrange"
    return f"Left out: {words.counted(views, 'operator')} that only {verb} values."


def sees(axes: tuple[Axis, ...]) -> str:
    """`5 × 5`, `global`, `unknown`, `5 × global`; `–` where the output is not spatial."""
    shown = [str(axis.size) if axis.state == "known" else axis.state for axis in axes]
    if not shown or set(shown) == {"none"}:
        return "–"
    return shown[0] if len(set(shown)) == 1 and axes[0].state != "known" else "\u00a0×\u00a0".join(shown)


def kind_of(one: Operator) -> str:
    """`convolution 3x3 s1 p1 16→32`: the kind with what tells it from others of its kind."""
    found = dict(one.details)
    said = [one.name if one.kind == "other" else one.kind, str(found.get("kernel", ""))]
    usual = _USUAL.get(one.kind, _USUAL[""])
    if found.get("depthwise") is True:
        found.pop("groups", None)
    for name, letter in _SHORT.items():
        value = _square(str(found.get(name, "")))
        said += [f"{letter}{value}"] if value and value != usual.get(name) else []
    for what in ("channels", "features"):
        ends = [str(found.get(f"{what}_{end}", "")) for end in ("in", "out")]
        said += ["→".join(ends)] if all(ends) else []
    said += [_named_value(name, found[name]) for name in _SAID if name in found]
    return " ".join(part for part in said if part)


def _named_value(name: str, value: Scalar) -> str:
    """`p=0.1`; a fact that is true by its name, one that is not true not at all."""
    if isinstance(value, bool):
        return name if value else ""
    return f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"


def where(one: Operator, ends: frozenset[str]) -> str:
    """The module that ran it; `functional` where a container's own forward called it."""
    if one.module in ends:
        return one.module
    return f"functional in {one.module}" if one.module else "functional"


def leaves(layers: tuple[Layer, ...]) -> frozenset[str]:
    """Paths of the modules that have no module inside."""
    names = {layer.name for layer in layers if layer.name}
    inner = {name[:end] for name in names for end, sign in enumerate(name) if sign == "."}
    return frozenset(names - inner)


def _row(one: Operator, ends: frozenset[str], unknown: frozenset[str]) -> tuple[str, ...]:
    field = sees(one.axes)
    return (
        str(one.index),
        kind_of(one),
        where(one, ends),
        words.shape(one.output_shape),
        f"{field}: {one.name}" if one.name in unknown and field != "–" else field,
        _jump(one.axes),
        f"{one.parameters:,}" if one.parameters else "–",
    )


def _jump(axes: tuple[Axis, ...]) -> str:
    if not any(axis.state == "known" for axis in axes):
        return "–"
    shown = [f"{axis.jump:g}" if axis.state == "known" else "–" for axis in axes]
    return shown[0] if len(set(shown)) == 1 else "\u00a0×\u00a0".join(shown)


def _field(seen: Structure, picture: tuple[int, ...]) -> str:
    axes = seen.receptive_field
    states = {axis.state for axis in axes}
    if not states or states == {"none"}:
        return "not defined: no map of the picture is kept"
    if states == {"global"}:
        return "global: the whole picture"
    if "unknown" in states:
        listed = _named(seen.unknown_operators) or "an operator"
        return f"unknown: there is no rule for {listed}"
    of = f"the picture has {words.shape(picture)}"
    return f"{sees(axes)} pixels{' before the global pooling' if seen.global_pool >= 0 else ''}; {of}"


def _map(seen: Structure) -> tuple[str, str]:
    size = words.shape(seen.map_before_pool) if seen.map_before_pool else "none"
    if seen.global_pool >= 0:
        return "Map that is pooled", size
    return "Last map", f"{size}; there is no global pooling" if seen.map_before_pool else "none"


def used(found: ModelFacts) -> int:
    """Parameters that an operator took; all of them where nothing was recorded."""
    return found.parameters if isinstance(found.structure, Absent) else _used(found, found.structure)


def _used(found: ModelFacts, seen: Structure) -> int:
    return max(0, found.parameters - seen.unused_parameters)


def _never_used(seen: Structure) -> str:
    if not seen.unused_parameters and not seen.unused_layers:
        return "none: every parameter takes part in the forward pass"
    listed = _named(seen.unused_layers)
    return f"{words.counted(seen.unused_parameters, 'parameter')}{f' in {listed}' if listed else ''}"


def _no_gradient(seen: Structure) -> str:
    if not seen.ungraded_parameters:
        return "none: every trainable parameter gets a gradient"
    return f"{words.counted(seen.ungraded_parameters, 'trainable parameter')} without one: nothing is learned there"


def _hidden(seen: Structure) -> str:
    if not seen.hidden_elements:
        return "none: all that is used is registered"
    listed = _named(seen.hidden_places)
    place = f": {listed}" if listed else ""
    return f"{words.counted(seen.hidden_elements, 'value')} outside of parameters and buffers{place}"


def _flops(seen: Structure) -> str:
    if seen.flops_partial and not seen.flops:
        return "not counted: the counter knows none of the operators"
    amount = f"{words.amount(seen.flops)} for one picture, multiplications and additions counted apart"
    return f"partial: at least {amount}" if seen.flops_partial else amount


def _named(names: tuple[str, ...]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _square(value: str) -> str:
    """`2x2` → `2`, `2x1` → `2x1`."""
    sizes = value.split("x")
    return sizes[0] if len(set(sizes)) == 1 else value
