"""`python benchmarks/references.py [SPEC ...] [--dry-run]`: the reference models' results in reports/reference/.

Each is `grader run` of a spec's own reference model, its `result.json` kept whole. Made are only those that are
missing or no longer hold: another measuring version, another training block, another reference model. What this
machine cannot train is named and left as it is. Hours on two cores, less than a second with `--dry-run`; it goes on
where it was stopped. `README.md` beside the results is written anew each time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from references_page import Machine, page, read_machines, write_machines

from grader.bench.conditions import processor
from grader.bench.plan import MODELS_REPOSITORY
from grader.bench.trials import write_text
from grader.bench.wanted import references
from grader.course.stored.results import RESULT, read_result
from grader.data.interface import load
from grader.errors import DataMissing, GraderError, GraderFault
from grader.fetch.interface import fetch
from grader.isolation.quota import usable_cores
from grader.records import MEASURING_VERSION, Absent, RunRecord
from grader.spec.load import evidence_plan_digest, load_spec
from grader.spec.schema import Spec
from grader.spec.shipped import shipped_specs
from grader.text import clean

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "reports" / "reference"
PASSED, FOR_A_PERSON = 0, 6


@dataclass(frozen=True)
class Reference:
    """A spec's reference model, and why its stored result does not hold; "" where it does."""

    spec: Spec
    due: str


def main() -> int:
    options = _parsed()
    if options.page:
        write_text(PLACE / "README.md", page(PLACE))
        return 0
    try:
        found = [reference(name, PLACE) for name in options.specs or wanted(PLACE)]
    except GraderError as error:
        print(error, file=sys.stderr)
        return 2
    for one in found:
        print(f"{one.spec.id}: {one.due or 'holds'}", flush=True)
    if options.dry_run:
        return 0
    left = [name for one in found if one.due and (name := _made(one, options))]
    write_text(PLACE / "README.md", page(PLACE))
    if any(one.due for one in found):
        print("What honest models show may be another one now: python benchmarks/calibrate.py")
    return 1 if left else 0


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="these; all that train if left out")
    parser.add_argument("--dry-run", action="store_true", help="say what is due, and do nothing")
    parser.add_argument("--page", action="store_true", help="write README.md anew, and train nothing")
    parser.add_argument("--threads", type=int, default=1, help="of each training (default: 1)")
    parser.add_argument("--device", default="cpu", help="as `grader run` takes it (default: cpu)")
    parser.add_argument(
        "--unofficial-data",
        action="store_true",
        help="also with a copy of a data set that is not the published one",
    )
    return parser.parse_args()


# --- what is due --------------------------------------------------------------------------------------------


def wanted(place: Path) -> list[str]:
    """Specs with a reference model that train, or whose result is stored although they do not."""
    return [
        name
        for name in shipped_specs()
        if (references() / name).is_dir()
        and (load_spec(name).spec.trains or (place / f"{name}.json").is_file())
    ]


def reference(name: str, place: Path) -> Reference:
    """Raises: SpecError, UsageError: there is no such spec."""
    spec = load_spec(name).spec
    return Reference(spec, _due(spec, place / f"{spec.id}.json"))


def _due(spec: Spec, stored: Path) -> str:
    if not stored.is_file():
        return "missing"
    try:
        run = read_result(stored)
    except GraderError as error:
        return f"cannot be read: {error.message}"
    if run.provenance.measuring_version != MEASURING_VERSION:
        return f"measured by version {run.provenance.measuring_version}, this is {MEASURING_VERSION}"
    if run.provenance.evidence_plan_digest != evidence_plan_digest(spec):
        return "the spec's training was changed"
    with fetch(str(references() / spec.id), also=also(spec)) as fetched:
        changed = fetched.submission.tree_digest != run.evidence.submission.tree_digest
    return "the reference model was changed" if changed else ""


def also(spec: Spec, folder: Path | None = None) -> tuple[str, ...]:
    """`--also` of a reference whose code imports a second repository."""
    name, beside = MODELS_REPOSITORY
    imports = spec.handed_in is not None and spec.handed_in.models_repository is not None
    return (f"{name}={(folder or references()) / beside}",) if imports else ()


# --- one of them --------------------------------------------------------------------------------------------


def _made(one: Reference, options: argparse.Namespace) -> str:
    """Train it and keep the result; the spec's name where there is none to keep."""
    name = one.spec.id
    try:
        words = command(one.spec, options.threads, options.device, unofficial=options.unofficial_data)
        fault = _run(name, words)
    except GraderError as error:
        fault = f"not here. {error}"
    print(f"{name}: {fault or 'kept'}", flush=True)
    return name if fault else ""


def _run(name: str, words: list[str]) -> str:
    """A sentence where there is nothing to keep."""
    with tempfile.TemporaryDirectory() as out:
        line = [sys.executable, "-m", "grader", *words, "--quiet", "--out", out]
        done = subprocess.run(line, cwd=ROOT, check=False)
        results = sorted(Path(out).rglob(RESULT))
        if len(results) != 1:
            return f"`grader run` ended with {done.returncode} and no result"
        return kept(results[0], name, PLACE, done.returncode)


def command(spec: Spec, threads: int, device: str, *, unofficial: bool) -> list[str]:
    """The words after `grader`, with paths from the repository's root: they are kept in the result.

    Raises:
        DataMissing: its data is not here, and it is not downloaded for this.
        GraderFault: what is here is a copy, and copies were not allowed.
    """
    folder = Path("reference_models")
    words = ["run", spec.id, "--repo", str(folder / spec.id), "--threads", str(threads)]
    words += [word for one in also(spec, folder) for word in ("--also", one)]
    words += ["--device", device] if device != "cpu" else []
    return [*words, "--unofficial-data"] if _is_copy(spec, unofficial) else words


def _is_copy(spec: Spec, unofficial: bool) -> bool:
    """Whether the data that is here is a copy; a spec that trains nothing needs none."""
    if not spec.trains or spec.task is None:
        return False
    try:
        return not load(spec.task, data_dir=None, download=False).facts.official
    except DataMissing:
        raise
    except GraderFault:
        if not unofficial:
            raise
        load(spec.task, data_dir=None, download=False, allow_unofficial=True)
        return True


def kept(result: Path, name: str, place: Path, code: int) -> str:
    """Keep a run's result as this spec's; a sentence where it is none to keep.

    Args:
        code: that `grader run` ended with.

    Raises:
        StoreError: it cannot be read, or the folder cannot be written.
    """
    run = read_result(result)
    if not_trained := next(_why_not_trained(run), ""):
        return f"not trained here: {not_trained}"
    if code not in (PASSED, FOR_A_PERSON):
        return f"its grade is {run.grade.points:g} of {run.grade.spec_points:g} (exit code {code}): not kept"
    write_text(place / f"{name}.json", result.read_text("utf-8"))
    here = Machine(run.run_id, processor(), len(usable_cores()))
    write_machines(place, read_machines(place) | {name: here})
    return ""


def _why_not_trained(run: RunRecord) -> Iterator[str]:
    """Of a run that was to train: the reasons why a trial, or all of them, has no accuracy."""
    if not load_spec(run.provenance.spec_id).spec.trains:
        return
    if not run.evidence.trials:
        accuracy = run.evidence.test_accuracy
        yield clean(accuracy.reason, 300) if isinstance(accuracy, Absent) else "there is no trial"
    for trial in run.evidence.trials:
        if isinstance(trial.accuracy, Absent):
            yield clean(trial.accuracy.reason, 300)


if __name__ == "__main__":
    sys.exit(main())
