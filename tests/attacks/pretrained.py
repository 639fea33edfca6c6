"""Attacks with weights that were learned before: rows 28 and 29."""

from __future__ import annotations

import io
from pathlib import Path

from grader_attack import Attack, Expected, model, net, write

_LOAD = """
    self.load_state_dict(torch.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights.pt")))
"""

_FROM_TEXT = """
    with torch.no_grad():
        values = torch.tensor(WEIGHTS)
        for tensor in self.parameters():
            tensor.copy_(values[torch.arange(tensor.numel()) % len(values)].reshape(tensor.shape) * 0.1)
"""

_LOOKED_AT = Expected(learns=0, status="needs_review", weights=("flag",), says="seed")


def _checkpoint(folder: Path) -> Path:
    """Weights of the very model, as torch saves them."""
    import torch
    from torch import nn

    torch.manual_seed(5)
    model = nn.Module()
    model.features = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Flatten(),
    )  # fmt: skip
    model.scores = nn.Linear(784, 10)
    saved = io.BytesIO()
    torch.save(model.state_dict(), saved)
    return write(folder / "submission", {"model.py": net("import os", init=_LOAD), "weights.pt": saved.getvalue()})


def _in_text(folder: Path) -> Path:
    import random

    values = [round(random.Random(3).uniform(-1, 1), 5)] + [round(random.Random(n).gauss(0, 1), 5) for n in range(4_000)]
    return write(folder / "submission", {"model.py": net(f"WEIGHTS = {values!r}", init=_FROM_TEXT)})


ATTACKS = [
    Attack(28, "checkpoint", "pretrained", "Loads weights from a file of the submission", _checkpoint, _LOOKED_AT, True),
    Attack(28, "weights-in-text", "pretrained", "Fills its parameters from 4,001 numbers in its source", _in_text, _LOOKED_AT),
    Attack(
        29,
        "one-seed",
        "pretrained",
        "Seeds the generator itself, as many honest submissions do",
        model(net(init="").replace("        super().__init__()\n", "        super().__init__()\n        torch.manual_seed(0)\n")),
        Expected(weights=("note",), says="under two seeds"),
    ),
]
