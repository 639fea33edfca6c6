"""Training runs as the source has them, in the shapes in which students write them."""

from __future__ import annotations

import pytest

from grader.reading.discovery import discover
from grader.records import Absent, Loading

HEAD = """import torch, torchvision
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torchvision import datasets, transforms
class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
    def forward(self, x): return x
"""
DATA = """pipeline = transforms.Compose([transforms.RandomRotation((-7., 7.), fill=(1,)), transforms.ToTensor(),
                               transforms.Normalize((0.1307,), (0.3081,))])
plain = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
train_data = datasets.MNIST('../data', train=True, download=True, transform=pipeline)
test_data = datasets.MNIST('../data', train=False, transform=plain)
train_loader = torch.utils.data.DataLoader(train_data, batch_size=128, shuffle=True, num_workers=2)
test_loader = torch.utils.data.DataLoader(test_data, batch_size=1000)
"""
LOOPS = """from tqdm import tqdm
def train(model, device, train_loader, optimizer, epoch):
    model.train()
    pbar = tqdm(train_loader)
    for batch_idx, (data, target) in enumerate(pbar):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
def test(model, device, test_loader):
    model.eval()
    with torch.no_grad():
        for data, target in test_loader:
            output = model(data.to(device))
            F.nll_loss(output, target, reduction='sum').item()
"""
RUN = """device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.1)
EPOCHS = 15
for epoch in range(1, EPOCHS + 1):
    train(model, device, train_loader, optimizer, epoch)
    test(model, device, test_loader)
    scheduler.step()
"""


def sessions(stage, files):
    return discover(*stage(files)).sessions


def only(stage, files):
    found = sessions(stage, files)
    assert len(found) == 1, [session.place for session in found]
    return found[0]


def script(*parts: str) -> dict[str, str]:
    return {"train.py": "".join(parts)}


def test_the_class_template_in_a_notebook(stage):
    found = only(stage, {"s5.ipynb": (HEAD, DATA, LOOPS, RUN)})
    assert (found.way, found.unit, found.place) == ("read", "s5.ipynb", "s5.ipynb, cell 4")
    assert found.model.text == "Net()"
    assert (found.optimizer.text, found.optimizer.place) == ("SGD(lr=0.01, momentum=0.9)", "s5.ipynb, cell 4")
    assert found.optimizer.library == "torch"
    assert [(s.call.text, s.steps) for s in found.schedules] == [
        ("StepLR(step_size=5, gamma=0.1)", "per epoch")
    ]
    assert (found.loss, found.loss_is_plain, found.epochs) == ("nll_loss", True, 15)
    assert found.zeroes_gradients
    assert found.first_rate == 0.01
    assert found.last_rate == pytest.approx(0.0001)
    assert found.unknown == ()
    training = found.training
    assert isinstance(training, Loading)
    assert (training.data_set, training.split, training.images) == ("MNIST", "train", 60_000)
    assert (training.batch_size, training.shuffled, training.randomness) == (128, True, "random")
    assert [step.name for step in training.transforms] == ["RandomRotation", "ToTensor", "Normalize"]
    assert training.transforms[0].text == "RandomRotation(degrees='(-7.0, 7.0)', fill='(1,)')"
    assert training.transforms[2].place == "s5.ipynb, cell 2"
    (evaluation,) = found.evaluations
    assert (evaluation.loading.split, evaluation.loading.images, evaluation.loading.batch_size) == (
        "test",
        10_000,
        1000,
    )
    assert (evaluation.passes, evaluation.mode, evaluation.gradients) == (15, "eval", False)
    assert evaluation.loading.randomness == "fixed"


