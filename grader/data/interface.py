"""What a data set is, and the one way to get it.

A task (`mnist`) is a module of this folder that has `TABULATED_SD`, `STEMS`, `look(folder)`, `load(request)`,
`fetch(request)` and `stand_in()`; it is found by walking the folder, so a new data set is one new file. Arrays
are numpy's: no torch here.
"""

from __future__ import annotations

import hashlib
import importlib
import math
import os
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from grader.errors import UsageError
from grader.records import DataFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Inputs = NDArray[np.uint8] | NDArray[np.float32]

Progress = Callable[[str, int, int], None]
"""Called with a file's name, bytes done and bytes in all, for each file that is downloaded."""


@dataclass(frozen=True, eq=False)
class Second:
    """A second input and a second target beside each image; all arrays are read-only uint8, (N,).

    For `mnist_sum`: a digit, and the sum of it and the digit in the image.
    """

    train_inputs: Pixels  # below `values`
    train_targets: Pixels  # below `classes`
    test_inputs: Pixels
    test_targets: Pixels
    values: int
    classes: int


@dataclass(frozen=True, eq=False)
class DataSet:
    """A decoded data set with its splits. All arrays are read-only.

    Labels are uint8, (N,), below `classes`. What a model is given depends on `inputs`:

    - "pixels": uint8, 0 to 255, to be divided by 255. Images with one channel are (N, height, width), with
      several (N, channels, height, width): channels first, as torch wants them. A row of a table of pixels is
      (N, columns).
    - "features": float32 in units of their own, (N, columns).

    `mean` and `std` are of all values of the training split, as the set is published: pixels on the scale 0 to 1,
    features in their own units. `channel_means` and `channel_stds` are the same for each channel of an image, or
    each column of "features": what Normalize takes. Where there is one channel, they hold `mean` and `std` alone.
    """

    facts: DataFacts
    train_images: Inputs
    train_labels: Pixels
    test_images: Inputs
    test_labels: Pixels
    mean: float
    std: float
    tabulated_sd: float  # run-to-run standard deviation of test accuracy, 0 to 1
    classes: int = 10
    input_shape: tuple[int, ...] = (1, 28, 28)  # of one input: (channels, height, width) or (columns,)
    task_images: int = 60_000  # training images of the task's real set: a stand-in has fewer
    channel_means: tuple[float, ...] = ()
    channel_stds: tuple[float, ...] = ()
    class_names: tuple[str, ...] = ()  # () where the number is the name
    inputs: Literal["pixels", "features"] = "pixels"
    second: Second | None = None
    unlabelled: Inputs | None = None  # handed out without labels, for predictions

    @property
    def picture_shape(self) -> tuple[int, int, int] | None:
        """(channels, height, width) of an input as transforms of images see it; a row of pixels that fills a square is
        a picture. None for inputs that are no pictures."""
        if self.inputs != "pixels":
            return None
        if len(self.input_shape) == 3:
            return self.input_shape
        (columns,) = self.input_shape
        side = math.isqrt(columns)
        return (1, side, side) if side * side == columns else (1, 1, columns)

    def __post_init__(self) -> None:
        if not self.channel_means:
            object.__setattr__(self, "channel_means", (self.mean,))
            object.__setattr__(self, "channel_stds", (self.std,))


@dataclass(frozen=True)
class Request:
    """How a data set is asked for; see `load`."""

    data_dir: Path | None = None
    allow_unofficial: bool = False
    download: bool = True
    progress: Progress | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)


def load(
    task: str,
    *,
    data_dir: Path | None,
    stand_in: bool = False,
    allow_unofficial: bool = False,
    download: bool = True,
    progress: Progress | None = None,
    environment: Mapping[str, str] = os.environ,
) -> DataSet:
    """The task's data set, from the first place that holds it.

    Places, in this order: `data_dir`, `GRADER_DATA`, the user cache, the official download into that cache.

    Args:
        stand_in: take the generated set instead; nothing is looked for and nothing is downloaded.
        allow_unofficial: accept well-formed files whose contents are not the published ones.
        download: whether the official mirrors may be asked.

    Raises:
        DataMissing: in none of the places, and it cannot be downloaded.
        GraderFault: a file is damaged or not the official one, or it cannot be written.
        UsageError: there is no such task.
    """
    module = variant(task)
    if stand_in:
        generated: DataSet = module.stand_in()
        return generated
    request = Request(data_dir, allow_unofficial, download, progress, environment)
    found: DataSet = module.load(request)
    return found


@cache
def variants() -> dict[str, ModuleType]:
    """Every task's module by its name, which is its file's name."""
    import grader.data as family

    names = [info.name for info in pkgutil.iter_modules(family.__path__)]
    modules = {name: importlib.import_module(f"grader.data.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "TABULATED_SD")}


@cache
def annotation_sets() -> dict[str, ModuleType]:
    """Modules of published annotation files by their names: `look`, `fetch`, `load` and
    `ANNOTATION_FILES`, and no task."""
    import grader.data as family

    names = [info.name for info in pkgutil.iter_modules(family.__path__)]
    modules = {name: importlib.import_module(f"grader.data.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "ANNOTATION_FILES")}


def variant(task: str) -> Any:
    """The module of a task; UsageError with the known ones where there is none."""
    known = variants()
    if task not in known:
        raise UsageError(
            f'There is no data set for the task "{task}".', f"Known: {', '.join(sorted(known))}."
        )
    return known[task]


def digest_of(*contents: bytes | memoryview) -> str:
    """One digest of a whole set: SHA-256 over the SHA-256 of each content, in the order given."""
    whole = hashlib.sha256()
    for content in contents:
        whole.update(hashlib.sha256(content).digest())
    return f"sha256:{whole.hexdigest()}"
