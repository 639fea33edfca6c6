"""A mistake as pydantic sees it → a sentence that says what is wrong and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from grader.checks.interface import rule_types
from grader.spec.agreement import Loc, rule_length
from grader.spec.tree import Fault, Tree
from grader.text import clean

_WHOLE = ("int_type", "int_parsing", "int_from_float", "int_parsing_size")
_NUMBER = ("float_type", "float_parsing", "finite_number")
_MAPPING = ("model_type", "model_attributes_type", "dict_type", "mapping_type")
_LIST = ("list_type", "tuple_type", "set_type", "frozen_set_type")
_BOUNDS = {
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "needs at least {min_length} entry",
    "too_long": "may have at most {max_length} entries",
}
_UNITS = {"": 1, "k": 1_000, "m": 1_000_000}


def faults(tree: Tree, errors: list[ErrorDetails], root: type[BaseModel]) -> Iterator[Fault]:
    """One fault for each of pydantic's errors, at its place in the file; `root` is the model of the whole."""
    for error in errors:
        loc = in_file(tree.data, error["loc"])
        if loc in tree.empty or _only_follows(tree, loc, error):
            continue
        if error["type"] == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
            yield Fault(tree.keys[loc], loc, _unknown_key(tree, loc, error, root))
        elif error["type"] == "missing":
            yield Fault(tree.place(loc), loc, _missing(tree, loc, root))
        elif error["type"] in ("union_tag_invalid", "union_tag_not_found"):
            loc = (*loc, "check")
            if loc not in tree.empty:
                yield Fault(tree.place(loc), loc, _unknown_check(tree, loc))
        else:
            yield Fault(tree.place(loc), loc, _wrong_value(tree, loc, error, root))


def _only_follows(tree: Tree, loc: Loc, error: ErrorDetails) -> bool:
    """Entries with mistakes of their own do not count for pydantic: a list is then too short as well."""
    return error["type"] == "too_short" and len(_at(tree.data, loc)) >= error["ctx"]["min_length"]


def empty_values(tree: Tree) -> Iterator[Fault]:
    """Keys and list entries that have no value: YAML allows them, and here they are always a slip."""
    for loc in tree.empty:
        place = tree.keys.get(loc, tree.values[loc])
        yield Fault(place, loc, "nothing stands here. Write a value or delete the key.")


def in_file(data: object, loc: tuple[int | str, ...]) -> Loc:
    """The way to the fault in the file: without `[key]` and the tags that pydantic puts in for unions."""
    found: list[int | str] = []
    for index, step in enumerate(loc):
        here = isinstance(data, Mapping) and step in data
        here = here or (isinstance(data, list) and isinstance(step, int) and step < len(data))
        tag = index > 0 and rule_length(loc[:index]) == index
        last = index == len(loc) - 1
        if step == "[key]" or tag or (not here and not last):
            continue
        found.append(step)
        data = data[step] if here else None  # type: ignore[index]
    return tuple(found)


def got(tree: Tree, loc: Loc) -> str:
    """What stands in the file, as a person would say it."""
    value = _at(tree.data, loc)
    if isinstance(value, Mapping):
        return "keys with values"
    if isinstance(value, list):
        return "a list"
    shown = clean(tree.written.get(loc, ""), 60)
    return f'"{shown}"' if isinstance(value, str) else shown


def _at(data: Any, loc: Loc) -> Any:
    for step in loc:
        data = data[step]
    return data


# --- sentences ----------------------------------------------------------------------------------------------


def _unknown_key(tree: Tree, loc: Loc, error: ErrorDetails, root: type[BaseModel]) -> str:
    known = _literals(error) if error["type"] == "literal_error" else list(_fields(tree.data, loc[:-1], root))
    return f"unknown key. {_nearest(str(loc[-1]), known)}"


def _missing(tree: Tree, loc: Loc, root: type[BaseModel]) -> str:
    described = _fields(tree.data, loc[:-1], root).get(str(loc[-1]), "")
    return f'is missing. Add "{loc[-1]}: ..."{f" ({described.rstrip(chr(46))})" if described else ""}.'


def _unknown_check(tree: Tree, loc: Loc) -> str:
    known = sorted(rule_types())
    if loc not in tree.values:
        return f"is missing. Write one of {', '.join(known)}."
    word = _at(tree.data, loc)
    return f"there is no check {got(tree, loc)}. {_nearest(word if isinstance(word, str) else '', known)}"


