"""The stand-in for torch._dynamo: the same results to the last bit, and the real package as soon as it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grader.worker import trim

ROOT = Path(__file__).parents[3]

WORK = """
import copy, hashlib, io, json, sys, warnings
import torch, torchvision
from torch.utils.checkpoint import checkpoint

def dynamo():
    return hasattr(sys.modules.get("torch._dynamo"), "__file__")

found, after_import = {}, dynamo()
def digest(values):
    whole = hashlib.sha256()
    for value in values:
        whole.update(value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return whole.hexdigest()

def net():
    torch.manual_seed(3)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Dropout(0.1),
        torch.nn.Flatten(), torch.nn.Linear(4 * 36, 5))

def trained(make_optimizer, make_schedule, forward=None):
    model = net()
    optimizer = make_optimizer(model.parameters())
    schedule = make_schedule(optimizer)
    for step in range(6):
        images, labels = torch.randn(8, 1, 8, 8), torch.randint(5, (8,))
        optimizer.zero_grad()
        output = (forward or torch.nn.Module.__call__)(model, images)
        torch.nn.functional.cross_entropy(output, labels).backward()
        optimizer.step()
        schedule.step()
    return digest([*model.state_dict().values(), torch.tensor(schedule.get_last_lr(), dtype=torch.float64)])

S = torch.optim.lr_scheduler
found["sgd one-cycle"] = trained(lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
                                 lambda o: S.OneCycleLR(o, 0.1, total_steps=8))
found["adamw cosine"] = trained(lambda p: torch.optim.AdamW(p, 1e-3), lambda o: S.CosineAnnealingLR(o, 6))
found["adam fused"] = trained(lambda p: torch.optim.Adam(p, 1e-3, fused=True), lambda o: S.StepLR(o, 2))
found["rmsprop foreach"] = trained(lambda p: torch.optim.RMSprop(p, 1e-3, foreach=True), lambda o: S.ExponentialLR(o, 0.9))
model = net(); twin = copy.deepcopy(model)
found["deepcopy"] = digest(twin.state_dict().values())
stream = io.BytesIO(); torch.save(model.state_dict(), stream); stream.seek(0)
found["save and load"] = digest(torch.load(stream).values())
optimizer = torch.optim.SGD(model.parameters(), 0.1)
found["optimizer state"] = str(copy.deepcopy(optimizer.state_dict()))
found["script"] = digest([torch.jit.script(torch.nn.Linear(4, 4).eval())(torch.ones(2, 4))])
found["meta"] = str(torch.nn.Conv2d(3, 8, 3, device="meta")(torch.empty(1, 3, 9, 9, device="meta")).shape)
boxes = torch.tensor([[0.0, 1.0, 1.0, 7.0, 7.0]])
without_dynamo = not dynamo()
found["roi align"] = digest([torchvision.ops.roi_align(torch.arange(64.0).reshape(1, 1, 8, 8), boxes, 3)])
found["checkpoint, reentrant"] = trained(lambda p: torch.optim.SGD(p, 0.1), lambda o: S.StepLR(o, 2),
    lambda m, x: checkpoint(m, x.requires_grad_(), use_reentrant=True))
found["checkpoint"] = trained(lambda p: torch.optim.SGD(p, 0.1), lambda o: S.StepLR(o, 2),
    lambda m, x: checkpoint(m, x, use_reentrant=False))
compiled = []
def forward(model, images):
    if not compiled:
        compiled.append(torch.compile(model, backend="eager"))
    return compiled[0](images)
found["compile"] = trained(lambda p: torch.optim.AdamW(p, 1e-3), lambda o: S.StepLR(o, 2), forward)
def step_of(optimizer):
    torch.compile(optimizer.step, backend="eager")()
