"""A new spec to start from: complete, commented, and valid as it stands."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from grader.errors import UsageError
from grader.spec.json_schema import json_schema_text
from grader.text import clean

SCHEMA = "spec.schema.json"


def new_spec_text(name: str, file: str) -> str:
    """The text of a spec with this id; `file` is how its comments call it.

    Raises:
        UsageError: the id is none.
    """
    if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", name) or len(name) > 60:
        word = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")[:60].rstrip("-_")
        hint = "An id is lower-case letters and digits, with - or _ between them."
        meant = f' Write "{word}".' if re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", word) else ""
        raise UsageError(f'"{clean(name, 60)}" cannot be the id of a spec.', f"{hint}{meant}")
    text = (files("grader.spec") / "new.yaml").read_text(encoding="utf-8")
    return text.replace("{id}", name).replace("{file}", clean(file))


def write_new_spec(name: str, folder: Path) -> tuple[Path, ...]:
    """Write `<id>.yaml`, and the schema beside it where there is none; the files that were written.

    Raises:
        UsageError: the id is none, the file is there already, or it cannot be written.
    """
    target, schema = folder / f"{name}.yaml", folder / SCHEMA
    text = new_spec_text(name, str(target))
    try:
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        if schema.exists():
            return (target,)
        schema.write_text(json_schema_text(), encoding="utf-8", newline="\n")
    except FileExistsError:
        shown = clean(str(target))
        raise UsageError(f"{shown} is there already.", "Choose another id, or edit that file.") from None
    except OSError as error:
        why = clean(error.strerror or str(error))
        raise UsageError(
            f"{clean(str(target))} cannot be written: {why}.", "Choose another --folder."
        ) from None
    return target, schema
