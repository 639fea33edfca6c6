"""What a broken variant comes to: its own text, code and model, and the training of the reference where that is alike.

The reference's training is in `reports/reference/<spec>.json`, a result that `grader run` has stored. `judged` puts it
beside what a self-check sees of the variant; `trained` trains the variant itself.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from grader.adjustments import adjustments
from grader.checks import interface as checks
from grader.events import Events
from grader.fetch.interface import fetch
from grader.isolation.cards import cards
from grader.pipeline import Request, check_submission, grade_submission, prepare_machine
from grader.reading.read import read_submission
from grader.records import Evidence, Outcome, RunRecord
from grader.report.json import from_json
from grader.spec.load import Loaded, load_spec
from grader.stages.beside import beside
from grader.stages.machine import Machine
from grader.stages.method import review
from grader.stages.workers import opener


def _beside(name: str) -> Any:
    """A module of this folder: `tests` is no package."""
    known = f"grader_test_{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


broken: Any = _beside("broken")
STORED: Path = broken.ROOT / "reports" / "reference"


@dataclass(frozen=True)
class Judged:
    """The outcome of every rule of a spec, and the state of everything that changes a grade beside them."""

    outcomes: dict[str, Outcome]
    states: dict[str, str]

    def difference(self, other: Judged) -> dict[str, str | dict[str, str]]:
        """What is otherwise than in `other`, in the form of a variant's `breaks`."""
        found: dict[str, str | dict[str, str]] = {}
        for name, state in self.states.items():
            if state == other.states[name]:
                continue
            parts = self._parts(name, other)
            found[name] = parts or state
        return found

    def _parts(self, name: str, other: Judged) -> dict[str, str]:
        """The parts that differ, where not all of the check is lost."""
        if self.states[name] != "partial":
            return {}
        before = {part.name: part.status for part in other.outcomes[name].parts}
        return {
            part.name: part.status
            for part in self.outcomes[name].parts
            if before.get(part.name, part.status) != part.status
        }


@cache
def stored(spec: str) -> RunRecord | None:
    """The reference's own run, as it was stored; None where it was not trained yet."""
    path = STORED / f"{spec}.json"
    return from_json(path.read_text("utf-8")) if path.is_file() else None


def digest_of_reference(spec: str) -> str:
    """The digest over the reference's files as they are now."""
    listed = broken.all_lists()[spec]
    with fetch(str(listed.reference), also=listed.also) as fetched:
        return str(fetched.submission.tree_digest)


def judge_all(loaded: Loaded, evidence: Evidence) -> Judged:
    outcomes = {rule.id: checks.run(rule, evidence) for rule in loaded.spec.checks}
    states: dict[str, str] = {name: outcome.status for name, outcome in outcomes.items()}
    for one in adjustments(loaded.spec, evidence):
        outcomes[one.id], states[one.id] = one.outcome, one.state
    return Judged(outcomes, states)


@cache
def _machine(spec: str) -> Machine:
    """Prepared once for all variants of a spec: the sandbox, and generated data of the task's shape."""
    loaded = load_spec(spec)
    return prepare_machine(Request(loaded, source="", command="", full=False, stand_in=True))


def _untrained(loaded: Loaded) -> Loaded:
    """The spec without what hangs on an accuracy: nothing is begun to be trained for it, which takes minutes."""
    spec, of_a_training = loaded.spec, {"test_accuracy", "train_accuracy"}
    kept: dict[str, Any] = {
        "checks": tuple(rule for rule in spec.checks if not rule.needs & of_a_training),
        "bonuses": tuple(rule for rule in spec.bonuses if not rule.needs & of_a_training),
        "multiplier": None,
        "penalties": (),
    }
    return replace(loaded, spec=spec.model_copy(update=kept))


def _request(spec: str, submission: Path, models: Path | None, out: Path, **fields: Any) -> Request:
    return Request(
        loaded=load_spec(spec) if fields.get("full", True) else _untrained(load_spec(spec)),
        source=str(submission),
        also=broken.all_lists()[spec].also_of(models),
        command=f"grader run {spec}",
        out=out,
        **fields,
    )


def reference(spec: str, out: Path) -> Evidence:
    """What a self-check sees of the reference, with the training that is stored where there is one."""
    listed = broken.all_lists()[spec]
    return _with_training(spec, _checked(spec, listed.reference, listed.models, out))


def judged(variant: Any, known: Evidence, folder: Path) -> Judged:
    """A variant, whose training is not looked at again. `known` is what `reference` gave."""
    submission, models = broken.build(variant, folder)
    loaded = load_spec(variant.spec)
    if variant.touches_code:
        evidence = _with_training(variant.spec, _checked(variant.spec, submission, models, folder / "out"))
    else:
        evidence = _reread(variant.spec, submission, models, known)
    return judge_all(loaded, evidence)


def can_be_trained(variant: Any) -> bool:
    """Whether this machine has what its training takes."""
    return not variant.gpu or bool(cards())


def trained(variant: Any, folder: Path) -> Judged:
    """A variant, trained as a submission is."""
    submission, models = broken.build(variant, folder)
    asked = _request(variant.spec, submission, models, folder / "out", unofficial_data=True, device="auto" if variant.gpu else "cpu")
    return judge_all(asked.loaded, grade_submission(asked, Events()).record.evidence)


def _checked(spec: str, submission: Path, models: Path | None, out: Path) -> Evidence:
    asked = _request(spec, submission, models, out, full=False, stand_in=True, machine=_machine(spec))
    return _reviewed(spec, submission, models, check_submission(asked, Events()).record.evidence)


def _reread(spec: str, submission: Path, models: Path | None, known: Evidence) -> Evidence:
    """Only texts and pictures differ: the model and what was captured of its training are the reference's."""
    with fetch(str(submission), also=broken.all_lists()[spec].also_of(models)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        open_worker = opener(_machine(spec).sandbox, fetched.root, 1)
        others = beside(load_spec(spec).spec, fetched, reading, open_worker)
        seen = others.added_to(replace(known, submission=fetched.submission, reading=reading))
    return _reviewed(spec, submission, models, seen)


def _with_training(spec: str, evidence: Evidence) -> Evidence:
    run = stored(spec)
    if run is None:
        return evidence
    was = run.evidence
    return replace(
        evidence,
        data=was.data,
        trials=was.trials,
        test_accuracy=was.test_accuracy,
        train_accuracy=was.train_accuracy,
        projection=was.projection,
        integrity=was.integrity,
    )


def _reviewed(spec: str, submission: Path, models: Path | None, evidence: Evidence) -> Evidence:
    """The remarks and the claims once more, beside the accuracy that is stored."""
    loaded, run = load_spec(spec), stored(spec)
    accuracy = run.evidence.test_accuracy if run else evidence.test_accuracy
    with fetch(str(submission), also=broken.all_lists()[spec].also_of(models)) as fetched:
        remarks, comparisons = review(
            loaded.spec,
            fetched.root,
            evidence.reading,
            evidence.model,
            evidence.training,
            evidence.recipe,
            accuracy,
        )
    return replace(evidence, remarks=remarks, comparisons=comparisons)
