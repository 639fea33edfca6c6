"""YAML → `Spec`. Every mistake is found in one go, each at its file, line and column."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from grader.errors import SpecError
from grader.spec.agreement import Loc, disagreements
from grader.spec.schema import Spec
from grader.spec.shipped import shipped_specs
from grader.spec.tree import Fault, Place, read_tree
from grader.spec.wording import empty_values, faults
from grader.text import clean, clean_path

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 50

__all__ = ["Loaded", "evidence_plan_digest", "load_spec", "parse_spec", "shipped_specs"]


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
    spec = parse_spec(_read(path, shown), shown)
    return Loaded(spec, _digest(spec.model_dump(mode="json", exclude_none=True)), shown)


def parse_spec(content: bytes, shown: str) -> Spec:
    """The spec in these bytes; `shown` names the file in messages.

    Raises:
        SpecError: with every problem that was found.
    """
    tree = read_tree(_text(content, shown))
    found = [*tree.faults]
    if isinstance(tree.data, dict):
        found += empty_values(tree)
        crossed = [Fault(tree.place(loc), loc, text) for loc, text in disagreements(tree.data)]
        found += crossed
        try:
            spec = Spec.model_validate(tree.data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            found += faults(tree, [one for one in errors if one["loc"] or not crossed])
        else:
            if not found:
                return spec
    raise SpecError(_problems(shown, found))


def evidence_plan_digest(spec: Spec) -> str:
    """The digest of what can change a measured number, and of nothing else.

    The task, the training block and the kinds of evidence that the checks need. Not points, thresholds or
    texts: evidence stays good when those are corrected.
    """
    needs = sorted(frozenset().union(*(rule.needs for rule in spec.checks)))
    plan = spec.model_dump(mode="json", include={"task", "training"}, exclude_none=True)
    return _digest({**plan, "needs": needs})


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


# --- the file -----------------------------------------------------------------------------------------------


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


def _read(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        problem = "this is a folder. Give a YAML file inside of it."
    except (FileNotFoundError, NotADirectoryError):
        shipped = path.stem in shipped_specs()
        by_name = f' The shipped spec is given by its name: "{path.stem}".' if shipped else ""
        problem = f"there is no such file. Look at the path, or see `grader spec list`.{by_name}"
    except (OSError, ValueError) as error:
        problem = f"it cannot be read ({clean(getattr(error, 'strerror', None) or str(error))})."
    raise SpecError((f"{shown}: {problem}",))


def _text(content: bytes, shown: str) -> str:
    if len(content) > MAX_BYTES:
        text = f"the file is over {MAX_BYTES // 1024} kB. A spec is a few kB: is it the right file?"
        raise SpecError(_problems(shown, [Fault(Place(1, 1), (), text)]))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise SpecError(
            _problems(shown, [Fault(place, (), "this is not UTF-8 text. Save the file as UTF-8.")])
        ) from error


# --- problems -----------------------------------------------------------------------------------------------


def _problems(shown: str, found: list[Fault]) -> tuple[str, ...]:
    ordered = sorted(found, key=lambda fault: (fault.place.line, fault.place.column, fault.text))
    lines = dict.fromkeys(
        f"{shown}:{at.place.line}:{at.place.column} {_where(at.loc)}: {at.text}" for at in ordered
    )
    kept = list(lines)[:MAX_PROBLEMS]
    if len(lines) > MAX_PROBLEMS:
        last = ordered[-1].place
        kept.append(f"{shown}:{last.line}:{last.column} the spec: {len(lines) - MAX_PROBLEMS} more problems.")
    return tuple(kept)


def _where(loc: Loc) -> str:
    """`checks[0].fewer_than`."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{clean(step, 60)}" if text else clean(step, 60)
    return text or "the spec"
