"""`python tests/submissions/matrix.py [SPEC ...] [--train]`: what is proven of each spec, as a Markdown table.

Is it valid; was its reference trained and graded to full marks, and on what; and how many of its broken variants lose
exactly what they should. Variants whose accuracy is another one count only with `--train`, which trains them: hours on
two cores. Exit code 1 where a spec is invalid, or a reference or a variant is judged otherwise than it should be.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import GraderError
from grader.records import Absent, RunRecord
from grader.spec.load import evidence_plan_digest, load_spec


def _grading() -> Any:
    """The module beside this one: `tests` is no package."""
    name = "grader_test_grading"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name("grading.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


grading: Any = _grading()
broken: Any = grading.broken


@dataclass
class Row:
    """One spec's line, and what is wrong with it."""

    spec: str
    valid: str = "yes"
    reference: str = "–"
    on: str = "not yet trained"
    right: int = 0
    total: int = 0
    untrained: int = 0
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        left = f", {self.untrained} not trained" if self.untrained else ""
        return f"| {self.spec} | {self.valid} | {self.reference} | {self.on} | {self.right} of {self.total}{left} |"


def main() -> int:
    options = _parsed()
    print("| spec | valid | reference | trained on | variants right |")
    print("| --- | --- | --- | --- | ---: |")
    rows = []
    for spec in options.specs or sorted(path.stem for path in (broken.ROOT / "specs").glob("*.yaml")):
        rows.append(row_of(spec, train=options.train))
        print(rows[-1].line(), flush=True)
    faults = [f"- {row.spec}: {fault}" for row in rows for fault in row.faults]
    if faults:
        print("\n" + "\n".join(faults))
    return 1 if faults else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="these; all that are shipped if left out")
    parser.add_argument("--train", action="store_true", help="train the variants whose accuracy is another one")
    return parser.parse_args()


def row_of(spec: str, *, train: bool) -> Row:
    row = Row(spec)
    try:
        load_spec(spec)
    except GraderError as error:
        row.valid = "no"
        row.faults.append(error.message)
        return row
    if spec not in broken.all_lists():
        row.faults.append(f"tests/submissions/variants/{spec}.yaml is missing")
        return row
    _look_at_reference(row)
    _look_at_variants(row, train)
    return row


def _look_at_reference(row: Row) -> None:
    """What a stored run says, or that there is none because nothing has to be trained for the spec, or yet."""
    waits = broken.all_lists()[row.spec].waits
    run: RunRecord | None = grading.stored(row.spec)
    if run is None:
        row.on = "no training asked for" if not load_spec(row.spec).spec.trains else row.on
        row.on += f"; waits for the reference's own training: {', '.join(waits)}" if waits else ""
        return
    given = _for_a_person(run)
    row.reference = f"{run.grade.points:g} of {run.grade.spec_points:g}{f', a person gives {given:g}' if given else ''}"
    row.on = _trained_on(run)
    if run.grade.points + given < run.grade.spec_points:
        row.faults.append("the reference does not earn full marks")
    if run.provenance.evidence_plan_digest != evidence_plan_digest(load_spec(row.spec).spec):
        row.faults.append("the spec's training was changed since the reference was graded")
    if run.evidence.submission.tree_digest != grading.digest_of_reference(row.spec):
        row.faults.append("the reference was changed since it was graded")


def _count_what_is_certain(row: Row, found: Any) -> None:
    """Of a reference without a stored run: what a self-check gives it."""
    checks = [found.outcomes[rule.id] for rule in load_spec(row.spec).spec.checks]
    certain, given = sum(one.points for one in checks), sum(one.open_points for one in checks)
    row.reference = f"{certain:g} of {load_spec(row.spec).spec.points:g}, open {given:g}"


def _for_a_person(run: RunRecord) -> float:
    """Points of the reference that a person gives: they are open, and not lost."""
    return sum(one.open_points for one in run.outcomes if one.status == "review")


def _trained_on(run: RunRecord) -> str:
    data, trials = run.evidence.data, len(run.evidence.trials)
    if isinstance(data, Absent) or not trials:
        return "no training asked for"
    which = "generated digits" if data.stand_in else data.name if data.official else f"a copy of {data.name}"
    return f"{which}, {trials} {'seed' if trials == 1 else 'seeds'}"


def _look_at_variants(row: Row, train: bool) -> None:
    variants = broken.all_lists()[row.spec].variants
    row.total = len(variants)
    with tempfile.TemporaryDirectory() as place:
        known = grading.reference(row.spec, Path(place))
        before = grading.judge_all(load_spec(row.spec), known)
        if grading.stored(row.spec) is None:
            _count_what_is_certain(row, before)
        for variant in variants:
            if variant.trained and not (train and grading.can_be_trained(variant)):
                row.untrained += 1
                continue
            folder = Path(place) / variant.name
            found = grading.trained(variant, folder) if variant.trained else grading.judged(variant, known, folder)
            lost = found.difference(before)
            if lost == variant.breaks:
                row.right += 1
            else:
                row.faults.append(f"{variant.name} should lose {variant.breaks} and loses {lost}")


if __name__ == "__main__":
    sys.exit(main())
