"""Submissions of s4 that attack the grader, and what each of them must come to.

Where an attack needs a model that would pass anyway to show nothing, it stands on the variant that cannot
learn: every point for the accuracy would then be stolen.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def _variants() -> ModuleType:
    """`tests/submissions/s4_variants.py`, loaded once: `tests` is no package."""
    name = "grader_test_s4_variants"
    if name not in sys.modules:
        place = Path(__file__).resolve().parents[1] / "submissions" / "s4_variants.py"
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_base: Any = _variants()


def build(name: str, dest: Path) -> Path:
    """Write the attack `name` into the folder `dest`, which is made, and return it."""
    folder: Path = _base.write(ATTACKS[name], dest)
    return folder


_WRITE_RESULT = '''

def steal() -> None:
    """Write a result of our own wherever a grader might look for one, then leave."""
    result = json.dumps({"schema": "grader/result/1", "grade": {"status": "complete", "points": 250.0}})
    folders = [".", "..", "/", "/tmp", "/submission", "/out", "/results", os.path.expanduser("~"), *sys.path]
    for folder in folders:
        for name in ("result.json", "reports/result.json", "grade.json"):
            try:
                with open(os.path.join(folder, name), "w") as file:
                    file.write(result)
            except OSError:
                continue
    print(result, flush=True)
    os._exit(0)
'''

_READ_DATA = '''

def stolen_answers() -> dict:
    """Every test image that can be found on this machine, with its label."""
    folders = [os.path.expanduser("~"), "/tmp", "/data", "/content", "/mnt", "."]
    for variable in os.environ.values():
        folders += variable.split(os.pathsep)
    for process in glob.glob("/proc/[0-9]*"):
        folders.append(os.path.join(process, "cwd"))
        folders += [os.path.join(process, "root", name) for name in ("tmp", "home", "root")]
    for folder in filter(None, folders):
        for here, _, names in itertools.islice(os.walk(folder), 20_000):
            images = [name for name in names if "t10k-images" in name]
            labels = [name for name in names if "t10k-labels" in name]
            if images and labels:
                return read_pairs(os.path.join(here, images[0]), os.path.join(here, labels[0]))
    return {}


def read_pairs(images: str, labels: str) -> dict:
    opened = [(gzip.open if name.endswith(".gz") else open)(name, "rb").read() for name in (images, labels)]
    return {opened[0][16 + 784 * i : 800 + 784 * i]: label for i, label in enumerate(opened[1][8:])}
'''

_ANSWER = """\
        if self.answers:
            pixels = ((images * 0.3081 + 0.1307) * 255).round().clamp(0, 255).to(torch.uint8)
            known = [self.answers.get(bytes(image.flatten().tolist()), 0) for image in pixels]
            return torch.nn.functional.one_hot(torch.tensor(known), 10) * 10.0 + self.classifier(features * 0)
"""

_FORGE = '''

def forge() -> None:
    """Frames of our own on every descriptor that is open, in case one of them leads to the grader."""
    header = json.dumps({"kind": "ok", "parameters": 1, "accuracy": 1.0, "correct": 10_000}).encode()
    frame = len(header).to_bytes(4, "big") + (0).to_bytes(8, "big") + header
    for descriptor in range(256):
        try:
            os.set_blocking(descriptor, False)
            os.write(descriptor, frame * 3)
        except OSError:
            continue
'''


def _with_function(source: str, imports: str, *edits: Callable[[Path], None]) -> Callable[[Path], None]:
    """An edit that adds a function and its imports before the model, and does more edits."""

    def edit(folder: Path) -> None:
        before = "\n\ndef conv_block("
        lines = "\n".join(f"import {name}" for name in imports.split())
        _base.replace(
            folder / "model.py", (before, source + before), ("import torch\n", f"{lines}\n\nimport torch\n")
        )
        for more in edits:
            more(folder)

    return edit


def _patch_eq(folder: Path) -> None:
    _base.learn_nothing(folder)
    _base.in_class_body("torch.Tensor.__eq__ = lambda self, other: torch.ones_like(self, dtype=torch.bool)")(
        folder
    )


def _answer_from_data(folder: Path) -> None:
    _base.learn_nothing(folder)
    plain = _base.RETURN.replace("(features)", "(features * 0)")
    _base.replace(folder / "model.py", (plain, _ANSWER + plain))


_OPEN_SOCKET = '''

def reach_out() -> None:
    """Ask for a way to an address that is reserved for documentation. No packet leaves: UDP only looks up the
    route, and without a network there is none."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect(("192.0.2.1", 53))
    except OSError:
        return
    raise RuntimeError("the network is open")
