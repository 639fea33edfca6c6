"""The task's real training images behind torchvision's names.

A test split is a fixed part of the training images: the real test set is in no worker. It is a copy, so that the
student trains on all images that there are.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader.isolation.frames import Array
from grader.worker.capture.data_sets import base_name
from grader.worker.capture.parts import parts

TEST_SHARES = {"MNIST": 1 / 6}
"""How large the test split is, in training images, as in the published set."""
OTHER_TEST_SHARE = 1 / 5

_CIFAR_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@dataclass(frozen=True, eq=False)
class Images:
    """Training images as they came: uint8, (N, H, W) or (N, C, H, W); labels int64, (N,)."""

    name: str  # torchvision's name for the set: "MNIST", "CIFAR10", "ImageFolder"
    images: Array
    labels: Array
    classes: int

    @property
    def count(self) -> int:
        return len(self.images)

    @property
    def held(self) -> int:
        """Images that stand in for the test split."""
        return max(1, round(self.count * TEST_SHARES.get(self.name, OTHER_TEST_SHARE)))

    def rows(self, train: bool) -> slice:
        return slice(None) if train else slice(self.count - self.held, None)

    @cached_property
    def last_channels(self) -> Array:
        """(N, H, W, C), or (N, H, W) for grey images, as image files have it."""
        if self.images.ndim == 3:
            return self.images
        if self.images.shape[1] == 1:
            return self.images[:, 0]
        return np.ascontiguousarray(self.images.transpose(0, 2, 3, 1))

    def pictures(self, train: bool) -> Array:
        return self.last_channels[self.rows(train)]

    def targets(self, train: bool) -> Array:
        return self.labels[self.rows(train)]


class Filler:
    """Fills data sets of the task's name, and knows which ones it filled."""

    def __init__(self, images: Images, note: Callable[[str], None]) -> None:
        self._images, self._note = images, note
        self._fills: dict[str, Callable[[Any], None]] = {
            "MNIST": self._grey,
            "CIFAR10": self._coloured,
            "CIFAR100": self._coloured,
            "ImageFolder": self._folder,
        }
        self.filled = False
        self._raw: Path | None = None

    def fill(self, data_set: Any) -> bool:
        """Give the set its images, where it is the task's."""
        name = base_name(data_set)
        if name != self._images.name or name not in self._fills:
            self._note(f"{name} is not the task's data set: generated pictures took its place.")
            return False
        self._fills[name](data_set)
        data_set.__dict__["_real"] = self.filled = True
        if not data_set.train:
            self._note(
                f"The code's own test set was a copy of the last {self._images.held:,} training images: "
                "the real test set is never given to student code."
            )
        return True

    def uncovered(self, loader: Any) -> str:
        """Why a loader's images are not the task's; "" where they are, or come from what is made of them."""
        named = f"torchvision.datasets.{self._images.name}"
        found = [one.base for one in _parts(loader) if one.known]
        fakes = [base for base in found if not getattr(base, "_real", False)]
        if fakes:
            name = base_name(fakes[0]) or type(fakes[0]).__name__
            return f"It trains on {name}, and not on the task's images, {named}."
        if not self.filled:
            return (
                f"Its images do not come from {named}, so the task's images could not be put in their place."
            )
        if not found:
            self._note("Where the images of its own data set come from cannot be told from outside.")
        return ""

    def _grey(self, data_set: Any) -> None:
        train = bool(data_set.train)
        data_set.data = torch.from_numpy(np.ascontiguousarray(self._images.pictures(train)))
        data_set.targets = torch.from_numpy(self._images.targets(train).astype(np.int64))
        with contextlib.suppress(OSError):
            self._write_raw(Path(data_set.root) / "MNIST" / "raw")

    def _coloured(self, data_set: Any) -> None:
        train = bool(data_set.train)
        data_set.data = self._images.pictures(train)
        data_set.targets = self._images.targets(train).tolist()
        ten = self._images.classes == 10
        names = list(_CIFAR_NAMES) if ten else [f"class {index}" for index in range(self._images.classes)]
        data_set.classes, data_set.class_to_idx = names, {name: index for index, name in enumerate(names)}

    def _folder(self, data_set: Any) -> None:
        from PIL import Image

        train = bool(data_set.train)
        pictures, targets = self._images.pictures(train), self._images.targets(train).tolist()
        data_set.classes = [f"class {index}" for index in range(self._images.classes)]
        data_set.class_to_idx = {name: index for index, name in enumerate(data_set.classes)}
        data_set.samples = data_set.imgs = [(f"{index}.png", target) for index, target in enumerate(targets)]
        data_set.targets = targets
        data_set.loader = lambda path: Image.fromarray(pictures[int(Path(path).stem)]).convert("RGB")

    def _write_raw(self, folder: Path) -> None:
        """The files that MNIST comes as, for code that reads them itself: one copy, and links to it."""
        if folder.exists():
            return
        if self._raw is not None:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.symlink_to(self._raw.absolute())
            return
        folder.mkdir(parents=True)
        for part, train in (("train", True), ("t10k", False)):
            pictures, labels = self._images.pictures(train), self._images.targets(train)
            head = struct.pack(">iiii", 2051, *pictures.shape)
            _write(folder / f"{part}-images-idx3-ubyte", head, pictures)
            _write(
                folder / f"{part}-labels-idx1-ubyte",
                struct.pack(">ii", 2049, len(labels)),
                labels.astype(np.uint8),
            )
        self._raw = folder


def _write(path: Path, head: bytes, values: Array) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.write(np.ascontiguousarray(values).data)


def _parts(loader: Any) -> list[Any]:
    """The sets under a loader; none where the student's own classes do not let it be found out."""
    try:
        return parts(loader.dataset)
    except Exception:
        return []
