"""A self-check's forecast: what the grader's own verdict on each accuracy may come to, with seeds of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.checks.test_accuracy import a_person_decides_a_miss, noise_at
from grader.evaluation.clock import TOLERANCE, shown
from grader.evaluation.consistency import held, last_epochs
from grader.evaluation.forecast import Subject, odds
from grader.evaluation.noise import Noise, spread_of, tabulated
from grader.records import Absent, Claim, Evidence, Forecast, Measurement, Odds, Projection
from grader.stages.study import lines_of
from grader.text import counted

if TYPE_CHECKING:
    from grader.checks.interface import Rule
    from grader.spec.schema import Spec, Training

HOW_TO_KNOW = "Train it as the grader does: `grader check` with --train."
_STAND_IN = (
    "It was trained on generated stand-in data, which says nothing about the assignment's own. Train on that."
)


@dataclass(frozen=True)
class _Known:
    """What a forecast is made of: accuracies, one per training, with the noise at the line."""

    rule: Rule
    subject: Subject
    noise: Noise
    stated: Claim | None = None


def forecasts(spec: Spec, evidence: Evidence) -> tuple[Forecast, ...]:
    """One for each check that holds an accuracy against a line, in the order of the spec."""
    rules = [rule for rule in spec.checks if lines_of([rule])]
    if not rules or spec.training is None:
        return ()
    known = {rule.id: _known(rule, evidence) for rule in rules}
    usable = [one for one in known.values() if not isinstance(one, Absent)]
    seeds = spec.training.seeds
    found = odds([one.subject for one in usable], at_least=seeds.at_least, at_most=seeds.at_most)
    by_rule = {one.rule.id: share for one, share in zip(usable, found, strict=True)}
    return tuple(_forecast(rule, known[rule.id], by_rule, evidence, spec.training) for rule in rules)


def _forecast(
    rule: Rule, known: _Known | Absent, found: dict[str, Odds], evidence: Evidence, training: Training
) -> Forecast:
    if isinstance(known, Absent):
        said = [f"Nothing is known of the chance of passing. {known.reason} {known.hint}".strip()]
        return Forecast(rule.id, known, "nothing", " ".join([*said, *_time(evidence, training)]))
    share, measured = found[rule.id], _measured(rule, evidence)
    by_person = not isinstance(measured, Absent) and a_person_decides_a_miss(evidence, measured)
    if by_person:
        share = Odds(share.passed, share.borderline + share.failed, 0.0)
    sentences = [_chance(known, share), *_otherwise(share)]
    if known.stated:
        sentences += [f"Nothing was measured. {HOW_TO_KNOW}", *_time(evidence, training)]
    return Forecast(rule.id, share, "stated" if known.stated else "measured", " ".join(sentences))


def times(share: float) -> str:
    """`about 97 times in 100`; no forecast is certain."""
    if share > 0.99:
        return "more than 99 times in 100"
    return (
        "less than once in 100 times"
        if share < 0.01
        else f"about {counted(round(100 * share), 'time', 'times')} in 100"
    )


def _otherwise(share: Odds) -> Iterator[str]:
    ways = [("a person decides", share.borderline), ("it fails", share.failed)]
    told = [f"{what} {times(part)}" for what, part in ways if part >= 0.01]
    if told:
        text = "; ".join(told)
        yield f"{text[0].upper()}{text[1:]}."


def _chance(known: _Known, share: Odds) -> str:
    """`Passes about 97 times in 100 with other seeds (measured 95.6 % once; spread 0.2 points).`"""
    values = known.subject.values
    mean, sd = 100 * sum(values) / len(values), 100 * spread_of(values, known.noise.sd)[0]
    if known.stated:
        place = known.stated.place
        own = f"If the {mean:.4g} % hold that you state in {place}, it passes"
        return f"{own} {times(share.passed)} with other seeds (spread {sd:.2g} points)."
    often = "once" if len(values) == 1 else f"as the mean of {len(values)} seeds"
    return f"Passes {times(share.passed)} with other seeds (measured {mean:.2f} % {often}; spread {sd:.2g} points)."


def _known(rule: Rule, evidence: Evidence) -> _Known | Absent:
    """The accuracies that a forecast for this rule can be made of, or why there are none."""
    measured = _measured(rule, evidence)
    if isinstance(measured, Absent):
        return _stated(rule, evidence, measured)
    if not isinstance(evidence.data, Absent) and evidence.data.stand_in:
        return Absent("skipped", _STAND_IN)
    noise = noise_at(_line(rule), evidence, measured)
    values = _values(rule, evidence, measured, noise)
    if isinstance(values, Absent):
        return values
    return _Known(rule, Subject(values, _line(rule), noise.sd), noise)


def _measured(rule: Rule, evidence: Evidence) -> Measurement | Absent:
    return evidence.test_accuracy if "test_accuracy" in rule.needs else evidence.train_accuracy


def _values(
    rule: Rule, evidence: Evidence, measured: Measurement, noise: Noise
) -> tuple[float, ...] | Absent:
    """Where several last epochs have to hold the line, those of the weakest: its noise is taken for theirs."""
    (line,) = lines_of([rule])
    if line.last_epochs == 1:
        return measured.values
    epochs = last_epochs(evidence.trials, line.last_epochs)
    return epochs if isinstance(epochs, Absent) else held(epochs, line.target, noise.sd).weakest.values


def _stated(rule: Rule, evidence: Evidence, missing: Absent) -> _Known | Absent:
    """The student's last own figure, one of a saved output rather than of the README.

    Only where nothing was measured because it was not trained.
    """
    name = "" if isinstance(evidence.data, Absent) else evidence.data.name
    noise = tabulated(name, _line(rule), 0.0)
    readme = evidence.reading.readme
    written = () if isinstance(readme, Absent) else readme.claims
    claims = [
        one
        for one in (*written, *evidence.reading.claims)
        if one.name == "test_accuracy" and 0 < one.value <= 1
    ]
    if missing.cause == "failed":
        return Absent("failed", f"It could not be trained. {missing.reason}", missing.hint)
    if not claims or noise.source == "data set" or "test_accuracy" not in rule.needs:
        return Absent("skipped", "No accuracy was measured.", HOW_TO_KNOW)
    return _Known(rule, Subject((claims[-1].value,), _line(rule), noise.sd), noise, claims[-1])


def _line(rule: Rule) -> float:
    return lines_of([rule])[0].target


def _time(evidence: Evidence, training: Training) -> Iterator[str]:
    """The time limit, where this machine's speed says that it matters; how fast the grader's is, nobody knows here."""
    if not isinstance(evidence.projection, Projection):
        return
    needs, limit = evidence.projection.seconds, training.time_limit
    if needs > TOLERANCE * limit:
        yield (
            f"A trial would take about {shown(needs)} on this machine, and its limit is {shown(limit)}: "
            "a grader that is no faster does not begin it."
        )