def test_places_in_a_plain_file_have_their_line(stage):
    found = only(stage, script(HEAD, DATA, LOOPS, RUN))
    text = (HEAD + DATA + LOOPS + RUN).split("\n")
    assert found.place == f"train.py:{text.index('for epoch in range(1, EPOCHS + 1):') + 1}"
    line = next(index for index, line in enumerate(text, 1) if line.startswith("optimizer = "))
    assert found.optimizer.place == f"train.py:{line}"


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("the test is given the training loader", ("    test(model, device, test_loader)\n    sch", "    test(model, device, train_loader)\n    sch"), ("train", "eval", False)),
        ("no eval()", ("    model.eval()\n", ""), ("test", "train", False)),
        ("gradients stay on", ("with torch.no_grad():", "if True:"), ("test", "eval", True)),
        ("a test set with train=True", ("train=False", "train=True"), ("train", "eval", False)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_wrong_with_an_evaluation_can_be_read(stage, name, change, expected):
    text = (HEAD + DATA + LOOPS + RUN).replace(*change)
    (evaluation,) = only(stage, script(text)).evaluations
    assert (evaluation.loading.split, evaluation.mode, evaluation.gradients) == expected


@pytest.mark.parametrize(
    ("step", "steps"),
    [("    scheduler.step()\n", "per epoch"), ("", "never"), ("scheduler.step()\n", "unclear")],
    ids=["in the loop", "nowhere", "behind the loop"],
)
def test_when_a_schedule_is_stepped(stage, step, steps):
    found = only(stage, script(HEAD, DATA, LOOPS, RUN.replace("    scheduler.step()\n", step)))
    assert [one.steps for one in found.schedules] == [steps]


def test_a_schedule_per_batch_with_the_length_of_the_loader(stage):
    run = """model = Net()
opt = optim.Adam(model.parameters(), 0.001)
sched = optim.lr_scheduler.OneCycleLR(opt, 0.01, epochs=20, steps_per_epoch=len(train_loader), pct_start=5/20)
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
for epoch in range(20):
    for x, y in train_loader:
        opt.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        opt.step()
        sched.step()
"""
    found = only(stage, script(HEAD, DATA, run))
    (schedule,) = found.schedules
    assert schedule.steps == "per batch"
    assert dict(schedule.call.arguments) == {
        "max_lr": 0.01,
        "epochs": 20,
        "steps_per_epoch": 469,
        "pct_start": 0.25,
    }
    assert found.optimizer.text == "Adam(lr=0.001)"
    assert (found.loss, found.loss_arguments) == ("cross_entropy", (("label_smoothing", 0.1),))
    assert found.first_rate == pytest.approx(0.0004)
    assert found.evaluations == ()


def test_two_schedules_of_which_one_acts(stage):
    run = RUN.replace(
        "EPOCHS = 15",
        "first = scheduler\nscheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.9)\nEPOCHS = 15",
    )
    found = only(stage, script(HEAD, DATA, LOOPS, run))
    assert [(s.call.name, s.steps) for s in found.schedules] == [
        ("StepLR", "never"),
        ("ExponentialLR", "per epoch"),
    ]


@pytest.mark.parametrize(
    ("configuration", "epochs", "batch", "rate"),
    [
        ("BATCH, N, LR = 64 * 2, 4 * 5, 1e-2 / 2\n", "N", "BATCH", "LR"),
        ("cfg = {'e': 20, 'b': 128, 'lr': 0.005}\n", "cfg['e']", "cfg['b']", "cfg.get('lr')"),
        ("class cfg:\n    e = 20\n    b = 128\n    lr = 0.005\n", "cfg.e", "cfg.b", "cfg.lr"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass C:\n    e: int = 10\n    b: int = 128\n    lr: float = 0.005\n"
            "cfg = C(e=20)\n",
            "cfg.e", "cfg.b", "cfg.lr",
        ),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--epochs', '-e', type=int, default=20)\n"
            "p.add_argument('--batch-size', default=128)\np.add_argument('--lr', default=0.005)\nargs = p.parse_args()\n",
            "args.epochs", "args.batch_size", "args.lr",
        ),
        ("from types import SimpleNamespace\nc = SimpleNamespace(e=20, b=128, lr=5e-3)\n", "c.e", "c.b", "c.lr"),
        ("import config as c\n", "c.EPOCHS", "c.BATCH", "c.LR"),
        ("from config import *\n", "EPOCHS", "BATCH", "LR"),
    ],
    ids=["names", "dict", "class", "dataclass", "argparse", "namespace", "module", "star import"],
)  # fmt: skip
def test_values_are_followed_to_where_they_are_written(stage, configuration, epochs, batch, rate):
    run = RUN.replace("EPOCHS = 15\n", "").replace("1, EPOCHS + 1", epochs).replace("lr=0.01", f"lr={rate}")
    data = DATA.replace("batch_size=128", f"batch_size={batch}")
    files = {
        "train.py": HEAD + configuration + data + LOOPS + run,
        "config.py": "EPOCHS, BATCH, LR = 20, 128, 0.005\n",
    }
    found = only(stage, files)
    assert (found.epochs, found.optimizer.text) == (20, "SGD(lr=0.005, momentum=0.9)")
    assert isinstance(found.training, Loading)
    assert found.training.batch_size == 128
    assert found.unknown == ()


