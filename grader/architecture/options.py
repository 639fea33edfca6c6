"""The options of a pattern's words: sizes, channels, and how they are written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from grader.text import clean

_SIZE = r"^\d{1,4}(x\d{1,4}){0,2}$"
_NAME = r"^[a-z][a-z0-9_]{0,30}$"


def nearest(word: str, known: list[str]) -> str:
    """What was probably meant, and what there is; a long list only where nothing is near."""
    near = get_close_matches(word[:60].lower().replace("_", " "), known, 1, 0.6)
    listed = f"Known are {', '.join(known)}"
    if near:
        return f'Did you mean "{near[0]}"?{f" {listed}" if len(known) <= 10 else ""}'
    return listed


class Block(BaseModel):
    """A block of a pattern: unknown keys are refused with what was probably meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        known = [info.alias or name for name, info in cls.model_fields.items()]
        for key in value:
            if key not in known:
                raise ValueError(
                    f'got the option "{clean(str(key), 60)}", which is not known. {nearest(str(key), known)}'
                )
        return value

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """With the keys that a pattern is written with."""
        names = {name: info.alias or name for name, info in type(self).model_fields.items()}
        return {names.get(name, name): value for name, value in handler(self).items()}


@dataclass(frozen=True)
class Written:
    """In the JSON Schema, a value may also be written in this shorter way."""

    also: str  # a JSON Schema, as text

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [json.loads(self.also), handler(core)]}


@dataclass(frozen=True)
class Unlisted:
    """In the JSON Schema, a list of one may be written without its brackets."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        listed = handler(core)
        return {"anyOf": [listed, listed["items"]]}


class Amount(Block):
    """A number of channels, features or groups: exact, within bounds, as it came in, or equal elsewhere."""

    exactly: int | None = Field(None, ge=1, le=10**9, strict=True, description="This number.")
    at_least: int | None = Field(None, ge=1, le=10**9, strict=True, description="This number or more.")
    at_most: int | None = Field(None, ge=1, le=10**9, strict=True, description="This number or less.")
    equal: str | None = Field(
        None, pattern=_NAME, description="A name: the number is the same wherever the name stands."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10**9
        name = isinstance(value, str) and re.fullmatch(_NAME, value)
        if number or name:
            return {"exactly" if number else "equal": value}
        if not isinstance(value, dict | BaseModel):
            raise ValueError('expected a whole number from 1, "same", a name such as c, or {at_least: 8}')
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        bounds = self.at_least is not None or self.at_most is not None
        if sum((self.exactly is not None, bounds, self.equal is not None)) != 1:
            raise ValueError('give a number, "same", a name, or at_least and at_most')
        return self

    def allows(self, measured: int, named: dict[str, int], came_in: int = -1) -> bool:
        """Compare a number; a name that is met for the first time stands for this one from here on.

        Args:
            measured: what was measured; below 0 where it is not known.
            named: numbers of the names that were met before.
            came_in: what `same` stands for.
        """
        if measured < 0:
            return False
        if self.equal == "same":
            return measured == came_in
        if self.equal is not None:
            return named.setdefault(self.equal, measured) == measured
        if self.exactly is not None:
            return measured == self.exactly
        return (self.at_least or 0) <= measured <= (self.at_most or measured)

    def __str__(self) -> str:
        if self.equal is not None:
            return self.equal
        if self.exactly is not None:
            return str(self.exactly)
        least = "" if self.at_least is None else f"at least {self.at_least}"
        most = "" if self.at_most is None else f"at most {self.at_most}"
        return " and ".join(filter(None, (least, most)))


def _size(value: object) -> object:
    """`3x3`, `3 x 3` and `3` all mean 3x3 on a picture."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = re.sub(r"\s+", "", value).lower().replace("×", "x") if isinstance(value, str) else value
    if not isinstance(text, str) or not re.fullmatch(_SIZE, text):
        raise ValueError("expected a size such as 3x3")
    return text if "x" in text else f"{text}x{text}"


Size = Annotated[
    str,
    BeforeValidator(
        _size, json_schema_input_type=Annotated[str, Field(pattern=r"^\s*\d+(\s*[x×]\s*\d+)*\s*$")] | int
    ),
]
_SHORT = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _NAME}]}
Number = Annotated[Amount, Written(json.dumps(_SHORT))]


class Plain(Block):
    """A word without options."""


class Convolution(Block):
    """What is asked of a convolution; what is left out may be anything."""

    kernel: Size | None = Field(None, description="`3x3`.")
    stride: Size | None = Field(None, description="`1x1`, or `2` for 2x2.")
    padding: Size | None = Field(None, description="`1x1`.")
    dilation: Size | None = Field(None, description="`1x1` is none; `2x2`.")
    dilated: bool | None = Field(None, strict=True, description="Dilated at all, or not.")
    channels: Number | None = Field(None, description="Output channels: a number, `same`, a name, or bounds.")
    channels_in: Number | None = Field(None, alias="in", description="Input channels.")
    groups: Number | None = Field(None, description="Groups: a number, or `depthwise`.")


class Linear(Block):
    """What is asked of a fully connected layer."""

    features_in: Number | None = Field(None, alias="in", description="Input features.")
    features_out: Number | None = Field(None, alias="out", description="Output features.")


class Pool(Block):
    """What is asked of a pooling layer."""

    size: Size | None = Field(None, description="The window: `2` for 2x2.")
    stride: Size | None = Field(None, description="The stride: `2` for 2x2.")


class Norm(Block):
    """What is asked of a norm."""

    channels: Number | None = Field(None, description="Channels that it normalises.")


class GroupNorm(Block):
    """What is asked of a group norm."""

    groups: Number | None = Field(None, description="Groups.")
    channels: Number | None = Field(None, description="Channels that it normalises.")


Options = Plain | Convolution | Linear | Pool | Norm | GroupNorm
