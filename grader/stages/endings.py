"""From how a worker ended to what the report says: the phase, the fault, the next step."""

from __future__ import annotations

from grader.isolation.supervisor import Ending
from grader.records import Absent, Entrypoint, TimeLimit

_DOING = {
    "load": "while the definitions of {place} were loaded",
    "build": "while {call} was built",
    "forward": "in the forward pass of {call} on random images",
    "train": "while {call} was trained",
    "predict": "while {call} predicted the test images",
    "restore": "while the trained state of {call} was put into a freshly built model",
}

_HINTS = {
    "load": "Importing your file must define the model and do nothing else: no downloads, no training, no input().",
    "build": "Building the model must work anywhere: no files, no GPU, no network in `__init__`.",
    "forward": "Try it yourself: `model(torch.rand({images}))` has to return 4 rows of class scores.",
    "train": "Try a few steps yourself in train mode, also with a smaller last batch.",
    "predict": "Try `model.eval()` and batches of other sizes, 1 too.",
    "restore": "All that is learned must live in parameters and registered buffers that `__init__` creates.",
}

_MORE_TO_THE_POINT = {
    "memory": "Less at once: smaller maps, fewer channels, a smaller batch; and keep no tensors of earlier steps.",
    "disk": "Write less: no check points and no copies of the data. Results that are printed are enough.",
    "stalled": "Wait for nothing: no input(), no network, no lock, no sleep.",
    "output": "Print less: a line for each epoch is enough.",
}
"""Where what ended it says more about the next step than the phase in which it ended."""

KILLED = "A person decides: run it again, and see whether it happens again."
"""The next step after a kill that nobody knows the cause of. A batch takes it by itself."""
_NO_LIMIT = Absent("skipped", "No limit of the assignment ended it.")


def absent_because(
    ending: Ending,
    phase: str,
    entrypoint: Entrypoint,
    input_shape: tuple[int, ...] = (1, 28, 28),
    limit: TimeLimit | Absent = _NO_LIMIT,
) -> Absent:
    """The evidence that this ending took away.

    A student's code that raises, hangs or crashes is `failed`; what a machine does is `errored`. A used-up time limit
    is `failed` only where this machine was held against the device that the limit is meant for; else a person looks.

    Args:
        input_shape: of one image, for the hint.
        limit: the training's, where that is what ended.
    """
    doing = _DOING[phase].format(place=entrypoint.place, call=entrypoint.call)
    if ending.kind == "machine":
        return Absent("errored", f"The machine failed {doing}: {ending.sentence}", "Run it again.", phase)
    if ending.kind == "killed":
        reason = f"{ending.sentence} It happened {doing}."
        return Absent("review", reason, KILLED, phase)
    if ending.kind == "recipe":
        reason = f"{ending.sentence} It happened {doing}."
        return Absent("review", reason, "A person decides: it may have been recovered wrongly.", phase)
    if ending.kind == "slow":
        return _time_was_over(ending, doing, phase, limit)
    hint = _MORE_TO_THE_POINT.get(ending.kind, _HINTS[phase]).format(
        images=", ".join(map(str, (4, *input_shape)))
    )
    at = f" ({ending.place})" if ending.place else ""
    if ending.kind == "raised":
        return Absent(
            "failed", f"An error was raised {doing}: {ending.sentence.rstrip('.')}{at}.", hint, phase
        )
    return Absent("failed", f"{_NAMED[ending.kind]} {doing}: {ending.sentence}", hint, phase)


def not_trained(sentence: str) -> Absent:
    """A training that was given up because its first steps say that it would take too long here."""
    return Absent("review", sentence, "A person decides: grade it again on a faster machine.", "train")


def _time_was_over(ending: Ending, doing: str, phase: str, limit: TimeLimit | Absent) -> Absent:
    if isinstance(limit, Absent):
        hint = "A person decides: this machine may be slow."
        return Absent("review", f"Time was over {doing}: {ending.sentence}", hint, phase)
    if not limit.compared:
        hint = f"A person decides: this machine may be slow. {limit.sentence}"
        return Absent("review", f"Time was over {doing}: {ending.sentence}", hint, phase)
    reason = f"Time limit exceeded {doing}: {ending.sentence} {limit.sentence}"
    return Absent("failed", reason, "Fewer steps, or a model that computes less for each of them.", phase)


_NAMED = {
    "time": "Time limit exceeded",
    "stalled": "It stood still",
    "exit": "The process ended early",
    "signal": "The process crashed",
    "memory": "Memory limit exceeded",
    "disk": "Limit of the tmp folder exceeded",
    "output": "Output flood",
    "protocol": "The process gave no valid answer",
}
