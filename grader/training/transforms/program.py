"""A list of calls as steps, and what an image is on its way through them. Nothing here needs torch."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from grader.training.transforms.arguments import REQUIRED, bound, probability, value_of
from grader.training.transforms.interface import (
    FOLDERS,
    Form,
    Gate,
    NotCovered,
    Stated,
    Step,
    readers,
    starting,
)
from grader.training.transforms.versions import dated

MOST_CALLS = 40

CONVERSIONS = ("ToTensor", "ToImage", "PILToTensor", "ToDtype", "Normalize", "ToTensorV2")
"""What a test pass keeps in any case."""


@dataclass(frozen=True)
class Line:
    """One step, the call it came from, and the line number of the gate that it stands behind (-1: none).

    `forms` are those in which images may come to it.
    """

    step: Step
    call: Stated
    forms: tuple[Form, ...]
    gate: int = -1

    @property
    def most_words(self) -> int:
        """How many words an image takes here at most."""
        return max(self.step.words(form) for form in self.forms)

    @property
    def is_random(self) -> bool:
        return self.gate >= 0 or self.most_words > 0


@dataclass(frozen=True)
class Program:
    lines: tuple[Line, ...]
    start: Form
    end: Form

    @property
    def is_random(self) -> bool:
        return any(line.is_random for line in self.lines)


def program(calls: Sequence[Stated], shape: Sequence[int]) -> Program:
    """Read the calls in their order.

    Raises:
        NotCovered: with a sentence that names the call.
    """
    if not calls:
        raise NotCovered("There are no transforms: images would not become tensors.")
    if len(calls) > MOST_CALLS:
        raise NotCovered(f"There are more than {MOST_CALLS} transforms.")
    _check_library(calls)
    known = dated(calls)
    start = starting(known[0].library, shape)
    lines: list[Line] = []
    forms = [start]
    for call in known:
        forms = _append(lines, call, forms, gate=-1)
    return Program(tuple(lines), start, _end(forms))


def fixed_calls(calls: Sequence[Stated], shape: Sequence[int]) -> list[int]:
    """Which of the calls a test pass uses: those that are the same for every image and every time.

    Where a random call alone sees to the size, only what makes and normalises tensors is kept.

    Raises:
        NotCovered: the calls are not covered, or neither gives images of the size that is trained on.
    """
    made = program(calls, shape)
    tops = [line for line in made.lines if line.gate < 0]
    fixed = [number for number, line in enumerate(tops) if not line.is_random]
    conversions = [number for number in fixed if calls[number].name in CONVERSIONS]
    for kept in (fixed, conversions):
        try:
            if program([calls[number] for number in kept], shape).end == made.end:
                return kept
        except NotCovered:
            continue
    raise NotCovered("Without its random transforms, images do not get the size that is trained on.")


def _check_library(calls: Sequence[Stated]) -> None:
    """An image does not pass from one library to another here."""
    for call in calls:
        if call.library not in FOLDERS:
            whose = f"of {call.library}" if call.library else "the student's own"
            raise NotCovered(f"{call.text}: it is {whose}.")
        if FOLDERS[call.library] != FOLDERS[calls[0].library]:
            raise NotCovered(f"{call.text}: two libraries are mixed.")


def _append(lines: list[Line], call: Stated, forms: list[Form], gate: int) -> list[Form]:
    """Read one call for all forms that images may have there; the forms that they may have after it."""
    try:
        if call.name == "RandomApply" and FOLDERS[call.library] == "of_torchvision":
            return _behind_a_gate(lines, call, forms, gate)
        found = readers(call.library).get(call.name)
        if found is None:
            raise NotCovered("It has no batched form.")
        steps = [found(call, form) for form in forms]
        if any(step != steps[0] for step in steps):
            raise NotCovered("It differs between images of different sizes.")
        after = [steps[0].after(form) for form in forms]
    except NotCovered as reason:
        text = str(reason)
        raise NotCovered(text if text.startswith(call.name) else f"{call.text}: {text}") from None
    lines.append(Line(steps[0], call, tuple(forms), gate))
    return list(dict.fromkeys(after))


def _behind_a_gate(lines: list[Line], call: Stated, forms: list[Form], gate: int) -> list[Form]:
    given = bound(call, {"transforms": REQUIRED, "p": 0.5})
    step = Gate(probability(given["p"]), call.library == "torchvision")
    lines.append(Line(step, call, tuple(forms), gate))
    own = len(lines) - 1
    through = forms
    for inner in listed(call):
        through = _append(lines, inner, through, own)
    return list(dict.fromkeys([*forms, *through]))


def listed(call: Stated) -> list[Stated]:
    """The transforms that stand in the argument's text: "[CenterCrop(size=22)]"."""
    text = dict(call.arguments)["transforms"]
    try:
        tree = ast.parse(text if isinstance(text, str) else "", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise NotCovered("Its list cannot be read.") from None
    if not isinstance(tree, ast.List | ast.Tuple) or not tree.elts:
        raise NotCovered("Its list cannot be read.")
    return [_call_of(node, call.library) for node in tree.elts]


def _call_of(node: ast.expr, library: str) -> Stated:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args):
        raise NotCovered("Its list holds something that is no transform of the library.")
    pairs = []
    for keyword in node.keywords:
        if keyword.arg is None:
            raise NotCovered("Its list cannot be read.")
        pairs.append((keyword.arg, _shown(keyword.value)))
    return Stated(node.func.id, tuple(pairs), library)


def _shown(node: ast.expr) -> str | int | float | bool:
    """A constant as it is; anything else as its text again, read by `arguments.value_of`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool):
        return node.value
    text = ast.unparse(node)
    value_of(text)
    return text


def _end(forms: list[Form]) -> Form:
    if len(forms) > 1:
        raise NotCovered("Images of different sizes come out: no batch can be made of them.")
    if forms[0].kind != "tensor" or forms[0].values != "floats":
        raise NotCovered("What comes out is no tensor of floats.")
    return forms[0]
