"""Words of torch's generator, taken at once."""

from __future__ import annotations

import pytest
import torch

from grader.training.transforms import draws


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(4)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 624, 1249])
def test_words_are_those_of_single_draws_and_the_generator_stands_where_they_leave_it(count, generator):
    words = draws.take(count, generator)
    single = torch.Generator().manual_seed(4)
    theirs = [torch.rand(1, generator=single) for _ in range(count)]
    assert torch.equal(draws.unit(words), torch.cat(theirs) if theirs else torch.empty(0))
    assert torch.equal(generator.get_state(), single.get_state())


def test_taking_in_parts_is_taking_at_once(generator):
    whole = draws.take(30, torch.Generator().manual_seed(4))
    assert torch.equal(torch.cat([draws.take(n, generator) for n in (7, 0, 12, 11)]), whole)


@pytest.mark.parametrize(
    ("low", "high"), [(-7.0, 7.0), (0.02, 0.33), (-3.36, 3.36), (0.85, 1.15), (5.0, 5.0)]
)
def test_uniform_has_the_bits_of_torch(low, high, generator):
    theirs = torch.cat([torch.empty(1).uniform_(low, high, generator=generator) for _ in range(3000)])
    assert torch.equal(draws.uniform(draws.take(3000, torch.Generator().manual_seed(4)), low, high), theirs)


def test_a_probability_is_compared_as_float32(generator):
    """0.1 as float32 is larger than 0.1: a draw that equals it is not below."""
    words = torch.tensor([1677721, 1677722])
    assert draws.unit(words)[1] > 0.1
    assert draws.below(words, float(draws.unit(words)[1])).tolist() == [True, False]


def test_this_torch_draws_as_written():
    assert draws.words_hold() == ""


def test_another_way_of_drawing_is_noticed(monkeypatch):
    """As if torch took its words in the other order."""
    take = draws.take
    monkeypatch.setattr(draws, "take", lambda count, generator: take(count, generator).flip(0))
    draws.words_hold.cache_clear()
    draws.rounds_once.cache_clear()
    try:
        assert "does not draw" in draws.words_hold()
    finally:
        draws.words_hold.cache_clear()
        draws.rounds_once.cache_clear()
