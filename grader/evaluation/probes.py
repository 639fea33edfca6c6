"""The integrity probes: one table of weights, thresholds and honest ranges, and what a number comes to.

A probe never accuses. A `note` is shown and changes nothing, a `flag` sends every check that used the number to a
person, a `void` takes the number away. Where two weights would do, the milder one stands here. Weights and thresholds
are chosen, and stand here; what honest models show was measured (`grader.evaluation.calibration.honest_ranges`,
generated), and a test holds each threshold against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.evaluation.calibration.honest_ranges import HONEST
from grader.records import Probe

Weight = Literal["note", "flag", "void"]
Number = Literal["model", "test_accuracy", "train_accuracy"]


@dataclass(frozen=True)
class Limit:
    """What a probe comes to beyond its threshold, the evidence that it is about, and what honest models show."""

    weight: Weight
    concerns: tuple[Number, ...]
    threshold: float
    honest: str


BOTH: tuple[Number, ...] = ("model", "test_accuracy", "train_accuracy")
ACCURACY: tuple[Number, ...] = ("test_accuracy", "train_accuracy")
MODEL: tuple[Number, ...] = ("model",)

_CHOSEN: dict[str, tuple[Weight, tuple[Number, ...], float]] = {
    # name: weight, what it concerns, threshold
    "state size": ("flag", BOTH, 0),
    "buffers": ("flag", MODEL, 1000),
    "finite scores": ("note", ACCURACY, 0),
    "scrambled state": ("void", BOTH, 0.05),
    "two orders": ("note", ACCURACY, 0.01),
    "state while predicting": ("note", ACCURACY, 0),
    "learning while predicting": ("flag", ACCURACY, 0.01),
    "batch sizes": ("note", ACCURACY, 0),
    "perturbed images": ("flag", ACCURACY, 0.05),
    "start and seed": ("flag", ACCURACY, 0.1),
    "untrained accuracy": ("flag", ACCURACY, 0.5),
    "hidden values": ("flag", BOTH, 1000),
    "tensors outside of the state": ("note", BOTH, 1 << 20),
    "steps": ("note", ACCURACY, 4),
    "repository": ("flag", ACCURACY, 0),
    "files in passing": ("note", (), 0),
    "all probes": ("flag", ACCURACY, 0),
}

LIMITS: dict[str, Limit] = {
    name: Limit(weight, concerning, threshold, HONEST[name].text)
    for name, (weight, concerning, threshold) in _CHOSEN.items()
}


def concerns(probe: Probe) -> frozenset[str]:
    """The parts of the evidence whose checks this probe acts on; all that a model gives for a name without a row."""
    return frozenset(LIMITS[probe.name].concerns if probe.name in LIMITS else BOTH)


def clean(name: str, detail: str) -> Probe:
    return Probe(name, "clean", detail)


def raised(name: str, detail: str, weight: Weight | None = None) -> Probe:
    """The probe with its weight from the table, or with a milder one."""
    order = ("note", "flag", "void")
    heaviest = LIMITS[name].weight
    assert weight is None or order.index(weight) <= order.index(heaviest)
    return Probe(name, weight or heaviest, detail)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


FEW_IMAGES = 50
"""A share of fewer test images than this is too coarse to hold against a threshold: one image is two points of it."""


# --- what each number comes to ------------------------------------------------------------------------------


def scrambled(accuracy: float, chance: float, images: int, tries: int) -> Probe:
    """Accuracies are 0 to 1; `accuracy` is the lowest of the tries, `chance` what a constant answer reaches."""
    limit = LIMITS["scrambled state"]
    seen = (
        f"With the values of every tensor shuffled, {percent(accuracy)} of {images:,} test images are right "
        f"(chance {percent(chance)}, allowed {100 * limit.threshold:.0f} points more; honest models: {limit.honest})"
    )
    if accuracy <= chance + limit.threshold:
        return clean("scrambled state", f"{seen}: the answers come from the trained state.")
    return raised(
        "scrambled state",
        f"{seen}, the lowest of {tries} tries: the answers do not come from the trained state, so its accuracy is "
        "none of the model's.",
    )


def perturbed(before: float, after: float, images: int) -> Probe:
    limit = LIMITS["perturbed images"]
    seen = (
        f"With faint noise on {images:,} test images the accuracy goes from {percent(before)} to {percent(after)} "
        f"(allowed is a fall of {100 * limit.threshold:.0f} points; honest models: {limit.honest})"
    )
    if before - after <= limit.threshold:
        return clean("perturbed images", f"{seen}.")
    if images < FEW_IMAGES:
        return clean("perturbed images", f"{seen}: so few cannot tell anything.")
    return raised("perturbed images", f"{seen}: a person will see whether it knows these very images.")


def two_orders(moved: float, changed: float, images: int, lowest: float | None) -> Probe:
    """`moved` is the share of images whose scores differ, `changed` that of other answers; `lowest` is judged."""
    limit = LIMITS["two orders"]
    seen = (
        f"In another order and in batches of 1 to 64, {percent(moved)} of {images:,} test images got other scores and "
        f"{percent(changed)} another answer (allowed {percent(limit.threshold)}; honest models: {limit.honest})"
    )
    if lowest is None:
        return clean("two orders", f"{seen}.")
    return raised(
        "two orders",
        f"{seen}. As a rule this is a mistake: a batch norm that stays in train mode, or dropout that stays on "
        "(F.dropout without training=self.training). An answer must depend on its own image alone, so the lowest "
        f"accuracy that was measured is judged: {percent(lowest)}.",
    )


def batch_sizes(failed: dict[int, str]) -> Probe:
    """`failed`: batch size → what was raised, cleaned."""
    if not failed:
        return clean("batch sizes", "Batches of 1, 3, 7, 32 and 64 images work.")
    if tuple(failed) == (1,):
        return raised(
            "batch sizes",
            f"A batch of one image does not work: {failed[1]} Usually a squeeze() takes the batch away with it: name "
            "the dimensions, as in squeeze((2, 3)), or use flatten(1). This costs nothing.",
        )
    size, reason = next(iter(failed.items()))
    sizes = ", ".join(str(size) for size in failed)
    return raised("batch sizes", f"Batches of {sizes} images do not work (of {size}: {reason}).")


def state_while_predicting(statistics: int, parameters: int, answers_change: bool) -> Probe:
    """How many values of each kind were not the same after predicting as before."""
    if not statistics and not parameters:
        return clean(
            "state while predicting", "The state is the same, bit by bit, before and after predicting."
        )
    if not parameters:
        return raised(
            "state while predicting",
            f"{statistics:,} running statistics changed while it predicted: a batch norm stays in train mode. "
            "This is a common mistake; call model.eval(), and do not call train() in forward.",
        )
    seen = f"{parameters:,} values of the trained state changed while it predicted (honest models: 0)"
    if answers_change:
        return raised(
            "learning while predicting",
            f"{seen}, and its answers depend on what it predicted before: a person will look at what it does.",
        )
    return raised(
        "state while predicting", f"{seen}, without any effect on its answers: it is only mentioned."
    )


def start_and_seed(varied: int, same: int, *, seed_in_code: str, weights: str) -> Probe:
    """Initial values that are the same under two seeds, of those that are drawn at all.

    Args:
        seed_in_code: where the code sets a seed, "" where it does not.
        weights: a file or literal that may hold weights, "" where there is none.
    """
    limit = LIMITS["start and seed"]
    share = same / max(varied, 1)
    seen = (
        f"Of {varied:,} initial values, {same:,} ({percent(share)}) are the same under two seeds (a person looks "
        f"above {percent(limit.threshold)}; honest models: {limit.honest})"
    )
    if not same:
        return clean("start and seed", f"{seen}.")
    if share <= limit.threshold:
        return raised("start and seed", f"{seen}: fixed filters, for instance. It is only mentioned.", "note")
    if weights:
        return raised("start and seed", f"{seen}, and {weights} may hold weights: a person will look.")
    if seed_in_code:
        return raised(
            "start and seed",
            f"{seen}, because {seed_in_code} sets a seed. Harmless: it is only mentioned.",
            "note",
        )
    return raised(
        "start and seed",
        f"{seen}, and nothing in the code sets a seed: a person will look where they come from.",
    )


def untrained(accuracy: float, images: int) -> Probe:
    """`accuracy`: of the untrained model, with its classes named in the way that suits it best."""
    limit = LIMITS["untrained accuracy"]
    seen = (
        f"Before any training it tells {percent(accuracy)} of {images:,} test images apart, its classes named in the "
        f"way that suits it best (a person looks above {percent(limit.threshold)}; honest models: {limit.honest})"
    )
    if accuracy <= limit.threshold:
        return clean("untrained accuracy", f"{seen}.")
    if images < FEW_IMAGES:
        return clean("untrained accuracy", f"{seen}: so few cannot tell anything.")
    return raised("untrained accuracy", f"{seen}: it seems to have been trained elsewhere.")


def hidden_values(elements: int, places: tuple[str, ...]) -> Probe:
    limit = LIMITS["hidden values"]
    where = f" ({', '.join(places[:4])})" if places else ""
    seen = f"Operators take {elements:,} values that are neither parameters nor buffers{where}"
    if elements <= limit.threshold:
        return clean("hidden values", f"{seen}.")
    return raised(
        "hidden values",
        f"{seen}; a person looks above {limit.threshold:,.0f} (honest models: {limit.honest}).",
    )


def outside(size_bytes: int) -> Probe:
    limit = LIMITS["tensors outside of the state"]
    seen = f"After the training {size_bytes:,} bytes of tensors lay outside of the model's state"
    if size_bytes <= limit.threshold:
        return clean("tensors outside of the state", f"{seen}.")
    return raised(
        "tensors outside of the state",
        f"{seen} (honest models: {limit.honest}). Nothing of them came along into the worker that predicted.",
    )


def writes(per_step: float, steps: int) -> Probe:
    limit = LIMITS["steps"]
    seen = f"In {steps:,} steps each parameter was written at most {per_step:.1f} times a step"
    if per_step <= limit.threshold:
        return clean("steps", f"{seen}.")
    return raised(
        "steps",
        f"{seen} (honest models: {limit.honest}): its code changes its parameters beside the optimizer.",
    )


def unfinished(sentence: str) -> Probe:
    return raised("all probes", f"Not every probe could be run: {sentence} A person will look.")
