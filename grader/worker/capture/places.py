"""Where in the student's own code something happens.

Student code is compiled under names that are no absolute paths: "train.py" for a file, "train.ipynb, cell 7" for
a cell. By that it is told from libraries.
"""

from __future__ import annotations

import sys
from types import FrameType

CELL = ", cell "


def is_own(filename: str) -> bool:
    """Whether this is the name of a student's file or cell."""
    return bool(filename) and filename[0] not in "/<"


def own_frame(skip: int = 1) -> FrameType | None:
    """The innermost frame of student code, `skip` frames up at the least."""
    frame: FrameType | None = sys._getframe(skip)
    while frame is not None and not is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def of_frame(frame: FrameType | None) -> str:
    """ "train.py:44", or "train.ipynb, cell 7"; "" for no frame."""
    if frame is None:
        return ""
    name = frame.f_code.co_filename
    return name if CELL in name else f"{name}:{frame.f_lineno}"


def here() -> str:
    """The place of the innermost student code that is running."""
    return of_frame(own_frame(2))


def asked_by_student() -> bool:
    """Whether the import that is going on was written by the student, and not by a library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if is_own(name):
            return True
        if "importlib" not in name and "/capture/" not in name:
            return False
        frame = frame.f_back
    return False
