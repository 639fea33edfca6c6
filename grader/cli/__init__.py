"""The command line: one file per verb, found by walking this folder.

Each file defines `command`, imports click alone at its top, and everything heavier inside of the function:
`grader --help` has to start at once. This module is the one error boundary.
"""

from __future__ import annotations

import errno
import signal
import sys

import click

from grader import __version__
from grader.cli._verbs import Verbs
from grader.errors import ExitCode, GraderError, GraderFault


@click.group(
    cls=Verbs,
    package=__name__,
    path=__path__,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="grader")
def cli() -> None:
    """Grade deep-learning assignments: measure a student's model, train it, score it, show the evidence."""


def main() -> None:
    """Entry point of the `grader` command: run it, and turn every ending into its exit code."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        result = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(interrupted())
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except GraderError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(interrupted())
    except Exception as error:
        if _is_of_the_output(error):
            show_error(GraderFault("The output cannot be written: its disk is full.", "Free some space."))
            sys.exit(ExitCode.FAULT)
        import traceback

        traceback.print_exc()
        click.echo(
            "This is a mistake in the grader, not in the submission. Please report it with the lines above.",
            err=True,
        )
        sys.exit(ExitCode.UNEXPECTED)
    sys.exit(result if isinstance(result, int) else 0)


def _is_of_the_output(error: Exception) -> bool:
    """Whether what this command prints found no place, such as in a file on a full disk."""
    return isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None


def _interrupt(*_: object) -> None:
    """Stop once, and clean up in peace: what comes after the first signal is not heard any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def interrupted() -> int:
    click.echo("Interrupted.", err=True)
    return ExitCode.INTERRUPTED


def show_error(error: GraderError) -> None:
    """Place, fault and next step, on standard error."""
    click.echo(click.style("error: ", fg="red", bold=True) + error.message, err=True)
    if error.hint:
        click.echo(click.style("next:  ", bold=True) + error.hint, err=True)
