"""`grader spec`: look at specs, and check one while it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from grader.spec.load import Loaded
    from grader.spec.schema import Training


@click.group(short_help="List, show, validate and begin specs.")
def command() -> None:
    """List, show, validate and begin specs."""


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
@click.option("--page", "as_page", is_flag=True, help="As the page that students read, in Markdown.")
@click.option(
    "--course", metavar="COURSE", help="With what this course adds: a file, or a name such as eva8."
)
def show(spec: str, as_page: bool, course: str | None) -> None:
    """What SPEC asks for: the points of each check, bonuses and penalties."""
    from grader.spec.course import load_course, with_course
    from grader.spec.load import load_spec
    from grader.spec.page import page

    loaded = load_spec(spec)
    if course is not None:
        loaded = with_course(loaded, load_course(course))
    click.echo(page(loaded.spec) if as_page else "\n".join(_shown(loaded)), nl=not as_page)


def _shown(loaded: Loaded) -> Iterator[str]:
    from grader.spec.sentences import extras

    spec = loaded.spec
    yield f"{spec.title}\n{spec.course}: {spec.points:g} points, {100 * spec.pass_mark:g} % pass."
    yield f"{loaded.path_shown}, edition {spec.edition}, {loaded.digest}\n"
    if spec.handed_in:
        yield f"--repo: {spec.handed_in.repository}"
        if spec.handed_in.models_repository:
            yield f"--also: {spec.handed_in.models_repository}"
        yield ""
    if spec.training:
        yield f"{_training(spec.training)}\n"
    for rule in spec.checks:
        yield f"{rule.points:>6g}  {rule.id}: {rule.requirement()}"
    for amount, name, when in extras(spec):
        yield f"{amount:>6}  {name}: {when}"
    if spec.not_handed_in is not None:
        yield f"{100 * spec.not_handed_in:>4g} %  of the points where nothing is handed in"


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
    """Say of each FILE that it is ok, or everything that is wrong with it. Exit code 2 where anything is.

    A FILE is a spec or a course.
    """
    from grader.errors import SpecError
    from grader.spec.validate import valid

    code = ExitCode.PASSED
    for file in files:
        try:
            click.echo(valid(file))
        except SpecError as error:
            click.echo("\n".join(error.problems))
            code = ExitCode.USAGE
    return code


@command.command()
@click.argument("name", metavar="ID")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write it. Default: here.",
)
def new(name: str, folder: Path) -> None:
    """Write ID.yaml, a commented spec that is valid as it stands, to start a new assignment from."""
    from grader.spec.new import write_new_spec

    written = write_new_spec(name, folder)
    for file in written:
        click.echo(f"Wrote {file}")
    click.echo(f"Edit it, then: grader spec validate {written[0]}")


@command.command()
@click.option("--course", is_flag=True, help="The schema of a course instead.")
def schema(course: bool) -> None:
    """Print the JSON Schema of a spec, for editors."""
    from grader.spec.json_schema import course_schema_text, json_schema_text

    click.echo(course_schema_text() if course else json_schema_text(), nl=False)
