"""Find the model among the candidates: load, build and measure them until it is clear which one it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from grader.errors import UsageError
from grader.isolation import conversation
from grader.isolation.pair_answer import Pair
from grader.isolation.supervisor import Ending, Worker
from grader.records import Absent, Candidate, Claim, Entrypoint, ModelFacts, Reading, Scalar, Session
from grader.stages.endings import absent_because
from grader.stages.forms import forms_of
from grader.stages.pairs import missing_of_pair
from grader.stages.workers import OpenWorker

MAX_CANDIDATES = 8
_PROBE_SEED = 20

_CLASSES = frozenset(
    {"num_classes", "n_classes", "nclasses", "classes", "num_class", "output_size", "out_features"}
)
_CHANNELS = frozenset({"in_channels", "input_channels", "in_channel", "channels", "n_channels"})
_VALUES = frozenset({"input_size", "input_dim", "in_features", "n_inputs", "num_inputs", "n_features"})
_DROPOUT = frozenset({"dropout", "dropout_rate", "dropout_value", "dropout_prob", "drop", "drop_out", "p"})


@dataclass(frozen=True)
class Found:
    """The model, and why it cannot be trained if it cannot."""

    model: ModelFacts | Absent
    obstacle: Absent | None = None
    is_stated: bool = False  # the person running the grader, or the student's own claim, names it


@dataclass(frozen=True)
class _Measured:
    candidate: Candidate
    facts: ModelFacts
    obstacle: Absent | None


def find_model(
    open_worker: OpenWorker,
    reading: Reading,
    input_shape: tuple[int, ...],
    classes: int,
    wanted: str = "",
    pair: Pair | None = None,
) -> Found:
    """The submission's model, measured.

    Args:
        open_worker: gives a ready worker; a new one is opened after a candidate ended the last.
        input_shape: (channels, height, width), or (columns,); the model may take another form of the same input.
        wanted: `FILE:CLASS` as the person running the grader chose it, or "".
        pair: where the task gives a digit beside each image.

    Raises:
        UsageError: `wanted` names nothing that was found.
    """
    candidates = _shortlist(reading, wanted)
    if not candidates:
        return Found(_no_model(reading))
    measured, failures = _measure_all(open_worker, candidates, input_shape, classes, pair)
    faults = [failure for failure in failures if failure.cause == "errored"]
    if faults:
        return Found(faults[0])
    if not measured:
        return Found(failures[0])
    chosen, reason = _choose(measured, reading, wanted)
    entrypoint = replace(chosen.facts.entrypoint, found_by=reason)
    notes = chosen.facts.notes + tuple(f"Not taken: {failure.reason}" for failure in failures)
    facts = replace(chosen.facts, entrypoint=entrypoint, notes=notes)
    stated = {int(claim.value) for claim in _parameter_claims(reading)}
    return Found(facts, chosen.obstacle, bool(wanted) or facts.parameters in stated)


def as_trained(
    open_worker: OpenWorker,
    found: Found,
    reading: Reading,
    input_shape: tuple[int, ...],
    classes: int,
    session: Session,
    pair: Pair | None = None,
) -> Found:
    """`found`, or the model that the training code trains, where that is another one and nobody stated which.

    What was captured is not believed: the model is built with the captured arguments and measured, and taken only
    where it then has as many trainable parameters as the one that was trained.
    """
    model = found.model
    candidates = [c for c in reading.candidates if c.class_name == session.model.name and c.has_forward]
    if found.is_stated or not candidates:
        return found
    if not isinstance(model, Absent) and model.trainable == session.trainable:
        return found
    near = [c for c in candidates if session.model.place.startswith(c.file)]
    candidate = replace((near or candidates)[0], built_with=session.model.arguments)
    measured, _ = _measure_all(open_worker, [candidate], input_shape, classes, pair)
    if not measured or measured[0].facts.trainable != session.trainable:
        return found
    facts = measured[0].facts
    reason = f"It is what the training code trains, seen while {session.unit} ran with stand-ins."
    if not isinstance(model, Absent):
        reason += (
            f" Without that, {model.entrypoint.call} ({model.parameters:,} parameters) would have been taken."
        )
    return Found(replace(facts, entrypoint=replace(facts.entrypoint, found_by=reason)), measured[0].obstacle)


def _shortlist(reading: Reading, wanted: str) -> list[Candidate]:
    if wanted:
        file, _, name = wanted.rpartition(":")
        found = [c for c in reading.candidates if c.class_name == name and (c.file == file or not file)]
        if not found:
            known = ", ".join(f"{c.file}:{c.class_name}" for c in reading.candidates[:8]) or "none at all"
            raise UsageError(f"--model {wanted}: there is no such model class.", f"Found were: {known}.")
        return found[:1]
    whole = [c for c in reading.candidates if c.has_forward and not c.used_by]
    return (whole or [c for c in reading.candidates if c.has_forward])[:MAX_CANDIDATES]


def _no_model(reading: Reading) -> Absent:
    reason = "No model was found: no class in the submission derives from torch.nn.Module and has a forward method."
    if reading.unreadable:
        listed = "; ".join(f"{item.path}: {item.reason}" for item in reading.unreadable[:3])
        reason += f" Not readable were: {listed}."
    # What pip installs is a library as a rule; what is cloned is the student's own.
    elsewhere = [link for link in reading.repositories if link.kind == "cloned"]
    if elsewhere:  # the assignment may ask for a models repository: that is no shortfall of this one
        link = elsewhere[0]
        reason += f" {link.place} fetches another repository, {link.url}, which was not taken along."
        return Absent("review", reason, f"Grade it again with --also {link.url}", "inspect")
    hint = "Hand in the model as a class in a .py file or a notebook of this repository (a Colab link is not enough)."
    return Absent("failed", reason, hint, "inspect")


def _measure_all(
    open_worker: OpenWorker,
    candidates: list[Candidate],
    input_shape: tuple[int, ...],
    classes: int,
    pair: Pair | None = None,
) -> tuple[list[_Measured], list[Absent]]:
    measured: list[_Measured] = []
    failures: list[Absent] = []
    worker = open_worker()
    try:
        for candidate in candidates:
            result = _measure_one(worker, candidate, input_shape, classes, pair)
            if isinstance(result, _Measured):
                measured.append(result)
                continue
            failure, worker_is_gone = result
            failures.append(failure)
            if worker_is_gone and candidate is not candidates[-1]:
                worker = open_worker()
    finally:
        worker.stop()
    return measured, failures


def _measure_one(
    worker: Worker, candidate: Candidate, input_shape: tuple[int, ...], classes: int, pair: Pair | None = None
) -> _Measured | tuple[Absent, bool]:
    own = dict(candidate.built_with)
    needed = [name for name in candidate.required_arguments if name not in own]
    guesses = {name: guess(name, input_shape, classes) for name in needed}
    missing = [name for name, value in guesses.items() if value is None]
    if missing:
        return _needs_arguments(candidate, missing), False
    given = own | {name: value for name, value in guesses.items() if value is not None}
    arguments = tuple(given.items())
    entrypoint = Entrypoint(candidate.file, candidate.cell, candidate.class_name, arguments, "")
    notes = conversation.load(worker, candidate.file, candidate.cell, candidate.class_name)
    if isinstance(notes, Ending):
        return absent_because(notes, "load", entrypoint), notes.kind != "raised"
    ending = conversation.build(worker, dict(arguments), _PROBE_SEED)
    if ending:
        return absent_because(ending, "build", entrypoint), ending.kind != "raised"
    answer = _measured_in_a_form(worker, entrypoint, input_shape, notes, pair)
    if isinstance(answer, Ending):
        return absent_because(answer, "forward", entrypoint, input_shape), answer.kind != "raised"
    facts, finite = answer
    obstacle = missing_of_pair(facts) if pair else None
    return _Measured(candidate, facts, obstacle or _obstacle(facts, finite, classes))


def _measured_in_a_form(
    worker: Worker,
    entrypoint: Entrypoint,
    input_shape: tuple[int, ...],
    notes: tuple[str, ...],
    pair: Pair | None,
) -> tuple[ModelFacts, bool] | Ending:
    """Measured with the first form of the input that the model takes; where it takes none, how the first one ended."""
    first: Ending | None = None
    for form in forms_of(input_shape):
        answer = conversation.measure(worker, entrypoint, form, notes, pair)
        if not isinstance(answer, Ending):
            return answer
        first = first or answer
        if answer.kind != "raised":
            return answer
    assert first is not None
    return first


def guess(name: str, input_shape: tuple[int, ...], classes: int) -> Scalar | None:
    """A constructor argument whose value follows from the task, or hardly matters, by its usual name."""
    if name.lower() in _CLASSES:
        return classes
    if name.lower() in _CHANNELS:
        return input_shape[0]
    if name.lower() in _VALUES:
        return math.prod(input_shape)
    return 0.1 if name.lower() in _DROPOUT else None


def _obstacle(facts: ModelFacts, finite: bool, classes: int) -> Absent | None:
    call = facts.entrypoint.call
    if facts.output_shape != (classes,):
        shape = ", ".join(str(size) for size in ("batch", *facts.output_shape))
        return Absent(
            "failed",
            f"{call} cannot be trained for this task: its output has the shape ({shape}), not (batch, {classes}).",
            f"Let forward return one score for each of the {classes} classes.",
            "inspect",
        )
    if not finite:
        return Absent(
            "failed",
            f"{call} cannot be trained: before any training its output holds NaN or infinity.",
            "Look for a division by zero, a logarithm of zero, or uninitialised parameters (torch.empty).",
            "inspect",
        )
    return None


def _needs_arguments(candidate: Candidate, missing: list[str]) -> Absent:
    listed = ", ".join(missing)
    return Absent(
        "failed",
        f"{candidate.class_name} in {candidate.place} cannot be built: its constructor needs {listed}, "
        "and nothing says which values you used.",
        f"Give {listed} default values, so that {candidate.class_name}() builds the model you hand in.",
        "inspect",
    )


def _choose(measured: list[_Measured], reading: Reading, wanted: str) -> tuple[_Measured, str]:
    """The one that works; among several, the one that the student's own claim names; else the likeliest."""
    usable = [item for item in measured if item.obstacle is None] or measured
    first = usable[0]
    if wanted:
        return first, f"It was chosen by --model {wanted}."
    if len({item.facts.parameters for item in usable}) == 1:
        return first, reading.choice
    listed = ", ".join(
        f"{item.facts.entrypoint.call} in {item.candidate.place} ({item.facts.parameters:,})"
        for item in usable
    )
    claims = _parameter_claims(reading)
    claimed = [item for item in usable if item.facts.parameters in {int(claim.value) for claim in claims}]
    if len({item.facts.parameters for item in claimed}) == 1:
        place = next(claim.place for claim in claims if int(claim.value) == claimed[0].facts.parameters)
        return claimed[0], (
            f"{len(usable)} models were found with different parameter counts: {listed}. Taken is the one with the "
            f"{claimed[0].facts.parameters:,} parameters that {place} states."
        )
    return first, (
        f"{len(usable)} models were found with different parameter counts: {listed}. Nothing in the submission says "
        f"which one is handed in, so the likeliest was taken. {reading.choice} Another one: --model FILE:CLASS."
    )


def _parameter_claims(reading: Reading) -> list[Claim]:
    own = () if isinstance(reading.readme, Absent) else reading.readme.claims
    return [claim for claim in (*own, *reading.claims) if claim.name == "parameters"]
