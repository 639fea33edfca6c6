"""Files for other systems, written whole or not at all, and never over what they were made from."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from grader.errors import StoreError, UsageError


def write_export(place: Path, text: str, encoding: str, inputs: Sequence[Path]) -> None:
    """Write a file. One that is there already is replaced, unless it is one of `inputs`.

    Raises:
        UsageError: it is one of the inputs.
        StoreError: it cannot be written.
    """
    refuse_inputs(place, inputs)
    new = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            # Only feedback can hold what the file's own encoding lacks, and feedback is HTML.
            file.write(text.encode(encoding, "xmlcharrefreplace"))
            file.flush()
            os.fsync(file.fileno())
        new.replace(place)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise StoreError(
            f"{place} could not be written: {error.strerror}.", "Give a file in a folder that can be written."
        ) from error


def refuse_inputs(place: Path, inputs: Sequence[Path]) -> None:
    """Raises UsageError where a file would be written over one that was read, under whichever name."""
    for one in inputs:
        with contextlib.suppress(OSError):
            if place.exists() and place.samefile(one):
                raise UsageError(
                    f"{place} was given to be read; it is not written over.", "Give another file to write to."
                )
