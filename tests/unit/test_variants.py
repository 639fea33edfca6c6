"""Every rule of every spec has a broken submission that it catches; these are built here, and nothing of them runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from grader.spec.load import load_spec

PLACE = Path(__file__).resolve().parents[1] / "submissions" / "broken.py"


def _load() -> Any:
    name = f"grader_test_{PLACE.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, PLACE)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


broken: Any = _load()
VARIANTS: dict[str, Any] = broken.all_variants()
SPECS = sorted(path.stem for path in (broken.ROOT / "specs").glob("*.yaml"))


def bites(spec: str) -> set[str]:
    """The ids of a spec's rules that a program decides."""
    found = load_spec(spec).spec
    ids = {rule.id for rule in (*found.checks, *found.bonuses) if rule.check != "manual"}
    ids |= {one.id for one in found.penalties if one.condition is not None}
    return ids | ({found.multiplier.id} if found.multiplier else set())


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("spec", SPECS)
def test_every_rule_has_a_variant_that_breaks_it_alone(spec: str) -> None:
    """Or that breaks it first, where it says why another rule cannot but follow.

    A rule that the reference itself does not meet yet has nothing that could be broken: it waits.
    """
    listed = broken.all_lists()[spec]
    broken_first = {next(iter(one.breaks)) for one in listed.variants if len(one.breaks) == 1 or one.because}
    assert bites(spec) - broken_first - set(listed.waits) == set()
    assert set(listed.waits) <= bites(spec)


@pytest.mark.parametrize("spec", SPECS)
def test_what_a_variant_breaks_is_a_rule_of_its_spec(spec: str) -> None:
    for one in broken.all_lists()[spec].variants:
        assert set(one.breaks) <= bites(spec), one.name


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_built_the_same_each_time_and_differs(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    first, models = broken.build(variant, tmp_path / "a")
    second, _ = broken.build(variant, tmp_path / "b")
    listed = broken.all_lists()[variant.spec]
    assert contents(first) == contents(second)
    same = contents(first) == contents(listed.reference)
    assert not (same and (models is None or contents(models) == contents(listed.models)))


def test_an_edit_that_no_longer_fits_is_said(tmp_path: Path) -> None:
    edits = ({"in": "model.py", "replace": "no such line", "by": "x"},)
    with pytest.raises(ValueError, match=r"model\.py does not contain 'no such line'"):
        broken.build(broken.Variant("s4", "odd", {"small": "failed"}, edits), tmp_path)
