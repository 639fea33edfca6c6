"""Which files a worker gets: the harness modules it needs, the packages, the interpreter. Nothing else of ours.

Specs, checks, the judge and the data with its labels are not among them: what a worker cannot read, student
code cannot read either.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import Literal

from grader.errors import GraderFault
from grader.isolation.cards import Card
from grader.isolation.interface import Workplace

_PACKAGE = Path(__file__).resolve().parent.parent

HARNESS_PARTS = (
    "__init__.py",
    "text.py",
    "isolation/__init__.py",
    "isolation/frames.py",
    "reading/__init__.py",
    "coco.py",
    "reading/notebook.py",
    "worker",
    "inspection",
    "training",
)
"""Files and folders of this package that a worker imports."""

_STUDENT_PACKAGES = (
    "torch",
    "torchvision",
    "torchinfo",
    "numpy",
    "PIL",
    "tqdm",
    "matplotlib",
    "pandas",
    "sklearn",
)


@cache
def package_folders() -> tuple[Path, ...]:
    """The site-packages folders that hold torch and what student code commonly imports."""
    folders: list[Path] = []
    for name in _STUDENT_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.origin:
            if name in ("torch", "numpy"):
                raise GraderFault(
                    f"The package {name} is not installed.", "Install the grader again: pip install ."
                )
            continue
        folder = Path(spec.origin).resolve().parent.parent
        if folder not in folders:
            folders.append(folder)
    return tuple(folders)


def workplace(
    submission: Path, role: Literal["model", "canary"] = "model", card: Card | None = None
) -> Workplace:
    """What a worker sees when it works on the submission staged at `submission`."""
    return Workplace(
        submission=submission,
        role=role,
        harness=tuple((_PACKAGE / part, part) for part in HARNESS_PARTS),
        packages=package_folders(),
        python_prefix=Path(sys.base_prefix).resolve(),
        python_name=f"python{sys.version_info.major}.{sys.version_info.minor}",
        card=card,
    )
