"""Stated numbers of parameters: exact, or rounded within the last digit."""

from __future__ import annotations

import re
import sys

from grader.evaluation.rounding import as_stated, last_digit
from grader.evaluation.stated import LIMIT_TEXT, Stated, not_measured
from grader.records import Absent, Claim, Comparison, ModelFacts, Readme
from grader.text import clean

NEARLY = 0.05
"""Round thousands that differ by a smaller share may be meant roughly."""

_WHOLE = re.compile(
    r"\btotal\b|\bmodel\b|\bnetwork\b|^\W*(?:number of |#\s*)?(?:trainable )?param", re.IGNORECASE
)
_ONE_LAYER = re.compile(
    r"\b(?:conv|fc|bn|linear|layer|block|dense)[\d_ ]?\d*\b|\b(?:per|each|this|every) ", re.IGNORECASE
)


def compare(claim: Claim, stated: Stated, claims: tuple[Claim, ...]) -> Comparison:
    model = stated.model
    if isinstance(model, Absent):
        return not_measured(claim, model)
    measured = _measured(model)
    for words, count in _countings(model).items():
        if as_stated(claim, count):
            return Comparison(claim, measured, "agrees", f"{words} {count:,} parameters.")
    layer = _layer(claim, model)
    if layer:
        return Comparison(claim, measured, "agrees", f"The layer {layer} has as many parameters.")
    doubt = _doubt(claim, stated, claims, model)
    if doubt:
        return Comparison(claim, measured, "cannot tell", doubt)
    more = claim.value - model.parameters
    way = "more" if more > 0 else "fewer"
    share = f"{100 * abs(more) / model.parameters:.1f} %" if model.parameters else "all of them"
    return Comparison(
        claim, measured, "differs", f"Stated are {abs(more):,.0f} ({share}) {way} than were measured."
    )


def _countings(model: ModelFacts) -> dict[str, int]:
    """Every number that a student can rightly mean."""
    found = {"Registered are": model.parameters, "Trainable are": model.trainable}
    if not isinstance(model.structure, Absent) and model.structure.unused_parameters:
        found["The forward pass uses"] = model.parameters - model.structure.unused_parameters
    return found


def _measured(model: ModelFacts) -> str:
    fixed = f" ({model.trainable:,} trainable)" if model.trainable != model.parameters else ""
    return f"{model.parameters:,}{fixed}"


def _layer(claim: Claim, model: ModelFacts) -> str:
    """The layer that the line may be about; "" where it says that it is about all of them."""
    if re.search(r"\btotal\b", claim.text[:LIMIT_TEXT], re.IGNORECASE):
        return ""
    fitting = [one.name for one in model.layers if one.name and one.parameters == claim.value]
    return clean(fitting[0], 80) if fitting else ""


def _doubt(claim: Claim, stated: Stated, claims: tuple[Claim, ...], model: ModelFacts) -> str:
    """Why the number may be right and about something else; "" where nothing says so."""
    for session in stated.other_sessions:
        if as_stated(claim, session.trainable):
            return f"Another training in the submission has a model with {session.trainable:,} parameters."
    if other := stated.about_other(claim):
        return other
    if not _is_about_whole(claim, stated):
        return "It is not clear that the number is about the whole model."
    if _said_right(claim, claims, model):
        return "The same file also states the measured number: this one may be about something else."
    rough = claim.value % 1000 == 0 and last_digit(claim) >= 1
    if rough and abs(claim.value - model.parameters) <= NEARLY * model.parameters:
        return "The number is round and near the measured one."
    return ""


def _is_about_whole(claim: Claim, stated: Stated) -> bool:
    """The line says so, or it stands in the first section of the README and names no layer."""
    text = claim.text[:LIMIT_TEXT]
    if re.search(r"\btotal\b", text, re.IGNORECASE):
        return True
    if _ONE_LAYER.search(text):
        return False
    return bool(_WHOLE.search(text)) or _stands_first(claim, stated.reading.readme)


def _stands_first(claim: Claim, readme: Readme | Absent) -> bool:
    if isinstance(readme, Absent) or file_of(claim.place) != readme.path or not readme.sections:
        return False
    number = claim.place.rpartition(":")[2]
    end = readme.sections[1].line if len(readme.sections) > 1 else sys.maxsize
    return number.isdecimal() and readme.sections[0].line <= int(number[:9]) < end


def _said_right(claim: Claim, claims: tuple[Claim, ...], model: ModelFacts) -> bool:
    return any(
        one.name == "parameters" and file_of(one.place) == file_of(claim.place) and as_stated(one, count)
        for one in claims
        for count in _countings(model).values()
    )


def file_of(place: str) -> str:
    """`train.ipynb, cell 12` → `train.ipynb`; `README.md:41` → `README.md`."""
    return re.sub(r"(?:, cell \d+)?(?:[:,] ?(?:line )?\d+)?$", "", place)
