"""Broken variants: a copy of a reference submission with one small named edit, and which rule of its spec that breaks.

`variants/<spec>.yaml` lists them. An edit whose old text is not there raises, so that a variant cannot quietly become
the reference again when the reference changes.

    specs:       which spec, and which folder of `reference_models/` where it is not named like the spec
    variants:    name → {breaks, edits, says, because, trained, gpu}
    waits:       rules that the reference cannot meet before it has been trained: logs, pictures of a trained model

What `breaks` says of a rule is the outcome's status (`failed`, `review`, ...), or of a bonus, multiplier or penalty its
state (`does not count`, `counts`, `open`), or for a check with parts {part: status}. Everything that it does not
name must come out as for the reference.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
REFERENCES = ROOT / "reference_models"
LISTS = Path(__file__).with_name("variants")
CODE = (".py", ".ipynb")
KEYS = {"breaks", "edits", "says", "because", "trained", "gpu"}
ACTIONS = ("replace", "write", "delete", "rename", "copy_to", "cells", "paste_values")


@dataclass(frozen=True)
class Variant:
    """One broken submission.

    `breaks`: id of a rule → its status, or part → status. More than one id wants `because`, a sentence: why the
    others follow from the first.
    `says`: words that the finding of the first broken rule must hold.
    `trained`: the accuracy is another one, so that only a training of its own can judge it.
    `gpu`: and that training is too long for a CPU: there it would not be begun, and a person would decide.
    """

    spec: str
    name: str
    breaks: dict[str, str | dict[str, str]]
    edits: tuple[dict[str, Any], ...]
    says: str = ""
    because: str = ""
    trained: bool = False
    gpu: bool = False

    @property
    def id(self) -> str:
        return f"{self.spec}/{self.name}"

    @property
    def touches_code(self) -> bool:
        """Whether anything but texts and pictures differs: then the model is looked at again."""
        named = [edit.get("in", "") for edit in self.edits]
        named += [edit[key] for edit in self.edits for key in ("rename", "copy_to") if key in edit]
        return any(name.endswith(CODE) or "*" in name or not Path(name).suffix for name in named)


@dataclass(frozen=True)
class Listed:
    """The broken variants of one spec, and what its reference is."""

    spec: str
    reference: Path
    models: Path | None  # the second repository that the reference imports
    models_name: str  # the folder that its code calls it by
    variants: tuple[Variant, ...]
    waits: tuple[str, ...] = ()  # rules that the reference cannot meet before it has been trained

    @property
    def also(self) -> tuple[str, ...]:
        return self.also_of(self.models)

    def also_of(self, models: Path | None) -> tuple[str, ...]:
        """`--also` for the reference, or for a copy of its models repository."""
        return (f"{self.models_name}={models}",) if models else ()


@cache
def all_lists() -> dict[str, Listed]:
    """Every list by its spec."""
    return {path.stem: _listed(path) for path in sorted(LISTS.glob("*.yaml"))}


def all_variants() -> dict[str, Variant]:
    """Every variant by `spec/name`."""
    return {one.id: one for listed in all_lists().values() for one in listed.variants}


def _listed(path: Path) -> Listed:
    text = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    unknown = set(text) - {"reference", "models_repository", "variants", "waits"}
    if unknown:
        raise ValueError(f"{path.name}: unknown key {sorted(unknown)[0]}")
    models = text.get("models_repository", {})
    found = tuple(_variant(path, name, one) for name, one in text["variants"].items())
    return Listed(
        spec=path.stem,
        reference=REFERENCES / text.get("reference", path.stem),
        models=REFERENCES / models["reference"] if models else None,
        models_name=models.get("name", "") if models else "",
        variants=found,
        waits=tuple(text.get("waits", ())),
    )


def _variant(path: Path, name: str, one: dict[str, Any]) -> Variant:
    unknown = set(one) - KEYS
    if unknown:
        raise ValueError(f"{path.name}, {name}: unknown key {sorted(unknown)[0]}")
    if len(one["breaks"]) != 1 and not one.get("because"):
        raise ValueError(f"{path.name}, {name}: a variant breaks one rule; say `because` where it is more")
    return Variant(path.stem, name, **{**one, "edits": tuple(one["edits"])})


def build(variant: Variant, dest: Path) -> tuple[Path, Path | None]:
    """Write the variant below `dest`: (the submission, the models repository where there is one)."""
    listed = all_lists()[variant.spec]
    submission = _copy(listed.reference, dest / "submission" / listed.reference.name)
    models = _copy(listed.models, dest / "models" / listed.models.name) if listed.models else None
    for edit in variant.edits:
        place = models if edit.get("where") == "models_repository" else submission
        if place is None:
            raise ValueError(f"{variant.id}: there is no models repository to edit")
        _edit(variant, place, edit)
    return submission, models


def _copy(folder: Path, dest: Path) -> Path:
    shutil.copytree(folder, dest, ignore=shutil.ignore_patterns("__pycache__", "data"))
    return dest


def _edit(variant: Variant, folder: Path, edit: dict[str, Any]) -> None:
    """{in: FILE, replace: OLD, by: NEW} · {in: FILE, write: TEXT} · {in: FILE, delete: true} · {in, rename | copy_to}

    Of a workbook: {in: FILE, cells: {"Sheet!E5": VALUE, "Sheet!E6:E60": "=E5+1"}} · {in: FILE, paste_values: true}
    """
    (action,) = [key for key in ACTIONS if key in edit]
    path = folder / edit["in"]
    if action == "replace":
        _replace(variant, path, edit["replace"], edit["by"])
    elif action == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(edit["write"], "utf-8")
    elif not path.exists():
        raise ValueError(f"{variant.id}: there is no {edit['in']}: the variant must follow the reference.")
    elif action in ("cells", "paste_values"):
        _edit_workbook(path, edit)
    elif action == "delete":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    else:
        other = folder / edit[action]
        other.parent.mkdir(parents=True, exist_ok=True)
        path.rename(other) if action == "rename" else shutil.copy(path, other)


def _edit_workbook(path: Path, edit: dict[str, Any]) -> None:
    """A formula in a range is filled in as by dragging; `null` empties a cell. No saved values are left but pasted ones."""
    from openpyxl import load_workbook
    from openpyxl.formula.translate import Translator

    book = load_workbook(path, data_only="paste_values" in edit)
    for where, value in edit.get("cells", {}).items():
        sheet, _, area = where.rpartition("!")
        first = area.partition(":")[0]
        for row in book[sheet][area] if ":" in area else ((book[sheet][area],),):
            for cell in row:
                is_formula = isinstance(value, str) and value.startswith("=")
                cell.value = Translator(value, first).translate_formula(cell.coordinate) if is_formula else value
    book.save(path)
    _without_dates(path)


def _without_dates(path: Path) -> None:
    """The same bytes whenever it is built."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["docProps/core.xml"] = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2024-01-01T00:00:00Z", parts["docProps/core.xml"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def _replace(variant: Variant, path: Path, old: str, new: str) -> None:
    """Everywhere in the file. In a notebook the text is that of its JSON: a quote is written \\\"."""
    text = path.read_text("utf-8")
    if old not in text:
        raise ValueError(f"{variant.id}: {path.name} does not contain {old!r}: follow the reference.")
    path.write_text(text.replace(old, new), "utf-8")
