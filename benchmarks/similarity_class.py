"""A class of generated submissions in which some are copies of others, written on purpose.

Submissions are written from parts that a class has: the lecture's loop, which three in five take as it is, variants of
the loaders, the network and the plots, which several share by chance, and functions and a class of one's own. Among them
are copies: one with new names, other constants, comments and another order of functions; one that made a notebook of a
script; one of a single class; one with the saved log of another notebook.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from similarity_copies import class_of, renamed, without_class
from similarity_parts import IMPORTS, LECTURE, LOADERS, OWN_LOOPS, PLOTS

SEED = 10
KINDS = ("renamed", "notebook", "one class", "saved log")

Files = dict[str, str]


@dataclass(frozen=True)
class Planted:
    """A copy that was written on purpose."""

    kind: str
    names: tuple[str, str]


# --- the class --------------------------------------------------------------------------------------------------------


def written(place: Path, rows: int, kinds: Sequence[str] = KINDS, seed: int = SEED) -> list[Planted]:
    """Write a class of `rows` submissions, and the copies of these kinds beyond them."""
    chance = random.Random(seed)
    for number in range(rows):
        _write(place / f"student{number:03d}", honest(chance, number))
    made = []
    for index, kind in enumerate(kinds):
        source = honest(chance)
        names = (f"copied{index:02d}", f"student{rows + index:03d}")
        _write(place / names[0], COPIES[kind](source, chance))
        _write(place / names[1], source)
        made.append(Planted(kind, names))
    return made


def honest(chance: random.Random, number: int = 0) -> Files:
    """One submission that nobody copied: a third of them are notebooks, three in five have the lecture's loop."""
    loop = LECTURE if number % 5 < 3 else OWN_LOOPS[number % len(OWN_LOOPS)]
    own = own_code(chance)
    model = network(chance)
    rest = f"{chance.choice(LOADERS)}{loop}{chance.choice(PLOTS)}{own}{_end(chance)}"
    if chance.random() < 0.33:
        return {"train.ipynb": notebook(IMPORTS + model + rest, log(chance))}
    return {"model.py": IMPORTS + model, "train.py": f"{IMPORTS}from model import Net\n{rest}"}


def own_code(chance: random.Random) -> str:
    """Functions and a class that nobody else has."""
    return "".join(_function(chance, number) for number in range(chance.randint(2, 4))) + _class(chance)


def network(chance: random.Random) -> str:
    """A network in one of several styles."""
    channels = [chance.choice((8, 10, 12, 16, 20, 24, 32)) for _ in range(chance.randint(3, 6))]
    parts = [
        "nn.Conv2d({a}, {b}, 3{pad})",
        *chance.sample(("nn.ReLU()", "nn.BatchNorm2d({b})", "nn.Dropout({p})"), 3),
    ]
    as_attributes = chance.random() < 0.5
    body, calls, a = [], [], 1
    for number, b in enumerate(channels):
        pad = chance.choice((", padding=1", ", bias=False", ""))
        layers = [
            part.format(a=a, b=b, p=chance.choice((0.05, 0.1)), pad=pad)
            for part in parts[: chance.randint(2, 4)]
        ]
        layers += ["nn.MaxPool2d(2, 2)"] if number in (1, 3) else []
        if as_attributes:
            body += [f"self.layer{number}_{i} = {layer}" for i, layer in enumerate(layers)]
            calls += [f"x = self.layer{number}_{i}(x)" for i in range(len(layers))]
        else:
            body += [f"self.block{number} = nn.Sequential(", *(f"    {layer}," for layer in layers), ")"]
            calls.append(f"x = self.block{number}(x)")
        a = b
    body.append(f"self.head = nn.{'Linear' if chance.random() < 0.5 else 'LazyLinear'}({a}, 10)")
    calls += [
        chance.choice(("x = x.mean((2, 3))", "x = F.adaptive_avg_pool2d(x, 1).flatten(1)")),
        "return self.head(x)",
    ]
    first = "\n".join(f"        {line}" for line in ["super().__init__()", *body])
    second = "\n".join(f"        {line}" for line in calls)
    return f"\n\nclass Net(nn.Module):\n    def __init__(self):\n{first}\n\n    def forward(self, x):\n{second}\n"


def _function(chance: random.Random, number: int) -> str:
    """A function of one's own."""
    name = chance.choice(("report", "summary", "statistics", "analyse", "inspect_batch", "compare"))
    lines = [_statement(chance) for _ in range(chance.randint(5, 11))]
    body = "\n".join(f"    {line}" for line in lines)
    return f"\n\ndef {name}{number}(values, other=None):\n{body}\n    return values\n"


