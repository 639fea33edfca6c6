"""What an attack is: a row of the attack table, something to hand in, and what the grader must make of it.

A family is a file of this folder with a list `ATTACKS`. Nearly every attack is the small honest model below with a few
lines more, so that what is stolen can be told from what is earned: `learns=False` gives the same model with an answer
that does not depend on the image, for attacks that would steal the points for accuracy; `wide=True` gives one with
33,210 parameters where fewer than 10,000 are asked for, for attacks on counting.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLASSES = (
    "liveness",
    "resources",
    "filesystem",
    "network",
    "counting",
    "scoring",
    "memory of data",
    "pretrained",
    "protocol",
    "parsing",
    "fetch",
    "text",
)
PARAMETERS, WIDE_PARAMETERS = 9_250, 33_210

NAMED = {
    "raised": "An error was raised",
    "time": "Time limit exceeded",
    "stalled": "It stood still",
    "exit": "The process ended early",
    "signal": "The process crashed",
    "memory": "Memory limit exceeded",
    "disk": "Limit of the tmp folder exceeded",
    "output": "Output flood",
    "protocol": "The process gave no valid answer",
    "killed": "Its process was killed",
    "slow": "Time was over",
}
"""How a report names each kind of ending."""


@dataclass(frozen=True)
class Expected:
    """The defended result.

    `small` and `learns` are the points of the two checks. `ending` is how the worker ended, "" where it answered.
    `weights` are what the heaviest integrity probe may come to. `says` stands somewhere in the stored result. Where
    the isolation level decides, both may name alternatives, with a stroke between them.
    `error` is the exception where there is nothing to grade; then `says` stands in its message.
    """

    small: float = 40
    learns: float = 60
    status: str = "complete"
    ending: str = ""
    weights: tuple[str, ...] = ("clean",)
    says: str = ""
    error: str = ""

    def __str__(self) -> str:
        if self.error:
            return f"{self.error}: {self.says}"
        parts = [self.status, self.ending, f"{self.small:g}+{self.learns:g}"]
        return ", ".join(part for part in (*parts, "/".join(w for w in self.weights if w != "clean")) if part)


@dataclass(frozen=True)
class Attack:
    """One row of the attack table, or one of several ways to do it.

    `build` writes what is handed in below the folder that it is given, and returns the source for `grader run`.
    `first` marks the one of its class that runs in every `make test`.
    """

    row: int
    name: str
    family: str
    description: str
    build: Callable[[Path], Path]
    expected: Expected
    first: bool = False

    @property
    def id(self) -> str:
        return f"{self.row:02}-{self.name}"


NOT_RUN = {"small": 0.0, "learns": 0.0, "status": "ungradable"}
"""Nothing could be measured."""

NOT_PREDICTED = {"learns": 0.0, "status": "ungradable"}
"""Measured, and then no score."""

HONEST = Expected()
NOTED = Expected(weights=("note",))
LEARNS_NOTHING = Expected(learns=0)
TOO_LARGE = Expected(small=0)

_NET = '''\
"""A small convolutional network for digits."""

import torch
from torch import nn

{module}

class Net(nn.Module):
{body}
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Flatten(),
        )
        self.scores = {scores}
{init}

    def forward(self, images):
{forward}
        features = self.features(images)
        scores = self.scores(features{times})
{end}
        return scores
'''


def net(
    module: str = "",
    body: str = "",
    init: str = "",
    forward: str = "",
    end: str = "",
    *,
    learns: bool = True,
    wide: bool = False,
) -> str:
    """The source of the honest model, with lines of an attack in its places.

    Args:
        module: between the imports and the class.
        body: in the class, before its constructor.
        init: at the end of the constructor.
        forward: at the beginning of the forward pass; `images` is there.
        end: before its return; `images`, `features` and `scores` are there.
    """

    def lines(text: str, depth: int) -> str:
        return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * depth)

    linear = "nn.Linear(784, 10)"
    return _NET.format(
        module=lines(module, 0),
        body=lines(body, 4),
        init=lines(init, 8),
        forward=lines(forward, 8),
        end=lines(end, 8),
        scores="nn.Sequential(nn.Linear(784, 40), nn.Linear(40, 10))" if wide else linear,
        times="" if learns else " * 0",
    )


def model(source: str, files: dict[str, bytes | str] | None = None) -> Callable[[Path], Path]:
    """Hand in a folder with this model.py, and more files."""

    def build(folder: Path) -> Path:
        return write(folder / "submission", {"model.py": source, **(files or {})})

    return build


def write(folder: Path, files: dict[str, bytes | str]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder
