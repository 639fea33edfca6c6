"""Where each image's words lie among all words of a batch: the order in which the library would draw them."""

from __future__ import annotations

from collections.abc import Callable

import torch

from grader.training.transforms import draws
from grader.training.transforms.interface import Form, Gate
from grader.training.transforms.program import Program

CLOSED = -2
"""Position of an image at a step that it does not come to."""


def positions(made: Program) -> tuple[int, list[int]] | None:
    """Words per image and each line's place among them, where no draw decides how many there are."""
    each, places, form = 0, [], made.start
    for line in made.lines:
        if isinstance(line.step, Gate) or line.step.walk(torch.empty(0, dtype=torch.int64), form) is not None:
            return None
        places.append(each)
        each += line.step.words(form)
        form = line.step.after(form)
    return each, places


def walked(made: Program, count: int, generator: torch.Generator) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """As the library goes: image by image, each draw deciding what is drawn next."""
    before = generator.get_state()
    words = draws.take(count * sum(line.most_words for line in made.lines), generator)
    walker = _Walker(made, words)
    found = [[CLOSED] * count for _ in made.lines]
    at = 0
    for image in range(count):
        at = walker.follow(at, image, found)
    generator.set_state(before)
    draws.take(at, generator)
    return words, [torch.tensor(places, dtype=torch.int64) for places in found]


class _Walker:
    """Follows one image after the other through the lines, over words that are already drawn."""

    def __init__(self, made: Program, words: torch.Tensor) -> None:
        self._made = made
        self._words = words
        self._walks: dict[tuple[int, Form], Callable[[int], tuple[int, int]]] = {}
        self._open = {
            number: _opens(line.step, words)
            for number, line in enumerate(made.lines)
            if isinstance(line.step, Gate)
        }

    def follow(self, at: int, image: int, found: list[list[int]]) -> int:
        """Note the image's position at each line that it comes to; the position behind its last word."""
        form, through = self._made.start, set()
        for number, line in enumerate(self._made.lines):
            if line.gate >= 0 and line.gate not in through:
                continue
            if number in self._open:
                if self._open[number][at]:
                    through.add(number)
                at += 1
                continue
            walk = self._walk(number, form)
            at, found[number][image] = walk(at)
            form = line.step.after(form)
        return at

    def _walk(self, number: int, form: Form) -> Callable[[int], tuple[int, int]]:
        key = (number, form)
        if key not in self._walks:
            step = self._made.lines[number].step
            words = step.words(form)
            self._walks[key] = step.walk(self._words, form) or (lambda at: (at + words, at))
        return self._walks[key]


def _opens(gate: Gate, words: torch.Tensor) -> list[bool]:
    """For every position: whether the word there lets an image through."""
    p = torch.tensor(gate.p, dtype=torch.float32)
    drawn = draws.unit(words)
    opened: list[bool] = ((drawn <= p) if gate.p_itself else (drawn < p)).tolist()
    return opened
