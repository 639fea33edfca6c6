"""Whether a file is a valid spec or course, and which."""

from __future__ import annotations

from pathlib import Path

from grader.spec.course import Course, course_in, is_course, load_course
from grader.spec.document import read, tree_of
from grader.spec.load import load_spec
from grader.spec.shipped import shipped_courses, shipped_specs
from grader.text import clean_path, counted


def valid(name_or_path: str) -> str:
    """One line that says of a spec or a course that it is ok.

    Raises:
        SpecError: it is not; with every problem that was found.
    """
    if name_or_path in shipped_courses() and name_or_path not in shipped_specs():
        return f"specs/courses/{name_or_path}.yaml: {_course(load_course(name_or_path))}"
    path = Path(name_or_path)
    if name_or_path not in shipped_specs() and path.suffix and path.is_file():
        shown = clean_path(name_or_path)
        tree = tree_of(read(path, shown), shown)
        if is_course(tree):
            return f"{shown}: {_course(course_in(tree, path, shown))}"
    loaded = load_spec(name_or_path)
    return f"{loaded.path_shown}: ok ({loaded.spec.id}, edition {loaded.spec.edition})"


def _course(course: Course) -> str:
    return f"ok (course {course.id}, {counted(len(course.specs), 'spec', 'specs')})"
