"""The transforms of a recipe on whole batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from grader.training.placing import placed
from grader.training.transforms import draws
from grader.training.transforms.draws import Drawn
from grader.training.transforms.interface import (
    AnyCall,
    Exactness,
    Form,
    Gate,
    NotCovered,
    Stated,
    stated,
)
from grader.training.transforms.program import Line, Program, fixed_calls, program
from grader.training.transforms.walking import CLOSED, positions, walked

_OWN_SEED = 0x5EED_7A11
"""Keeps the draws of steps that the library does not draw from torch apart from torch's own."""


@dataclass(frozen=True)
class _Group:
    """Images that have the same form, and which of the batch they are; `None`: all, in order.

    `rows` and all that is drawn lie on the CPU, whatever the device of the images is.
    """

    images: torch.Tensor
    form: Form
    rows: torch.Tensor | None = None


class Pipeline:
    """Transforms of one recipe for images of one shape. See `of`."""

    def __init__(self, made: Program, calls: tuple[Stated, ...], shape: tuple[int, int, int]) -> None:
        self._program = made
        self._calls = calls
        self._shape = shape
        self._own: torch.Generator | None = None
        self._fixed = positions(made)

    @staticmethod
    def of(calls: Sequence[AnyCall | Mapping[str, Any]], shape: Sequence[int]) -> Pipeline:
        """A pipeline for images of `shape` (C, H, W).

        Args:
            calls: the transforms in their order, as records or as their plain values
                ({"name", "arguments": [[name, value], ...], "library"}).

        Raises:
            NotCovered: a call is not covered exactly, or the torch at hand draws in another way.
        """
        listed = tuple(stated(call) for call in calls)
        channels, height, width = (int(side) for side in shape)
        made = program(listed, (channels, height, width))
        if made.is_random and draws.words_hold():
            raise NotCovered(draws.words_hold())
        return Pipeline(made, listed, (channels, height, width))

    @property
    def calls(self) -> tuple[Stated, ...]:
        return self._calls

    @property
    def exactness(self) -> Exactness:
        same = all(line.step.exactness == "same draws" for line in self._program.lines)
        return "same draws" if same else "same distribution"

    @property
    def is_random(self) -> bool:
        return self._program.is_random

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self._shape

    @property
    def output_shape(self) -> tuple[int, int, int]:
        end = self._program.end
        return end.channels, end.height, end.width

    @property
    def deterministic(self) -> Pipeline:
        """What a test pass uses: the steps that are the same for every image and every time.

        Raises:
            NotCovered: without the others, images do not get the size that the model is trained on.
        """
        kept = fixed_calls(self._calls, self._shape)
        return Pipeline.of([self._calls[number] for number in kept], self._shape)

    def __call__(self, images: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """uint8 (B, C, H, W) → float32 (B, C, H', W') on the images' device, which is never waited for.

        Args:
            generator: torch's CPU generator that the library would draw from; the global one where `None`.
        """
        words, places = self._draw(len(images), generator or torch.default_generator)
        groups = [_Group(images, self._program.start)]
        for line, at in zip(self._program.lines, places, strict=True):
            if not isinstance(line.step, Gate):
                groups = _merged([out for group in groups for out in _applied(line, group, words, at)])
        return _in_order(groups, len(images)).contiguous()

    def _draw(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """All words of a batch, and for each line the images' positions among them."""
        if self.exactness == "same distribution":
            generator = self._own_generator(generator)
        if self._fixed is not None:
            each, places = self._fixed
            first = torch.arange(count) * each
            return draws.take(count * each, generator), [first + place for place in places]
        return walked(self._program, count, generator)

    def _own_generator(self, given: torch.Generator) -> torch.Generator:
        """For steps whose library draws elsewhere: torch's generator must not move, and seeds must count."""
        if self._own is None:
            self._own = torch.Generator().manual_seed((given.initial_seed() ^ _OWN_SEED) & (2**63 - 1))
        return self._own


def _applied(line: Line, group: _Group, words: torch.Tensor, at: torch.Tensor) -> list[_Group]:
    """The group after one step; two groups where not all of its images come to that step."""
    at = at if group.rows is None else at.index_select(0, group.rows)
    comes = at != CLOSED
    form = line.step.after(group.form) if bool(comes.any()) else group.form
    if bool(comes.all()):
        return [_Group(line.step.apply(group.images, Drawn(words, at), group.form), form, group.rows)]
    rows = torch.arange(len(at)) if group.rows is None else group.rows
    stay = _Group(_chosen(group.images, ~comes), group.form, rows[~comes])
    if not bool(comes.any()):
        return [stay]
    done = line.step.apply(_chosen(group.images, comes), Drawn(words, at[comes]), group.form)
    return [stay, _Group(done, form, rows[comes])]


def _chosen(images: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
    return images.index_select(0, placed(which.nonzero().flatten(), images.device))


def _merged(groups: list[_Group]) -> list[_Group]:
    """Groups of the same form as one."""
    if len(groups) == 1:
        return groups
    found: list[_Group] = []
    for form in dict.fromkeys(group.form for group in groups):
        same = [group for group in groups if group.form == form]
        rows = torch.cat([group.rows for group in same if group.rows is not None])
        found.append(_Group(torch.cat([group.images for group in same]), form, rows))
    return found


def _in_order(groups: list[_Group], count: int) -> torch.Tensor:
    """The images of all groups, as they came in."""
    (last,) = groups
    if last.rows is None:
        return last.images
    ordered = torch.empty_like(last.images)
    return ordered.index_copy_(0, placed(last.rows, ordered.device), last.images) if count else last.images
