"""Review a submission's method, and hold what it states against what was measured: with its source for the quotes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from grader.evaluation.comparisons import comparisons
from grader.evaluation.quoting import Source
from grader.evaluation.remarks import remarks
from grader.reading import notebook, source
from grader.reading.staged import staged_text
from grader.records import (
    Absent,
    Comparison,
    Measurement,
    ModelFacts,
    Reading,
    Recipe,
    RecoveredTraining,
    Remark,
)

if TYPE_CHECKING:
    from grader.spec.schema import Spec


def review(
    spec: Spec,
    root: Path,
    reading: Reading,
    model: ModelFacts | Absent,
    training: RecoveredTraining | Absent,
    recipe: Recipe | Absent,
    accuracy: Measurement | Absent,
) -> tuple[tuple[Remark, ...], tuple[Comparison, ...]]:
    """Remarks and comparisons of one submission, whose staged files lie below `root`."""
    said = remarks(
        training,
        reading,
        softmax_asked(spec),
        model=model,
        epochs_allowed=epochs_allowed(spec),
        source=source_below(root),
    )
    return said, comparisons(reading, model, training, accuracy, recipe=recipe)


def softmax_asked(spec: Spec) -> bool:
    """Whether a check asks for softmax in the model, or accepts nothing but probabilities."""
    for rule in (*spec.checks, *spec.bonuses):
        asked = getattr(rule, "wanted", ())
        if any(name == "softmax output" for name, _ in asked):
            return True
        heads = getattr(rule, "head", ())
        if "probabilities" in ((heads,) if isinstance(heads, str) else heads or ()):
            return True
    return False


def epochs_allowed(spec: Spec) -> int:
    """The assignment's limit; 0 where it sets none. A cap is what the grader can afford, and no limit."""
    if spec.training is None or spec.training.epochs.at_most == "student":
        return 0
    return spec.training.epochs.limit


def source_below(root: Path) -> Source:
    """The text of a staged file or cell by its place; "" for what is not there or is too large to read."""
    cells: dict[str, dict[int, str]] = {}

    def text_at(place: str) -> str:
        found = re.fullmatch(r"(?P<file>.{1,400}?)(?:, cell (?P<cell>\d{1,6}))?", place, re.DOTALL)
        if not found:
            return ""
        path, cell = found["file"], int(found["cell"] or 0)
        try:
            if not cell:
                return staged_text(root, path, source.LIMIT_CHARACTERS)
            if path not in cells:
                read = notebook.code_cells(staged_text(root, path, notebook.LIMIT_CHARACTERS))
                cells[path] = {one.number: one.source for one in read}
        except ValueError:
            cells.setdefault(path, {})
        return cells.get(path, {}).get(cell, "")

    return text_at
