"""How a run goes on: bars on a terminal, lines in a log file, JSON for a program."""

from __future__ import annotations

import io
import json
import os
import re

import click
import pytest
from rich.console import Console

from grader.cli._progress import Bars, JsonLines, Lines, bars
from grader.cli._show import session
from grader.cli.check import command as check
from grader.cli.run import command as run
from grader.events import Event, Training

HOSTILE = "\x1b[31mred\x1b]8;;http://x\x07 \u202eabc [bold]x[/bold] \r\x00 \ud800 :smile:\nsecond line"


def trained(done: int, epochs: int = 4, *, trial: int = 1, seconds: float = 0.0, share: float = 0.5) -> Event:
    training = Training(trial, 5, max(1, done), epochs, done, 0.25, 0.875, 12.0)
    return Event("progress", "train", training.sentence, share, seconds, training)


def as_lines(*events: Event) -> list[str]:
    out = io.StringIO()
    listener = Lines(Console(file=out, force_terminal=False, width=40))
    for event in events:
        listener(event)
    return out.getvalue().splitlines()


def test_a_log_has_a_line_per_stage_what_came_of_it_and_one_per_epoch() -> None:
    shown = as_lines(
        Event("start", "train", "Training Net(), 4 epochs"),
        trained(0),
        trained(1, seconds=10),
        trained(1, seconds=20),
        trained(2, seconds=30),
        Event("note", "train", "Trial 1: 98.9 %"),
        Event("end", "train", "1 trial"),
    )
    assert shown == [
        "Training Net(), 4 epochs",
        "  trial 1 of at most 5, epoch 1 of 4, about 12 s left; the worker says: loss 0.250, 87.5 % of training images right",
        "  trial 1 of at most 5, epoch 2 of 4, about 12 s left; the worker says: loss 0.250, 87.5 % of training images right",
        "  Trial 1: 98.9 %",
        "  1 trial",
    ]


def test_quick_epochs_share_a_line_and_the_last_one_has_its_own() -> None:
    events = [trained(n, 60, trial=t, seconds=60 * t + n) for t in (1, 2) for n in range(1, 61)]
    told = [re.search(r"trial (\d).*epoch (\d+) of", line) for line in as_lines(*events)]
    epochs = [(int(one[1]), int(one[2])) for one in told if one]
    assert epochs[:3] == [(1, 1), (1, 6), (1, 11)]
    assert {(1, 60), (2, 60)} <= set(epochs)
    assert len(epochs) == len(told) < 30


def test_progress_that_is_no_training_has_no_line() -> None:
    assert as_lines(Event("progress", "prepare", "waiting for a free core")) == []


def test_no_text_can_drive_a_terminal_or_begin_a_line() -> None:
    kinds = ("start", "note", "end")
    shown = as_lines(*(Event(kind, "fetch", HOSTILE) for kind in kinds))
    assert len(shown) == 3
    assert all("[bold]x[/bold]" in line and ":smile:" in line for line in shown)
    assert not set("".join(shown)) & set("\x00\x07\x1b\r\u202e\ud800")


def test_an_endless_text_has_a_short_line() -> None:
    assert len("".join(as_lines(Event("end", "fetch", "x" * 1_000_000)))) < 600


def on_a_terminal(*events: Event) -> str:
    """What a terminal of 100 columns gets, the bars as they stand at the end included."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100, color_system=None, legacy_windows=False)
    shown = bars(console)
    shown.auto_refresh = False
    listener = Bars(console, shown)
    for event in events:
        listener(event)
    with console.capture() as found:
        console.print(shown.get_renderable())
    return out.getvalue() + found.get()


def test_a_terminal_shows_what_is_under_way_below_its_lines() -> None:
    begun = Event("start", "train", "Training Net()")
    assert "0:00:00" in on_a_terminal(begun)  # a bar without an end
    shown = on_a_terminal(begun, trained(1), trained(2))
    assert "epoch 2 of 4" in shown
    assert "87.5 %" in shown
    assert "epoch 1" not in shown
    assert "epoch" not in on_a_terminal(begun, trained(2), Event("end", "train", "1 trial"))
    assert "epoch 2" in on_a_terminal(begun, trained(2), Event("note", "train", "A note"))


def test_a_bar_shows_hostile_text_as_text() -> None:
    shown = on_a_terminal(Event("progress", "train", HOSTILE, 0.5))
    assert "[bold]x" in shown
    assert "\x1b[31m" not in shown
    assert not set(shown) & set("\x00\x07\u202e\ud800")


def test_each_event_is_a_line_of_ascii_json() -> None:
    out = io.StringIO()
    listener = JsonLines(out)
    listener(Event("note", "fetch", HOSTILE, seconds=1.5))
    listener(trained(2))
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["kind"], first["stage"], first["seconds"], first["training"]) == (
        "note",
        "fetch",
        1.5,
        None,
    )
    assert "\n" not in first["text"]
    assert second["share"] == 0.5
    assert (second["training"]["epoch"], second["training"]["right"]) == (2, 0.875)
    assert out.getvalue().isascii()


def test_who_does_not_listen_any_more_stops_nothing() -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        listener = JsonLines(out)
        for _ in range(3):
            listener(Event("note", "fetch", "on and on"))


def test_events_go_to_standard_output_and_nothing_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    with session(quiet=False, as_events=True) as shown:
        shown.events.start("fetch", "Fetching")
        shown.events.end("done")
    said = capsys.readouterr()
    assert [json.loads(line)["kind"] for line in said.out.splitlines()] == ["start", "end"]
    assert said.err == ""


def test_quiet_says_nothing_until_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    with session(quiet=True) as shown:
        shown.events.start("fetch", "Fetching")
        shown.events.progress(0.5, "half")
        shown.events.end("done")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("command", [run, check], ids=["run", "check"])
@pytest.mark.parametrize("other", ["--quiet", "--json"])
def test_two_wishes_for_one_output_are_refused(command: click.Command, other: str) -> None:
    given = ["s4", "--repo", "."] if command is run else ["s4", "."]
    with pytest.raises(click.UsageError, match=rf"--json-events cannot be had with {other}"):
        command.main([*given, "--json-events", other], standalone_mode=False)