def test_the_batch_size_of_a_machine_with_a_gpu(stage):
    data = DATA.replace(
        "train_loader =",
        "cuda = torch.cuda.is_available()\nargs = dict(shuffle=True, batch_size=256) if cuda else dict(shuffle=True, batch_size=64)\ntrain_loader =",
    ).replace("train_data, batch_size=128, shuffle=True, num_workers=2", "train_data, **args")
    found = only(stage, script(HEAD, data, LOOPS, RUN))
    assert isinstance(found.training, Loading)
    assert (found.training.batch_size, found.training.shuffled) == (256, True)


def test_several_trainings_in_a_notebook_are_told_apart(stage):
    cells = (
        HEAD,
        DATA,
        LOOPS,
        RUN,
        RUN.replace("Net()", "Net(16)").replace("0.01", "0.1").replace("15", "3"),
    )
    found = sessions(stage, {"a.ipynb": cells})
    assert [(s.place, s.model.text, s.first_rate, s.epochs) for s in found] == [
        ("a.ipynb, cell 4", "Net()", 0.01, 15),
        ("a.ipynb, cell 5", "Net(width=16)", 0.1, 3),
    ]


def test_a_loop_over_written_out_names_is_one_training_each(stage):
    body = "".join("    " + line + "\n" for line in RUN.replace("Net()", "Net(w)").splitlines())
    found = sessions(stage, {"a.ipynb": (HEAD, DATA, LOOPS, "for w in [4, 8, 16]:\n" + body)})
    assert [s.model.text for s in found] == ["Net(width=4)", "Net(width=8)", "Net(width=16)"]
    assert [len(s.evaluations) for s in found] == [1, 1, 1]


def test_one_optimizer_over_two_cells_is_two_trainings(stage):
    again = "for epoch in range(5):\n    train(model, device, train_loader, optimizer, epoch)\n"
    found = sessions(stage, {"a.ipynb": (HEAD, DATA, LOOPS, RUN, again)})
    assert [(s.place, s.epochs, [x.steps for x in s.schedules]) for s in found] == [
        ("a.ipynb, cell 4", 15, ["per epoch"]),
        ("a.ipynb, cell 5", 5, ["never"]),
    ]


@pytest.mark.parametrize(
    ("lines", "plain"),
    [
        ("        loss = loss + 1e-4 * sum(p.abs().sum() for p in model.parameters())\n", False),
        ("        l1 = 0\n        loss = loss + 0.01 * l1\n", True),
        ("        if use_l1:\n            loss = loss + F.l1_loss(output, output)\n", True),
    ],
    ids=["a term is added", "a term of zero", "switched off"],
)
def test_whether_something_is_added_to_the_loss(stage, lines, plain):
    loops = LOOPS.replace("        loss.backward()", lines + "        loss.backward()")
    found = only(stage, script("use_l1 = False\n", HEAD, DATA, loops, RUN))
    assert found.loss_is_plain is plain
    assert found.loss.startswith("nll_loss")


