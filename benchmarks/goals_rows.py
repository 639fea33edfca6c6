"""What the parts of `benchmarks/goals.py` share: its lines, its data and its submission."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path

from grader.data.interface import DataSet

REFERENCE = Path(__file__).parents[1] / "reference_models" / "s4"
GRADER = [sys.executable, "-m", "grader"]
SEED, SECRET = 101, 20_011
BATCH = 128


@dataclass(frozen=True)
class Row:
    """A line of the goal table. `most` says whether the goal is an upper or a lower bound; 0: there is none."""

    what: str
    values: list[float]
    goal: float = 0.0
    most: bool = True
    unit: str = ""

    def line(self) -> str:
        middle = statistics.median(self.values)
        met = "" if not self.goal else "yes" if (middle <= self.goal) is self.most else "no"
        goal = f"{'≤' if self.most else '≥'} {self.goal:.2f}{self.unit}" if self.goal else ""
        spread = f"{min(self.values):.2f}-{max(self.values):.2f}"
        return f"| {self.what} | {goal} | {middle:.2f}{self.unit} ({spread}) | {len(self.values)} | {met} |"


@dataclass
class Setting:
    """What all rows share. `folder` holds the first `images` of the training split and the whole test split."""

    data: DataSet
    small: DataSet
    folder: Path
    turns: int
    details: list[str] = field(default_factory=list)
