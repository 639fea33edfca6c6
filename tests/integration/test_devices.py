"""A run that wants a GPU on a machine without one, and workers that see one device node more.

The node stands for a card's: any that everybody may open. No GPU is needed here; docs/gpu.md says what of this path
has run on one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.errors import GraderFault, UsageError
from grader.isolation import cards as cards_of
from grader.isolation import choose
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.cards import Card
from grader.isolation.interface import Limits
from grader.isolation.landlock import Landlock
from grader.isolation.supervisor import Ending, Patience, Worker
from grader.isolation.workplace import workplace
from grader.stages.devices import Device, limits, settle
from grader.stages.workers import choose_sandbox

ROOT = Path(__file__).parents[2]
NODE = Path("/dev/fuse")
UUID = "GPU-5f6a2c1e-90ab-4c2d-8e3f-0123456789ab"
CARD = Card(0, "A card", UUID, "0000:17:00.0", 2**34, (str(NODE),), ("/sys/bus/pci",))
MIB = 1024 * 1024
needs_node = pytest.mark.skipif(not NODE.is_char_device(), reason=f"no {NODE} here")
no_gpu = pytest.mark.skipif(Path("/dev/nvidiactl").exists(), reason="a GPU is here")
SANDBOXES = [
    pytest.param(one, marks=pytest.mark.skipif(bool(one.unavailable()), reason=f"no level {one.level}"), id=one.level)
    for one in (Bubblewrap(), Landlock())
]  # fmt: skip
LOOK = """\
import os
from torch import nn

def tried(path):
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:
        return type(error).__name__
    return "open"

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError(", ".join(tried(path) for path in ("/dev/fuse", "/dev/vda", "/dev/kvm", "/dev/hwrng")))
"""


class CpuCard(Card):
    """Its nodes are bound, and the worker computes on the CPU."""

    @property
    def environment(self) -> dict[str, str]:
        return {}


def seen(sandbox, card: Card | None, tmp_path: Path) -> list[str]:
    """How a submission fares with device nodes: the card's, and others of the host."""
    staged = tmp_path / "staged"
    staged.mkdir(exist_ok=True)
    tmp_path.chmod(0o755)
    (staged / "model.py").write_text(LOOK)
    patience = Patience(120, cpu_seconds=60)
    with Worker(sandbox, workplace(staged, card=card), Limits()) as worker:
        worker.wait_until_ready()
        worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=patience)
        found = worker.request("build", {"seed": 0, "arguments": {}}, patience=patience)
    assert isinstance(found, Ending)
    return found.sentence.removeprefix("ValueError: ").split(", ")


@needs_node
@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_a_worker_sees_the_node_of_its_card_and_no_other(sandbox, tmp_path):
    card = CpuCard(**vars(CARD))
    with_card, without = seen(sandbox, card, tmp_path), seen(sandbox, None, tmp_path)
    assert with_card[0] == "open"
    assert "open" not in (*with_card[1:], *without)


