"""The transforms of a training as they were recovered: which act, and what their arguments are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from grader.evaluation.stated_values import Plain, Unread, argument, is_given, number
from grader.records import Call, Loading, Session
from grader.text import clean

SIDES = {
    "MNIST": 28,
    "FashionMNIST": 28,
    "KMNIST": 28,
    "EMNIST": 28,
    "CIFAR10": 32,
    "CIFAR100": 32,
    "SVHN": 32,
}
"""Height and width of the images of well-known data sets."""

CONTAINERS = frozenset({"OneOf", "SomeOf", "RandomApply", "RandomChoice", "RandomOrder", "OneOrOther"})
_FIXED = frozenset(
    (
        *(
            "ToTensor",
            "Normalize",
            "Resize",
            "CenterCrop",
            "Grayscale",
            "Pad",
            "ToImage",
            "ToDtype",
            "ToTensorV2",
        ),
        *(
            "PILToTensor",
            "ConvertImageDtype",
            "ToPILImage",
            "PadIfNeeded",
            "ToFloat",
            "FromFloat",
            "ToPureTensor",
        ),
    )
)


@dataclass(frozen=True)
class Seen:
    """What a pipeline shows of one thing that is asked for."""

    status: Literal["passed", "failed", "review"]
    measured: str
    why: str = ""
    hint: str = ""
    call: Call | None = None


@dataclass(frozen=True)
class Pipeline:
    """The transforms of the training images, in their order."""

    calls: tuple[Call, ...]
    side: int  # height and width of the images; 0 where they are not known
    lost: frozenset[str]  # arguments that are given and not known; "**" for any
    doubt: str = ""  # why a transform that is not listed may still be there, as a sentence

    @classmethod
    def of(cls, session: Session, loading: Loading) -> Pipeline:
        prefix = "training.transforms."
        lost = frozenset(name.removeprefix(prefix) for name, _ in session.unknown if name.startswith(prefix))
        acting = tuple(call for call in loading.transforms if number(argument(call, "p")) != 0.0)
        return cls(acting, SIDES.get(loading.data_set, 0), lost, _doubt(session, loading))

    def named(self, *names: str) -> tuple[Call, ...]:
        """The calls of these names; one of the student's own class of that name, too."""
        return tuple(call for call in self.calls if call.name in names)

    def held(self, *names: str) -> Call | None:
        """A container that names one of these: it acts on some of the images, and may act in another way."""
        pattern = r"\b(?:" + "|".join(re.escape(name) for name in names) + r")\("
        for call in self.calls:
            if call.name in CONTAINERS and re.search(pattern, str(call.arguments)[:2_000]):
                return call
        return None

    def value(self, call: Call, names: tuple[str, ...], default: Plain | Unread) -> Plain | Unread:
        """The first of these arguments that is given, else the library's default."""
        if is_given(call, *names):
            return argument(call, *names)
        return Unread("") if self.lost & {*names, "**"} else default

    def missing(self, what: str, *names: str) -> Seen:
        """What to say of a transform that is not among the recovered ones."""
        measured = f"no {what}"
        held = self.held(*names)
        if held is not None:
            why = f"It stands inside of {held.name}, which applies it to some images only: a person looks."
            return Seen("review", f"inside of {held.name}", why, call=held)
        if self.doubt:
            return Seen("review", f"{measured} found", self.doubt)
        listed = ", ".join(dict.fromkeys(clean(call.name, 40) for call in self.calls[:12]))
        why = (
            f"The training images go through: {listed}." if listed else "The training images are not changed."
        )
        return Seen("failed", measured, why)


def _doubt(session: Session, loading: Loading) -> str:
    for name, reason in session.unknown[:100]:
        if name in ("training", "training.transforms", "training.data_set"):
            return clean(reason, 300)
    own = [call for call in loading.transforms if not call.library]
    if own:
        return f"What {clean(own[0].name, 60)} does is in the student's own code: a person looks."
    known = all(call.name in _FIXED for call in loading.transforms)
    if known and loading.randomness == "random":
        return "The images come out differently each time, and which code does that was not seen: a person looks."
    if not loading.transforms and loading.randomness == "unclear":
        return "Which transforms the training images go through could not be found out."
    return ""
