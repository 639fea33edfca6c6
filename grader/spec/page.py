"""A spec as the page that its students read: what is asked, how it is measured, what is allowed. Markdown.

Every number on it comes from the spec. `docs/rules/` holds the page of each spec that comes with the grader.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.spec.measured import how_measured
from grader.spec.schema import Spec, Training
from grader.spec.sentences import epochs, extras, number, percent, time


def page(spec: Spec) -> str:
    """The whole page, the same for the same spec."""
    parts = [*_head(spec), *_asked(spec), *_measured(spec), *_allowed(spec), *_sum(spec), *_before(spec)]
    return "\n\n".join(parts) + "\n"


def _head(spec: Spec) -> Iterator[str]:
    yield f"# {_phrase(spec.title)}"
    ours = " The course gives no points for it; these are ours." if spec.points_source == "ours" else ""
    yield (
        f"{_phrase(spec.course)}. {number(spec.points)} points, {percent(spec.pass_mark)} pass. "
        f"Edition {spec.edition} of `{spec.id}`.{ours}"
    )


def _asked(spec: Spec) -> Iterator[str]:
    yield "## What is asked"
    if spec.handed_in:
        yield f"You hand in {_phrase(spec.handed_in.repository)}."
        if spec.handed_in.models_repository:
            yield f"Beside it: {_phrase(spec.handed_in.models_repository)}."
    rows = ((number(rule.points), _plain(rule.requirement())) for rule in spec.checks)
    yield _table(("Points", "Requirement"), rows)
    more = [(_code(amount), _plain(when)) for amount, _, when in extras(spec)]
    if more:
        yield "What counts on top, or is taken off:"
        yield _table(("Effect", "When"), more)


def _measured(spec: Spec) -> Iterator[str]:
    yield "## How it is measured"
    if spec.training and spec.trains:
        yield "\n".join(f"- {line}" for line in _training(spec.training))
    elif spec.training:
        yield "No accuracy is asked for, so the grader does not train your model: it looks at your own training."
    rules = [*spec.checks, *spec.bonuses, *([spec.multiplier.where] if spec.multiplier else [])]
    rules += [penalty.condition for penalty in spec.penalties if penalty.condition]
    told: set[str] = set()
    for rule in rules:
        new = [line for line in how_measured(rule) if line not in told]
        told.update(new)
        if new:
            yield f"**{_phrase(rule.requirement())}**"
            yield "\n".join(f"- {line}" for line in new)


def _training(training: Training) -> Iterator[str]:
    seeds = training.seeds
    many = (
        f"{seeds.at_least} to {seeds.at_most} times"
        if seeds.at_least < seeds.at_most
        else "once"
        if seeds.at_most == 1
        else f"{seeds.at_most} times"
    )
    yield f"The grader trains your model for {epochs(training)}: {many}, each time with a seed of its own."
    yield (
        f"One such training has {time(training.time_limit)} of counted time, meant for the device "
        f"`{training.reference_device}`. Where it runs out, a person decides."
    )


def _allowed(spec: Spec) -> Iterator[str]:
    yield "## What is allowed"
    yield "\n".join(f"- {line}" for line in _rules(spec))


def _rules(spec: Spec) -> Iterator[str]:
    training = spec.training
    if training:
        yield "Any class that is an `nn.Module` and that `Net()` or your own training code builds."
    if training and training.recipe == "student":
        without = (
            f" What cannot be found comes from the default: {_default(training)}." if spec.trains else ""
        )
        yield (
            "Your own optimizer, schedule, loss, batch size and transforms: they are found in your code."
            f"{without}"
        )
    elif training and spec.trains:
        yield f"One recipe for everybody: {_default(training)}."
    if spec.handed_in and spec.handed_in.models_repository:
        yield "Code in a second repository, where yours clones or installs it."
    yield "Not allowed: what [the rules of grading](../rules.md#what-is-not-allowed) list."


def _default(training: Training) -> str:
    recipe = training.default
    parts = [
        (recipe.optimizer.name, recipe.optimizer.arguments),
        (recipe.schedule.name, recipe.schedule.arguments),
    ]
    said = [f"`{name}({', '.join(f'{key}={value:g}' for key, value in given)})`" for name, given in parts]
    return f"{', '.join(said)}, batches of {recipe.batch_size}"


def _sum(spec: Spec) -> Iterator[str]:
    yield "## How the points add up"
    lines = ["The points of the checks are added up."]
    lines += ["Bonuses are added. They are all or nothing."] if spec.bonuses else []
    if spec.multiplier:
        lines.append(f"All of that times {spec.multiplier.times:g}, where its condition is met.")
    fixed = [one for one in spec.penalties if one.kind == "penalty"]
    shares = [one for one in spec.penalties if one.kind == "percentage"]
    lines += ["Penalties in points are taken off, never below 0."] if fixed else []
    lines += ["Of the penalties in percent, only the largest one is taken."] if shares else []
    text = "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))
    yield text if len(lines) > 1 else lines[0]
    if spec.bonuses or spec.multiplier:
        yield "The total may pass the maximum."
    if spec.not_handed_in is not None:
        points = number(spec.not_handed_in * spec.points)
        yield f"Work that was not handed in counts {percent(spec.not_handed_in)} of the points: {points}."


def _before(spec: Spec) -> Iterator[str]:
    yield "## Before you hand in"
    except_for = ", except for the accuracy" if spec.trains else ""
    yield f"`grader check {spec.id} .` tells you the same as the grader, in seconds{except_for}."
    yield "[Rules of grading, for students](../rules.md) holds for every assignment."


def _table(heads: tuple[str, str], rows: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> str:
    lines = [f"| {heads[0]} | {heads[1]} |", "| ---: | --- |"]
    return "\n".join([*lines, *(f"| {first} | {second} |" for first, second in rows)])


def _plain(text: str) -> str:
    """A spec's text as text: nothing in it becomes markup."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|~#" else c for c in text)


def _phrase(text: str) -> str:
    """As a heading or the start of a sentence: without a full stop of its own."""
    return _plain(text.rstrip("."))


def _code(text: str) -> str:
    return f"`{text}`"
