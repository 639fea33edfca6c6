"""Statements run one by one: what is broken is noted, and what can be repaired is."""

from __future__ import annotations

import builtins

import pytest

from grader.worker.capture.names import Definitions
from grader.worker.capture.sources import Piece
from grader.worker.capture.statements import Runner


def run(source: str, *others: Piece) -> tuple[dict[str, object], list[str]]:
    notes: list[str] = []
    space: dict[str, object] = {"__builtins__": vars(builtins)}
    pieces = [Piece("n.ipynb, cell 1", source, 1), *others]
    Runner(Definitions(pieces), notes.append).run(source, space, "n.ipynb, cell 1")
    return space, notes


def test_what_comes_after_an_error_still_runs():
    space, notes = run("a = 1\nb = 1 / 0\nc = 3\n")
    assert (space["a"], space["c"]) == (1, 3)
    assert "b" not in space
    assert notes == ["n.ipynb, cell 1:2: ZeroDivisionError: division by zero"]


def test_a_name_is_taken_from_a_later_cell():
    space, notes = run(
        "x = later(2)\n", Piece("n.ipynb, cell 2", "def later(n):\n    return n + deeper\ndeeper = 5\n", 2)
    )
    assert space["x"] == 7
    assert any("cell 2" in note for note in notes)


def test_a_well_known_name_gets_its_usual_meaning():
    space, notes = run("x = math.floor(2.5)\n")
    assert space["x"] == 2
    assert "usual meaning" in notes[0]


def test_names_are_defined_before_a_loop_begins():
    """A loop that fails in its midst would have done half of its work twice."""
    source = "done = []\nfor i in [1, 2]:\n    done.append(i)\n    later(i)\n"
    space, _ = run(source, Piece("n.ipynb, cell 2", "def later(n):\n    return n\n", 2))
    assert space["done"] == [1, 2]


def test_a_failed_attempt_is_forgotten_before_the_next():
    events: list[str] = []

    def mark():
        events.append("mark")
        return lambda: events.append("forget")

    source = "def f():\n    return hidden\nx = f()\n"
    other = Piece("n.ipynb, cell 2", "hidden = 4\n", 2)
    space: dict[str, object] = {"__builtins__": vars(builtins)}
    Runner(Definitions([other]), events.append, mark).run(source, space, "n.ipynb, cell 1")
    assert space["x"] == 4
    assert "forget" in events


@pytest.mark.parametrize(
    ("source", "name"),
    [("x = = 1\ny = 2\n", "y"), ("print 'a'\ny = 2\n", "y"), ("if True:\n    print 'a'\n    y = 2\n", "y")],
    ids=["operator", "print", "indented"],
)
def test_a_line_that_does_not_parse_is_left_out(source, name):
    space, notes = run(source)
    assert space[name] == 2
    assert "was left out" in notes[0]


def test_imports_of_several_names_are_tried_singly():
    space, notes = run("from math import floor, nothing, ceil\n")
    assert {"floor", "ceil"} <= set(space)
    assert any("nothing" in note for note in notes)


def test_the_students_own_fall_back_is_tried_before_anything_else():
    space, notes = run("try:\n    import no_such_module_at_all as m\nexcept ImportError:\n    m = 'own'\n")
    assert space["m"] == "own"
    assert notes == []


def test_the_end_of_the_program_ends_the_piece():
    with pytest.raises(SystemExit):
        run("raise SystemExit(1)\n")


def test_hopeless_source_is_noted_and_nothing_more():
    space, notes = run("(" * 5000)
    assert set(space) == {"__builtins__"}
    assert notes
