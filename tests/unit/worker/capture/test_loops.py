"""Loops that say how long they are, and progress bars that show nothing."""

from __future__ import annotations

import linecache

from grader.worker.capture.loops import Bar, Loops


def run(source: str, loops: Loops, **names: object) -> dict[str, object]:
    """As student code: in a file whose name is no absolute path."""
    linecache.cache["s.py"] = (len(source), None, source.splitlines(keepends=True), "s.py")
    space = {"range": loops.range_type(), **names}
    exec(compile(source, "s.py", "exec"), space)
    return space


def test_a_running_loop_is_known_with_its_bound():
    loops = Loops()
    seen: list[int] = []
    run(
        "for i in range(1, 21):\n    see()\n    if i == 3:\n        break\n",
        loops,
        see=lambda: seen.append(loops.running[-1].length),
    )
    assert seen == [20, 20, 20]
    assert loops.running == []


def test_loops_inside_of_loops_are_in_their_order():
    loops = Loops()
    seen: list[list[int]] = []
    source = "for i in range(2):\n    for j in range(3):\n        see()\n"
    run(source, loops, see=lambda: seen.append([loop.length for loop in loops.running]))
    assert seen == [[2, 3]] * 6


def test_a_loop_over_a_loaders_length_ends_with_its_batches():
    loops = Loops(lambda length: length == 469)
    space = run("n = 0\nfor i in range(len(loader)):\n    n += 1\n", loops, loader=[0] * 469)
    assert space["n"] == 3


def test_a_loop_of_the_same_length_for_another_reason_is_whole():
    loops = Loops(lambda length: length == 469)
    assert run("n = 0\nfor i in range(469):\n    n += 1\n", loops)["n"] == 469


def test_it_does_what_a_range_does():
    made = Loops().range_type()(2, 11, 3)
    assert (list(made), len(made), made[1], 5 in made, 6 in made) == ([2, 5, 8], 3, 5, True, False)
    assert (made.stop, list(reversed(made)), made == range(2, 11, 3)) == (11, [8, 5, 2], True)
    assert hash(made) == hash(range(2, 11, 3))


def test_a_bar_goes_through_what_it_was_given():
    bar = Bar([1, 2], desc="x", total=2)
    bar.set_postfix(loss=1)
    bar.update(1)
    with bar as same:
        assert (list(same), len(same)) == ([1, 2], 2)
    assert (list(Bar(total=5)), len(Bar(total=5))) == ([], 5)
    Bar.write("nothing")