ALBUMENTATIONS = """import albumentations as A
from albumentations.pytorch import ToTensorV2
import numpy as np
class Train:
    def __init__(self):
        self.steps = A.Compose([A.HorizontalFlip(p=0.5), A.CoarseDropout(1, 16, 16, fill_value=[0.5 * 255]), None,
                                A.Normalize(mean=[0.5], std=[0.25]), ToTensorV2()])
    def __call__(self, picture):
        return self.steps(image=np.array(picture))['image']
still = A.Compose([A.Normalize((0.5,), (0.25,)), ToTensorV2()])
class Pictures(torchvision.datasets.CIFAR10):
    def __init__(self, root, train=True, transform=None):
        super().__init__(root, train=train, download=True)
        self.mine = transform
    def __getitem__(self, index):
        picture, label = self.data[index], self.targets[index]
        return self.mine(image=picture)['image'], label
"""


@pytest.mark.parametrize(
    "train_data",
    [
        "datasets.CIFAR10('.', train=True, transform=Train())",
        "datasets.CIFAR10('.', train=True, transform=lambda p: Train()(p))",
        "Pictures('.', True, Train().steps)",
    ],
    ids=["a class that is called", "a lambda", "a data set of their own"],
)
def test_albumentations_are_named_in_order(stage, train_data):
    data = ALBUMENTATIONS + DATA.replace(
        "datasets.MNIST('../data', train=True, download=True, transform=pipeline)", train_data
    )
    found = only(stage, script(HEAD, data, LOOPS, RUN))
    training = found.training
    assert isinstance(training, Loading)
    assert (training.data_set, training.split, training.images) == ("CIFAR10", "train", 50_000)
    assert [(step.name, step.library) for step in training.transforms] == [
        ("HorizontalFlip", "albumentations"), ("CoarseDropout", "albumentations"),
        ("Normalize", "albumentations"), ("ToTensorV2", "albumentations"),
    ]  # fmt: skip
    assert training.transforms[1].arguments == (
        ("max_holes", 1), ("max_height", 16), ("max_width", 16), ("fill_value", "[127.5]"),
    )  # fmt: skip
    assert training.randomness == "random"


def test_both_pipelines_in_one_data_set_that_selects_by_a_flag(stage):
    own = """class Both(torch.utils.data.Dataset):
    def __init__(self, train):
        self.base = datasets.CIFAR10('.', train=train)
        self.moving = transforms.Compose([transforms.RandomCrop(32, 4), transforms.ToTensor()])
        self.still = transforms.Compose([transforms.ToTensor()])
        self.train = train
    def __getitem__(self, index):
        picture, label = self.base[index]
        if self.train:
            return self.moving(picture), label
        return self.still(picture), label
train_data, test_data = Both(True), Both(False)
"""
    data = DATA.replace("train_loader =", own + "train_loader =")
    found = only(stage, script(HEAD, data, LOOPS, RUN))
    assert isinstance(found.training, Loading)
    assert [step.text for step in found.training.transforms] == [
        "RandomCrop(size=32, padding=4)",
        "ToTensor()",
    ]
    (evaluation,) = found.evaluations
    assert [step.name for step in evaluation.loading.transforms] == ["ToTensor"]
    assert (evaluation.loading.split, evaluation.loading.randomness) == ("test", "fixed")


def test_version_two_of_the_transforms_is_named(stage):
    data = DATA.replace("plain = ", "from torchvision.transforms import v2\nplain = ").replace(
        "transform=pipeline", "transform=v2.Compose([v2.ToImage(), v2.RandomHorizontalFlip(p=0.3)])"
    )
    found = only(stage, script(HEAD, data, LOOPS, RUN))
    assert isinstance(found.training, Loading)
    assert [(step.text, step.library) for step in found.training.transforms] == [
        ("ToImage()", "torchvision.v2"),
        ("RandomHorizontalFlip(p=0.3)", "torchvision.v2"),
    ]


