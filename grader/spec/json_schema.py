"""The spec's JSON Schema: editors complete and check a spec with it while it is written."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from grader.spec.course import Course
from grader.spec.schema import Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a spec, with every kind of check that this installation has."""
    return _schema(Spec, "A spec of the grader")


def json_schema_text() -> str:
    """The schema as the file `specs/spec.schema.json` holds it."""
    return _text(json_schema())


def course_schema_text() -> str:
    """The schema of a course, as the file `specs/course.schema.json` holds it."""
    return _text(_schema(Course, "A course of the grader"))


def _schema(of: type[BaseModel], title: str) -> dict[str, Any]:
    found = of.model_json_schema()
    for model in (found, *found["$defs"].values()):
        for key in model.get("properties", {}).values():
            _tidy(key)
        _describe_kind(model)
    return {"$schema": DIALECT, **found, "title": title}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tidy(key: dict[str, Any]) -> None:
    """No title that only repeats the key; no `null`, since a key without a value is refused."""
    for word in ("title", "ge", "le"):  # pydantic leaves bounds behind that mean nothing for a text
        key.pop(word, None)
    choices = [choice for choice in key.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) < len(key.get("anyOf", ())):
        del key["anyOf"]
        if key.get("default", "") is None:
            del key["default"]
        described = key.pop("description", "")
        key.update(choices[0] if len(choices) == 1 else {"anyOf": choices})
        key["description"] = described


def _describe_kind(model: dict[str, Any]) -> None:
    """The key that chooses a kind of check is described by what that kind asks for."""
    key = model.get("properties", {}).get("check", {})
    if "const" in key:
        key.setdefault("description", model["description"])
        model["title"] = key["const"]
