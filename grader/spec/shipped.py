"""Where the specs that come with the grader lie."""

from __future__ import annotations

from pathlib import Path

import grader


def shipped_specs() -> dict[str, Path]:
    """Name → file, sorted: inside of the installed package, or beside it in a checkout."""
    package = Path(grader.__file__).parent
    installed, checkout = package / "specs", package.parent / "specs"
    in_checkout = (package.parent / "pyproject.toml").is_file()
    folder = checkout if in_checkout and checkout.is_dir() else installed
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}
