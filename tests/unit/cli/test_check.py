"""`grader check`: what its options ask the library for."""

from __future__ import annotations

import click
import pytest

from grader.cli.check import command


def test_seeds_are_for_a_training() -> None:
    with pytest.raises(click.UsageError, match="give --train, too"):
        command.main(["s4", ".", "--seeds", "1,2"], standalone_mode=False)


def test_it_neither_trains_nor_stores_unless_it_is_asked_to() -> None:
    options = command.make_context("check", []).params
    assert (options["train"], options["out"], options["seeds"]) == (False, None, ())
