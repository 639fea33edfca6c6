"""Definitions anywhere in the submission, by name: where a name is missing, one of them may be meant."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from grader.worker.capture.sources import Piece

LIMIT_PIECES = 3000


@dataclass(frozen=True)
class Definition:
    statement: ast.stmt
    filename: str
    source: str


WELL_KNOWN = {
    "np": "import numpy as np",
    "torch": "import torch",
    "nn": "import torch.nn as nn",
    "F": "import torch.nn.functional as F",
    "optim": "import torch.optim as optim",
    "torchvision": "import torchvision",
    "transforms": "from torchvision import transforms",
    "datasets": "from torchvision import datasets",
    "tqdm": "from tqdm import tqdm",
    "plt": "import matplotlib.pyplot as plt",
    "os": "import os",
    "sys": "import sys",
    "time": "import time",
    "random": "import random",
    "math": "import math",
    "copy": "import copy",
    "Image": "from PIL import Image",
    "A": "import albumentations as A",
    "summary": "from torchsummary import summary",
    "DataLoader": "from torch.utils.data import DataLoader",
    "Dataset": "from torch.utils.data import Dataset",
    "StepLR": "from torch.optim.lr_scheduler import StepLR",
    "OneCycleLR": "from torch.optim.lr_scheduler import OneCycleLR",
    "use_cuda": "use_cuda = True",
    "cuda": "cuda = True",
    "device": "import torch\ndevice = torch.device('cuda')",
}
"""Names that every notebook of these courses uses, whether or not a saved cell defines them."""


class Definitions:
    """Top-level definitions of the given pieces, read when they are first asked for."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = iter(pieces)
        self._found: dict[str, list[Definition]] = {}
        self._read = 0

    def of(self, name: str, *, made_here: bool = False) -> list[Definition]:
        """Definitions of the name, in the order of the pieces; the first piece that has one is enough.

        With `made_here`, imports do not count: only what the submission itself makes under this name.
        """
        while not (found := self._known(name, made_here)) and self._read < LIMIT_PIECES:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._read += 1
            self._take(piece)
        return found

    def _known(self, name: str, made_here: bool) -> list[Definition]:
        known = self._found.get(name, [])
        return [
            one for one in known if not (made_here and isinstance(one.statement, ast.Import | ast.ImportFrom))
        ]

    def _take(self, piece: Piece) -> None:
        try:
            body = ast.parse(piece.source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for statement in body:
            for name in _names(statement):
                self._found.setdefault(name, []).append(Definition(statement, piece.filename, piece.source))


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [
            alias.asname or alias.name.partition(".")[0] for alias in statement.names if alias.name != "*"
        ]
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return []
