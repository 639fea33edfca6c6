"""Fingerprints: stable, and never blind to a stretch that is long enough."""

from __future__ import annotations

import random
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from grader.course.similarity.winnow import SPAN, WINDOW, fingerprints

WORDS = [f"w{number}" for number in range(40)]


def drawn(seed: int, length: int) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice(WORDS) for _ in range(length)]


def hashes(words: list[str]) -> set[int]:
    return {one for one, _ in fingerprints(words)}


@given(seed=st.integers(0, 10_000), before=st.integers(0, 60), after=st.integers(0, 60))
def test_every_shared_stretch_of_guaranteed_length_is_found(seed: int, before: int, after: int) -> None:
    shared = drawn(seed, SPAN + WINDOW - 1)
    one = [*drawn(seed + 1, before), *shared, *drawn(seed + 2, after)]
    other = [*drawn(seed + 3, after), *shared, *drawn(seed + 4, before)]
    assert hashes(one) & hashes(other)


def test_what_is_shorter_than_a_span_is_never_seen() -> None:
    shared = drawn(1, SPAN - 1)
    assert not hashes([*drawn(2, 40), *shared, *drawn(3, 40)]) & hashes(
        [*drawn(4, 40), *shared, *drawn(5, 40)]
    )
    assert fingerprints(shared) == []
    assert len(fingerprints(drawn(6, SPAN))) == 1


def test_a_place_is_where_its_tokens_are() -> None:
    words = drawn(7, 300)
    for hash_, place in fingerprints(words):
        assert fingerprints(words[place : place + SPAN]) == [(hash_, 0)]


def test_it_keeps_about_two_of_each_window() -> None:
    kept = len(fingerprints(drawn(8, 5_000)))
    assert 0.8 < kept / (5_000 * 2 / (WINDOW + 1)) < 1.2  # the density of the paper, 2 / (w + 1)


def test_another_process_gives_the_same_fingerprints() -> None:
    code = "from grader.course.similarity.winnow import fingerprints; print(fingerprints(list('abcdefghij' * 5)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(fingerprints(list("abcdefghij" * 5)))
