"""Both sides of what is alike, each as it was written."""

from __future__ import annotations

from grader.course.similarity.excerpts import MOST_EXCERPTS, MOST_LINES, excerpts, shared_hashes, shared_lines

STATEMENTS = [
    f"value_{n} = torch.stack(rows).mean({n}) + other.{name}()" for n, name in enumerate("abcdefgh" * 12)
]
SAME = "\n".join(STATEMENTS[:8])
OTHER = "\n".join(f"while total_{n}: total.pop().extend([{n} for _ in seen])" for n in range(8))


def pair(left, right):
    shared = shared_hashes(left, right, dict.fromkeys(left.hashes | right.hashes, 1.0))
    return excerpts(left, right, shared), shared


def test_both_sides_with_their_places_and_the_lines_that_match(work) -> None:
    left = work("ada", model__py=f"# mine\nstart = 1\n{SAME}\n{OTHER}\n")
    right = work("bo", train__py=f"{SAME.replace('value', 'v')}\n")
    found, shared = pair(left, right)
    assert len(found) == 1
    assert (found[0].left_place, found[0].right_place) == ("model.py:3", "train.py:1")
    matched = [line.source_line for line in found[0].left if line.matched]
    assert matched == SAME.splitlines()
    assert [line.matched for line in found[0].left if line.number > 10] == [False]
    assert shared_lines(left, shared) == 8


def test_what_one_side_has_more_of_leaves_the_other_empty(work) -> None:
    lines = STATEMENTS[:12]
    left = work("ada", a__py="\n".join(lines))
    right = work("bo", a__py="\n".join([*lines[:6], "# a", "# b", "# c", *lines[6:]]))
    (found, *_), _ = pair(left, right)
    assert len(found.left) == len(found.right)
    assert sum(line.number == 0 for line in found.left) == 3
    beside = {one.source_line: other.source_line for one, other in zip(found.left, found.right, strict=True)}
    assert beside[lines[2]] == lines[2]
    assert beside[lines[10]] == lines[10]


def test_excerpts_are_few_short_and_inert(work) -> None:
    long = "\n".join(f"{one}  # \x1b[31m{'x' * 500}" for one in STATEMENTS)
    found, _ = pair(work("ada", a__py=long), work("bo", b__py=long))
    assert 1 <= len(found) <= MOST_EXCERPTS
    assert all(len(one.left) <= MOST_LINES for one in found)
    assert all("\x1b" not in line.source_line and len(line.source_line) <= 160 for line in found[0].left)


def test_a_line_repeated_without_an_end_takes_no_time(work) -> None:
    again = "total = torch.stack(rows).mean(0) + other.std()\n" * 2_000
    found, _ = pair(work("ada", a__py=again), work("bo", b__py=again))
    assert len(found) >= 1


def test_nothing_in_common(work) -> None:
    assert pair(work("ada", a__py=SAME), work("bo", b__py=OTHER))[0] == ()
