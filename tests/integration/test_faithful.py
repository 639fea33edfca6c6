"""The student's own loop in the real sandbox, on real images, counted, stopped and cut short."""

from __future__ import annotations

import functools
import importlib.util
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import psutil
import pytest

from grader.data.interface import DataSet, load
from grader.data.standin import generate
from grader.fetch.interface import fetch
from grader.isolation import conversation, faithful
from grader.isolation.choose import full_sandbox
from grader.isolation.faithful import Budget, FaithfulRun, Wanted
from grader.isolation.interface import MIB, Limits
from grader.isolation.supervisor import Patience, Worker
from grader.isolation.workplace import workplace
from grader.reading.read import read_submission
from grader.records import Absent, RecoveredTraining
from grader.stages.capture import capture
from grader.stages.faithful import Unit, run_faithful
from grader.stages.job import Job
from grader.stages.model import find_model
from grader.stages.workers import opener

pytestmark = pytest.mark.sandbox

IMAGES = 2_000
PARAMETERS = 8 * 25 + 8 + 16 + 10 * (8 * 144 + 1)
PATIENCE = Patience(280, cpu_seconds=60, stall_seconds=20)


def _fixture(name: str) -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


loops = _fixture("loops")
recipes = _fixture("recipes")


@functools.cache
def digits() -> DataSet:
    return generate(0, train=IMAGES, test=500)


def run_loop(
    folder: Path,
    *,
    epochs: int = 3,
    seed: int = 5,
    batch_size: int = 64,
    data: DataSet | None = None,
    limits: Limits = Limits(threads=1),  # noqa: B008 - it is frozen
    patience: Patience = PATIENCE,
    meanwhile=None,
    model: str = "Net",
) -> FaithfulRun:
    data = data or digits()
    sandbox, _ = full_sandbox()
    wanted = Wanted(
        "train.py", (), (), loops.place_of(folder), model, PARAMETERS, batch_size, ordinal=0, rate=0.01
    )
    budget = Budget("MNIST", 10, len(data.train_images), epochs, seed, threads=1)
    with fetch(str(folder)) as fetched, Worker(sandbox, workplace(fetched.root), limits) as worker:
        worker.wait_until_ready()
        assert conversation.hand_over(worker, data.train_images, data.train_labels.astype(np.int64)) is None
        listener = meanwhile(worker) if meanwhile else None
        return faithful.train(worker, wanted, budget, patience=patience, on_progress=listener)


def epochs_of(run: FaithfulRun) -> list[tuple[int, int]]:
    return [(one.epoch, one.samples) for one in run.states]


# --- what is counted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loop", "ending", "steps", "states"),
    [
        pytest.param("loader twice", "budget", 96, [(1, 2000), (2, 4000), (3, 6000)], marks=pytest.mark.slow),
        ("breaks early", "finished", 30, [(1, 1920)]),
        pytest.param("early stopping", "finished", 32, [(1, 2000)], marks=pytest.mark.slow),
        ("evaluates on train", "budget", 96, [(1, 2000), (2, 4000), (3, 6000)]),
        pytest.param("drops the last", "finished", 62, [(1, 2048), (2, 3968)], marks=pytest.mark.slow),
        pytest.param("range of the loader", "finished", 64, [(1, 2000), (2, 4000)], marks=pytest.mark.slow),
        ("adds up gradients", "finished", 8, [(1, 2000), (2, 4000)]),
        pytest.param(
            "catches everything", "budget", 96, [(1, 2000), (2, 4000), (3, 6000)], marks=pytest.mark.slow
        ),
        pytest.param("fails half-way", "finished", 64, [(1, 2000), (2, 4000)], marks=pytest.mark.slow),
        ("another module", "budget", 96, [(1, 2000), (2, 4000), (3, 6000)]),
    ],
)
def test_epochs_are_counted_in_samples_that_were_trained_on(tmp_path, loop, ending, steps, states):
    run = run_loop(loops.lay_out(loop, tmp_path / "work"))
    assert (run.ending, run.steps, epochs_of(run)) == (ending, steps, states), run.notes
    assert run.samples == states[-1][1]
    assert run.trained
    sizes = {len(one.state.blob) for one in run.states if one.state is not None}
    assert sizes == {4 * (PARAMETERS + 16) + 8}  # two statistics of eight channels, and a count


@pytest.mark.slow
@pytest.mark.parametrize(("loop", "most"), [("keeps the batches", 6_100), ("own tensors", 6_000)])
def test_images_that_no_loader_brings_are_counted_too(tmp_path, loop, most):
    run = run_loop(loops.lay_out(loop, tmp_path / "work"), batch_size=0)
    assert run.ending == "budget"
    assert 6_000 <= run.samples <= most


def test_the_code_gets_no_test_images(tmp_path):
    run = run_loop(loops.lay_out("shows its test set", tmp_path / "work"), epochs=1)
    assert run.output_tail.split() == ["333", "True"]
    assert any("the last 333 training images" in note for note in run.notes)


# --- what is trained ------------------------------------------------------------------------------------------


