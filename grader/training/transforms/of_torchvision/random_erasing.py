"""`RandomErasing` of a tensor. The same draws: how many, depends on which of ten tries fits the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.training.transforms.arguments import bound, colour, probability, range_of
from grader.training.transforms.interface import Form, NotCovered, Stated, Step

if TYPE_CHECKING:
    import torch

    from grader.training.transforms.draws import Drawn

NAMES = ("RandomErasing",)

TRIES = 10


@dataclass(frozen=True)
class RandomErasing(Step):
    p: float
    scale: tuple[float, float]
    ratio: tuple[float, float]
    value: tuple[float, ...]

    def words(self, _form: Form) -> int:
        return 1 + 2 * TRIES + 2

    def after(self, form: Form) -> Form:
        if form.kind != "tensor" or form.values != "floats":
            raise NotCovered("It is given no tensor of floats.")
        return form

    def walk(self, words: torch.Tensor, form: Form) -> Callable[[int], tuple[int, int]]:
        """The mark is the position of the try that fitted."""
        from grader.training.transforms import draws

        acts = draws.below(words, self.p).tolist()
        height, width = self._sides(words, words.roll(-1), form)
        fits = ((height < form.height) & (width < form.width)).tolist()

        def follow(at: int) -> tuple[int, int]:
            if not acts[at]:
                return at + 1, -1
            at += 1
            for _ in range(TRIES):
                if fits[at]:
                    return at + 4, at
                at += 2
            return at, -1

        return follow

    def _sides(
        self, area_words: torch.Tensor, ratio_words: torch.Tensor, form: Form
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Height and width of the rectangle that two words ask for, float64."""
        import torch

        from grader.training.transforms import draws

        low, high = torch.log(torch.tensor(self.ratio)).tolist()
        area = form.height * form.width * draws.uniform(area_words, *self.scale).double()
        ratio = draws.uniform(ratio_words, low, high).exp().double()
        return (area * ratio).sqrt().round(), (area / ratio).sqrt().round()

    def apply(self, images: torch.Tensor, drawn: Drawn, form: Form) -> torch.Tensor:
        from grader.training.placing import placed
        from grader.training.transforms import holes

        rows = (drawn.at >= 0).nonzero().flatten()
        chosen = type(drawn)(drawn.words, drawn.at[rows])
        height, width = (side.long() for side in self._sides(chosen.word(0), chosen.word(1), form))
        top = chosen.integer_under(2, form.height - height + 1)
        left = chosen.integer_under(3, form.width - width + 1)
        bottom, right = top + height, left + width
        rectangles = (top[:, None], left[:, None], bottom[:, None], right[:, None])
        at = placed(rows, images.device)
        erased = holes.filled(images[at], form, rectangles, self.value)
        return images.index_copy(0, at, erased)


def read(call: Stated, form: Form) -> Step:
    given = bound(call, {"p": 0.5, "scale": (0.02, 0.33), "ratio": (0.3, 3.3), "value": 0, "inplace": False})
    if given["value"] == "random":
        raise NotCovered("value='random' is not covered.")
    return RandomErasing(
        probability(given["p"]),
        range_of(given["scale"], "scale", 0, 1),
        range_of(given["ratio"], "ratio", 0.01, 100),
        colour(given["value"], form.channels, "value", high=1e6),
    )
