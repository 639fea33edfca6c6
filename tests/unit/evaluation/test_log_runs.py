"""One log for each training: where a log begins, and what it shows."""

from __future__ import annotations

import time

from grader.evaluation.log_runs import runs_of
from grader.records import LogLine


def line(epoch: int, place: str = "a.ipynb, cell 3", tested: float = 0.9, text: str = "") -> LogLine:
    return LogLine(place, text or f"epoch {epoch}", epoch, tested if tested < 0 else tested + epoch / 1000, 0)


def test_a_log_over_the_lines_of_a_readme_is_one():
    (run,) = runs_of(tuple(line(n, f"README.md:{40 + n}") for n in (1, 2, 3)))
    assert (run.epochs, run.tested, run.tail) == ((1, 2, 3), (1, 2, 3), 3)
    assert run.place == "README.md:41 to README.md:43"


def test_a_training_that_goes_on_in_another_cell_is_one_log():
    (run,) = runs_of((line(1), line(2), line(3, "a.ipynb, cell 4"), line(4, "a.ipynb, cell 4")))
    assert run.epochs == (1, 2, 3, 4)


def test_another_file_and_a_first_epoch_begin_another():
    lines = (line(1), line(2), line(1), line(2), line(3, "b.ipynb, cell 3"))
    assert [
        run.epochs for run in runs_of((*lines[:2], *(line(n, tested=0.5) for n in (1, 2)), lines[4]))
    ] == [
        (1, 2),
        (1, 2),
        (3,),
    ]


def test_a_training_line_and_a_test_line_of_one_epoch_belong_together():
    lines = (line(1, "README.md:4", -1.0), line(1, "README.md:5"), line(2, "README.md:6", -1.0))
    (run,) = runs_of(lines)
    assert (run.epochs, run.tested, run.has_losses_alone) == ((1, 2), (1,), True)


def test_the_same_epoch_twice_in_a_readme_is_two_logs():
    assert len(runs_of((line(1, "README.md:4"), line(1, "README.md:9", 0.5)))) == 2


def test_lines_without_an_epoch_are_counted_on():
    (run,) = runs_of(tuple(line(0, tested=0.9 + n / 100) for n in range(3)))
    assert (run.epochs, run.is_named) == ((1, 2, 3), False)
    assert len(runs_of((line(0), line(0, "a.ipynb, cell 4", 0.5)))) == 2


def test_a_log_that_is_shown_again_is_left_out():
    once = tuple(line(n) for n in (1, 2, 3))
    again = tuple(line(n, f"README.md:{n}") for n in (1, 2, 3))
    assert len(runs_of((*again, *once))) == 1
    losses = [tuple(line(n, place, -1.0) for n in (1, 2)) for place in ("a.ipynb, cell 3", "README.md:4")]
    assert len(runs_of((*losses[0], *losses[1]))) == 1
    assert len(runs_of((line(1), line(1, "b.ipynb, cell 3")))) == 2, "one line is too little to know a log by"


def test_the_end_without_a_gap():
    (run,) = runs_of(tuple(line(n) for n in (1, 2, 5, 6, 7)))
    assert run.tail == 3


def test_a_loss_of_test_images_is_a_test():
    (run,) = runs_of((line(1, tested=-1.0, text="epoch 1 loss 0.3 val_loss: 0.2"), line(2, tested=-1.0)))
    assert run.tested == (1,)


def test_no_line_is_no_log():
    assert runs_of(()) == ()


def test_many_lines_take_no_time():
    start = time.perf_counter()
    lines = tuple(line(n % 7, f"README.md:{n}", text="test " * 40) for n in range(20_000))
    assert runs_of(lines)
    assert time.perf_counter() - start < 5