def write_raw(folder: Path, data: DataSet) -> None:
    """MNIST's own files: the training images, and the last sixth of them as the test split."""
    folder.mkdir(parents=True)
    held = round(len(data.train_images) / 6)
    for part, rows in (("train", slice(None)), ("t10k", slice(-held, None))):
        images, labels = data.train_images[rows], data.train_labels[rows].astype(np.uint8)
        head = struct.pack(">iiii", 2051, *images.shape)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(head + np.ascontiguousarray(images).tobytes())
        head = struct.pack(">ii", 2049, len(labels))
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())


def trained_alone(folder: Path, data: DataSet) -> bytes:
    """The same script by itself, with one thread and no loader processes: the bytes of what it saves."""
    script = (folder / "train.py").read_text().replace("num_workers=2, pin_memory=True", "num_workers=0")
    alone = folder.parent / "alone"
    alone.mkdir()
    (alone / "train.py").write_text(
        script.replace("import torch\n", "import torch\ntorch.set_num_threads(1)\n", 1)
    )
    write_raw(alone / "data" / "MNIST" / "raw", data)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "train.py"], cwd=alone, check=True, capture_output=True, env=environment)
    import torch

    saved = torch.load(alone / "net.pt")
    names = sorted(saved, key=lambda name: "running" in name or "batches" in name)  # parameters go first
    return b"".join(saved[name].contiguous().numpy().tobytes() for name in names)


def test_the_trained_state_is_bit_for_bit_that_of_the_script_alone(tmp_path):
    folder = loops.lay_out("plain", tmp_path / "work")
    run = run_loop(folder, seed=7)
    assert (run.ending, run.samples) == ("finished", 2 * IMAGES)
    state = run.states[-1].state
    assert state is not None
    assert state.blob.tobytes() == trained_alone(folder, digits())


@pytest.mark.slow
def test_another_seed_is_another_training_though_the_code_sets_its_own(tmp_path):
    folder = loops.lay_out("plain", tmp_path / "work")
    first, second, again = (run_loop(folder, seed=seed, epochs=1).states[-1].state for seed in (1, 2, 1))
    assert first is not None
    assert second is not None
    assert again is not None
    assert first.digest == again.digest != second.digest


@pytest.mark.mnist
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_mnist_is_learned_as_by_the_script_alone(tmp_path):
    data = load("mnist", data_dir=Path(os.environ["GRADER_DATA"]))
    folder = loops.lay_out("plain", tmp_path / "work", epochs="1")
    run = run_loop(folder, seed=7, data=data, epochs=1, patience=Patience(1500, cpu_seconds=300))
    assert (run.ending, run.samples, run.steps) == ("budget", 60_000, 938)
    assert run.states[-1].state is not None
    here, alone = run.states[-1].state.blob.tobytes(), trained_alone(folder, data)
    assert accuracy(here, data) > 0.97
    assert accuracy(here, data) == accuracy(alone, data)
    assert here == alone


def accuracy(blob: bytes, data: DataSet) -> float:
    """Of the test images, by a network like the one in `tests/fixtures/loops.py`, from its state's bytes."""
    import torch
    from torch.nn import functional

    sizes = {
        "conv": (8, 1, 5, 5),
        "bias": (8,),
        "weight": (8,),
        "shift": (8,),
        "fc": (10, 1152),
        "fcb": (10,),
    }
    values, start = {}, 0
    for name, shape in {**sizes, "mean": (8,), "var": (8,)}.items():
        count = int(np.prod(shape))
        values[name] = torch.from_numpy(np.frombuffer(blob, np.float32, count, start).copy()).reshape(shape)
        start += 4 * count
    images = torch.from_numpy(data.test_images.copy()).unsqueeze(1).float().div(255).sub(0.1307).div(0.3081)
    maps = functional.conv2d(images, values["conv"], values["bias"], stride=2)
    maps = functional.batch_norm(maps, values["mean"], values["var"], values["weight"], values["shift"])
    scores = functional.linear(functional.relu(maps).flatten(1), values["fc"], values["fcb"])
    return float((scores.argmax(1).numpy() == data.test_labels).mean())


# --- endings --------------------------------------------------------------------------------------------------


def test_a_loss_that_becomes_nan_is_named_and_the_curve_stays(tmp_path):
    run = run_loop(loops.lay_out("diverges", tmp_path / "work"))
    assert (run.ending, run.trained) == ("diverged", False)
    assert [(one.epoch, one.samples) for one in run.states] == [(1, 2000)]
    assert [point.samples for point in run.curve] == [1280, 2000]
    assert "NaN" in run.sentence


def test_another_data_set_is_not_taken_for_the_tasks(tmp_path):
    run = run_loop(loops.lay_out("another set", tmp_path / "work"))
    assert (run.ending, run.states) == ("uncovered", ())
    assert "FashionMNIST" in run.sentence


def test_a_training_that_does_not_run_again_is_named(tmp_path):
    run = run_loop(loops.lay_out("breaks early", tmp_path / "work"), model="OtherNet")
    assert (run.ending, run.steps, run.states) == ("nothing", 0, ())


