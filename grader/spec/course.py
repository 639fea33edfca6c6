"""A course: the assignments that belong to it, and the rules that hold for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from grader.checks.interface import Ratio
from grader.errors import SpecError
from grader.spec.agreement import Loc
from grader.spec.dates import Dates, dates_of_nobody
from grader.spec.document import fitted, read, tree_of
from grader.spec.load import Loaded, load_spec, spec_digest
from grader.spec.recipe import Block
from grader.spec.schema import SpecId
from grader.spec.shipped import shipped_courses, shipped_specs
from grader.spec.terms import Minus, Penalty, Text
from grader.spec.tree import Tree
from grader.text import clean, clean_path

Listed = Annotated[tuple[SpecId, ...], Field(max_length=200)]


class Course(Block):
    """A course: which assignments, what passes, and what is taken off in all of them."""

    id: SpecId = Field(description="Short name, the same as the file's.")
    title: Text = Field(description="What the course is called.")
    specs: Listed = Field(
        description="Ids of its assignments; each has a spec in the folder above, or is shipped."
    )
    pass_mark: Ratio = Field(0.7, description="The share of all points that passes the course: `70 %`.")
    attempts: Literal["last", "best"] = Field(
        "last", description="Which run counts where there are several: the last one, or the best."
    )
    not_handed_in: Minus | None = Field(
        None, description="What an assignment counts that was not handed in, of its points: `-30 %`."
    )
    late: Minus | None = Field(
        None, description="What is taken off work that came between `due` and `hard`, of its points: `-20 %`."
    )
    dates: dict[SpecId, Dates] = Field(
        {}, description="When its assignments are due, by their ids: `s4: {due: ..., hard: ...}`."
    )
    penalties: tuple[Penalty, ...] = Field(
        (), max_length=20, description="Penalties of every assignment that has none with the same id."
    )


def is_course(tree: Tree) -> bool:
    """Whether a document means to be a course: it lists assignments, and checks nothing itself."""
    return isinstance(tree.data, dict) and "specs" in tree.data and "checks" not in tree.data


def load_course(name_or_path: str | Path) -> Course:
    """Load a course by its file or, for a shipped one, by its name (`eva8`), with all of its specs found.

    Raises:
        SpecError: with every problem that was found.
    """
    path, shown = _find(name_or_path)
    return course_in(tree_of(read(path, shown), shown), path, shown)


def course_in(tree: Tree, path: Path, shown: str) -> Course:
    """The course that a document describes.

    Raises:
        SpecError: with every problem that was found.
    """
    return fitted(Course, tree, shown, lambda data: _disagreements(data, path))


def load_assignments(name_or_path: str | Path) -> tuple[Course, tuple[Loaded, ...]]:
    """A course with each of its specs, in its order, as they hold within it.

    Raises:
        SpecError: with every problem that was found.
    """
    course = load_course(name_or_path)
    path, _ = _find(name_or_path)
    files = [spec_of(path, name) for name in course.specs]
    return course, tuple(with_course(load_spec(file), course) for file in files if file is not None)


def with_course(loaded: Loaded, course: Course) -> Loaded:
    """The spec as it holds within the course: the course's penalties, and its word on what was not handed in.

    What the spec says itself goes first.
    """
    own = {penalty.id for penalty in loaded.spec.penalties}
    shared = tuple(penalty for penalty in course.penalties if penalty.id not in own)
    absent = loaded.spec.not_handed_in
    spec = loaded.spec.model_copy(
        update={
            "penalties": (*loaded.spec.penalties, *shared),
            "not_handed_in": course.not_handed_in if absent is None else absent,
        }
    )
    return replace(loaded, spec=spec, digest=spec_digest(spec))


def spec_of(course_file: Path, name: str) -> Path | None:
    """The file of one of the course's specs: in the folder above the course's file, else a shipped one."""
    beside = course_file.resolve().parent.parent / f"{name}.yaml"
    return beside if beside.is_file() else shipped_specs().get(name)


def _find(given: str | Path) -> tuple[Path, str]:
    name, known = str(given), shipped_courses()
    if name in known:
        return known[name], f"specs/courses/{name}.yaml"
    if isinstance(given, Path) or "/" in name or Path(name).suffix:
        return Path(given), clean_path(name)
    listed = ", ".join(known) or "none"
    raise SpecError(
        (f'there is no course "{clean(name)}". Known are {listed}. A file is given by its path.',)
    )


# --- what two parts of a course must agree on ---------------------------------------------------------------


def _disagreements(data: dict[str, object], path: Path) -> Iterator[tuple[Loc, str]]:
    yield from _specs(data.get("specs"), path)
    yield from dates_of_nobody(data.get("dates"), data.get("specs"))
    first: dict[str, int] = {}
    penalties = data.get("penalties")
    for index, penalty in enumerate(penalties if isinstance(penalties, list) else ()):
        name = penalty.get("id") if isinstance(penalty, dict) else None
        if isinstance(name, str) and first.setdefault(name, index) != index:
            text = (
                f'the id "{name}" is taken by penalties[{first[name]}]. Give each penalty an id of its own.'
            )
            yield ("penalties", index, "id"), text


def _specs(listed: object, path: Path) -> Iterator[tuple[Loc, str]]:
    names = listed if isinstance(listed, list) else []
    for index, name in enumerate(names):
        if not isinstance(name, str) or "/" in name or "\0" in name:
            continue
        if name in names[:index]:
            yield ("specs", index), f'"{clean(name, 60)}" is listed twice. Keep one of them.'
        elif (file := spec_of(path, name)) is None:
            known = ", ".join(shipped_specs()) or "none"
            text = f'there is no spec "{clean(name, 60)}". Write specs/{clean(name, 60)}.yaml first; known are {known}.'
            yield ("specs", index), text
        else:
            yield from _faulty(("specs", index), name, file)


def _faulty(loc: Loc, name: str, file: Path) -> Iterator[tuple[Loc, str]]:
    try:
        load_spec(file)
    except SpecError as error:
        more = len(error.problems)
        what = f"{more} mistake{'s' if more > 1 else ''}"
        yield loc, f"the spec {name} has {what} of its own. See `grader spec validate` with its file."
