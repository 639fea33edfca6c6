"""What a pattern may say: a sequence of layers, in words that an instructor reads aloud.

An element is one word (`relu`), or one word with its options (`convolution: {kernel: 3x3, channels: 64}`).
Nothing in a pattern is ever evaluated.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from grader.architecture.options import (
    Block,
    Convolution,
    GroupNorm,
    Linear,
    Norm,
    Plain,
    Pool,
    Unlisted,
    Written,
    nearest,
)
from grader.text import clean

MAX_ELEMENTS = 100
MAX_CHOICES = 6
MAX_WAYS = 4

Word = Literal[
    "convolution", "transposed convolution", "linear", "attention", "norm", "batch norm", "group norm",
    "layer norm", "instance norm", "pool", "max pool", "average pool", "global average pool",
    "global max pool", "dropout", "activation", "relu", "leaky relu", "gelu", "silu", "sigmoid", "tanh",
    "softmax", "log softmax", "upsample", "pixel shuffle", "embedding", "lstm", "pad",
]  # fmt: skip
"""The words for one operator; grader.architecture.words says which kinds of operators each stands for."""

Join = Literal["add", "multiply", "matmul", "concatenate", "attention"]


class Repeat(Block):
    """The same part several times, one after the other."""

    times: int | None = Field(None, ge=1, le=1000, strict=True, description="Exactly this many times.")
    at_least: int | None = Field(None, ge=0, le=1000, strict=True, description="This many times or more.")
    at_most: int | None = Field(None, ge=1, le=1000, strict=True, description="Not more often than this.")
    of: Sequence = Field(description="The part that is repeated.")

    @model_validator(mode="after")
    def _a_number(self) -> Self:
        if (self.times is None) == (self.at_least is None and self.at_most is None):
            raise ValueError("give either times, or at_least and at_most")
        if self.highest is not None and self.lowest > self.highest:
            raise ValueError("at_least is more than at_most")
        return self

    @property
    def lowest(self) -> int:
        return self.times if self.times is not None else self.at_least or 0

    @property
    def highest(self) -> int | None:
        return self.times if self.times is not None else self.at_most


class Residual(Block):
    """A body whose result is added to what went into it, directly or through a shortcut."""

    body: Sequence = Field(description="What runs beside the shortcut.")
    shortcut: MaybeEmpty = Field((), description="What runs on the shortcut; nothing if it is left out.")


class Parallel(Block):
    """Ways that start from one result and are joined again."""

    branches: Ways = Field(description="The ways, in any order; each is a sequence, `[]` the plain input.")
    joined_by: Join = Field(
        alias="joined by", description="What joins them: add, multiply, matmul, concatenate, attention."
    )


class Anything(Block):
    """Any operators, as many as there are, or none."""

    without: tuple[Word, ...] = Field((), max_length=40, description="Kinds that may not be among them.")


class Element(Block):
    """One step of a pattern: exactly one of these words, with its options."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", " "))

    convolution: Convolution | None = Field(None, description="A convolution.")
    transposed_convolution: Convolution | None = Field(None, description="A transposed convolution.")
    linear: Linear | None = Field(None, description="A fully connected layer, also a 1x1 one on a 1x1 map.")
    attention: Plain | None = Field(None, description="Attention in one fused operator.")
    norm: Norm | None = Field(None, description="Any of the four norms.")
    batch_norm: Norm | None = Field(None, description="Batch norm.")
    group_norm: GroupNorm | None = Field(None, description="Group norm with more than one group.")
    layer_norm: Norm | None = Field(None, description="Layer norm, also group norm with one group.")
    instance_norm: Norm | None = Field(None, description="Instance norm.")
    pool: Pool | None = Field(None, description="Max or average pooling.")
    max_pool: Pool | None = Field(None, description="Max pooling.")
    average_pool: Pool | None = Field(None, description="Average pooling.")
    global_average_pool: Plain | None = Field(None, description="An average over the whole map.")
    global_max_pool: Plain | None = Field(None, description="The maximum of the whole map.")
    dropout: Plain | None = Field(None, description="Dropout; it may stand anywhere if it is not named.")
    activation: Plain | None = Field(None, description="Any of relu, leaky relu, gelu, silu, sigmoid, tanh.")
    relu: Plain | None = Field(None, description="ReLU.")
    leaky_relu: Plain | None = Field(None, description="Leaky ReLU.")
    gelu: Plain | None = Field(None, description="GELU.")
    silu: Plain | None = Field(None, description="SiLU.")
    sigmoid: Plain | None = Field(None, description="Sigmoid.")
    tanh: Plain | None = Field(None, description="Tanh.")
    softmax: Plain | None = Field(None, description="Softmax.")
    log_softmax: Plain | None = Field(None, description="Log-softmax.")
    upsample: Plain | None = Field(None, description="Upsampling.")
    pixel_shuffle: Plain | None = Field(None, description="Pixel shuffle.")
    embedding: Plain | None = Field(None, description="An embedding.")
    lstm: Plain | None = Field(None, description="An LSTM.")
    pad: Plain | None = Field(None, description="Padding by an operator of its own.")
    repeat: Repeat | None = Field(None, description="The same part several times.")
    optional: Sequence | None = Field(None, description="This part, or nothing.")
    any_of: Choices | None = Field(None, description="One of these: elements, or lists of elements.")
    in_any_order: Unordered | None = Field(None, description="All of these, in whatever order.")
    residual: Residual | None = Field(None, description="A body, and its input added to the result.")
    parallel: Parallel | None = Field(None, description="Ways that part and are joined again.")
    anything: Anything | None = Field(None, description="Any operators, or none.")

    @model_validator(mode="before")
    @classmethod
    def _one_word(cls, value: object) -> object:
        return one_word(value)

    @property
    def word(self) -> str:
        """Which of the words it is: `batch norm`."""
        return self._field.replace("_", " ")

    @property
    def options(self) -> object:
        return getattr(self, self._field)

    @property
    def _field(self) -> str:
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)