@pytest.mark.parametrize(
    ("trouble", "ending"),
    [
        ("if epoch == 2: os.kill(os.getpid(), 9)", "killed"),
        ("if epoch == 2: os.abort()", "signal"),
        ("if epoch == 2: kept = [bytearray(b'x' * 200_000_000) for _ in range(100)]", "memory"),
        pytest.param("if epoch == 2: threading.Event().wait()", "stalled", marks=pytest.mark.slow),
    ],
    ids=["killed", "signal", "memory", "stalled"],
)
def test_what_ends_the_worker_is_named_and_what_was_trained_stays(tmp_path, trouble, ending):
    folder = loops.lay_out("trains in vain", tmp_path / "work", trouble=trouble)
    patience = Patience(280, cpu_seconds=60, stall_seconds=8)
    limits = Limits(threads=1, memory_bytes=2000 * MIB)
    run = run_loop(folder, epochs=20, limits=limits, patience=patience)
    # Where another process of this machine ran out of memory meanwhile, it cannot be told why one was killed.
    endings = {ending, "machine"} if ending == "killed" else {ending}
    assert run.ending in endings, run.sentence
    assert not run.trained
    assert epochs_of(run) == [(1, 2000), (2, 4000), (3, 6000)]
    assert run.curve[-1].samples == 6000
    assert run.cpu_seconds > 0


@pytest.mark.slow
def test_time_is_over_in_the_midst_of_an_epoch(tmp_path):
    folder = loops.lay_out("trains in vain", tmp_path / "work", trouble="while epoch == 1: pass")
    patience = Patience(280, cpu_seconds=15, overrun="slow")
    run = run_loop(folder, epochs=20, patience=patience)
    assert run.ending == "slow"
    assert epochs_of(run) == [(1, 2000), (2, 4000)]


@pytest.mark.slow
def test_a_worker_that_is_stopped_from_outside_stands_still(tmp_path):
    folder = loops.lay_out("trains in vain", tmp_path / "work", trouble="pass")

    def stop_after_an_epoch(worker: Worker):
        def listen(samples: int, loss: float) -> None:
            if samples >= 2000 and not stopped:
                stopped.append(samples)
                for process in psutil.Process(worker._process.pid).children(recursive=True):
                    process.send_signal(signal.SIGSTOP)

        stopped: list[int] = []
        return listen

    patience = Patience(280, cpu_seconds=60, stall_seconds=6)
    run = run_loop(folder, epochs=20, patience=patience, meanwhile=stop_after_an_epoch)
    assert run.ending == "stalled"
    assert epochs_of(run)[0] == (1, 2000)


# --- from a capture to a training -----------------------------------------------------------------------------


def seen_and_run(shape: str, folder: Path, epochs: int) -> tuple[RecoveredTraining, FaithfulRun]:
    sandbox, _ = full_sandbox()
    with fetch(str(recipes.lay_out(shape, folder / shape))) as fetched:
        open_worker = opener(sandbox, fetched.root, 1)
        reading = read_submission(fetched.root, fetched.submission)
        found = find_model(open_worker, reading, (1, 28, 28), 10)
        assert not isinstance(found.model, Absent), found.model
        training = capture(open_worker, fetched.root, fetched.submission, reading, found.model)
        assert isinstance(training, RecoveredTraining), training
        job = Job(open_worker, found.model, None, digits(), 60.0, 1, secret=1)
        unit = Unit(training.sessions[training.chosen].unit)
        return training, run_faithful(job, training, unit, seed=3, epochs=epochs)


def test_a_home_made_finder_takes_nothing_of_the_budget(tmp_path):
    training, run = seen_and_run("home_made_finder", tmp_path, epochs=2)
    assert len(training.sessions) == 2
    assert (run.ending, run.elsewhere, epochs_of(run)) == ("budget", 0, [(1, 2000), (2, 4000)])


@pytest.mark.slow
def test_of_several_trainings_on_one_optimizer_the_chosen_one_gets_the_budget(tmp_path):
    training, run = seen_and_run("model_notebook", tmp_path, epochs=2)
    assert [one.epochs for one in training.sessions] == [3, 10, 4]
    assert run.ending == "budget"
    assert run.elsewhere == 3 * 3 * 32  # three passes of three batches before it
    free = 0.05 * IMAGES  # of these; the others come out of the budget
    assert 2 * IMAGES <= run.samples + run.elsewhere - free < 2 * IMAGES + 64


@pytest.mark.slow
def test_images_of_the_hub(tmp_path):
    _, run = seen_and_run("hub_data", tmp_path, epochs=1)
    assert (run.ending, run.samples) == ("budget", 2000), (run.sentence, run.notes)


def test_what_was_only_read_is_not_run(tmp_path):
    training, _ = seen_and_run("home_made_finder", tmp_path, epochs=1)
    from dataclasses import replace

    read = replace(training, sessions=tuple(replace(one, way="read") for one in training.sessions))
    job = Job(None, None, None, digits(), 60.0, 1, secret=1)
    run = run_faithful(job, read, Unit("net.ipynb"), seed=3, epochs=1)
    assert run.ending == "uncovered"
    assert "never seen to run" in run.sentence
