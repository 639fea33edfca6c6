"""What a data set, a loader or a pipeline of transforms is, as far as its construction says."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.reading.tracing import library
from grader.reading.tracing.values import Instance, Made, Value, children

Split = Literal["train", "test", "part of train", "part of test", "unclear"]


@dataclass(frozen=True)
class DataSet:
    """`official` is False for a class of the student's own that is built on nothing known."""

    name: str
    split: Split
    images: int  # 0 where it is not known
    transform: Value
    source: Made | Instance


def data_set(value: Value, depth: int = 4) -> DataSet | None:
    """The data set that a value is; None where it is none."""
    if depth == 0:
        return None
    if isinstance(value, Instance):
        return _own(value, depth)
    if not isinstance(value, Made):
        return None
    if value.last in ("Subset", "ConcatDataset"):
        return _part(value, depth)
    if value.last in library.IMAGES or value.name.startswith("torchvision.datasets."):
        return _official(value)
    return None


def _official(made: Made) -> DataSet:
    flag = made.named.get("train", made.named.get("split", True if made.last in library.IMAGES else None))
    split = split_of(flag, made.named.get("root"))
    sizes = library.IMAGES.get(made.last, (0, 0))
    images = {"train": sizes[0], "test": sizes[1]}.get(split, 0)
    return DataSet(made.last, split, images, made.named.get("transform"), made)


def split_of(flag: Value, root: Value = None) -> Split:
    """The split that `train=True` or `split="test"` means; a folder's name may say it too."""
    if isinstance(flag, bool):
        return "train" if flag else "test"
    for text in (flag, root):
        if isinstance(text, str):
            if re.search(r"(?i)train", text):
                return "train"
            if re.search(r"(?i)test|val", text):
                return "test"
    return "unclear"


def _part(made: Made, depth: int) -> DataSet | None:
    """A part of a data set, of the kind that `Subset` and `random_split` make."""
    whole = data_set(made.named.get("dataset", made.positional[0] if made.positional else None), depth - 1)
    if whole is None:
        return None
    split: Split = {"train": "part of train", "test": "part of test"}.get(whole.split, whole.split)  # type: ignore[assignment]
    length, indices = made.named.get("length"), made.named.get("indices")
    images = len(indices) if isinstance(indices, list | tuple | range) else 0
    if isinstance(length, int):
        images = length
    elif isinstance(length, float) and 0 < length <= 1:
        images = round(length * whole.images)
    return DataSet(whole.name, split, images, whole.transform, whole.source)


def _own(instance: Instance, depth: int) -> DataSet | None:
    """A class of the student's own: built on a known data set, or one that holds a known one."""
    bases = instance.klass.library_bases()
    given = instance.arguments
    flags = [given[key] for key in ("train", "is_train", "split", "mode", "training") if key in given]
    own_transform = next((given[key] for key in ("transform", "transforms", "tfm") if key in given), None)
    name = instance.klass.node.name
    if instance.made is not None and instance.made.last in library.IMAGES:
        known = _official(instance.made)
        return DataSet(known.name, known.split, known.images, own_transform or known.transform, instance)
    if not any(base.last.endswith("Dataset") or "dataset" in base.name for base in bases):
        return None
    for one in [*instance.attributes.values(), *given.values()][:20]:
        inner = data_set(one, depth - 1)
        if inner is not None:
            return DataSet(inner.name, inner.split, inner.images, own_transform or inner.transform, instance)
    return DataSet(name, split_of(flags[0] if flags else None), 0, own_transform, instance)


def is_loader(value: Value) -> bool:
    return isinstance(value, Made) and value.last in library.LOADERS


def loader_in(value: Value, depth: int = 5) -> Made | None:
    """The loader that a loop goes over, through progress bars and `enumerate`."""
    if isinstance(value, Made) and depth > 0:
        if is_loader(value):
            return value
        if value.last in library.PASS_THROUGH or value.name.endswith((".items", ".batches")):
            parts = list(value.parts())[:4]
            return next((found for one in parts if (found := loader_in(one, depth - 1)) is not None), None)
    return None


def loaders_in(values: tuple[Value, ...]) -> Iterator[Made]:
    for value in values:
        for one in children(value, 1):
            if isinstance(one, Made) and is_loader(one):
                yield one


def length_of(value: Value, depth: int = 6) -> int:
    """`len()` of a loader or a data set; 0 where it is not known."""
    if isinstance(value, Made) and is_loader(value):
        images = length_of(value.named.get("dataset"))
        size = value.named.get("batch_size", 1)
        if not images or not isinstance(size, int) or size < 1:
            return 0
        return images // size if value.named.get("drop_last") is True else math.ceil(images / size)
    if isinstance(value, Made) and value.last in library.PASS_THROUGH and value.positional and depth > 0:
        return length_of(value.positional[0], depth - 1)
    found = data_set(value)
    return found.images if found else 0
