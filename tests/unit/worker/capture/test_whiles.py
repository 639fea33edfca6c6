"""Loops that end by what they measure."""

from __future__ import annotations

import linecache

import pytest

from grader.worker.capture import whiles


def seen(source: str, filename: str) -> list[bool]:
    """What is found at each call of `look`, as student code."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    found: list[bool] = []
    exec(compile(source, filename, "exec"), {"look": lambda: found.append(whiles.around_student_code())})
    return found


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("while True:\n    look()\n    break\n", True),
        ("n = 0\nwhile n < 1:\n    look()\n    n += 1\n", False),
        ("n = bad = 0\nwhile n < 1 and bad < 3:\n    look()\n    n += 1\n", True),
        ("def f():\n    look()\nwhile True:\n    f()\n    break\n", True),
        ("while True:\n    def f():\n        look()\n    break\nf()\n", False),
        ("while True:\n    break\nlook()\n", False),
    ],
    ids=["true", "counter", "patience", "called", "defined inside", "after"],
)
def test_the_loop_around_running_code(source, inside, request):
    assert seen(source, f"{request.node.callspec.id}.py") == [inside]