@needs_node
@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_the_walls_hold_with_a_card_inside(sandbox):
    assert choose.broken_promises(sandbox.level, choose.canary(sandbox, CARD)) == []


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A machine whose nvidia-smi lists one card with the test's node."""

    def put(used: int = 4, processes: str = "") -> None:
        program = tmp_path / "nvidia-smi"
        program.write_text(
            '#!/bin/sh\ncase "$1" in\n'
            f"--query-gpu=*) echo '0, {UUID}, 00000000:17:00.0, 16384, {used}, A card';;\n"
            f"*) echo '{processes}';;\nesac\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(cards_of, "_PATH", f"{tmp_path}:/usr/bin:/bin")
        monkeypatch.setattr(cards_of, "_SHARED_NODES", (NODE.name,))

    return put


@no_gpu
@needs_node
def test_a_card_on_which_nothing_can_be_computed_ends_the_run_and_no_student_pays(listed):
    listed()
    sandbox, isolation = choose_sandbox(plain_allowed=False)
    with pytest.raises(
        GraderFault, match=r"cuda:0 cannot be used: The isolated worker did not start"
    ) as fault:
        settle("cuda:0", sandbox, isolation)
    assert "--device cpu" in fault.value.hint
    chosen = settle("auto", sandbox, isolation)
    assert (chosen.card, chosen.sandbox) == (None, sandbox)
    assert chosen.text.startswith("cpu (no GPU is used: The isolated worker did not start")


@needs_node
@pytest.mark.parametrize(
    ("used", "processes", "said"),
    [(4, f"{UUID}, 4711, 3", "in use by another process (pid 4711)"), (9000, "", "9,000 MiB that no process owns")],
    ids=["process", "memory"],
)  # fmt: skip
def test_a_card_that_is_not_free_is_not_used(listed, used, processes, said):
    listed(used, processes)
    sandbox, isolation = choose.plain_process()
    with pytest.raises(GraderFault) as fault:
        settle("cuda", sandbox, isolation)
    assert said in fault.value.message
    assert said in settle("auto", sandbox, isolation).text


def test_a_card_of_another_number_and_another_word_are_refused(listed):
    listed()
    sandbox, isolation = choose.plain_process()
    with pytest.raises(GraderFault, match="has 1 GPU, counted from 0"):
        settle("cuda:3", sandbox, isolation)
    for word in ("gpu", "cuda:", "cuda:x", "CPU", "cuda:0\n", ""):
        with pytest.raises(UsageError, match="expected cpu"):
            settle(word, sandbox, isolation)


def test_memory_that_is_not_given_back_is_noted(listed):
    listed()
    (card,) = cards_of.cards()
    device = Device(choose.plain_process()[0], card.text, card, cards_of.usage(card))
    assert device.left_over(0) == ()
    listed(used=4 + 300)
    (note,) = device.left_over(0)
    assert (note.name, note.weight) == ("GPU memory", "note")
    assert "300 MiB of cuda:0 (A card) are still taken" in note.detail
    listed(processes=f"{UUID}, 4711, 3")
    assert "pid 4711" in device.left_over(0)[0].detail
    assert Device(device.sandbox, "cpu").left_over() == ()


def test_cuda_gets_more_of_the_host_and_the_cpu_what_it_always_had():
    assert limits(2) == Limits(threads=2)
    with_card = limits(2, CARD)
    assert with_card.memory_bytes > Limits().memory_bytes
    assert with_card.data_bytes > 2**40
    assert with_card.threads == 2


@pytest.mark.parametrize("fault", ["OutOfMemoryError", "AcceleratorError"])
def test_an_error_of_the_gpu_is_not_held_against_the_model(fault, tmp_path):
    staged = tmp_path / "staged"
    staged.mkdir()
    tmp_path.chmod(0o755)
    (staged / "model.py").write_text(
        "import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        raise torch.{fault}('CUDA error: unspecified launch failure')\n"
    )
    kinds = []
    for card in (CpuCard(**{**vars(CARD), "nodes": (), "folders": ()}), None):
        with Worker(Bubblewrap(), workplace(staged, card=card), Limits()) as worker:
            worker.wait_until_ready()
            patience = Patience(120, cpu_seconds=60)
            worker.request("load", {"file": "model.py", "cell": 0, "class_name": "Net"}, patience=patience)
            found = worker.request("build", {"seed": 0, "arguments": {}}, patience=patience)
        assert isinstance(found, Ending)
        assert "unspecified launch failure" in found.sentence
        kinds.append(found.kind)
    assert kinds == ["machine", "raised"]


# --- the command --------------------------------------------------------------------------------------------------


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "grader",
        "run",
        "s4",
        "--repo",
        str(ROOT / "reference_models/s4"),
        "--stand-in",
    ]
    return subprocess.run([*command, "--out", str(tmp_path / "out"), *words], capture_output=True, text=True, check=False)  # fmt: skip


@no_gpu
def test_a_gpu_that_was_named_is_never_the_cpu(tmp_path):
    done = run(tmp_path, "--device", "cuda:0", "--json")
    assert done.returncode == 5
    assert "The device cuda:0 cannot be used" in done.stderr
    assert not (tmp_path / "out").exists()


@no_gpu
@pytest.mark.slow
def test_auto_takes_the_cpu_and_says_so(tmp_path):
    done = run(tmp_path, "--device", "auto", "--json")
    record = json.loads(done.stdout)
    assert record["provenance"]["device"].startswith("cpu (no GPU is used: There is no nvidia-smi")
    assert "--device auto" in record["provenance"]["command"]
    (report,) = (tmp_path / "out").rglob("report.html")
    assert "no GPU is used" in report.read_text()


def test_a_word_that_is_no_device_is_a_mistake_of_the_command(tmp_path):
    done = run(tmp_path, "--device", "gpu")
    assert done.returncode == 2
    assert "cuda:N" in done.stderr
