"""Attacks on whoever parses what was handed in: rows 30 and 34."""

from __future__ import annotations

import io
import json
import pickle
from pathlib import Path

from grader_attack import HONEST, Attack, Expected, model, net, write

_LOAD = """
    try:
        torch.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "weights.pt"), weights_only=False)
    except Exception as error:
        print("not loaded:", error)
"""

_YAML_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(12)
)
_YAML_TAGS = '!!python/object/apply:os.system ["touch owned"]\n'
_DEEP_NOTEBOOK = '{"cells": ' + "[" * 200_000 + "]" * 200_000 + ', "nbformat": 4}'
_HUGE_NUMBER = '{"cells": [], "nbformat": ' + "9" * 100_000 + "}"


class _Runs:
    """What unpickling it runs: writing a file to the place where it was made, and ending the process."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, ...]:
        return exec, (f"open({self.place!r}, 'w').write('owned')",)


def _pickle(folder: Path) -> Path:
    saved = io.BytesIO()
    pickle.dump(_Runs(str(folder / "owned")), saved)
    return write(folder / "submission", {"model.py": net("import os", init=_LOAD), "weights.pt": saved.getvalue()})


_FILES: dict[str, bytes | str] = {
    "config.yaml": _YAML_BOMB,
    "grader.yaml": _YAML_TAGS,
    "specs/attacks.yaml": _YAML_BOMB,
    "deep.ipynb": _DEEP_NOTEBOOK,
    "number.ipynb": _HUGE_NUMBER,
    "broken.ipynb": json.dumps({"cells": {"a": 1}, "nbformat": "x"}),
    "deep.py": "x = " + "(" * 5_000 + ")" * 5_000 + "\n",
    "long.py": "x = " + "-" * 200_000 + "1\n",
    "null.py": "x = 1\0\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--pdb'\n" + "[" * 50_000,
    "README.md": "# Digits\n" + "[" * 50_000 + "\n" + "> " * 5_000 + "deep\n" + "*a" * 20_000 + "\n",
}

ATTACKS = [
    Attack(
        30,
        "pickle",
        "parsing",
        "Hands in a weights file that runs code when it is read, and reads it",
        _pickle,
        Expected(weights=("note",), says="weights.pt"),
    ),
    Attack(
        34,
        "bombs-to-parse",
        "parsing",
        "YAML that grows without end or runs code, notebooks and sources nested without end",
        model(net(), _FILES),
        HONEST,
        first=True,
    ),
]
