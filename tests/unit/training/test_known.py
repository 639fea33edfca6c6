"""The tables of what the fast lane builds, held against torch; and recorded values read back."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from grader.training import known
from grader.training.known import NotPlain, arguments, literal


@pytest.mark.parametrize("name", sorted(known.OPTIMIZERS))
def test_every_argument_of_an_optimizer_is_known_or_left_out_on_purpose(name):
    taken = list(inspect.signature(getattr(torch.optim, name).__init__).parameters)[2:]
    assert set(taken) - known.HOW_NOT_WHAT == set(known.OPTIMIZERS[name])


@pytest.mark.parametrize("name", sorted(known.SCHEDULES))
def test_every_argument_of_a_schedule_is_known_or_left_out_on_purpose(name):
    taken = list(inspect.signature(getattr(torch.optim.lr_scheduler, name).__init__).parameters)[2:]
    assert set(taken) - known.HOW_NOT_WHAT - {"scale_fn"} == set(known.SCHEDULES[name])


def test_no_optimizer_and_no_schedule_of_torch_is_forgotten():
    def names(module, base: type) -> set[str]:
        listed = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
        return {one.__name__ for one in listed if isinstance(one, type) and issubclass(one, base)}

    left = names(torch.optim, torch.optim.Optimizer) - {"Optimizer"} - set(known.OPTIMIZERS)
    assert left <= {"LBFGS", "SparseAdam", "Muon"}
    base = torch.optim.lr_scheduler.LRScheduler
    others = names(torch.optim.lr_scheduler, base) - {"LRScheduler", "_LRScheduler"} - set(known.SCHEDULES)
    calling = {"LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler", "ReduceLROnPlateau"}
    assert others <= calling


@pytest.mark.parametrize("name", sorted(set(known.LOSSES) - {"nll_loss_of_log"}))
def test_every_argument_of_a_loss_is_torchs(name):
    assert set(known.LOSSES[name]) <= set(inspect.signature(getattr(functional, name)).parameters)


@pytest.mark.parametrize("name", sorted(known.CLIPPING))
def test_every_argument_of_clipping_is_torchs(name):
    taken = inspect.signature(getattr(torch.nn.utils, name)).parameters
    assert set(known.CLIPPING[name]) <= set(taken)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(0.9, 0.99)", (0.9, 0.99)),
        ("[6, 8, 9]", (6, 8, 9)),
        ("None", None),
        ("-1e-3", -0.001),
        ("cos", "cos"),
        ("<function f at 0x7f>", "<function f at 0x7f>"),
        ("{1: 2}", "{1: 2}"),
        ("(" * 150, "(" * 150),
        (0.1, 0.1),
        (True, True),
    ],
)
def test_a_recorded_text_is_the_value_that_it_shows(text, value):
    assert literal(text) == value


def test_arguments_are_values_and_how_it_is_computed_is_left_out():
    given = (("lr", 0.1), ("betas", "(0.9, 0.99)"), ("foreach", "None"), ("fused", True))
    assert arguments(given, known.OPTIMIZERS["Adam"], "Adam") == (("lr", 0.1), ("betas", (0.9, 0.99)))
    words = (("max_lr", 0.1), ("total_steps", 9), ("anneal_strategy", "linear"), ("last_epoch", -1))
    assert arguments(words, known.SCHEDULES["OneCycleLR"], "OneCycleLR") == words[:3]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("lr", "from a finder, not recoverable", "lr of X is no plain value"),
        ("lr", float("nan"), "lr of X is no plain value"),
        ("lr", "(1, float)", "lr of X is no plain value"),
        ("closure", 1, "X is given closure"),
        ("anneal_strategy", "__import__", "anneal_strategy of X is not a known word"),
        ("anneal_strategy", "('cos',)", "anneal_strategy of X is not a known word"),
        ("total_steps", 0, "total_steps of X is no whole number from 1 on"),
        ("total_steps", 1.5, "total_steps of X is no whole number from 1 on"),
        ("total_steps", True, "total_steps of X is no whole number from 1 on"),
        ("last_epoch", 5, "X goes on from an earlier training"),
    ],
)
def test_what_is_not_plain_is_named(name, value, said):
    with pytest.raises(NotPlain, match=f"^{said}$"):
        arguments([(name, value)], ("lr", "anneal_strategy", "total_steps"), "X")


def test_the_supervisor_asks_without_torch():
    code = "import sys, grader.training.known, grader.stages.recipe; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