_COMPOSED = ("repeat", "optional", "any of", "in any order", "residual", "parallel")


def one_word(value: object) -> object:
    """An element as one key with its options: `relu` is `{relu: {}}`. What is no element at all stays as it is.

    Raises:
        ValueError: there are several words, or one that is not known.
    """
    if isinstance(value, str):
        if value in _COMPOSED:
            raise ValueError(f'got "{value}" alone; write what it is about, such as {value}: [...]')
        value = {value: {}}
    if not isinstance(value, dict):
        return value
    known = [str(info.alias) for info in Element.model_fields.values()]
    given = {str(key): inner for key, inner in value.items() if inner is not None}
    unknown = [key for key in given if key not in known]
    if unknown:
        raise ValueError(f'got "{clean(unknown[0], 60)}", which is no layer. {nearest(unknown[0], known)}')
    if len(given) != 1:
        raise ValueError("an element is one word with its options; put a dash before each of them")
    return given


def _in_a_list(value: object) -> object:
    """A list of one may be written without its brackets."""
    return (one_word(value),) if isinstance(value, str | dict) else value


_WORDS = Written(json.dumps({"enum": list(get_args(Word))}))
One = Annotated[Element, _WORDS]
Sequence = Annotated[
    tuple[One, ...], BeforeValidator(_in_a_list), Field(min_length=1, max_length=MAX_ELEMENTS), Unlisted()
]
MaybeEmpty = Annotated[
    tuple[One, ...], BeforeValidator(_in_a_list), Field(max_length=MAX_ELEMENTS), Unlisted()
]
Choices = Annotated[tuple[Sequence, ...], Field(min_length=1, max_length=MAX_CHOICES)]
Unordered = Annotated[tuple[One, ...], Field(min_length=1, max_length=MAX_CHOICES)]
Ways = Annotated[tuple[MaybeEmpty, ...], Field(min_length=2, max_length=MAX_WAYS)]

for _model in (Repeat, Residual, Parallel, Element):
    _model.model_rebuild()


class Pattern(Block):
    """An architecture that has a name."""

    title: str = Field(min_length=1, max_length=100, description="What people call it.")
    about: str = Field("", max_length=600, description="What the pattern leaves open.")
    sequence: Sequence = Field(description="The layers from the image to the answer.")
    without: tuple[Word, ...] = Field((), max_length=40, description="Kinds that occur nowhere in it.")