def _wrong_value(tree: Tree, loc: Loc, error: ErrorDetails, root: type[BaseModel]) -> str:
    kind, value = error["type"], got(tree, loc)
    if kind == "value_error":
        text = error["msg"].removeprefix("Value error, ").rstrip(".")
        scalar = loc in tree.written and "got" not in text
        return f"{text}{f', got {value}' if scalar else ''}."
    if kind in _BOUNDS:
        return f"{_bound(kind, error, in_percent='%' in value)}, got {value}."
    if kind == "literal_error":
        return f"got {value}. {_nearest(str(error['input']), _literals(error))}"
    if kind == "string_pattern_mismatch":
        described = _fields(tree.data, loc[:-1], root).get(str(loc[-1]), "")
        return f"got {value}, which has characters that do not fit. {described}{_kebab(tree, loc)}"
    return f"{_expected(kind, error)}, got {value}.{_write(tree, loc, kind)}"


def _bound(kind: str, error: ErrorDetails, *, in_percent: bool) -> str:
    limits = dict(error.get("ctx", {}))
    if in_percent and kind == "less_than_equal":
        return f"must be at most {100 * limits['le']:g} %"
    return _BOUNDS[kind].format(**limits)


def _expected(kind: str, error: ErrorDetails) -> str:
    if kind in _WHOLE:
        return "expected a whole number"
    if kind in _NUMBER:
        return "expected a number"
    if kind.startswith("bool_"):
        return "expected true or false"
    if kind == "string_type":
        return "expected text"
    if kind in _MAPPING:
        return "expected keys with values"
    if kind in _LIST:
        return "expected a list"
    return clean(error["msg"][:1].lower() + error["msg"][1:], 120)


def _write(tree: Tree, loc: Loc, kind: str) -> str:
    """What to write instead, where it can be told."""
    value, shown = _at(tree.data, loc), clean(tree.written.get(loc, ""), 60)
    if kind in (*_WHOLE, *_NUMBER):
        number = _number_meant(value) if isinstance(value, str) else None
        return f" Write {number}." if number is not None else ""
    if kind == "string_type" and loc in tree.written:
        return f' Put quotes around it: "{shown}".'
    if kind.startswith("bool_") and isinstance(value, str):
        word = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
        return f" Write {word[value.lower()]}." if value.lower() in word else ""
    if kind in _MAPPING and isinstance(value, list):
        return ' Delete the "-": its keys stand below it, each with a value.'
    return f" Write [{shown}]." if kind in _LIST and loc in tree.written else ""


def _number_meant(text: str) -> str | None:
    """`25k`, `25,000`, `25_000` and `"25000"` all mean 25000."""
    bare = re.sub(r"(?<=\d)[,_' ](?=\d{3})", "", text.strip())
    found = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)\s*([kKmM]?)", bare)
    return f"{float(found[1]) * _UNITS[found[2].lower()]:.15g}" if found and len(text) < 20 else None


def _kebab(tree: Tree, loc: Loc) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", str(_at(tree.data, loc)).lower()).strip("-")
    return f" Write {word}." if loc[-1] == "id" and 0 < len(word) <= 60 else ""


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(clean(word, 60).lower().replace("-", "_"), known, 1, 0.6)
    near = near or get_close_matches(clean(word, 60), known, 1, 0.6)
    if len(known) == 1:
        return f'Write "{known[0]}".'
    listed = ", ".join(known)
    return f'Did you mean "{near[0]}"? Known are {listed}.' if near else f"Known are {listed}."


def _literals(error: ErrorDetails) -> list[str]:
    return re.findall(r"'([^']*)'", str(error.get("ctx", {}).get("expected", "")))


# --- the schema, walked as far as the file goes -------------------------------------------------------------


def _fields(data: object, loc: Loc, root: type[BaseModel]) -> dict[str, str]:
    """The keys that may stand at a place, each with its description."""
    model: type[BaseModel] | None = root
    hidden: tuple[str, ...] = ()
    if length := rule_length(loc):
        kind = _at(data, (*loc[:length], "check"))
        hidden = () if loc[0] in ("checks", "bonuses") or len(loc) > length else ("id", "points")
        model, loc = rule_types()[kind], loc[length:]
    names = (step for step in loc if isinstance(step, str))
    for step in names:
        fields = model.model_fields if model else {}
        annotation = fields[step].annotation if step in fields else None
        model = _model_in(annotation)
        if get_origin(annotation) is dict:
            next(names, None)  # a key that the file's author chose
    fields = model.model_fields if model else {}
    return {name: info.description or "" for name, info in fields.items() if name not in hidden}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation, also in a list of it or where it may be left out."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, dict):
        return next((found for found in map(_model_in, get_args(annotation)) if found), None)
    return None