def _class(chance: random.Random) -> str:
    """A class of one's own, with a dozen statements in two methods."""
    methods = []
    for name in ("collect", "summarise"):
        body = "\n".join(f"        {_statement(chance)}" for _ in range(chance.randint(5, 8)))
        methods.append(f"    def {name}(self, values, other=None):\n{body}\n        return self, total\n")
    return "\n\nclass Helper:\n" + "\n".join(methods)


def _statement(chance: random.Random) -> str:
    return chance.choice(_STATEMENTS)(lambda: _value(chance, 2))


def _value(chance: random.Random, depth: int) -> str:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(("values", "other", "total", "limit", '"name"', "values[0]"))
    one, two = _value(chance, depth - 1), _value(chance, depth - 1)
    forms = (
        "{a} + {b}",
        "{a} * {b}",
        "len({a}) - {b}",
        "torch.stack({a}).mean({b})",
        "{a}.view({b}, 1)",
        "max({a}, {b})",
    )
    more = ("[{a}, {b}]", "torch.cat([{a}, {b}])", "{a}.std()", "min({a}, {b})", "{a}.detach().cpu()", "-{a}")
    return chance.choice(forms + more).format(a=one, b=two)


_STATEMENTS: tuple[Callable[[Callable[[], str]], str], ...] = (
    lambda value: f"total = {value()}",
    lambda value: f"print({value()}, {value()})",
    lambda value: f"values = sorted({value()}, key=lambda one: {value()})",
    lambda value: f"for item in {value()}: other = {value()}",
    lambda value: f"if {value()}: total = {value()}",
    lambda value: f"assert {value()}, {value()}",
    lambda value: f"values.append({value()})",
    lambda value: f"other = {{key: {value()} for key in {value()}}}",
)


def _end(chance: random.Random) -> str:
    optimizer = chance.choice(
        ("SGD(model.parameters(), lr=0.05, momentum=0.9)", "Adam(model.parameters(), lr=0.003)")
    )
    loop = chance.choice(
        ("for epoch in range(1, 2):\n    train(model, device, loader, optimizer, epoch)\n", "fit(model, 1)\n")
    )
    return f"\n\ndevice = 'cuda'\nmodel = Net().to(device)\noptimizer = torch.optim.{optimizer}\n{loop}"


def log(chance: random.Random) -> str:
    """What a training of some epochs prints."""
    lines = [
        f"Epoch {epoch}: train loss {chance.random():.6f}, test accuracy {98 + chance.random():.2f} %"
        for epoch in range(1, 6)
    ]
    return "\n".join(lines) + "\n"


def notebook(text: str, printed: str) -> str:
    """A script as a notebook: a cell for each block, and the log below the last."""
    blocks = [block for block in text.split("\n\n\n") if block.strip()]
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "source": block,
            "outputs": [],
            "execution_count": None,
            "metadata": {},
            "id": f"c{n}",
        }
        for n, block in enumerate(blocks)
    ]
    cells[-1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": printed}]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


def _write(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")


# --- copies -----------------------------------------------------------------------------------------------------------


def _code(files: Files) -> str:
    """All code of a submission as one script."""
    if "train.ipynb" in files:
        return "\n\n\n".join(cell["source"] for cell in json.loads(files["train.ipynb"])["cells"])
    return "\n\n\n".join(files.values())


def _copy_renamed(files: Files, chance: random.Random) -> Files:
    return {"solution.py": renamed(_code(files), chance)}


def _copy_as_notebook(files: Files, chance: random.Random) -> Files:
    text = _code(files)
    if "train.ipynb" in files:
        return {"main.py": text}
    return {"main.ipynb": notebook(text, log(chance))}


def _copy_one_class(files: Files, chance: random.Random) -> Files:
    """An honest submission but for one class."""
    taken, other = class_of(_code(files), "Helper"), without_class(_code(honest(chance)), "Helper")
    return {"tools.py": renamed(f"{IMPORTS}{taken}", chance), "rest.py": other}


def _copy_of_the_log(files: Files, chance: random.Random) -> Files:
    """A training of one's own that shows the log of another one."""
    printed = log(chance)
    files["train.ipynb"] = notebook(_code(files), printed)
    for name in ("model.py", "train.py"):
        files.pop(name, None)
    return {"train.ipynb": notebook(_code(honest(chance)), f"my run\n{printed}")}


COPIES: dict[str, Callable[[Files, random.Random], Files]] = {
    "renamed": _copy_renamed,
    "notebook": _copy_as_notebook,
    "one class": _copy_one_class,
    "saved log": _copy_of_the_log,
}
