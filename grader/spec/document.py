"""A YAML file of the grader → the model that it has to fit, or every mistake at its file, line and column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from grader.errors import SpecError
from grader.spec.agreement import Loc, shown
from grader.spec.tree import Fault, Place, Tree, read_tree
from grader.spec.wording import empty_values, faults
from grader.text import clean

MAX_BYTES = 256 * 1024
MAX_PROBLEMS = 50

Model = TypeVar("Model", bound=BaseModel)
Crossed = Callable[[dict[str, object]], Iterable[tuple[Loc, str]]]
"""What two parts of a document must agree on: where they do not, and how."""


def parse(model: type[Model], content: bytes, name: str, crossed: Crossed) -> Model:
    """The document in these bytes; `name` is the file's in messages.

    Raises:
        SpecError: with every problem that was found.
    """
    return fitted(model, tree_of(content, name), name, crossed)


def tree_of(content: bytes, name: str) -> Tree:
    """What the file says, with the place of each value.

    Raises:
        SpecError: it is no text, or too much of it.
    """
    return read_tree(_text(content, name))


def fitted(model: type[Model], tree: Tree, name: str, crossed: Crossed) -> Model:
    """The model filled with what the file says.

    Raises:
        SpecError: with every problem that was found.
    """
    found = [*tree.faults]
    if isinstance(tree.data, dict):
        found += empty_values(tree)
        disagreed = [Fault(tree.place(loc), loc, text) for loc, text in crossed(tree.data)]
        found += disagreed
        try:
            made = model.model_validate(tree.data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            found += faults(tree, [one for one in errors if one["loc"] or not disagreed], model)
        else:
            if not found:
                return made
    raise SpecError(problems(name, found))


def read(path: Path, name: str, where_else: str = "") -> bytes:
    """The file's bytes, and one more than there may be.

    Args:
        where_else: what to say where there is no such file.

    Raises:
        SpecError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        problem = "this is a folder. Give a YAML file inside of it."
    except (FileNotFoundError, NotADirectoryError):
        problem = f"there is no such file. Look at the path, or see `grader spec list`.{where_else}"
    except (OSError, ValueError) as error:
        why = clean(getattr(error, "strerror", None) or str(error))
        problem = f"it cannot be read ({why}). Look at its permissions and its name."
    raise SpecError((f"{name}: {problem}",))


def digest(content: object) -> str:
    """`sha256:...` of plain data, whatever its layout was."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"


def problems(name: str, found: list[Fault]) -> tuple[str, ...]:
    """`file:line:column where: fault`, in the order of the file, each once and not endlessly."""
    ordered = sorted(found, key=lambda fault: (fault.place.line, fault.place.column, fault.text))
    lines = dict.fromkeys(
        f"{name}:{at.place.line}:{at.place.column} {shown(at.loc)}: {at.text}" for at in ordered
    )
    kept = list(lines)[:MAX_PROBLEMS]
    if len(lines) > MAX_PROBLEMS:
        last = ordered[-1].place
        kept.append(f"{name}:{last.line}:{last.column} the spec: {len(lines) - MAX_PROBLEMS} more problems.")
    return tuple(kept)


def _text(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        text = f"the file is over {MAX_BYTES // 1024} kB. A spec is a few kB: is it the right file?"
        raise SpecError(problems(name, [Fault(Place(1, 1), (), text)]))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace")
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        fault = Fault(place, (), "this is not UTF-8 text. Save the file as UTF-8.")
        raise SpecError(problems(name, [fault])) from error
