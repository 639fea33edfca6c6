"""Which quantity of the network a header in a sheet names, whichever way students write it."""

from __future__ import annotations

import re
import unicodedata

_DERIVATIVE = "[d∂δ𝛿𝜕]"
_ERROR = r"(?:e|err|error|loss|l|j)_?(?:t|tot|total|1|2)?"
_HEADERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"{_DERIVATIVE}?{_ERROR}(?:/|by|wrt){_DERIVATIVE}?w([1-8])", r"dE/dw\1"),
        (rf"{_DERIVATIVE}{_ERROR}{_DERIVATIVE}w([1-8])", r"dE/dw\1"),
        (rf"(?:{_DERIVATIVE}|grad|gradient|gradof|gradientof)w([1-8])", r"dE/dw\1"),
        (r"w(?:eight)?([1-8])", r"w\1"),
        (r"(?:a|out|output|act|activation|sigmoid|sigma|σ)h([12])", r"a_h\1"),
        (r"(?:a|out|output|act|activation|sigmoid|sigma|σ)o([12])", r"a_o\1"),
        (r"(?:net|z|in|sum)?h([12])", r"h\1"),
        (r"(?:net|z|in|sum)?o([12])", r"o\1"),
        (r"(?:e|err|error|loss)o?([12])", r"E\1"),
        (r"(?:e|err|error|loss)(?:t|tot|total)?|tot(?:al)?(?:e|error|loss)", "E_total"),
        (r"(?:i|x|in|input)([12])", r"i\1"),
        (r"(?:t|y|target)([12])", r"t\1"),
    )
)
_DROPPED = re.compile(r"[\s_{}$\\()\[\].:^*'\"-]|partial")


def quantity_named(header: str) -> str:
    """`w5`, `E_total`, `dE/dw5`, ...; "" where it names none."""
    plain = unicodedata.normalize("NFKC", header[:60]).casefold().replace("÷", "/")
    plain = _DROPPED.sub("", plain.replace("\\partial", "∂").replace("\\frac", ""))
    for pattern, name in _HEADERS:
        found = pattern.fullmatch(plain)
        if found:
            return found.expand(name)
    return ""
