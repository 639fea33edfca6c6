"""Results of benchmarks for tests, built by hand: records and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from grader.bench.records import (
    BENCH_SCHEMA,
    Assignment,
    Bench,
    Conditions,
    Series,
    Subject,
    TrialResult,
)
from grader.records import MEASURING_VERSION, Absent, EpochPoint
from grader.spec.load import evidence_plan_digest, load_spec
from grader.spec.schema import Spec

IMAGES = 60_000
NO_ENERGY = Absent("skipped", "No counter.")


@cache
def known(spec_id: str) -> tuple[Spec, str]:
    spec = load_spec(spec_id).spec
    return spec, evidence_plan_digest(spec)


def trial(seed: int, accuracy: float | Absent, seconds: float = 30.0, **changed: Any) -> TrialResult:
    """Two epochs; the first ends a point below the second."""
    last = -1.0 if isinstance(accuracy, Absent) else accuracy
    epochs = (EpochPoint(1, IMAGES, last - 0.01), EpochPoint(2, 2 * IMAGES, last))
    made = TrialResult(
        seed=seed,
        accuracy=accuracy,
        stop_reason="all epochs were trained",
        epochs=() if isinstance(accuracy, Absent) else epochs,
        samples=2 * IMAGES,
        counted_seconds=seconds,
        wall_seconds=2 * seconds,
        evaluate_seconds=3.0,
        overhead_seconds=2.0,
        energy_joules=NO_ENERGY,
        known_sd=0.0016,
        flags=(),
        run=f"runs/s4/reference/{seed}",
        measured_at="2026-03-01T12:00:00+00:00",
    )
    return replace(made, **changed)


def series(
    accuracies: Sequence[float | Absent] = (0.989, 0.991, 0.99),
    times: Sequence[float] = (),
    model: str = "reference",
    parameters: int = 14_642,
    spec_id: str = "s4",
    **changed: Any,
) -> Series:
    spec, plan = known(spec_id)
    assignment = Assignment(
        spec_id=spec_id,
        edition=spec.edition,
        title=spec.title,
        spec_digest="sha256:spec",
        plan_digest=plan,
        target=0.95,
        data="MNIST",
        official=True,
        stand_in=False,
        data_digest="sha256:data",
        train_images=IMAGES,
        test_images=10_000,
    )
    subject = Subject(
        model=model,
        source=f"reference_models/{spec_id}",
        commit="a" * 40,
        dirty=False,
        tree_digest=f"sha256:{model}",
        call="Net()",
        parameters=parameters,
        flops=3_960_000,
        flops_partial=False,
        recipe="student",
        epochs=2,
        batch_size=128,
        lane="fast",
    )
    seconds = times or [30.0] * len(accuracies)
    trials = tuple(
        trial(n, value, time) for n, (value, time) in enumerate(zip(accuracies, seconds, strict=True), 1)
    )
    return Series(
        replace(assignment, **{k: v for k, v in changed.items() if hasattr(assignment, k)}),
        replace(subject, **{k: v for k, v in changed.items() if hasattr(subject, k)}),
        trials,
    )


def bench(*found: Series, **changed: Any) -> Bench:
    conditions = Conditions(
        device="cpu",
        device_class="cpu",
        processor="A processor",
        cores=2,
        platform="Linux x86_64",
        versions=(("python", "3.11.7"), ("torch", "2.15.0")),
        threads=1,
        slots=2,
        lane="auto",
        isolation="auto",
    )
    made = Bench(
        schema=BENCH_SCHEMA,
        grader_version="0.1.0",
        measuring_version=MEASURING_VERSION,
        command="grader bench s4",
        made_at="2026-03-01T12:00:00+00:00",
        conditions=conditions,
        reference_steps=(("mnist", 0.02),),
        series=found or (series(),),
    )
    return replace(made, **changed)


@pytest.fixture
def make_series() -> Callable[..., Series]:
    return series


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    return bench


@pytest.fixture
def make_trial() -> Callable[..., TrialResult]:
    return trial
