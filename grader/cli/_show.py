"""What a run looks like on a terminal: a line per stage, a bar below them, the report at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from grader.cli._progress import Bars, JsonLines, Lines, bars, nobody_listens, to_standard_output
from grader.errors import GraderFault
from grader.events import Events

if TYPE_CHECKING:
    from grader.records import RunRecord


def download_progress(name: str, done: int, total: int) -> None:
    """One line per file that was downloaded."""
    if done == total:
        Console(stderr=True).print(f"  downloaded {name} ({total / 1e6:.1f} MB)", highlight=False)


def downloads(*, silent: bool) -> Callable[[str, int, int], None] | None:
    """Who is told of downloads."""
    return None if silent else download_progress


@dataclass
class Session:
    """Events on their way to whoever watches, and the result after them."""

    events: Events
    console: Console
    told: JsonLines | None = None  # where events go as JSON, the result is one of them

    def result(self, record: RunRecord, folder: Path | None, *, as_json: bool) -> None:
        from grader.report.json import to_json
        from grader.report.terminal import print_report

        try:
            if self.told is not None:
                self.told.line(_as_event(record, folder))
            elif as_json:
                sys.stdout.write(to_json(record) + "\n")
            else:
                print_report(record, Console(), folder / "report.html" if folder else None)
            sys.stdout.flush()
        except BrokenPipeError:
            nobody_listens(sys.stdout)
        except OSError as error:
            raise GraderFault(
                f"The result could not be printed: {error.strerror}.", "Look at where the output goes."
            ) from error


@contextmanager
def session(*, quiet: bool, as_events: bool = False) -> Iterator[Session]:
    """Show a run's events on standard error; `quiet`: only problems; `as_events`: JSON on standard output."""
    console = Console(stderr=True, highlight=False, quiet=quiet or as_events)
    if as_events:
        told = to_standard_output()
        yield Session(Events([told]), console, told)
        return
    shown = bars(console) if console.is_terminal and not quiet else None
    with shown or nullcontext():
        yield Session(Events([Bars(console, shown) if shown else Lines(console)]), console)


def _as_event(record: RunRecord, folder: Path | None) -> dict[str, object]:
    """The last line of `--json-events`."""
    grade = record.grade
    return {
        "kind": "result",
        "run": str(folder) if folder else "",
        "status": grade.status,
        "points": grade.points,
        "lowest": grade.lowest,
        "highest": grade.highest,
        "max_points": grade.max_points,
        "passed": grade.passed,
        "not_a_grade": list(record.not_a_grade),
        "seconds": record.provenance.wall_seconds,
    }
