"""A stand-in for albumentations: every name is a transform that records its raw arguments and keeps shapes true.

The library drops old argument names silently from version to version; what the student wrote is what counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch

from grader.worker.capture import places
from grader.worker.capture.shown import call

_FIXED = frozenset(
    {
        *(
            "Normalize",
            "ToTensorV2",
            "ToTensor",
            "Resize",
            "CenterCrop",
            "PadIfNeeded",
            "ToFloat",
            "FromFloat",
        ),
        *("ToGray", "Lambda", "LongestMaxSize", "SmallestMaxSize", "Crop", "NoOp"),
    }
)
_CONTAINERS = frozenset({"Compose", "OneOf", "Sequential", "SomeOf", "OneOrOther", "ReplayCompose"})
_SIZED = frozenset(
    {
        *(
            "Resize",
            "CenterCrop",
            "RandomCrop",
            "PadIfNeeded",
            "RandomResizedCrop",
            "RandomSizedCrop",
            "Crop",
        ),
    }
)
_FIRST_NAMES = {
    **dict.fromkeys(("Resize", "CenterCrop", "RandomCrop"), ("height", "width", "always_apply", "p")),
    "PadIfNeeded": ("min_height", "min_width"),
    "Normalize": ("mean", "std", "max_pixel_value"),
    **dict.fromkeys(_CONTAINERS, ("transforms",)),
    **dict.fromkeys(("HorizontalFlip", "VerticalFlip", "Flip", "Transpose"), ("p",)),
    "Rotate": ("limit",),
    "ShiftScaleRotate": ("shift_limit", "scale_limit", "rotate_limit"),
    "CoarseDropout": ("max_holes", "max_height", "max_width", "min_holes", "min_height", "min_width"),
    "Cutout": ("num_holes", "max_h_size", "max_w_size"),
}


class Transform:
    """Called with `image=`, it gives `{"image": ...}`, changed at random where the real one would."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        name = type(self).__name__
        order = _FIRST_NAMES.get(name, ())
        positional = {order[i] if i < len(order) else f"argument {i + 1}": v for i, v in enumerate(arguments)}
        self.given = {**positional, **named}
        library = "albumentations"
        self.__dict__["_recorded_call"] = call(name, self.given, places.here(), library)
        inner = self.given.get("transforms", ())
        self.transforms = inner if name in _CONTAINERS and isinstance(inner, list | tuple | set) else ()

    heard: Callable[[Any], Callable[[], None] | None] = staticmethod(lambda _: None)

    def __call__(self, *arguments: Any, **named: Any) -> dict[str, Any]:
        done = Transform.heard(self)
        try:
            image = named.get("image", arguments[0] if arguments else None)
            return {**named, "image": self._apply(np.asarray(image))}
        finally:
            if done is not None:
                done()

    def _apply(self, image: Any) -> Any:
        name = type(self).__name__
        for inner in self.transforms:
            image = inner(image=image)["image"] if callable(inner) else image
        if name in ("ToTensorV2", "ToTensor"):
            whole = np.ascontiguousarray(image if image.ndim == 3 else image[:, :, None])
            return torch.from_numpy(whole.transpose(2, 0, 1).copy())
        if name == "Normalize":
            return (image.astype(np.float32) / 255 - 0.5) / 0.25
        if name in _SIZED:
            image = _resized(image, name, self.given)
        acts = random.random() < float(self.given.get("p", 0.5))
        if name not in _FIXED | _CONTAINERS and acts and image.ndim >= 2:
            image = image.copy()
            image[random.randrange(image.shape[0]), random.randrange(image.shape[1])] = random.randrange(256)
        return image


def _resized(image: Any, name: str, given: dict[str, Any]) -> Any:
    """The shape that the real transform would give."""
    prefix = "min_" if name == "PadIfNeeded" else ""
    size = given.get("size")
    is_pair = isinstance(size, list | tuple) and len(size) == 2
    high, wide = size if is_pair and size is not None else image.shape[:2]
    high, wide = int(given.get(f"{prefix}height") or high), int(given.get(f"{prefix}width") or wide)
    if name == "PadIfNeeded":
        high, wide = max(high, image.shape[0]), max(wide, image.shape[1])
    rows = np.arange(min(high, 4096)) * image.shape[0] // max(high, 1)
    columns = np.arange(min(wide, 4096)) * image.shape[1] // max(wide, 1)
    return image[rows][:, columns]


class _Library(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made: Any = (
            type(name, (Transform,), {"__module__": "albumentations"})
            if name[0].isupper()
            else _Library(name)
        )
        setattr(self, name, made)
        return made


_KNOWN = (
    "BasicTransform", "Transform", "Compose", "OneOf", "Normalize", "HorizontalFlip", "ShiftScaleRotate",
    "CoarseDropout", "Cutout", "PadIfNeeded", "RandomCrop", "CenterCrop", "Rotate", "ToGray", "Resize",
    "RandomBrightnessContrast", "ToTensorV2", "ToTensor", "Affine", "ImageOnlyTransform", "DualTransform",
)  # fmt: skip
_classes: dict[str, type] = {}


def module(name: str) -> ModuleType:
    """The package, or a part of it, as student code imports it; a class is the same one in all of them."""
    made = _Library(name)
    made.__dict__["__path__"] = []
    for known in _KNOWN:
        if known not in _classes:
            _classes[known] = type(known, (Transform,), {"__module__": "albumentations"})
        setattr(made, known, _classes[known])
    made.__dict__["__all__"] = list(_KNOWN)
    made.__dict__["__version__"] = "1.3.1"
    return made
