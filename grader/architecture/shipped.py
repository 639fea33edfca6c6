"""The patterns that come with the grader: one YAML file each in `grader/architecture/patterns`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from grader.architecture.pattern import Pattern

_FOLDER = Path(__file__).parent / "patterns"


@cache
def pattern_names() -> tuple[str, ...]:
    """Their names, sorted: those of the files."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


@cache
def shipped_pattern(name: str) -> Pattern:
    """The pattern of this name.

    Raises:
        KeyError: there is none; `pattern_names` lists them.
    """
    if name not in pattern_names():
        raise KeyError(name)
    from ruamel.yaml import YAML

    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Pattern.model_validate(YAML(typ="safe", pure=True).load(text))
