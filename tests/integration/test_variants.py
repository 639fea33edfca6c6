"""Each broken variant fails its own rule and only that one; the reference fails none.

In `make test` what differs in its texts alone is judged with the reference's evidence, and one variant of each kind of
check is looked at again; `make test-all` does so with all of them, and trains those whose accuracy is another one.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.data.interface import load
from grader.errors import DataMissing
from grader.records import Evidence
from grader.spec.load import evidence_plan_digest, load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(3600)]
PLACE = Path(__file__).resolve().parents[1] / "submissions" / "grading.py"


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("grader_test_grading", PLACE)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


grading: Any = _load()
SPECS: tuple[str, ...] = tuple(grading.broken.all_lists())
VARIANTS: dict[str, Any] = grading.broken.all_variants()
SEEN: dict[str, Evidence] = {}
LARGE = {"tiny_imagenet"}
"""Tasks whose images make one look at a model take half a minute: all of it is left to `make test-all`."""


def _is_large(spec: str) -> bool:
    return load_spec(spec).spec.task in LARGE


def _first_of_each_kind() -> set[str]:
    """The variants that touch code and are the first to break their kind of check."""
    found: dict[str, str] = {}
    for name, variant in VARIANTS.items():
        kinds = {rule.id: rule.check for rule in load_spec(variant.spec).spec.rules}
        if variant.touches_code and not variant.trained and not _is_large(variant.spec):
            found.setdefault(kinds.get(next(iter(variant.breaks)), "penalty"), name)
    return set(found.values())


QUICK = _first_of_each_kind()


def _ring(name: str) -> Any:
    slow = (VARIANTS[name].touches_code and name not in QUICK) or _is_large(VARIANTS[name].spec)
    return pytest.param(name, marks=pytest.mark.slow) if slow else name


@pytest.fixture
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What is known of a spec's reference; looked at once in each process that tests."""

    def known(spec: str) -> Evidence:
        if spec not in SEEN:
            SEEN[spec] = grading.reference(spec, tmp_path_factory.mktemp(spec))
        return SEEN[spec]

    return known


@pytest.mark.parametrize(
    "spec", [pytest.param(one, marks=pytest.mark.slow) if _is_large(one) else one for one in SPECS]
)
def test_the_reference_loses_nothing_that_could_be_judged(spec: str, reference: Any) -> None:
    """Whoever has not been trained yet is `skipped` where accuracy counts, open where a rule waits for the training,
    and nothing else. A rule that waits and is met no longer belongs into the list."""
    found = grading.judge_all(load_spec(spec), reference(spec))
    waiting = {"skipped"} if grading.stored(spec) is None else set()
    checks = {rule.id: rule.check for rule in load_spec(spec).spec.checks}
    waits = grading.broken.all_lists()[spec].waits
    assert [name for name in waits if found.states[name] in ("passed", "counts")] == []
    lost = {
        name: found.outcomes[name].finding
        for name, check in checks.items()
        if found.states[name] not in {"passed", *waiting}
        and name not in waits
        and check != "manual"
        and not _by_a_person(found, name)
    }
    assert lost == {}


def _by_a_person(found: Any, name: str) -> bool:
    """Whether all that is open is what the spec itself leaves to a person."""
    parts = found.outcomes[name].parts
    left = [part for part in parts if part.status != "passed"]
    return bool(left) and all(part.name == "by a person" for part in left)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if grading.stored(spec)])
def test_the_stored_run_is_of_this_reference_and_this_spec(spec: str) -> None:
    """A reference or a spec that was changed has to be trained again."""
    run = grading.stored(spec)
    assert run.provenance.evidence_plan_digest == evidence_plan_digest(load_spec(spec).spec)
    assert run.evidence.submission.tree_digest == grading.digest_of_reference(spec)


@pytest.mark.parametrize("name", [_ring(name) for name in VARIANTS if not VARIANTS[name].trained])
def test_a_variant_fails_its_own_rule_and_only_that_one(name: str, tmp_path: Path, reference: Any) -> None:
    variant = VARIANTS[name]
    known = reference(variant.spec)
    assert_breaks(variant, grading.judged(variant, known, tmp_path), known)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in VARIANTS if VARIANTS[name].trained])
def test_a_variant_that_learns_otherwise_fails_its_own_rule(
    name: str, tmp_path: Path, reference: Any
) -> None:
    variant = VARIANTS[name]
    if not grading.can_be_trained(variant):
        pytest.skip("its training needs a GPU")
    _needs_data(load_spec(variant.spec).spec.task)
    assert_breaks(variant, grading.trained(variant, tmp_path), reference(variant.spec))


def _needs_data(task: str) -> None:
    try:
        load(task, data_dir=None, allow_unofficial=True, download=False)
    except DataMissing as error:
        pytest.skip(error.message)


def assert_breaks(variant: Any, found: Any, known: Evidence) -> None:
    before = grading.judge_all(load_spec(variant.spec), known)
    said = {one: outcome.finding for one, outcome in found.outcomes.items()}
    assert found.difference(before) == variant.breaks, said
    first = found.outcomes[next(iter(variant.breaks))]
    assert variant.says in f"{first.finding} {first.parts} {first.notes}"
