"""What of a student's recipe the fast lane can train exactly, part by part, and why not where it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.records import Absent, Call, Scalar, Schedule, Session
from grader.training import known
from grader.training.transforms.coverage import covered

MAX_BATCH = 65_536

_BY_METRIC = "ReduceLROnPlateau"
_OF_THE_LOSS = "the loss"
_SAME_LOSS = frozenset(
    {("nll_loss", "log_softmax"), ("cross_entropy", "logits"), ("cross_entropy", "log_softmax")}
)
_FOLLOWED = _SAME_LOSS | {("cross_entropy", "probabilities"), ("nll_loss", "probabilities")}


@dataclass(frozen=True)
class Gap:
    """A part that is not trained as the student has it; `reason` is the end of a sentence."""

    reason: str


def optimizer_of(session: Session) -> Call | Gap:
    """The optimizer, where all of it is known."""
    call = session.optimizer
    if not call.name:
        return Gap("the optimizer could not be told")
    if call.library != "torch" or call.name not in known.OPTIMIZERS:
        return Gap(f"{call.name} is no optimizer that the fast lane steps")
    if session.parameter_groups > 1:
        return Gap(f"the parameters are in {session.parameter_groups} groups with settings of their own")
    if not session.zeroes_gradients:
        return Gap("the gradients are not set back before each step")
    if others := [one for one in session.beside if not one.startswith(_OF_THE_LOSS)]:
        return Gap(others[0])
    for one in session.clipping:
        clip = _plain(session, one, known.CLIPPING.get(one.name, ()))
        if isinstance(clip, Gap):
            return clip
    return _unknown(session, "optimizer") or _plain(session, call, known.OPTIMIZERS[call.name])


def schedules_of(session: Session) -> tuple[Schedule, ...] | Gap:
    """All schedules in their order; () for a constant rate."""
    acting = any(one.steps != "never" for one in session.schedules)
    if not acting and session.way == "captured" and not _same(session.first_rate, session.last_rate):
        return Gap("the rate changes without a schedule of torch's")
    for one in session.schedules:
        name = one.call.name
        if name == _BY_METRIC:
            return Gap(f"{name} acts on what your own loop measures")
        if one.call.library != "torch" or name not in known.SCHEDULES:
            return Gap(f"{name} is no schedule that the fast lane steps")
        if one.steps == "unclear":
            return Gap(f"when {name} is stepped could not be told")
        plain = _plain(session, one.call, known.SCHEDULES[name])
        if isinstance(plain, Gap):
            return plain
    return _unknown(session, "schedule") or session.schedules


def by_metric(session: Session) -> bool:
    return any(one.call.name == _BY_METRIC for one in session.schedules)


def loss_of(
    session: Session, head: str, *, of_pair: bool = False
) -> tuple[str, tuple[tuple[str, Scalar], ...]] | Gap:
    """Name and arguments of the loss, where it is all that is trained for.

    Args:
        of_pair: the model has two outputs, and the losses of both are added: the first one's name is taken.
    """
    name = session.loss.split(" + ")[0] if of_pair else session.loss
    if not name:
        return Gap("the loss could not be told")
    if name not in known.LOSSES:
        return Gap(f"{name} is no loss that the fast lane computes")
    if others := [one for one in session.beside if one.startswith(_OF_THE_LOSS)]:
        return Gap(others[0])
    if not session.loss_is_plain and not of_pair:
        return Gap(f"something is added to {name}")
    if (name, head) not in _FOLLOWED and name != "multi_margin_loss":
        return Gap(f"{name} is computed of something else than the {head} that the model returns")
    try:
        known.arguments(session.loss_arguments, known.LOSSES[name], name)
    except known.NotPlain as reason:
        return Gap(str(reason))
    return _unknown(session, "loss") or (name, session.loss_arguments)


def batch_size_of(session: Session) -> int | Gap:
    if isinstance(session.training, Absent):
        return Gap("what it trains on could not be told")
    size = session.training.batch_size
    if not 1 <= size <= MAX_BATCH:
        return Gap("the batch size could not be told")
    return _unknown(session, "training.batch_size", "batch_size") or size


def transforms_of(session: Session, shape: tuple[int, int, int]) -> tuple[Call, ...] | Gap:
    """The transforms of the training images, where each is covered exactly."""
    if isinstance(session.training, Absent):
        return Gap("what it trains on could not be told")
    if gap := _unknown(session, "transforms", "training.transforms", "training.randomness"):
        return gap
    calls = session.training.transforms
    if not calls:
        return Gap("the transforms could not be told")
    why_not = covered(calls, shape)
    return Gap(why_not.rstrip(".")) if why_not else calls


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))


def _unknown(session: Session, *names: str) -> Gap | None:
    """A field of these that could not be found out."""
    for field, reason in session.unknown:
        if any(field == name or field.startswith((f"{name}.", f"{name}[")) for name in names):
            return Gap(f"{field} is not known: {reason.rstrip('.')}")
    return None


def _plain(session: Session, call: Call, names: Sequence[str]) -> Call | Gap:
    try:
        known.arguments(call.arguments, names, call.name)
    except known.NotPlain as reason:
        return Gap(session.rate_finder.rstrip(".") or str(reason))
    return call