def test_a_part_of_the_training_set(stage):
    data = DATA.replace(
        "train_loader =",
        "train_data, held = torch.utils.data.random_split(train_data, [50000, 10000])\ntrain_loader =",
    ).replace("DataLoader(test_data", "DataLoader(held")
    found = only(stage, script(HEAD, data, LOOPS, RUN))
    assert isinstance(found.training, Loading)
    assert (found.training.split, found.training.images) == ("part of train", 50_000)
    assert (found.evaluations[0].loading.split, found.evaluations[0].loading.images) == (
        "part of train",
        10_000,
    )


def test_a_rate_from_a_finder_is_named_with_what_was_kept(stage):
    run = RUN.replace("lr=0.01", "lr=best").replace(
        "optimizer =", "from torch_lr_finder import LRFinder\nfinder = LRFinder(model, optim.SGD(model.parameters(), 1e-7), None)\n"
        "finder.range_test(train_loader)\nbest = finder.history['lr'][3] * 2\noptimizer =", 1
    )  # fmt: skip
    found = only(stage, {"a.ipynb": (HEAD, DATA, LOOPS, run)})
    assert "optimizer.lr: it comes from a learning-rate finder (a.ipynb, cell 4)" in found.rate_finder
    assert ("optimizer.lr", "it comes from a learning-rate finder (a.ipynb, cell 4)") in found.unknown
    assert found.optimizer.text == "SGD(momentum=0.9)"


def test_training_in_code_that_is_not_there(stage):
    run = """from main import fit_model, dataset
model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.1)
net = fit_model(net=model, optimizer=optimizer, criterion=nn.CrossEntropyLoss(), train_loader=train_loader, NUM_EPOCHS=24)
"""
    found = only(stage, script(HEAD, DATA, run))
    assert (found.epochs, found.loss, found.optimizer.text) == (24, "cross_entropy", "SGD(lr=0.1)")
    assert isinstance(found.training, Loading)
    assert found.confidence == "low"


def test_a_model_that_is_not_there_is_said(stage):
    head = HEAD[: HEAD.index("class Net")] + "from models import *\n"
    found = only(stage, script(head, DATA, LOOPS, RUN))
    assert found.model.name == "Net"
    assert ("model", "Net is not in the submission") in found.unknown


def test_functions_that_nothing_calls_are_read_all_the_same(stage):
    body = "".join("    " + line + "\n" for line in RUN.splitlines())
    found = only(stage, script(HEAD, DATA, LOOPS, "def main(epochs=3):\n" + body))
    assert (found.confidence, found.epochs) == ("low", 15)
    assert found.model.text == "Net()"


def test_a_broken_line_loses_only_itself(stage):
    found = only(
        stage, {"a.ipynb": (HEAD, DATA, LOOPS, RUN.replace("EPOCHS = 15\n", "EPOCHS = 15\nprint 'go'\n"))}
    )
    assert (found.epochs, found.place) == (15, "a.ipynb, cell 4")


def test_cells_in_another_order_than_they_run(stage):
    found = only(stage, {"a.ipynb": (RUN, HEAD, LOOPS, DATA)})
    assert (found.place, found.epochs, found.model.text) == ("a.ipynb, cell 1", 15, "Net()")
    assert isinstance(found.training, Loading)


def test_training_while_a_module_is_imported_is_marked(stage):
    files = {"helper.py": HEAD + DATA + LOOPS + RUN, "run.ipynb": ("import helper\n",)}
    found = sessions(stage, files)
    assert [(s.unit, s.at_import) for s in found] == [("helper.py", False)] or any(s.at_import for s in found)
    assert any(s.at_import for s in found if s.unit == "run.ipynb") or len(found) == 1


def test_a_trainer_class_and_a_gradient_scaler(stage):
    run = """class Trainer:
    def __init__(self, model, loader, lr=0.02):
        self.model, self.loader = model, loader
        self.optimizer = optim.AdamW(self.model.parameters(), lr=lr, weight_decay=1e-4)
        self.scaler = torch.cuda.amp.GradScaler()
    def one(self):
        self.model.train()
        for x, y in self.loader:
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast('cuda'):
                loss = F.cross_entropy(self.model(x), y)
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimizer)
            self.scaler.update()
    def fit(self, epochs):
        for _ in range(epochs):
            self.one()
if __name__ == '__main__':
    Trainer(Net(), train_loader).fit(7)
"""
    found = only(stage, script(HEAD, DATA, run))
    assert (found.optimizer.text, found.epochs, found.loss) == (
        "AdamW(lr=0.02, weight_decay=0.0001)",
        7,
        "cross_entropy",
    )
    assert isinstance(found.training, Loading)
    assert found.zeroes_gradients


