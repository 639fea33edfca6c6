"""`grader spec`: look at specs, and check one while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.spec.schema import Training


@click.group(short_help="List, show and validate specs.")
def command() -> None:
    """List, show and validate specs."""


@command.command(name="list")
def list_specs() -> None:
    """The specs that come with the grader: id, edition, points, title."""
    from grader.spec.load import load_spec, shipped_specs

    specs = [load_spec(name).spec for name in shipped_specs()]
    width = max((len(spec.id) for spec in specs), default=0)
    for spec in specs:
        click.echo(f"{spec.id:<{width}}  edition {spec.edition}  {spec.points:>5g} points  {spec.title}")


@command.command()
@click.argument("spec")
def show(spec: str) -> None:
    """What SPEC asks for, and the points of each check."""
    from grader.spec.load import load_spec

    loaded = load_spec(spec)
    found = loaded.spec
    click.echo(f"{found.title}\n{found.course}: {found.points:g} points, {100 * found.pass_mark:g} % pass.")
    click.echo(f"{loaded.path_shown}, edition {found.edition}, {loaded.digest}\n")
    if found.training:
        click.echo(f"{_training(found.training)}\n")
    for rule in found.checks:
        click.echo(f"{rule.points:>6g}  {rule.id}: {rule.requirement()}")


def _training(training: Training) -> str:
    epochs, seeds = training.epochs, training.seeds
    how = "exactly" if epochs.exactly else "the student's own number, up to" if epochs.cap else "at most"
    own = (
        "the student's own recipe, else the default" if training.recipe == "student" else "the default recipe"
    )
    return (
        f"Training: {how} {epochs.limit} epoch{'s' if epochs.limit > 1 else ''}, {own}; "
        f"{training.time_limit:g} s a trial on {training.reference_device}; "
        f"{seeds.at_least} to {seeds.at_most} trials."
    )


@command.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> int:
    """Say of each FILE that it is ok, or everything that is wrong with it. Exit code 2 where anything is."""
    from grader.errors import SpecError
    from grader.spec.load import load_spec

    code = ExitCode.PASSED
    for file in files:
        try:
            loaded = load_spec(file)
        except SpecError as error:
            click.echo("\n".join(error.problems))
            code = ExitCode.USAGE
        else:
            click.echo(f"{loaded.path_shown}: ok ({loaded.spec.id}, edition {loaded.spec.edition})")
    return code


@command.command()
def schema() -> None:
    """Print the JSON Schema of a spec, for editors."""
    from grader.spec.json_schema import json_schema_text

    click.echo(json_schema_text(), nl=False)