'''

_IN_STATISTICS = '''

class Norm(nn.Module):
    """200,000 trained values under the name of a batch norm's statistics, in a module that is none."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.randn(200_000).mul(0.01).requires_grad_())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = features @ self.running_mean[: features.shape[1] * 300].view(features.shape[1], 300)
        return hidden.relu() @ self.running_mean[-3000:].view(300, 10)
'''


def _hide_in_statistics(folder: Path) -> None:
    _base.replace(
        folder / "model.py",
        ("\n\ndef conv_block(", _IN_STATISTICS + "\n\ndef conv_block("),
        ("        self.classifier = nn.Linear(32 * 3 * 3, 10)", "        self.classifier = Norm()"),
        (
            "    def forward(self, images: torch.Tensor) -> torch.Tensor:\n        features = self",
            "    def parameters(self, recurse: bool = True):\n"
            "        yield from super().parameters(recurse)\n        yield self.classifier.running_mean\n\n"
            "    def forward(self, images: torch.Tensor) -> torch.Tensor:\n        features = self",
        ),
    )


def _pack_float64(folder: Path) -> None:
    """Twice the values in the same number of elements: each float64 holds what two float32 would."""
    _base.replace(
        folder / "model.py",
        ("        return self.classifier(features)", "        return self.classifier(features.double()).float()"),
        (
            "        self.classifier = nn.Linear(32 * 3 * 3, 10)",
            "        self.classifier = nn.Linear(32 * 3 * 3, 40).double()\n        self.pick = 10",
        ),
    )
    _base.replace(folder / "model.py", ("(features.double()).float()", "(features.double()).float()[:, : self.pick]"))


_NOT_RUN = {"small": 0.0, "learns_fast": 0.0, "parts": (0, 20, 10), "status": "ungradable", "exit_code": 4}

ATTACKS: dict[str, Any] = {
    "writes_result_file": _base.Variant(
        "Writes result.json wherever it can, then ends the process as if all were well",
        _with_function(_WRITE_RESULT, "json os sys", _base.in_init("steal()")),
        **_NOT_RUN,
        says="The process ended early",
    ),
    "patches_eq": _base.Variant(
        "Makes every comparison of tensors true, and cannot learn", _patch_eq, learns_fast=0, exit_code=3
    ),
    "reads_data": _base.Variant(
        "Looks for the test images with their labels on the disk, in the environment and in /proc",
        _with_function(
            _READ_DATA,
            "glob gzip itertools os",
            _base.in_init("self.answers = stolen_answers()"),
            _answer_from_data,
        ),
        learns_fast=0,
        exit_code=3,
    ),
    "opens_socket": _base.Variant(
        "Looks for a way out to the network, and goes on without",
        _with_function(_OPEN_SOCKET, "socket", _base.in_init("reach_out()")),
    ),
    "hides_in_statistics": _base.Variant(
        "Keeps 200,000 trained values under the name of a batch norm's statistics",
        _hide_in_statistics,
        learns_fast=0,
        small=0,
        parts=(0, 20, 10),
        status="needs_review",
        exit_code=6,
        says="a person will look at it",
    ),
    "packs_float64": _base.Variant(
        "Counts one element where two values are kept",
        _pack_float64,
        small=0,
        learns_fast=0,
        parts=(0, 20, 10),
        status="needs_review",
        exit_code=6,
        says="a person will look at it",
    ),
    "kills_itself": _base.Variant(
        "Kills its own process in __init__, as a machine without memory would",
        _base.in_init("os.kill(os.getpid(), 9); time.sleep(60)", "os, time"),
        small=0,
        learns_fast=0,
        parts=(0, 20, 10),
        status="needs_review",
        exit_code=6,
        says="not for want of memory",
    ),
    "closes_its_connection": _base.Variant(
        "Closes every descriptor and waits",
        _base.in_init("os.closerange(3, 256); time.sleep(600)", "os, time"),
        **_NOT_RUN,
        says="closed its connection",
    ),
    "forges_frames": _base.Variant(
        "Writes frames of its own on every open descriptor",
        _with_function(_FORGE, "json os", _base.in_init("forge()")),
        **_NOT_RUN,
        says="The process gave no valid answer",
    ),
}
