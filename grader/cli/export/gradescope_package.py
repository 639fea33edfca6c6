"""`grader export gradescope-package`: an autograder that Gradescope runs."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(path_type=Path)


@click.command(short_help="An autograder for Gradescope, as a zip.")
@click.argument("spec")
@click.option("--to", type=_FILE, metavar="FILE.zip", help="The file. Default: gradescope-SPEC.zip here.")
@click.option(
    "--wheel", type=_FILE, metavar="FILE", help="Pack this wheel of the grader, not what is installed."
)
@click.option(
    "--requirement", default="", metavar="WHAT", help="Pack no wheel: pip installs this on the machine."
)
@click.option(
    "--allow-plain",
    is_flag=True,
    help="Run student code without isolation where none holds: it can then give itself any score. Not a grade.",
)
@click.option(
    "--stand-in", is_flag=True, help="Train on generated data: to try the package out, never a grade."
)
def command(
    spec: str, to: Path | None, wheel: Path | None, requirement: str, allow_plain: bool, stand_in: bool
) -> None:
    """Write a zip for "Configure Autograder" of Gradescope that grades submissions under SPEC.

    It holds setup.sh, run_autograder, the spec, the grader and a README that says how it is used. Where the platform's
    container lets no isolation level hold, nothing is graded and nobody gets a zero, unless --allow-plain says otherwise.
    """
    from grader.platforms.gradescope import Choice, package
    from grader.platforms.new_file import write_new
    from grader.spec.load import load_spec, spec_file

    if wheel and requirement:
        raise click.UsageError("Give --wheel or --requirement, not both.")
    loaded = load_spec(spec)
    place = to or Path(f"gradescope-{loaded.spec.id}.zip")
    choice = Choice(wheel, requirement, allow_plain, stand_in)
    content = package(loaded, spec_file(spec).read_bytes(), choice)
    write_new(place, content)
    click.echo(f"Wrote {place} ({len(content) / 1e6:.1f} MB). Its README.md says how it is used.")
    if allow_plain:
        click.echo(
            "Where no isolation level holds, student code can write its own score: read README.md, Isolation."
        )
