"""`grader similarity`: which submissions of a batch a person should look at side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.records.similarity import Similarity

_PATH = click.Path(path_type=Path)


@click.command(short_help="Show which submissions are alike.")
@click.argument("place", type=_PATH, default=Path("reports"))
@click.option("--batch", default="", metavar="NAME", help="Which batch, where several lie below PLACE.")
@click.option(
    "--also",
    multiple=True,
    type=_PATH,
    metavar="FOLDER",
    help="An earlier year's batch, or a folder of its submissions; several are several --also.",
)
@click.option(
    "--starter",
    multiple=True,
    type=_PATH,
    metavar="PATH",
    help="Code that was handed out: a file, a folder or an archive. It is left out; several are several --starter.",
)
@click.option(
    "--top", type=click.IntRange(1, 500), default=30, show_default=True, help="Pairs that are shown at most."
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write a page with the code of each pair side by side.",
)
@click.option(
    "--anonymous", is_flag=True, help="Stable codes in place of names, as `grader batch --anonymous`."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON on standard output.")
def command(place: Path, html_file: Path | None, as_json: bool, **options: Any) -> int:
    """Compare the submissions of the batch at PLACE with one another: a folder of runs (default: reports), a batch's
    own folder, or a folder with a submission in each of its folders and archives.

    Code is read and never run. Names, numbers, texts, comments, layout and the order of functions play no part; what
    was handed out and what most submissions have is left out. The list says where a person should look. It is no
    finding, and no points hang on it.

    Exit codes: 0 they were compared, 2 a mistake in the command, 5 the machine's fault.
    """
    found = _compared(place, options)
    if html_file is not None:
        _write(html_file, found)
    if as_json:
        from grader.report.similarity import to_json

        click.echo(to_json(found), nl=False)
    else:
        from rich.console import Console

        from grader.report.similarity import print_similarity

        print_similarity(found, Console(highlight=False))
        if html_file is not None:
            click.echo(f"Side by side: {html_file}")
        elif found.pairs:
            click.echo("Side by side, as a page: --html FILE")
    return ExitCode.PASSED


def _compared(place: Path, options: dict[str, Any]) -> Similarity:
    from dataclasses import replace

    from grader.course.similarity.compare import compared
    from grader.course.similarity.places import place_of, read_place, read_starter
    from grader.course.stored.folder import DEFAULT_FOLDER

    batch = place_of(place, options["batch"])
    earlier = [place_of(one) for one in options["also"]]
    coded = (batch.base or DEFAULT_FOLDER) if options["anonymous"] else None
    told = _told()
    try:
        starter = read_starter(options["starter"])
        read = [read_place(batch, coded=coded, told=told)]
        read += [read_place(one, earlier=True, coded=coded, told=told) for one in earlier]
    finally:
        told("")
    works = [work for one in read for work in one.works]
    found = compared(works, starter=starter, place=batch.name, most=options["top"])
    notes = (*(note for one in read for note in one.notes), *(f"starter: {one}" for one in starter.notes))
    return replace(found, notes=(*notes, *found.notes))


def _told() -> Callable[[str], None]:
    """Says on a terminal which submission is being read, on one line that is overwritten; "" clears it."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda name: click.echo(f"\r\x1b[2K{f'reading {name}' if name else ''}", err=True, nl=False)


def _write(file: Path, found: Similarity) -> None:
    from grader.errors import StoreError
    from grader.report.similarity import page

    try:
        file.write_text(page(found), "utf-8")
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}.", "Give a file that can be written: --html.") from error