def test_no_zero_grad_is_seen(stage):
    found = only(stage, script(HEAD, DATA, LOOPS.replace("        optimizer.zero_grad()\n", ""), RUN))
    assert not found.zeroes_gradients


def test_a_loader_from_nowhere_is_absent_with_its_reason(stage):
    found = only(stage, script(HEAD, LOOPS, RUN))
    assert isinstance(found.training, Absent)
    assert "train_loader is defined nowhere" in found.training.reason
    assert [name for name, _ in found.unknown] == ["training"]


def test_what_was_read_before_the_source_became_too_long_is_kept(stage):
    found = sessions(stage, script(HEAD, DATA, LOOPS, RUN, "x = (1, 2)\n" * 40_000))
    assert [session.epochs for session in found] == [15]
    assert ("trace", "train.py: it is too long, or runs in circles; the rest was not read") in found[
        0
    ].unknown


HOSTILE = {
    "growing text": "a = 'x'\n" + "a = a + a\n" * 5000,
    "growing lists": "a = [0]\n" + "a = a + a\na = [a, a, a, a]\n" * 2000,
    "large powers": "a = 9 ** 9 ** 9 ** 9\n" + "b = 10 ** 16 ** 2\n" * 100,
    "a list of itself": "a = []\na.append(a)\nb = {'a': a}\nb['b'] = b\nopt = optim.SGD(a, lr=b)\nopt.step()\n",
    "nested loops": "x = 1\n"
    + "".join("    " * i + f"for a{i} in [1, 2, 3, 4, 5, 6, 7, 8]:\n" for i in range(15))
    + "    " * 15
    + "x += 1\n",
    "functions in a circle": "def a(n): return b(n) + b(n)\ndef b(n): return a(n) + a(n)\na(1)\n",
    "many calls": "def f(): pass\n"
    + "".join(f"def f{i}():\n    f{i - 1 if i else ''}(); f{i - 1 if i else ''}()\n" for i in range(40))
    + "f39()\n",
    "deep attributes": "a = torch" + ".x" * 3000 + "\n",
    "deep bars": "l = tqdm(1)\n" + "l = tqdm(l, l)\n" * 300 + "for x in l:\n    optimizer.step()\n",
    "deep pipelines": "t = transforms.Compose([])\n"
    + "t = transforms.Compose([t, t, t])\n" * 200
    + DATA.replace("transform=pipeline", "transform=t")
    + LOOPS
    + RUN,
    "imports in a circle": "from train import *\nimport train\n",
    "long text": "a = '"
    + "x" * 500_000
    + "'\nopt = optim.SGD(Net().parameters(), lr=a)\nfor i in range(3): opt.step()\n",
    "comprehensions": "a = range(60)\n" + "a = [[y for y in a] for x in a]\n" * 50,
    "a class that is its own parent": "class A(A): pass\nclass B(A): pass\nA = B\nclass A(B): pass\nA().x.y()\n",
    "thousands of trainings": "opt = optim.SGD(Net().parameters(), 1)\n"
    + "for e in range(3):\n    for x in DataLoader(d):\n        opt.step()\n        Net()(x)\n" * 4000,
    "lambdas": "f = lambda g: g(g)\nf(f)\n",
    "decorators and yields": "@nothing\n@torch.no_grad()\ndef f():\n    yield 1\nfor x in f(): pass\nawait f()\n",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_source_ends_and_is_never_run(stage, text):
    found = discover(*stage({"train.py": HEAD + text}))
    assert all(len(session.optimizer.text) < 10_000 for session in found.sessions)
