"""Where the specs and the courses that come with the grader lie."""

from __future__ import annotations

from pathlib import Path

import grader


def shipped_specs() -> dict[str, Path]:
    """Name → file, sorted: inside of the installed package, or beside it in a checkout."""
    return {file.stem: file for file in sorted(_folder().glob("*.yaml"))}


def shipped_courses() -> dict[str, Path]:
    """Name → file, sorted: in the folder `courses` beside the specs."""
    return {file.stem: file for file in sorted((_folder() / "courses").glob("*.yaml"))}


def _folder() -> Path:
    package = Path(grader.__file__).parent
    installed, checkout = package / "specs", package.parent / "specs"
    in_checkout = (package.parent / "pyproject.toml").is_file()
    return checkout if in_checkout and checkout.is_dir() else installed
