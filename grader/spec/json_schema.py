"""The spec's JSON Schema: editors complete and check a spec with it while it is written."""

from __future__ import annotations

import json
from typing import Any

from grader.spec.schema import Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of a spec, with every kind of check that this installation has."""
    found = Spec.model_json_schema()
    for model in found["$defs"].values():
        _describe_constant(model)
    return {"$schema": DIALECT, **found, "title": "grader spec"}


def json_schema_text() -> str:
    """The schema as the file `specs/spec.schema.json` holds it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _describe_constant(model: dict[str, Any]) -> None:
    """The key that chooses a kind of check is described by what that kind asks for."""
    key = model.get("properties", {}).get("check", {})
    if "const" in key and "description" not in key:
        key["description"] = model.get("description", "")