model = net(); model(torch.ones(2, 1, 8, 8)).sum().backward()
optimizer = torch.optim.SGD(model.parameters(), 0.1); step_of(optimizer)
found["compiled step"] = digest(model.state_dict().values())
import torch._dynamo
found["real in the end"] = [dynamo(), torch._dynamo is sys.modules["torch._dynamo"], torch._dynamo.utils.__name__]
print(json.dumps([after_import, without_dynamo, found, len(sys.modules)]))
"""


def run(trimmed: bool, code: str) -> str:
    """What a fresh process prints that runs this code, with or without the stand-in."""
    first = "from grader.worker import trim; assert trim.install()\n" if trimmed else ""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", first + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


known_release = pytest.mark.skipif(
    not trim.RELEASES[0] <= trim.torch_release() < trim.RELEASES[1],
    reason="no trim for this release of torch",
)


@known_release
def test_every_result_is_the_same_to_the_last_bit():
    late, without, trimmed, _ = json.loads(run(True, WORK))
    early, _, plain, _ = json.loads(run(False, WORK))
    assert (early, late) == (True, False), "only the untrimmed process imports it together with torchvision"
    assert without, "optimizers, schedulers, copies and files must not bring it in"
    assert trimmed == plain
    assert trimmed["real in the end"] == [True, True, "torch._dynamo.utils"]


ASKED = {
    "a submodule": "import torch._dynamo.config as c; c.suppress_errors = True",
    "a deep submodule": "import torch._dynamo.variables.builder as c",
    "names of the package": "from torch._dynamo import optimize as c, config, reset",
    "an attribute": "import torch._dynamo; c = torch._dynamo.config",
    "a helper": "from torch._dynamo.utils import counters as c",
    "its marker": "@torch.compiler.disable\ndef f(): pass\nassert f._torchdynamo_disable; c = 1",
    "a marker of its own": "from torch._dynamo import disable\nf = disable(lambda: 1)\nassert f() == 1; c = 1",
    "a module that it does not import": "import torch._dynamo.backends.debugging as c",
}


@known_release
@pytest.mark.parametrize(
    "asked", [one if one == "a helper" else pytest.param(one, marks=pytest.mark.slow) for one in ASKED]
)
def test_whoever_asks_for_more_gets_the_real_package(asked):
    code = f"import torch\ntorch.optim.SGD([torch.zeros(1)], 0.1)\n{ASKED[asked]}\n" + (
        "import sys, importlib\nreal = sys.modules['torch._dynamo']\n"
        "assert real.__file__.endswith('__init__.py') and torch._dynamo is real and c is not None\n"
        "names = [n for n in sys.modules if n.startswith('torch._dynamo.')]\n"
        "wrong = [n for n in names if getattr(sys.modules[n].__spec__.loader, 'install', None) or not sys.modules[n].__file__]\n"
        "assert not wrong and len(names) > 40, wrong\n"
        "assert not [f for f in sys.meta_path if 'StandIn' in type(f).__name__]\n"
        "import torch._dynamo.config as again; assert again is real.config\n"
        "kept = torch.optim.SGD.add_param_group.__wrapped__.__dynamo_disable\n"
        "assert kept is not torch.optim.SGD.add_param_group.__wrapped__\n"
        "print('ok')"
    )
    assert run(True, code) == "ok\n"


@pytest.mark.slow
@known_release
def test_who_kept_the_stand_in_is_led_to_the_real_one():
    code = (
        "import sys, torch\nkept = sys.modules['torch._dynamo']; import torchvision\n"
        "import torch._dynamo.config\nassert kept.config is torch._dynamo.config\n"
        "assert kept.graph_break is torch._dynamo.graph_break and kept.utils is torch._dynamo.utils\n"
        "from torchvision.ops import roi_align; module = sys.modules['torchvision.ops.roi_align']\n"
        "assert module.is_compile_supported is torch._dynamo.utils.is_compile_supported\nprint('ok')"
    )
    assert run(True, code) == "ok\n"


@pytest.mark.parametrize("releases", [((99, 0), (99, 1)), ((2, 0), (2, 1)), ((0, 0), (0, 0))])
def test_an_unknown_release_is_left_as_it_is(releases):
    code = (
        "import sys; from grader.worker import trim; before = list(sys.meta_path)\n"
        f"assert not trim.install({releases!r})\n"
        "assert not [n for n in sys.modules if n.startswith('torch')] and sys.meta_path == before\nprint('ok')"
    )
    assert run(False, code) == "ok\n"


def test_after_torch_it_is_too_late():
    code = "import torch\nfrom grader.worker import trim\nassert not trim.install()\nprint('ok')"
    assert run(False, code) == "ok\n"


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("__version__ = '2.15.0+cu132'\n", (2, 15)),
        ("__version__ = '3.1.0a0'\n", (3, 1)),
        ("", (0, 0)),
        (None, (0, 0)),
    ],
    ids=["release", "nightly", "empty", "absent"],
)
def test_the_release_is_read_without_an_import(tmp_path, monkeypatch, text, release):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError")
    if text is not None:
        (tmp_path / "torch" / "version.py").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    assert trim.torch_release() == release
