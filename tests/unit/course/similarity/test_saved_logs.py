"""Which lines of a log tell one training from another."""

from __future__ import annotations

import pytest

from grader.course.similarity.saved_logs import LIMIT_LINES, log_keys

LINE = "Epoch 3: train loss=0.034512, test accuracy 98.71 %"


def keys(text: str) -> list[int]:
    return [key for key, _ in log_keys(text)]


def test_the_same_numbers_are_the_same_line_whatever_words_are_around() -> None:
    assert keys(LINE) == keys("[e 7] my LOSS 0.034512 | ACC: 98.71%")
    assert keys(LINE) != keys(LINE.replace("98.71", "98.72"))


def test_how_long_it_took_is_no_part_of_it() -> None:
    slower = "loss=0.034512 acc=98.71: 100%|##| 469/469 [00:31<00:00, 15.02it/s] 31.25 s"
    assert keys(slower) == keys(LINE)


@pytest.mark.parametrize(
    "line",
    [
        "Accuracy: 98.71 %",
        "loss 0.10",
        "Conv2d-1 [-1, 8, 28, 28] loss 0.123456789",
        "total params 1,234 loss 0.123456789",
        "the learning rate is 0.0123456789",
        "loss: nan",
        "",
    ],
)
def test_what_two_honest_people_can_both_print_is_no_sign(line: str) -> None:
    assert keys(line) == []


def test_an_endless_log_is_cut_and_a_line_is_made_harmless() -> None:
    text = "\n".join(f"loss 0.1{number:06d} accuracy 99.12\x1b[31m" for number in range(LIMIT_LINES + 500))
    found = list(log_keys(text))
    assert len(found) == LIMIT_LINES
    assert all("\x1b" not in line for _, line in found)
