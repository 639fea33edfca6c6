"""Whether running student code stands in a `while` whose end depends on more than a counter."""

from __future__ import annotations

import ast
import functools
import linecache
from types import FrameType

from grader.worker.capture.places import is_own, own_frame

MAX_FRAMES = 60
MAX_LINES = 20_000


def around_student_code() -> bool:
    """Whether any frame of student code that is running now is inside of such a loop."""
    frame: FrameType | None = own_frame(2)
    for _ in range(MAX_FRAMES):
        if frame is None:
            return False
        code = frame.f_code
        if is_own(code.co_filename):
            lines = linecache.getlines(code.co_filename)
            first = 0 if code.co_name == "<module>" else code.co_firstlineno
            if len(lines) <= MAX_LINES and _inside(_spans("".join(lines)), frame.f_lineno, first):
                return True
        frame = frame.f_back
    return False


def _inside(spans: tuple[tuple[int, int], ...], line: int, first: int) -> bool:
    """A loop around the definition of a function is not around what the function does."""
    return any(first < start <= line <= end for start, end in spans)


@functools.lru_cache(maxsize=256)
def _spans(source: str) -> tuple[tuple[int, int], ...]:
    """The first and the last line of such loops."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.While) and not _counts(node.test)]
    return tuple((one.lineno, one.body[-1].end_lineno or one.lineno) for one in loops)


def _counts(test: ast.expr) -> bool:
    """`epoch < 10`: such a loop ends after as many rounds in every run."""
    return isinstance(test, ast.Compare) and not any(isinstance(node, ast.Call) for node in ast.walk(test))
