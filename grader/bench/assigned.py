"""The specs of a benchmark, and the machine that each one's trials are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.bench.conditions import conditions
from grader.bench.records import Conditions
from grader.bench.trials import write_text
from grader.bench.wanted import Wanted, work_folder
from grader.course.batch.setup import machine_request
from grader.course.stored.folder import folder_name
from grader.errors import UsageError
from grader.evaluation.consistency import Line
from grader.stages.study import lines_of

if TYPE_CHECKING:
    from grader.data.interface import DataSet
    from grader.isolation.interface import Sandbox
    from grader.spec.load import Loaded


@dataclass(frozen=True)
class Assigned:
    """A spec with what its trials hang on."""

    loaded: Loaded
    file: Path  # a copy of the spec, beside the benchmark
    seeds: int
    lines: tuple[Line, ...]
    data_digest: str
    on_gpu: bool
    conditions: Conditions
    step: tuple[str, float]  # task, and seconds of its reference step here; 0 where it could not be timed


def assigned(wanted: Wanted) -> tuple[Assigned, ...]:
    """Each spec, after a look at this machine: what is missing here is said before anything is trained.

    Raises:
        SpecError, UsageError: a spec cannot be used, or trains nothing.
        GraderFault: no sandbox, no data, no such device.
    """
    found = tuple(_assigned(wanted, name, seeds) for name, seeds in wanted.specs)
    ids = [one.loaded.spec.id for one in found]
    if len(set(ids)) < len(ids):
        raise UsageError("A spec was given twice.", "Give each once: s4:5 takes five seeds.")
    return found


def _assigned(wanted: Wanted, name: str, seeds: int) -> Assigned:
    from grader.pipeline import prepare_machine
    from grader.spec.load import load_spec, spec_file

    loaded = load_spec(name)
    if not loaded.spec.trains:
        raise UsageError(
            f"No check of {loaded.spec.id} needs a training: there is nothing to measure over seeds.",
            "Leave it out.",
        )
    machine = prepare_machine(machine_request(loaded, wanted))
    assert machine.data is not None  # who trains names a task
    file = work_folder(wanted) / f"{folder_name(loaded.spec.id)}.yaml"
    write_text(file, spec_file(name).read_text("utf-8"))
    device, data = machine.device, machine.data
    return Assigned(
        loaded=loaded,
        file=file,
        seeds=seeds,
        lines=lines_of(loaded.spec.rules),
        data_digest=data.facts.digest,
        on_gpu=device.card is not None,
        conditions=conditions(
            device.text,
            threads=wanted.threads,
            slots=wanted.slots,
            lane=wanted.lane,
            isolation=wanted.level,
        ),
        step=(str(loaded.spec.task), _warm_up(machine.sandbox, data)),
    )


def _warm_up(sandbox: Sandbox, data: DataSet) -> float:
    """Take the reference step on random images with random labels: nothing is learned from it. It loads what every
    worker loads, and tells how fast this machine is: seconds of a step, 0 where it could not be timed."""
    from grader.isolation import conversation
    from grader.isolation.supervisor import Ending
    from grader.scratch import private_folder
    from grader.stages.workers import opener

    with private_folder() as empty:
        worker = opener(sandbox, empty, 1)()
        try:
            found = conversation.reference_step(worker, data.input_shape, data.classes)
        finally:
            worker.stop()
    return 0.0 if isinstance(found, Ending) else round(found, 6)
