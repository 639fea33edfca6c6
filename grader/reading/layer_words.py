"""The words by which people name layer kinds: `Conv2d`, "convolutional", "BN", "fully connected", "GAP"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_WORDS: dict[str, str] = {
    "depthwise convolution": r"depth\W?wise",
    "pointwise convolution": r"point\W?wise|1\s?[x×]\s?1\s+conv\w*",
    "convolution": r"conv(?:s|\d?d)?[\W_]?\d*|conv\w*?(?:layer|block)s?|convolution\w*|cnn",
    "batch norm": r"bn\d*|batch[\W_]?norm\w*",
    "group norm": r"gn\d*|group[\W_]?norm\w*",
    "layer norm": r"ln\d*|layer[\W_]?norm\w*",
    "max pool": r"mp\d*|max(?:imum)?[\W_]?pool\w*",
    "global average pool": r"gap\d*|(?:global|adaptive)[\W_]*(?:average|avg)[\W_]?pool\w*",
    "average pool": r"(?:average|avg|mean)[\W_]?pool\w*",
    "dropout": r"drop[\W_]?outs?\w{0,2}",
    "linear": r"fc\d*|fully[\W_]?connected|dense|linear[\W_]?\d*",
    "log softmax": r"log[\W_]?soft[\W_]?max",
    "softmax": r"soft[\W_]?max",
    "relu": r"(?:leaky[\W_]?|p)?relus?\d?|rectified linear unit\w*",
    "sigmoid": r"sigmoid",
    "tanh": r"tanh|hyperbolic tangent",
    "gelu": r"gelu",
    "silu": r"silu|swish",
    "embedding": r"embeddings?",
    "lstm": r"lstms?",
    "attention": r"(?:self[\W_]?)?attention",
}
_PATTERNS = {
    kind: re.compile(rf"(?<![a-zA-Z0-9])(?:{words})(?![a-zA-Z])", re.IGNORECASE)
    for kind, words in _WORDS.items()
}
_IMPLIED = {
    "depthwise convolution": ("convolution",),
    "pointwise convolution": ("convolution",),
    "global average pool": ("average pool",),
    "log softmax": ("softmax",),
}
_KEPT_CHARACTERS = 1000
"""Of longer texts the answer is not kept: memory stays bounded."""
_CLASS_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def kinds_named(text: str) -> frozenset[str]:
    """The layer kinds that a text names. A global average pool is an average pool too, and so on."""
    return _kinds_named(text) if len(text) <= _KEPT_CHARACTERS else _kinds_in(text)


@lru_cache(maxsize=1024)
def _kinds_named(text: str) -> frozenset[str]:
    """A sentence is asked about several times: alone, and in each section that holds it."""
    return _kinds_in(text)


def _kinds_in(text: str) -> frozenset[str]:
    named = {kind for kind, pattern in _PATTERNS.items() if pattern.search(text)}
    if "relu" in named and "linear" in named and not _PATTERNS["linear"].search(_without_relu(text)):
        named.discard("linear")
    return frozenset(named | {more for kind in named for more in _IMPLIED.get(kind, ())})


def _without_relu(text: str) -> str:
    """ "Rectified linear unit" names no linear layer."""
    return re.sub(r"rectified linear unit\w*", " ", text, flags=re.IGNORECASE)


def kinds_measured(operator_kinds: Iterable[str], class_names: Iterable[str]) -> tuple[str, ...]:
    """The kinds that a measured model has: the operators that ran, and the classes of the modules that ran.

    Dropout runs in training only, so that its class tells more than its operator.
    """
    found: dict[str, None] = {}
    for kind in operator_kinds:
        for name in sorted(kinds_named(kind)) or [kind]:
            found[name] = None
    for class_name in class_names:
        for name in sorted(kinds_named(_CLASS_WORDS.sub(" ", class_name)) & frozenset(_WORDS)):
            found[name] = None
    return tuple(kind for kind in found if kind == "convolution" or not _is_implied(kind, found))


def _is_implied(kind: str, found: dict[str, None]) -> bool:
    return any(kind in implied and more in found for more, implied in _IMPLIED.items())
