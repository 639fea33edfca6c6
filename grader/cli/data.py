"""`grader data`: get the data sets, verify them, see where they are looked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from grader.data.interface import Progress
    from grader.records import DataFacts

_TASK = click.argument("task", default="mnist")
_FOLDER = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder to look in first, before GRADER_DATA and the cache.",
)


@click.group(name="data", short_help="Download and verify data sets.")
def command() -> None:
    """Data sets: download and verify them, and see where they are looked for."""


@command.command()
@_TASK
def fetch(task: str) -> int:
    """Download the official files of TASK (default: mnist) into the user cache, and verify them.

    What is there already and right is not downloaded again. The printed folder can be copied to a machine
    without network and given there as --data-dir or GRADER_DATA.
    """
    from grader.data.interface import Request, annotation_sets, variant

    module = annotation_sets().get(task) or variant(task)
    with _bar() as progress:
        folder: Path = module.fetch(Request(progress=progress))
    if task in annotation_sets():
        click.echo(f"{module.TITLE}: official\nin {folder}")  # the download was compared with its checksum
        return 0
    facts: DataFacts = module.load(Request(data_dir=folder, download=False)).facts
    click.echo(f"{facts.name}: official, {_counts(facts)}")
    click.echo(f"in {folder}")
    return 0


@command.command()
@_TASK
@_FOLDER
def verify(task: str, data_dir: Path | None) -> int:
    """Read the copy of TASK that a run would take, and compare it with the published checksums.

    Exit codes: 0 it is official, 5 it is missing, damaged or something else.
    """
    from grader.data.interface import Request, annotation_sets, load
    from grader.text import counted

    if module := annotation_sets().get(task):
        found = module.load(Request(data_dir=data_dir, download=False))
        boxes = counted(len(found.boxes.sizes) // 2, "box", "boxes")
        click.echo(f"{module.TITLE}: official, {boxes} in {found.name}")
        click.echo(f"from {found.place}")
        return 0
    facts = load(task, data_dir=data_dir, download=False).facts
    click.echo(f"{facts.name}: official, {_counts(facts)}")
    click.echo(f"from {facts.place}")
    click.echo(facts.digest)
    return 0


@command.command()
@_FOLDER
def where(data_dir: Path | None) -> int:
    """Show the places that are searched, in their order, and what each of them holds."""
    import os

    from grader.data.interface import annotation_sets, variants
    from grader.data.places import search_order

    for task, module in {**variants(), **annotation_sets()}.items():
        click.echo(click.style(task, bold=True))
        for place in search_order(data_dir, os.environ):
            contents = module.look(place.folder)
            state = "complete (not verified)" if contents.complete else contents.describe()
            click.echo(f"  {place.name:<12} {place.folder}: {state}")
        click.echo(f"  then {getattr(module, 'ELSE', 'the official download, into the user cache')}")
    return 0


def _counts(facts: DataFacts) -> str:
    return f"{facts.train_images:,} training and {facts.test_images:,} test images"


@contextmanager
def _bar() -> Iterator[Progress]:
    """A bar per file on a terminal; elsewhere a line per file when it is there."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {}

        def show(name: str, done: int, size: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=size)
            bars.update(tasks[name], completed=done)
            if done == size and not console.is_terminal:
                click.echo(f"downloaded {name} ({size:,} bytes)", err=True)

        yield show
