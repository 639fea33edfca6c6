"""`grader new-workflow`: a file with which GitHub checks a repository on each push."""

from __future__ import annotations

from pathlib import Path

import click

PLACE = Path(".github/workflows/grader.yml")


@click.command(short_help="A GitHub workflow that checks each push.")
@click.argument("spec", default="s4")
@click.option("--to", type=click.Path(path_type=Path), default=PLACE, show_default=True, help="The file.")
@click.option("--train", is_flag=True, help="Train on each push, too; without it only what is quick.")
@click.option(
    "--install",
    default="",
    metavar="WHAT",
    help="What pip installs the grader from. Default: the repository's variable GRADER_INSTALL.",
)
def command(spec: str, to: Path, train: bool, install: str) -> None:
    """Write a workflow that checks the repository against SPEC on each push, to be committed as it is.

    It needs no secret, reads the repository alone, and runs `grader check` in the sandbox. SPEC is a shipped spec's
    name, or the path of a spec inside of the repository. A file that is there already stays as it is.
    """
    from grader.platforms.new_file import write_new
    from grader.platforms.workflow import workflow_text
    from grader.spec.load import load_spec

    write_new(to, workflow_text(load_spec(spec), spec, training=train, install=install).encode())
    click.echo(f"Wrote {to}")
    if not install:
        click.echo("Set the repository's variable GRADER_INSTALL to what pip installs the grader from.")
    click.echo("Commit and push it: the result is under Actions.")
