"""A file that is written once, and never over another one."""

from __future__ import annotations

from pathlib import Path

from grader.errors import UsageError
from grader.text import clean


def write_new(place: Path, content: bytes) -> None:
    """Write a file that is not there yet, with its folders.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(
            f"{clean(str(place))} is there already.", "Remove it, or give another --to."
        ) from None
    except OSError as error:
        why = clean(error.strerror or str(error))
        raise UsageError(f"{clean(str(place))} cannot be written: {why}.", "Give another --to.") from None
