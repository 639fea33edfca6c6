"""What a batched transform is, and how the family is found. Nothing here needs torch."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from grader.text import clean

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

Value = str | int | float | bool
Exactness = Literal["same draws", "same distribution"]

LARGEST_SIDE = 512
"""Pixels along one side, up to which the arithmetic of the libraries was compared with ours."""


class NotCovered(Exception):
    """This transform, with these arguments, at this place, is left to the student's own loop; why."""


@dataclass(frozen=True)
class Stated:
    """A transform as the student wrote it: `grader.records.Call` without its place."""

    name: str
    arguments: tuple[tuple[str, Value], ...]
    library: str

    @property
    def text(self) -> str:
        return clean(f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})")


class AnyCall(Protocol):
    """`grader.records.Call`, or whatever has its fields."""

    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> tuple[tuple[str, Value], ...]: ...
    @property
    def library(self) -> str: ...


def stated(call: AnyCall | Mapping[str, Any]) -> Stated:
    """A call from the supervisor's records, or from a request's plain values.

    Raises:
        NotCovered: the plain values have not the shape of a call.
    """
    if not isinstance(call, Mapping):
        return Stated(call.name, call.arguments, call.library)
    name, library, listed = call.get("name"), call.get("library"), call.get("arguments", ())
    pairs = [tuple(pair) for pair in listed if isinstance(pair, list | tuple) and len(pair) == 2]
    fits = len(pairs) == len(listed) and all(isinstance(key, str) for key, _ in pairs)
    if not (isinstance(name, str) and isinstance(library, str) and fits):
        raise NotCovered("A transform was sent without name, library or arguments.")
    return Stated(name, tuple((str(key), value) for key, value in pairs), library)


@dataclass(frozen=True)
class Form:
    """What an image is between two transforms. A batch of them is always a tensor (B, C, H, W).

    `picture`: a PIL image, uint8. `array`: a numpy image (H, W, C). `tensor`: a torch tensor (C, H, W).
    """

    kind: Literal["picture", "array", "tensor"]
    channels: int
    height: int
    width: int
    values: Literal["bytes", "floats"]

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width


class Step:
    """One transform of a pipeline, with its arguments read. Subclasses are final and frozen.

    `words` is how many 32-bit words the library takes from its generator for one image; for a step that takes
    no fixed number it is the most that it can take, and the step has a `walk`.
    """

    exactness: ClassVar[Exactness] = "same draws"

    def words(self, _form: Form) -> int:
        """0: the step is the same for every image and every epoch."""
        return 0

    def after(self, form: Form) -> Form:
        """The form of what comes out.

        Raises:
            NotCovered: this step does not take such an image.
        """
        return form

    def walk(self, _all: torch.Tensor, _form: Form) -> Callable[[int], tuple[int, int]] | None:
        """For a step that takes no fixed number of words: position of its first → (position after, mark).

        The mark is what `apply` finds as the image's position; -1 where it has nothing to do.
        """
        return None

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        """The whole batch, (B, C, H, W) of `form` → of `after(form)`. `images` stays as it is."""
        raise NotImplementedError  # pragma: no cover - every step has its own


@dataclass(frozen=True)
class Gate(Step):
    """Of `RandomApply`: whether an image takes the steps behind the gate."""

    p: float
    p_itself: bool  # the first version of torchvision applies it where the draw equals p

    def words(self, _form: Form) -> int:
        return 1


Reader = Callable[[Stated, Form], Step]

FOLDERS = {
    "torchvision": "of_torchvision",
    "torchvision.v2": "of_torchvision",
    "albumentations": "of_albumentations",  # no version is told
    "albumentations 1": "of_albumentations",
    "albumentations 2": "of_albumentations",
}


@cache
def readers(library: str) -> dict[str, Reader]:
    """Name of the transform → the function that reads a call of it, for all that are covered at all.

    Each module of the library's folder has `NAMES` and `read(call, form)`; `LIBRARIES` where not all versions.
    """
    folder = importlib.import_module(f"grader.training.transforms.{FOLDERS[library]}")
    found: dict[str, Reader] = {}
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{folder.__name__}.{info.name}")
        if library in getattr(module, "LIBRARIES", (library,)):
            found.update(dict.fromkeys(getattr(module, "NAMES", ()), module.read))
    return found


def starting(library: str, shape: Sequence[int]) -> Form:
    """What a data set gives the first transform: images of `shape` (C, H, W), uint8."""
    channels, height, width = shape
    if not (0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE):
        raise NotCovered(f"Images of {height}x{width} pixels are larger than was compared.")
    is_array = FOLDERS[library] == "of_albumentations"
    if channels not in ((3,) if is_array else (1, 3)):
        raise NotCovered(f"Images with {channels} channels are not covered.")
    return Form("array" if is_array else "picture", channels, height, width, "bytes")
