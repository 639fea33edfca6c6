"""YAML → `Spec`. Every mistake is found in one go, each at its file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path

from grader.errors import SpecError
from grader.spec.agreement import Loc, disagreements
from grader.spec.document import MAX_BYTES, MAX_PROBLEMS, digest, parse, read
from grader.spec.schema import Spec
from grader.spec.shipped import shipped_specs
from grader.text import clean, clean_path

__all__ = [
    "MAX_BYTES",
    "MAX_PROBLEMS",
    "Loaded",
    "evidence_plan_digest",
    "load_spec",
    "parse_spec",
    "shipped_specs",
    "spec_digest",
    "spec_file",
]


@dataclass(frozen=True)
class Loaded:
    spec: Spec
    digest: str  # "sha256:..." of what the spec says, whatever its comments and its layout
    path_shown: str  # as it was given, or "specs/s4.yaml" for a shipped one


def load_spec(name_or_path: str | Path) -> Loaded:
    """Load a spec by its file or, for a shipped one, by its name (`s4`).

    Raises:
        SpecError: with every problem that was found.
    """
    path, shown = _find(name_or_path)
    shipped = path.stem in shipped_specs()
    by_name = f' The shipped spec is given by its name: "{path.stem}".' if shipped else ""
    spec = parse_spec(read(path, shown, by_name), shown)
    return Loaded(spec, spec_digest(spec), shown)


def spec_file(name_or_path: str | Path) -> Path:
    """The file of a spec, found as `load_spec` finds it."""
    return _find(name_or_path)[0]


def parse_spec(content: bytes, shown: str) -> Spec:
    """The spec in these bytes; `shown` names the file in messages.

    Raises:
        SpecError: with every problem that was found.
    """
    return parse(Spec, content, shown, _disagreements)


def spec_digest(spec: Spec) -> str:
    """The digest of all that a spec says. What it leaves out has no part in it: a new key changes no old digest."""
    said = spec.model_dump(mode="json", exclude_none=True)
    return digest({key: value for key, value in said.items() if value != []})


def evidence_plan_digest(spec: Spec) -> str:
    """The digest of what can change a measured number, and of nothing else.

    The task, the training block and the kinds of evidence that the checks need. Not points, thresholds or
    texts: evidence stays good when those are corrected.
    """
    return _plan_digest(_plan(spec), spec_needs(spec))


def spec_needs(spec: Spec) -> frozenset[str]:
    """The kinds of evidence that the spec's rules need."""
    return frozenset().union(*(rule.needs for rule in spec.rules))


def needs_behind(spec: Spec, plan_digest: str, kinds: frozenset[str]) -> frozenset[str] | None:
    """The kinds of evidence that were measured by the plan of this digest; None where its task or its training block
    is not the spec's.

    A digest cannot be read back, and there are few kinds: the one set that gives it is found by trying.

    Args:
        kinds: all that there are.
    """
    plan, known = _plan(spec), sorted(kinds | spec_needs(spec))
    for size in range(len(known) + 1):
        for some in combinations(known, size):
            if _plan_digest(plan, frozenset(some)) == plan_digest:
                return frozenset(some)
    return None


def _plan(spec: Spec) -> dict[str, object]:
    return spec.model_dump(mode="json", include={"task", "training"}, exclude_none=True)


def _plan_digest(plan: dict[str, object], needs: frozenset[str]) -> str:
    return digest({**plan, "needs": sorted(needs)})


def _disagreements(data: dict[str, object]) -> Iterator[tuple[Loc, str]]:
    return disagreements(data)


def _find(given: str | Path) -> tuple[Path, str]:
    """The file, and how messages name it."""
    name = str(given)
    if isinstance(given, Path) or "/" in name or "\\" in name or Path(name).suffix:
        return Path(given), clean_path(name)
    known = shipped_specs()
    if name in known:
        return known[name], f"specs/{name}.yaml"
    near = get_close_matches(name, known, 3, 0.5)
    here = f" For the file of that name here, write ./{clean(name)}." if name and Path(name).is_file() else ""
    meant = f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(known) or 'none'}."
    raise SpecError((f'there is no spec "{clean(name)}". {meant}{here} A file is given by its path.',))
