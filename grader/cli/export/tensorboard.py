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
    from grader.course.rendered import Written, names, put, sorted_out
    from grader.report.tensorboard import event_files

    runs, left_out = sorted_out(place, grades=False)
    written = []
    for run, name in zip(runs, names(runs), strict=True):
        for path, content in event_files(run.record).items():
            written.append(to / name / run.folder.name / path)
            put(written[-1], content)
    if runs and not written:
        click.echo("Nothing was trained in these runs.", err=True)
    code = told(Written(left_out=left_out))
    click.echo(f"{len(written)} histories of {len(runs)} runs below {to}.", err=True)
    return code
