"""Stand-ins for torchvision's data sets: true length, true item types, one small picture behind all of them.

The arrays have stride 0: 60,000 images cost the memory of one. Subclasses of the student's own keep working,
because only the constructors of the real classes are replaced.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchvision import datasets
from torchvision.datasets.vision import StandardTransform

_SIZES = {
    "MNIST": (60_000, 10_000, 10),
    "FashionMNIST": (60_000, 10_000, 10),
    "KMNIST": (60_000, 10_000, 10),
    "QMNIST": (60_000, 60_000, 10),
    "EMNIST": (112_800, 18_800, 47),
    "CIFAR10": (50_000, 10_000, 10),
    "CIFAR100": (50_000, 10_000, 100),
    "SVHN": (73_257, 26_032, 10),
    "STL10": (5_000, 8_000, 10),
}
_IMAGE_FOLDER = (10_000, 10)
_CIFAR_NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


Fill = Callable[[Any], bool]
"""Gives a data set, of which `root`, transforms and `train` are known, its images; says whether it did."""


def install(note: Any, own: Fill = lambda _: False) -> None:
    """Replace the constructors. A set that `own` does not fill gets the small picture."""
    for name in ("MNIST", "QMNIST", "EMNIST"):
        _replace(getattr(datasets, name), _grey, own)
    for name in ("CIFAR10", "SVHN", "STL10"):
        _replace(getattr(datasets, name), _coloured, own)
    _replace_folder(note, own)


def base_name(data_set: Any) -> str:
    """The torchvision class that a data set is or derives from, "" for none."""
    for cls in type(data_set).__mro__:
        if cls.__name__ in (*_SIZES, "ImageFolder") and cls.__module__.startswith("torchvision."):
            return str(cls.__name__)
    return ""


def _sizes(self: Any) -> tuple[int, int, int]:
    return _SIZES.get(base_name(self), _SIZES["MNIST"])


def _replace(cls: Any, fill: Any, own: Fill) -> None:
    def construct(
        self: Any,
        root: Any = ".",
        train: Any = True,
        transform: Any = None,
        target_transform: Any = None,
        download: Any = False,
        **named: Any,
    ) -> None:
        del download  # there is nothing to fetch
        split = named.pop("split", train)
        if isinstance(split, str) and cls.__name__ != "EMNIST":
            self.split = split
            train = split.startswith(("train", "extra", "unlabeled"))
        self.root = str(root)
        self.transform, self.target_transform = transform, target_transform
        both = named.get("transforms")
        self.transforms = both or StandardTransform(transform, target_transform)
        self.train = bool(train)
        if not own(self):
            fill(self, _sizes(self)[0 if self.train else 1], _sizes(self)[2])

    cls.__init__ = construct


def _targets(count: int, classes: int) -> Any:
    return torch.arange(count) % classes


def _grey(self: Any, count: int, classes: int) -> None:
    self.data = torch.from_numpy(picture(1)[0].copy()).unsqueeze(0).expand(count, 28, 28)
    self.targets = _targets(count, classes)
    _write_idx_files(Path(self.root) / type(self).__name__ / "raw")


def _coloured(self: Any, count: int, classes: int) -> None:
    labels = [int(label) for label in _targets(count, classes)]
    if isinstance(self, datasets.CIFAR10):
        self.data = np.broadcast_to(picture(3, 32).transpose(1, 2, 0), (count, 32, 32, 3))
        self.targets = labels
        names = _CIFAR_NAMES if classes == 10 else [f"class {index}" for index in range(classes)]
        self.classes, self.class_to_idx = names, {name: index for index, name in enumerate(names)}
    else:
        side = 96 if isinstance(self, datasets.STL10) else 32
        self.data = np.broadcast_to(picture(3, side), (count, 3, side, side))
        self.labels = np.array(labels)


def picture(channels: int, side: int = 28) -> Any:
    """One picture, uint8, (channels, side, side): blobs of light, so that flips and turns change it."""
    row, column = np.mgrid[0:side, 0:side] / side
    bright = (
        255
        * np.exp(-8 * ((row - 0.4) ** 2 + 2 * (column - 0.6) ** 2))
        * (0.6 + 0.4 * np.sin(9 * row + 5 * column))
    )
    return np.stack([np.roll(bright, shift, 1) for shift in range(channels)]).astype(np.uint8)


def _write_idx_files(folder: Path) -> None:
    """The raw files that MNIST comes as, for code that reads them itself. They are sparse: only the heads exist."""
    try:
        if (folder / "train-images-idx3-ubyte").exists():
            return
        folder.mkdir(parents=True, exist_ok=True)
        for part, count in (("train", 60_000), ("t10k", 10_000)):
            _sparse(
                folder / f"{part}-images-idx3-ubyte", struct.pack(">iiii", 2051, count, 28, 28), count * 784
            )
            _sparse(folder / f"{part}-labels-idx1-ubyte", struct.pack(">ii", 2049, count), count)
    except OSError:
        return  # a folder that cannot be written: whoever needs the files will say so


def _sparse(path: Path, head: bytes, size: int) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + size)


def _replace_folder(note: Any, own: Fill) -> None:
    """`ImageFolder` of a folder that was not handed in: pictures of ten classes."""
    real = datasets.ImageFolder.__init__

    def construct(
        self: Any, root: Any, transform: Any = None, target_transform: Any = None, *rest: Any, **named: Any
    ) -> None:
        try:
            real(self, root, transform, target_transform, *rest, **named)
            return
        except (OSError, RuntimeError):
            self.root, self.transform, self.target_transform = str(root), transform, target_transform
        self.transforms = StandardTransform(transform, target_transform)
        self.train = not any(word in str(root).lower() for word in ("test", "val"))
        if own(self):
            return
        note("A folder of pictures is not part of the submission: a stand-in of ten classes took its place.")
        count, classes = _IMAGE_FOLDER
        self.classes = [f"class {index}" for index in range(classes)]
        self.class_to_idx = {name: index for index, name in enumerate(self.classes)}
        self.samples = self.imgs = [(f"{index}.png", index % classes) for index in range(count)]
        self.targets = [index % classes for index in range(count)]
        self.loader = lambda _: _as_image(picture(3, 64))

    datasets.ImageFolder.__init__ = construct


def _as_image(array: Any) -> Any:
    from PIL import Image

    return Image.fromarray(array.transpose(1, 2, 0))
