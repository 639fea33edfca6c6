"""`grader export tensorboard`: histories as event files."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli.export._writing import place_argument, told


@click.command(short_help="Loss and accuracy as TensorBoard's event files.")
@place_argument
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), required=True, metavar="FOLDER")
def command(place: Path, to: Path) -> int:
    """Write the histories of the runs at PLACE (a run's folder, or a folder of runs): a folder per run and seed.

    Look at them with `tensorboard --logdir FOLDER`.
    """
    from grader.course.stored.rendered import Written, exportable, name_of, put
    from grader.report.tensorboard import event_files

    histories, taken, left_out = 0, set[str](), []
    for run in exportable(place):
        if isinstance(run, str):
            left_out.append(run)
            continue
        name = name_of(run.record, taken)
        for path, content in event_files(run.record).items():
            put(to / name / run.folder.name / path, content)
            histories += 1
    if histories:
        click.echo(f"{histories} histories of {len(taken)} runs below {to}.", err=True)
    else:
        click.echo("Nothing was trained in these runs.", err=True)
    return told(Written(left_out=tuple(left_out)))
