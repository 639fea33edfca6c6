"""Seeds of the student's code give way to the trial's."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from grader.worker.faithful import seeds


@pytest.fixture
def notes(monkeypatch):
    for owner, name in (
        (torch, "manual_seed"),
        (torch.random, "manual_seed"),
        (np.random, "seed"),
        (random, "seed"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    return []


def drawn() -> tuple[float, float, float]:
    return float(torch.rand(1)), float(np.random.rand()), random.random()


def seed_all(value: int) -> None:
    torch.manual_seed(value)
    np.random.seed(value)
    random.seed(value)


def test_the_first_seed_is_the_trials(notes):
    seeds.install(11, notes.append)
    first = drawn()
    seed_all(42)
    assert drawn() == first
    assert set(notes) == {"Seeds that the code sets were replaced by the trial's own seed."}


def test_another_seed_is_another_one_and_the_same_the_same(notes):
    seeds.install(11, notes.append)
    found = []
    for value in (1, 2, 1, 2**40):
        seed_all(value)
        found.append(drawn())
    assert found[0] == found[2]
    assert len(set(found)) == 3


def test_two_trials_differ_where_the_code_sets_one_seed(notes):
    original = torch.manual_seed
    seeds.install(11, notes.append)
    torch.manual_seed(0)
    first = float(torch.rand(1))
    torch.manual_seed = original
    seeds.install(12, notes.append)
    torch.manual_seed(0)
    assert float(torch.rand(1)) != first


@pytest.mark.parametrize("value", [None, "a word", 3.7, -5, float("inf")], ids=str)
def test_odd_seeds_are_taken(notes, value):
    seeds.install(11, notes.append)
    random.seed(value)
    first = random.random()
    random.seed(value)
    assert random.random() == first
