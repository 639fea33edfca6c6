"""What the integrity probes show on honest models, and what they cost. Prints a Markdown table for results/.

    python benchmarks/probes.py [NAME ...]

Every model is really trained for one epoch of MNIST (GRADER_DATA) at one thread, by the recipe of `specs/s4.yaml`, and
scored and probed as in a run. Costs are CPU seconds of the workers after they were ready, so that neither their start
nor what else the machine does counts.
"""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path

from grader.data.interface import DataSet, load
from grader.fetch.interface import fetch
from grader.isolation.supervisor import Worker
from grader.reading.read import read_submission
from grader.reading.scan import scan
from grader.records import Absent, Probe, Trial
from grader.spec.load import load_spec
from grader.stages.job import Job
from grader.stages.model import find_model
from grader.stages.recipe import default_recipe
from grader.stages.trial import run_trial
from grader.stages.workers import choose_sandbox, opener

HERE = Path(__file__).parent
REFERENCE = HERE.parent / "reference_models" / "s4"
HONEST = HERE / "honest_models"
SEED = 7
NAMES = (
    "DigitNet", "Plain", "Pooled", "Depthwise", "Flat", "Grouped", "FixedFilters", "Seeded", "Squeezed",
    "NeverEvaluates", "DropoutStaysOn",
)  # fmt: skip
FIGURES = (
    "untrained",
    "same start",
    "scrambled above chance",
    "perturbed drop",
    "moved",
    "changed",
    "largest",
)


class Meter:
    """CPU seconds of each worker between being ready and being stopped, in the order of their starts."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def watch(self, worker: Worker) -> Worker:
        ready, stop = worker.cpu_seconds(), worker.stop
        self.seconds.append(0.0)
        place = len(self.seconds) - 1

        def stopped() -> None:
            self.seconds[place] = max(self.seconds[place], worker.cpu_seconds() - ready)
            stop()

        worker.stop = stopped  # type: ignore[method-assign]
        return worker


def main() -> None:
    names = sys.argv[1:] or NAMES
    data = load("mnist", data_dir=None)
    print(
        f"Date: {datetime.now(UTC):%Y-%m-%d}. Command: `python benchmarks/probes.py`. One epoch of {data.facts.name},"
    )
    print(
        "one thread, one seed each. Shares in percent; cost: CPU seconds of the probes / of training and scoring.\n"
    )
    print(f"| model | accuracy | {' | '.join(FIGURES)} | writes | outside bytes | raised | cost |")
    print(f"| --- |{' ---: |' * (len(FIGURES) + 3)} --- | ---: |", flush=True)
    for name in names:
        print(row(name, data), flush=True)


def row(name: str, data: DataSet) -> str:
    meter, figures = Meter(), dict[str, float]()
    trial, probes = trained(name, data, meter, figures)
    if isinstance(trial.accuracy, Absent):
        return f"| {name} | {trial.accuracy.reason} |"
    training, scoring, *probing = meter.seconds[1:]
    shown = " | ".join(f"{100 * figures[key]:.2g}" if key in figures else "-" for key in FIGURES)
    raised = ", ".join(f"{probe.name} ({probe.weight})" for probe in probes if probe.weight != "clean") or "-"
    counted = f"{figures['writes']:.1f} | {figures['outside bytes']:.0f}"
    probed, without = sum(probing), training + scoring
    cost = f"{probed:.1f} / {without:.1f} s = {probed / without:.0%}"
    return f"| {name} | {100 * trial.accuracy.value:.2f} | {shown} | {counted} | {raised} | {cost} |"


def trained(
    name: str, data: DataSet, meter: Meter, figures: dict[str, float]
) -> tuple[Trial, tuple[Probe, ...]]:
    spec = load_spec("s4").spec
    sandbox, _ = choose_sandbox(plain_allowed=False)
    with fetch(str(REFERENCE if name == "DigitNet" else HONEST)) as fetched:
        start = opener(sandbox, fetched.root, 1)
        reading = read_submission(fetched.root, fetched.submission)

        def open_worker() -> Worker:
            return meter.watch(start())

        model = find_model(open_worker, reading, data.input_shape, data.classes, f"model.py:{name}").model
        assert not isinstance(model, Absent), model.reason
        assert spec.training is not None
        job = Job(
            open_worker,
            model,
            default_recipe(spec, data, model.head),
            data,
            spec.training.time_limit,
            1,
            secrets.randbits(62),
            scan=scan(fetched.root, fetched.submission),
            on_figures=figures.update,
        )
        return run_trial(job, SEED)


if __name__ == "__main__":
    main()
