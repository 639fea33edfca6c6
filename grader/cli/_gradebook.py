"""What `grader grades` and the exports of grades have in common: their options, and the table that they begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.grades.gradebook import Gradebook
    from grader.course.grades.subject import Subject

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def gradebook_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """COURSE_OR_SPEC, --roster, --links, --repository-pattern, --out, --quizzes, --by-hand."""
    for option in (
        click.option("--by-hand", is_flag=True, help="Count runs of `grader run` on a row's own link, too."),
        click.option(
            "--quizzes",
            "quiz_files",
            multiple=True,
            type=FILE,
            help="Points of quizzes: a table of id, points, of and quiz. Several are several --quizzes.",
        ),
        click.option(
            "--out",
            type=click.Path(file_okay=False, path_type=Path),
            default="reports",
            show_default=True,
            help="Where runs are.",
        ),
        click.option("--links", type=FILE, help="As the batch had it: it may hold extensions and members."),
        click.option("--repository-pattern", default="", metavar="LINK", help="As the batch had it."),
        click.option(
            "--roster",
            "rosters",
            required=True,
            multiple=True,
            metavar="[ID=]FILE",
            help="The roster of the batches. ID=FILE: the roster of one assignment that was graded with another.",
        ),
        click.argument("subject_name", metavar="COURSE_OR_SPEC"),
    ):
        function = option(function)
    return function


def read_gradebook(subject_name: str, options: dict[str, Any]) -> Gradebook:
    """The grades that these options mean. Only the index of the runs is written.

    Raises:
        UsageError, SpecError, StoreError: a file cannot be read, or the options do not fit together.
    """
    from grader.course.grades.gradebook import gradebook
    from grader.course.grades.quizzes import read_quizzes
    from grader.course.grades.subject import subject_of
    from grader.course.rosters.read import read_roster
    from grader.course.stored.store import opened
    from grader.text import clean

    subject = subject_of(subject_name)
    out: Path = options["out"]
    if not out.is_dir():
        raise UsageError(f"There is no folder {clean(str(out))}.", "Give the folder of the runs: --out.")
    main, own = _rosters(subject, options["rosters"])
    roster = read_roster(main, pattern=options["repository_pattern"], links=options["links"])
    with opened(out) as database:
        return gradebook(
            subject,
            roster,
            database,
            own_rosters={name: (file.stem, read_roster(file)) for name, file in own.items()},
            roster_stem=main.stem,
            quizzes=[read_quizzes(file) for file in options["quiz_files"]],
            by_hand=options["by_hand"],
        )


def inputs_of(options: dict[str, Any]) -> tuple[Path, ...]:
    """Every file that these options read."""
    rosters = (Path(text if Path(text).is_file() else text.partition("=")[2]) for text in options["rosters"])
    return (*rosters, *options["quiz_files"], *filter(None, (options["links"],)))


def _rosters(subject: Subject, given: tuple[str, ...]) -> tuple[Path, dict[str, Path]]:
    """The course's roster, and those that one assignment has for itself."""
    main: list[Path] = []
    own: dict[str, Path] = {}
    for text in given:
        name, sign, file = text.partition("=")
        if sign and not Path(text).is_file():
            own[subject.part(name).id] = Path(file)
        else:
            main.append(Path(text))
    if len(main) != 1:
        raise UsageError(
            f"There {'are several rosters' if main else 'is no roster'} of the whole list.",
            "Give one --roster FILE; others belong to one assignment each: --roster ID=FILE.",
        )
    return main[0], own
