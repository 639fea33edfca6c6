"""`grader inspect`: what it takes and what it ends with."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from grader.cli import cli
from grader.cli.inspect import exit_code, parse_shape
from grader.records import INSPECTION_SCHEMA, Absent, Inspection, Isolation, RunRecord


def shape(text: str) -> tuple[int, ...]:
    command = click.Command("inspect")
    return parse_shape(click.Context(command), click.Option(["--input"]), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1x28x28", (1, 28, 28)), ("3X32x48", (3, 32, 48)), (" 784 ", (784,)), ("3x8x64x64", (3, 8, 64, 64))],
)
def test_a_shape_is_read(text: str, expected: tuple[int, ...]) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "28x",
        "1,28,28",
        "1x28x-28",
        "1x0x28",
        "1x2x3x4x5",
        "9999x9999x9999",
        "1x2.5x3",
        "9" * 5000,
        "１x2",
    ],
)
def test_what_is_no_shape_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="such as 1x28x28 or 3x32x32"):
        shape(text)


@pytest.mark.parametrize(
    "words", [["--input", "big"], ["--classes", "0"], ["--classes", "ten"], ["one", "two"], ["--no-such"]]
)
def test_a_mistake_in_the_command_is_usage(words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["inspect", *words]).exit_code == 2


def test_the_help_names_what_it_shows_and_its_exit_codes() -> None:
    text = " ".join(CliRunner().invoke(cli, ["inspect", "--help"]).output.split())
    for words in ("--model FILE:CLASS", "--input CxHxW", "1x28x28", "--trust-this-code", "4 none could be"):
        assert words in text


@pytest.mark.parametrize(("cause", "code"), [("failed", 4), ("errored", 5), ("review", 6), ("skipped", 4)])
def test_the_code_says_whose_doing_it_is(
    cause: str, code: int, example_records: dict[str, RunRecord]
) -> None:
    found = example_records["full_marks"].evidence
    for model, expected in ((found.model, 0), (Absent(cause, "why"), code)):  # type: ignore[arg-type]
        one = Inspection(
            INSPECTION_SCHEMA, found.submission, (), "", (), model, 10, (), Isolation("3", "b", "none", ())
        )
        assert exit_code(one) == expected
