"""What was recorded, as the plain data of an answer."""

from __future__ import annotations

from typing import Any

from grader.worker.capture import transforms
from grader.worker.capture.loading import loading
from grader.worker.capture.loops import BATCHES, Loop
from grader.worker.capture.recorder import Evaluation, Recorder, Run, Scheduler

MAX_SESSIONS = 24
MAX_UNUSED = 8


class Account:
    """Turns runs into sessions; each loader is looked at once."""

    def __init__(self, recorder: Recorder, listener: transforms.Transforms) -> None:
        self._recorder, self._listener = recorder, listener
        self._loadings: dict[int, dict[str, Any]] = {}

    def sessions(self) -> list[dict[str, Any]]:
        runs = list(self._recorder.runs.values())
        return [self._session(run) for run in _worth(runs)[:MAX_SESSIONS]]

    def unused(self) -> list[dict[str, Any]]:
        """Loaders that were built in the unit and never asked for a batch."""
        idle = [one for one in self._recorder.loaders if one.__dict__["_kept_batches"] is None]
        found = [self._loading(one) for one in idle[-MAX_UNUSED:]]
        return [one for one in found if one is not None]

    def _session(self, run: Run) -> dict[str, Any]:
        epochs, passes, unknown = _epochs(run)
        (loss, arguments, is_plain), _ = run.losses.most_common(1)[0]
        if not loss:
            unknown["loss"] = "It is computed by the student's own code."
        schedules = [_schedule(one, run, passes) for one in run.schedulers[-8:]]
        shortened = _length(run.loader) > BATCHES and any(one["steps"] == "per batch" for one in schedules)
        if shortened:
            unknown["last_rate"] = (
                "The schedule acts per batch, and only a few batches of each pass were run."
            )
        training = self._loading(run.loader)
        if any(one.by_metric and run.scheduler_steps[id(one)] for one in run.schedulers):
            shortened = True
            unknown["last_rate"] = "It depends on the metric that the schedule is given."
        if training is not None and training["mixed"]:
            unknown["training.split"] = "Training and test images together: the loader mixes both."
        summed = run.batches_per_step.most_common(1)
        beside = []
        if summed and summed[0][0] > 1:
            beside.append(f"the optimizer steps once per {summed[0][0]} batches")
            self._recorder.note(f"{run.place}: the optimizer steps once per {summed[0][0]} batches.")
        if 2 * run.other_losses > run.steps:
            beside.append("the loss is computed of something else than what the model returns")
        if training is None:
            unknown["training"] = "No loader was in use when the optimizer stepped."
        elif not training["ordered"]:
            unknown["transforms"] = "The pipeline is given as a set: the order differs from run to run."
        return {
            "place": run.place,
            "model": _model_call(run.model),
            "trainable": run.trainable,
            "optimizer": run.optimizer.call,
            "parameter_groups": len(run.optimizer.object.param_groups),
            "schedules": schedules,
            "loss": loss,
            "loss_arguments": [list(pair) for pair in arguments[:8]],
            "loss_is_plain": is_plain,
            "training": training,
            "evaluations": [one for one in map(self._evaluation, list(run.evaluations.values())[:8]) if one],
            "epochs": epochs,
            "passes": passes,
            "steps": run.steps,
            "rises": run.rises,
            "first_rate": run.first_rate,
            "last_rate": 0.0 if shortened else run.last_rate,
            "climbs": run.last_rate > run.first_rate,
            "zeroes_gradients": _zeroes(run),
            "at_import": run.at_import,
            "clipping": _clipping(run),
            "beside": beside,
            "unknown": [[name, reason] for name, reason in unknown.items()],
        }

    def _loading(self, loader: Any) -> dict[str, Any] | None:
        if loader is None:
            return None
        if id(loader) not in self._loadings:
            self._loadings[id(loader)] = loading(loader, self._listener)
        return self._loadings[id(loader)]

    def _evaluation(self, found: Evaluation) -> dict[str, Any] | None:
        used = self._loading(found.loader)
        mode = "unclear" if len(found.modes) != 1 else "train" if True in found.modes else "eval"
        return used and {
            "loading": used,
            "passes": found.passes,
            "mode": mode,
            "gradients": found.gradients,
            "place": found.place,
        }


def _clipping(run: Run) -> list[dict[str, Any]]:
    """What is done to the gradients before most of the steps."""
    if not run.clipping:
        return []
    (usual, _), *_ = run.clipping.most_common(1)
    return [
        {
            "name": name,
            "arguments": [list(pair) for pair in arguments],
            "place": run.place,
            "library": "torch",
        }
        for name, arguments in usual
    ]


def _zeroes(run: Run) -> bool:
    """By the gradients where they were seen twice, else by calls of `zero_grad`."""
    if run.cleared:
        return run.cleared[True] >= run.cleared[False]
    return run.asked_to_zero > 0


def _length(loader: Any) -> int:
    try:
        return len(loader)
    except TypeError:
        return 0


def _worth(runs: list[Run]) -> list[Run]:
    """All of them in their order; where there are too many, those with the most steps."""
    if len(runs) <= MAX_SESSIONS:
        return runs
    most = sorted(runs, key=lambda run: run.steps, reverse=True)[:MAX_SESSIONS]
    return [run for run in runs if run in most]


def _model_call(model: Any) -> dict[str, Any]:
    inner = getattr(model, "module", model)
    recorded: dict[str, Any] | None = getattr(inner, "__dict__", {}).get("_recorded_call")
    if recorded is not None:
        return recorded
    name = type(inner).__name__ if inner is not None else ""
    return {"name": name, "arguments": [], "place": "", "library": ""}


def _schedule(scheduler: Scheduler, run: Run, passes: int) -> dict[str, Any]:
    """Per batch or per epoch: with three batches a pass, the two cannot be mixed up."""
    count = run.scheduler_steps[id(scheduler)]
    around = max(1, passes)
    if count == 0:
        steps = "never"
    elif count >= 0.9 * run.steps and run.steps > 1.5 * around:
        steps = "per batch"
    elif 0.5 * around <= count <= 1.2 * around + 1:
        steps = "per epoch"
    else:
        steps = "unclear"
    return {"call": scheduler.call, "steps": steps}


def _epochs(run: Run) -> tuple[int, int, dict[str, str]]:
    """The bound of the loop around the passes, the passes that were seen, and what is not known of them."""
    whole = [one for one in run.passes if one.complete or one.batches > 1]
    unknown: dict[str, str] = {}
    bounds: dict[int, Loop] = {}
    for one in whole or run.passes:
        outer = [loop for loop in one.loops if not loop.cut]
        if outer:
            bounds[id(outer[-1])] = outer[-1]
    if not run.passes:
        bounds = {id(loop): loop for loop in [loop for loop in run.loops if not loop.cut][-1:]}
    passes = len(whole)
    if run.passes and not whole:
        unknown["passes"] = "A fresh iterator is made for each batch, so passes cannot be counted."
        passes = sum(loop.length for loop in bounds.values())
    if bounds:
        return sum(loop.length for loop in bounds.values()), passes, unknown
    if any(one.unbounded for one in run.passes):
        unknown["epochs"] = (
            "The loop around the training has no bound of its own: it ends by what it measures."
        )
        return 0, passes, unknown
    unknown["epochs"] = "No loop with a known bound is around the training: the passes that ran were counted."
    return passes, passes, unknown
