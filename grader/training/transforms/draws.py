"""The words that torch's CPU generator gives, taken for a whole batch at once.

A per-image transform asks the generator for one number at a time: `torch.rand(1)`, `torch.empty(1).uniform_`,
`torch.randint` and `torch.randperm` of small ranges take one 32-bit word each. The same words come here as the
two halves of 64-bit ones. That this holds for the torch at hand is tried out once: see `words_hold`.
"""

from __future__ import annotations

from functools import cache

import torch

_WHOLE = torch.iinfo(torch.int64).min
_TRIED = 64


def take(count: int, generator: torch.Generator) -> torch.Tensor:
    """The next `count` 32-bit words, as int64 (count,). The generator moves on by exactly as many."""
    pairs = torch.empty(count // 2, dtype=torch.int64).random_(_WHOLE, None, generator=generator)
    words = torch.stack([(pairs >> 32) & 0xFFFFFFFF, pairs & 0xFFFFFFFF], 1).flatten()
    if count % 2 == 0:
        return words
    before = generator.get_state()
    pair = torch.empty(1, dtype=torch.int64).random_(_WHOLE, None, generator=generator)
    generator.set_state(before)
    torch.empty(1, dtype=torch.int32).random_(generator=generator)  # one word
    return torch.cat([words, (pair >> 32) & 0xFFFFFFFF])


def uniform(words: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """What `torch.empty(1).uniform_(low, high)` gives for each word: float32."""
    low32, high32 = torch.tensor(low, dtype=torch.float32), torch.tensor(high, dtype=torch.float32)
    share = (words & 0xFFFFFF).float() * 2.0**-24
    if rounds_once():
        return (share.double() * (high32 - low32).double() + low32.double()).float()
    return share * (high32 - low32) + low32


def unit(words: torch.Tensor) -> torch.Tensor:
    """What `torch.rand(1)` gives for each word: float32."""
    return (words & 0xFFFFFF).float() * 2.0**-24


def below(words: torch.Tensor, p: float) -> torch.Tensor:
    """`torch.rand(1) < p` for each word: p is rounded to float32, as the comparison does."""
    return unit(words) < torch.tensor(p, dtype=torch.float32)


def order_of_four(words: torch.Tensor) -> torch.Tensor:
    """What `torch.randperm(4)` gives for each row of three words: int64 (n, 4)."""
    order = torch.arange(4).repeat(len(words), 1)
    rows = torch.arange(len(words))
    for place in range(3):
        other = place + words[:, place] % (4 - place)
        here = order[:, place].clone()
        order[:, place] = order[rows, other]
        order[rows, other] = here
    return order


class Drawn:
    """The words of the images that a step has before it. `at` is each image's position among all words."""

    def __init__(self, words: torch.Tensor, at: torch.Tensor) -> None:
        self.words = words
        self.at = at

    def __len__(self) -> int:
        return len(self.at)

    def word(self, place: int) -> torch.Tensor:
        return self.words.index_select(0, self.at + place)

    def uniform(self, place: int, low: float, high: float) -> torch.Tensor:
        return uniform(self.word(place), low, high)

    def below(self, place: int, p: float) -> torch.Tensor:
        return below(self.word(place), p)

    def integer(self, place: int, under: int) -> torch.Tensor:
        """What `torch.randint(0, under, (1,))` gives: int64."""
        return self.word(place) % under

    def integer_under(self, place: int, under: torch.Tensor) -> torch.Tensor:
        """As `integer`, with a limit for each image."""
        return self.word(place) % under

    def words_from(self, place: int, count: int) -> torch.Tensor:
        """`count` words of each image: int64 (n, count)."""
        return self.words[(self.at + place)[:, None] + torch.arange(count)]


@cache
def rounds_once() -> bool:
    """Whether `uniform_` multiplies and adds with one rounding (a processor with such an instruction) or two."""
    theirs, words = _tried(-7.3, 11.9)
    low, high = torch.tensor(-7.3), torch.tensor(11.9)
    share = (words & 0xFFFFFF).double() * 2.0**-24
    return torch.equal((share * (high - low).double() + low.double()).float(), theirs)


@cache
def words_hold() -> str:
    """ "" where the torch at hand draws as written above; else what differs."""
    for low, high in ((-7.0, 7.0), (0.85, 1.15), (-2.8, 2.8)):
        theirs, words = _tried(low, high)
        if not torch.equal(uniform(words, low, high), theirs):
            return "torch's uniform_ does not draw one 32-bit word for a number."
    generator = torch.Generator().manual_seed(11)
    before = generator.get_state()
    theirs = torch.cat([torch.randint(0, 9, (1,), generator=generator) for _ in range(_TRIED)])
    orders = torch.stack([torch.randperm(4, generator=generator) for _ in range(_TRIED)])
    after = generator.get_state()
    generator.set_state(before)
    if not torch.equal(take(_TRIED, generator) % 9, theirs):
        return "torch's randint does not draw one 32-bit word for a small range."
    if not torch.equal(order_of_four(take(3 * _TRIED, generator).view(-1, 3)), orders):
        return "torch's randperm(4) does not draw three 32-bit words."
    if not torch.equal(generator.get_state(), after):
        return "torch's generator does not stand where it would after the same draws one by one."
    return ""


def _tried(low: float, high: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Numbers drawn one by one, and the words of the same generator."""
    generator = torch.Generator().manual_seed(7)
    theirs = torch.cat([torch.empty(1).uniform_(low, high, generator=generator) for _ in range(_TRIED + 1)])
    return theirs, take(_TRIED + 1, torch.Generator().manual_seed(7))
