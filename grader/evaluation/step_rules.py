"""What a training session does in its steps: gradients, modes, loss and schedules."""

from __future__ import annotations

from collections.abc import Iterator

from grader.evaluation.method import Method
from grader.evaluation.quoting import Quote, search
from grader.records import Absent, ModelFacts, Remark, Schedule

_DRIVES_OTHERS = frozenset({"SequentialLR", "ChainedScheduler"})
_MODE_MATTERS = frozenset({"batch norm", "dropout", "instance norm"})


def no_eval_mode(method: Method) -> Iterator[Remark]:
    """The reported accuracy was measured in train mode. A model without dropout and batch norm does not mind."""
    if not method.captured or not method.knows("evaluations.mode") or not _mode_matters(method.model):
        return
    used = method.used
    only_train = tuple(one for one in used if all(each.loading.split == "train" for each in used))
    for one in method.held_out or only_train:
        if one.mode == "train":
            why = (
                "In train mode dropout still removes values and batch norm uses the batch's own statistics, so "
                "the measured accuracy is not the model's."
            )
            yield method.remark(
                "no model.eval() at test",
                one.place,
                why,
                (r"def\s+\w*(?:test|eval|valid)", r"no_grad|\.train\("),
            )
            return


def _mode_matters(model: ModelFacts | Absent) -> bool:
    return isinstance(model, Absent) or not model.layer_kinds or bool(_MODE_MATTERS & set(model.layer_kinds))


def gradients_on(method: Method) -> Iterator[Remark]:
    if not method.captured or not method.knows("evaluations.gradients"):
        return
    for one in method.held_out:
        if one.gradients:
            why = "The result is the same; torch.no_grad() would only save memory and time."
            yield method.remark(
                "gradients on while evaluating", one.place, why, (r"def\s+\w*(?:test|eval|valid)",)
            )
            return


def no_zero_grad(method: Method) -> Iterator[Remark]:
    """Gradients add up over all batches. A source that was only read may zero them out of sight."""
    if method.captured and not method.session.zeroes_gradients and method.knows("zeroes_gradients"):
        why = "Gradients add up from batch to batch, so every step also repeats all steps before it."
        yield method.remark("no zero_grad", method.session.place, why, (r"\.backward\s*\(", r"\.step\s*\("))


def probabilities_into_loss(method: Method, softmax_asked: bool) -> Iterator[Remark]:
    """Cross-entropy applies log-softmax itself: on probabilities it flattens, on log-softmax it changes nothing."""
    if not isinstance(method.model, ModelFacts) or not _same_model(method) or not method.knows("loss"):
        return
    if method.session.loss.lower().replace("_", "").removesuffix("loss") != "crossentropy":
        return
    if method.model.head == "probabilities" and not softmax_asked:
        why = (
            "Cross-entropy applies log-softmax itself; on probabilities it can never come near 0, and the model "
            "learns slowly."
        )
        yield method.quoted("softmax before cross-entropy", _loss_line(method), why)
    elif method.model.head == "log_softmax":
        why = "Cross-entropy applies log-softmax once more, which changes nothing: the result is the same."
        yield method.quoted("log-softmax before cross-entropy", _loss_line(method), why)


_NO_DEFINITION = r"^(?!\s*(?:from|import|def|class)\b)[^#]*?(?<![a-zA-Z_])"
_LOSS = (
    _NO_DEFINITION + r"(?:cross_entropy|CrossEntropyLoss)\s{0,4}\(",
    _NO_DEFINITION + r"(?:cross_entropy|CrossEntropyLoss)\b",
)


def _loss_line(method: Method) -> Quote:
    """The line that builds or calls the loss; without one the place of the training, and no line."""
    session = method.session
    places = (session.place, session.optimizer.place, session.unit)
    found = search(method.source, [place for place in places if place], _LOSS)
    return found if found.text else Quote(session.place, "")


def _same_model(method: Method) -> bool:
    """What was measured is what this session trains."""
    assert isinstance(method.model, ModelFacts)
    session, model = method.session, method.model
    return model.entrypoint.class_name == session.model.name and session.trainable in (0, model.trainable)


def idle_schedules(method: Method) -> Iterator[Remark]:
    """A schedule that is created and never stepped. One that another schedule drives is left alone."""
    schedules = method.session.schedules
    idle = [one for one in schedules if one.steps == "never"]
    if not method.captured or not idle or not method.knows("schedules.steps"):
        return
    acting = [one for one in schedules if one.steps != "never"]
    if any(one.steps == "unclear" or _may_drive_others(one) for one in schedules):
        return
    first = idle[0].call
    patterns = (rf"\b{first.name}\s*\(",) if first.name.isidentifier() else ()
    if not acting:
        why = "Its step() is never called, so the learning rate stays as the optimizer was given it."
        yield method.remark("scheduler never stepped", first.place, why, patterns, first.text)
    else:
        why = f"Only {acting[0].call.name} is stepped; this one changes nothing."
        yield method.remark("one of several schedulers acts", first.place, why, patterns, first.text)


def _may_drive_others(one: Schedule) -> bool:
    own = not one.call.library.startswith("torch")
    return one.call.name in _DRIVES_OTHERS or own or "chedule" in str(one.call.arguments)[:2_000]


def too_many_epochs(method: Method, allowed: int, logged: int) -> Iterator[Remark]:
    """The loop runs longer than the assignment allows.

    Args:
        allowed: 0 where the assignment sets no limit.
        logged: the last epoch of the log that is shown; 0 where there is none.
    """
    epochs = method.session.epochs
    if not 0 < allowed < epochs or not method.knows("epochs") or 0 < logged <= allowed:
        return
    why = (
        f"The loop is set to {epochs} epochs and the assignment allows {allowed}; the grader trains no longer "
        "than that."
    )
    patterns = (r"range\s*\(", r"epochs?\s*=")
    yield method.remark("more epochs than allowed", method.session.place, why, patterns)
