"""What grades are added up for: a course with its assignments, or one assignment alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.course.grades.totals import Assignment, Rules, assignment_of, rules_of
from grader.errors import UsageError
from grader.spec.course import is_course, load_assignments
from grader.spec.document import read, tree_of
from grader.spec.load import load_spec, spec_digest
from grader.spec.shipped import shipped_courses, shipped_specs
from grader.text import clean, clean_path


@dataclass(frozen=True)
class Part:
    """An assignment, and the spec under which its runs should have been judged."""

    assignment: Assignment
    title: str
    digest: str

    @property
    def id(self) -> str:
        return self.assignment.id


@dataclass(frozen=True)
class Subject:
    title: str
    course: str  # as the command line names it; "" for one assignment alone
    rules: Rules
    parts: tuple[Part, ...]

    def part(self, name: str) -> Part:
        """The assignment of this id.

        Raises:
            UsageError: there is none.
        """
        found = [one for one in self.parts if one.id == name]
        if not found:
            known = ", ".join(one.id for one in self.parts)
            raise UsageError(f'There is no assignment "{clean(name, 60)}" in it.', f"Known are {known}.")
        return found[0]


def subject_of(name_or_path: str) -> Subject:
    """A course or a spec by its file, or a shipped one by its name.

    Raises:
        SpecError: it is neither, or has mistakes.
    """
    return _course(name_or_path) if _means_course(name_or_path) else _alone(name_or_path)


def _means_course(given: str) -> bool:
    if given in shipped_specs():
        return False
    path = Path(given)
    if given in shipped_courses():
        return True
    if not path.is_file():
        return False
    shown = clean_path(given)
    return is_course(tree_of(read(path, shown), shown))


def _course(given: str) -> Subject:
    course, assignments = load_assignments(given)
    parts = tuple(
        Part(assignment_of(one.spec, course.dates.get(one.spec.id)), one.spec.title, one.digest)
        for one in assignments
    )
    return Subject(course.title, given, rules_of(course), parts)


def _alone(given: str) -> Subject:
    spec = load_spec(given).spec
    rules = Rules(spec.pass_mark, "last", spec.not_handed_in or 0.0)
    return Subject(spec.title, "", rules, (Part(assignment_of(spec), spec.title, spec_digest(spec)),))
