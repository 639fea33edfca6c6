"""`grader bench` and its commands, as they are typed. Nothing is trained here but in the slow test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.bench.records import BENCH_SCHEMA, Assignment, Bench, Series, Subject, TrialResult
from grader.bench.trials import read_bench, write
from grader.cli import cli
from grader.course.batch.setup import slots
from grader.errors import StoreError, UsageError
from grader.records import MEASURING_VERSION, Absent
from grader.spec.load import evidence_plan_digest, load_spec


def grader(*words: object) -> Result:
    return CliRunner().invoke(
        cli, [str(word) for word in words], standalone_mode=False, catch_exceptions=True
    )


def result(place: Path, accuracies: tuple[float, ...], seconds: float = 30.0) -> Path:
    """A stored result of s4 with one model."""
    from grader.bench.conditions import conditions

    plan = evidence_plan_digest(load_spec("s4").spec)
    assignment = Assignment(
        "s4", 1, "MNIST", "sha256:s", plan, 0.95, "MNIST", True, False, "sha256:d", 60_000, 10_000
    )
    subject = Subject(
        "reference", "reference_models/s4", "a" * 40, False, "sha256:t", "Net()", 14_642, 0, False, "student", 1, 128, "fast"
    )  # fmt: skip
    energy = Absent("skipped", "No counter.")
    trials = tuple(
        TrialResult(
            n, one, "all epochs were trained", (), 60_000, seconds + n / 10, 40.0, 3.0, 2.0, energy, 0.0016, (), "", ""
        )
        for n, one in enumerate(accuracies, 1)
    )  # fmt: skip
    here = conditions("cpu", threads=1, slots=1, lane="auto", isolation="auto")
    made = Bench(
        BENCH_SCHEMA, "0.1.0", MEASURING_VERSION, "grader bench s4", "2026-03-01T12:00:00+00:00", here, (),
        (Series(assignment, subject, trials),),
    )  # fmt: skip
    write(place / "bench.json", made)
    return place


def test_what_is_no_command_of_the_group_is_measured(tmp_path):
    text = grader("bench", "--help").stdout
    for name in ("run", "compare", "leaderboard", "published"):
        (line,) = [one for one in text.splitlines() if one.split()[:1] == [name]]
        assert line.endswith(".")
    done = grader("bench", "s5_that_is_none", "--out", tmp_path / "bench")
    assert 'there is no spec "s5_that_is_none"' in str(done.exception)
    done = grader("bench", "--seeds", "2", "s5_that_is_none", "--out", tmp_path / "bench")
    assert 'there is no spec "s5_that_is_none"' in str(done.exception)
    assert not (tmp_path / "bench" / "bench.json").exists()


def test_compare_ends_with_what_it_found(tmp_path):
    good = result(tmp_path / "good", (0.989, 0.99, 0.991))
    worse = result(tmp_path / "worse", (0.969, 0.97, 0.971))
    slower = result(tmp_path / "slower", (0.989, 0.99, 0.991), seconds=45.0)
    one = result(tmp_path / "one", (0.99,))
    assert grader("bench", "compare", good, worse).return_value == 0
    for second, flag, code in (
        (worse, ["--fail-if-worse"], 3),
        (worse, ["--fail-if-slower", "10%"], 0),
        (slower, ["--fail-if-slower", "10 %"], 3),
        (slower, ["--fail-if-slower", "80%", "--fail-if-worse"], 0),
        (one, ["--fail-if-worse"], 6),
        (good, ["--fail-if-worse", "--fail-if-slower", "0%"], 0),
    ):
        done = grader("bench", "compare", good, second / "bench.json", *flag)
        assert (done.exception, done.return_value) == (None, code), flag


def test_compare_writes_its_page(tmp_path):
    good, worse = (
        result(tmp_path / "good", (0.989, 0.99, 0.991)),
        result(tmp_path / "worse", (0.969, 0.97, 0.971)),
    )
    for name in ("page.md", "page.html"):
        done = grader("bench", "compare", good, worse, "--out", tmp_path / name)
        assert "-2.00 points" in done.stdout
        assert "worse" in (tmp_path / name).read_text("utf-8")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("given", ["10", "-3%", "ten%", "", "1e2%", "nan%"])
def test_a_limit_is_a_share(given, tmp_path):
    good = result(tmp_path / "good", (0.99, 0.991))
    assert "such as 10%" in str(grader("bench", "compare", good, good, "--fail-if-slower", given).exception)


def test_what_is_no_result_is_refused(tmp_path):
    good = result(tmp_path / "good", (0.99, 0.991))
    (tmp_path / "empty").mkdir()
    assert isinstance(grader("bench", "compare", good, tmp_path / "empty").exception, UsageError)
    made = json.loads((good / "bench.json").read_text())
    for wrong, said in (
        ({**made, "schema": "grader/bench/9"}, 'expected "grader/bench/1"'),
        ({**made, "series": 7}, "series"),
        ([], "schema"),
    ):
        other = tmp_path / "other.json"
        other.write_text(json.dumps(wrong))
        raised = grader("bench", "compare", good, other).exception
        assert isinstance(raised, StoreError)
        assert said in str(raised)


def test_a_leaderboard_is_shown_and_written(tmp_path):
    good = result(tmp_path / "good", (0.989, 0.99, 0.991))
    done = grader("bench", "leaderboard", "s4", "--bench", good, "--out", tmp_path / "board")
    assert (done.exception, done.return_value) == (None, None)
    assert "99.00 %" in done.stdout
    assert "<svg" in (tmp_path / "board" / "leaderboard.html").read_text("utf-8")
    assert "| 1 | reference |" in (tmp_path / "board" / "leaderboard.md").read_text("utf-8")
    raised = grader("bench", "leaderboard", "s4", "--bench", good, "--runs", tmp_path).exception
    assert "--runs together with --names" in str(raised)


def test_published_figures_stand_beside_ours(tmp_path):
    good = result(tmp_path / "good", (0.989, 0.99, 0.991))
    figures = tmp_path / "figures.json"
    row = {
        "model": "reference", "title": "1 the reference", "printed_parameters": "14.6k", "parameters": 14_642,
        "best_test_percent": 98.9, "best_train_percent": 99.9, "remark": "Another loss.",
    }  # fmt: skip
    told = {"title": "A table", "source": "A paper", "spec_id": "s4", "figures": [row]}
    figures.write_text(json.dumps({"schema": "grader/published/1", **told}))
    done = grader("bench", "published", figures, good, "--out", tmp_path / "page")
    assert (done.exception, done.return_value) == (None, None)
    assert "+0.10 points" in done.stdout
    assert "no evidence of a difference" in (tmp_path / "page" / "published.html").read_text("utf-8")
    assert "Another loss." in (tmp_path / "page" / "published.md").read_text("utf-8")
    figures.write_text("{}")
    assert isinstance(grader("bench", "published", figures, good).exception, UsageError)
    assert isinstance(grader("bench", "published", figures, tmp_path / "page").exception, UsageError)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_passes_no_gate(tmp_path, number):
    good = result(tmp_path / "good", (0.989, 0.99, 0.991))
    text = (good / "bench.json").read_text()
    other = tmp_path / "other.json"
    other.write_text(text.replace("0.989", number))
    raised = grader("bench", "compare", good, other, "--fail-if-worse").exception
    assert isinstance(raised, StoreError)
    assert "no measured number" in str(raised)
    other.write_text("[" * 100_000)
    assert isinstance(grader("bench", "compare", good, other).exception, StoreError)


@pytest.mark.slow
@pytest.mark.isolated
def test_killed_in_the_middle_it_goes_on_and_measures_nothing_twice(tmp_path):
    """Real trainings on stand-in data: killed with SIGKILL after the first of three trials."""
    out = tmp_path / "bench"
    words = [
        sys.executable,
        "-m",
        "grader",
        "bench",
        "s4",
        "--seeds",
        "3",
        "--stand-in",
        "--slots",
        "1",
        "--out",
        str(out),
    ]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 200
    while not list(out.glob("trials/*.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    before = {place.name: place.read_bytes() for place in out.glob("trials/*.json")}
    assert before
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=True)
    made = read_bench(out)
    assert json.loads(done.stdout)["made_at"] == made.made_at
    (series,) = made.series
    assert [one.seed for one in series.trials] == [1, 2, 3]
    assert len({one.accuracy for one in series.trials}) > 1
    assert all(0.9 < one.accuracy < 1 for one in series.trials)
    assert series.subject.source == "reference_models/s4"
    assert {name: (out / "trials" / name).read_bytes() for name in before} == before
    subprocess.run(words, capture_output=True, check=True)
    assert read_bench(out).series[0].trials == series.trials
    assert len(list(out.glob("runs/s4/reference/*/result.json"))) == 3


def test_a_narrow_terminal_gets_rows_that_can_be_read(tmp_path):
    from io import StringIO

    from rich.console import Console

    from grader.bench.page import bench_page
    from grader.cli._bench_view import show

    page = bench_page(read_bench(result(tmp_path / "good", (0.989, 0.99, 0.991))))
    narrow, wide = (Console(file=StringIO(), width=width) for width in (70, 200))
    show(page, narrow, tables=1)
    show(page, wide, tables=1)
    assert "reference: seeds 3 · accuracy 99.00 ± 0.10 %" in narrow.file.getvalue()
    assert max(map(len, narrow.file.getvalue().splitlines()[6:9])) <= 70
    assert "model      seeds" in wide.file.getvalue()


def test_trainings_share_the_cores():
    """Whoever gives each training two threads gets half as many at once."""
    from grader.cli.bench.run import _wanted

    given = {
        "seeds": 1, "no_reference": False, "models": (), "also": (), "out": Path("x"), "slots": None, "threads": 2,
        "device": "cpu", "data_dir": None, "stand_in": False, "unofficial_data": False, "isolation": "auto",
        "lane": "auto", "no_zygote": False,
    }  # fmt: skip
    assert _wanted(("s4",), given).slots == max(1, slots(None) // 2)
    assert _wanted(("s4",), {**given, "slots": 3}).slots == 3
    assert _wanted(("s4",), given).command == "grader bench s4 --seeds 1 --threads 2"
