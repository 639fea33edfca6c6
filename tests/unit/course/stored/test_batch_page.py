"""The page of a batch out of the store: whose row shows what, where the files lie, and when they go."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import cli
from grader.course.stored.batch_page import FILES, About, place_of, remove_pages, write_page, write_pages
from grader.course.stored.batch_table import table
from grader.course.stored.codes import code_of
from grader.course.stored.database import Standing
from grader.course.stored.folder import RUNS_MARK, RunFolder
from grader.course.stored.forgetting import forget, remembered
from grader.course.stored.store import opened
from grader.errors import UsageError
from grader.records.similarity import SIMILARITY_SCHEMA, Similarity, SimilarPair, SimilarWork
from grader.report.batch_rows import row_without_run
from grader.report.json import render
from grader.report.similarity import to_json

RUN = "20261101-100000-{}"


def store(base: Path, record, name: str, run: str, spec: str = "s4") -> str:
    submission = replace(record.evidence.submission, name=name)
    made = replace(record.provenance, spec_id=spec)
    changed = replace(
        record, run_id=run, provenance=made, evidence=replace(record.evidence, submission=submission)
    )
    with RunFolder(base, spec, name, run) as folder:
        folder.publish({"result.json": render(changed)})
    return run


@pytest.fixture
def base(tmp_path, example_records) -> Path:
    """Ada passed and Bea is open; Cy is missing, Di stuck; Eve's run is gone; Zoe was run by hand."""
    base = tmp_path / "runs"
    ada = store(base, example_records["full_marks"], "ada", RUN.format("aaaa"))
    bea = store(base, example_records["review"], "bea", RUN.format("bbbb"))
    store(base, example_records["partial"], "zoe", RUN.format("cccc"))
    with opened(base) as database:
        for key, standing in {
            "ada": Standing("graded", 1, ada),
            "bea": Standing("graded", 1, bea),
            "cy": Standing("missing", 0, "", "Nothing was handed in."),
            "di": Standing("stuck", 3, "", "The host did not answer."),
            "eve": Standing("graded", 1, RUN.format("eeee")),
        }.items():
            database.stand("s4-students", key, standing)
    return base


def lines(base: Path, spec: str = "s4") -> dict[str, dict[str, str]]:
    text = (base / spec / "batch.csv").read_text("utf-8")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}


def test_every_row_of_the_batch_and_nobody_else(base):
    with opened(base) as database:
        database.refresh()
        page, _ = write_page(database, "s4", About("A title", "A course", {"cy": "Cy Young"}))
    assert page == base / "s4" / "batch.html"
    found = {name: (row["state"], row["why"]) for name, row in lines(base).items()}
    assert found == {
        "ada": ("Passed", ""),
        "bea": ("Needs a person", found["bea"][1]),
        "Cy Young": ("Nothing handed in", "Nothing was handed in."),
        "di": ("Machine's fault", "The host did not answer."),
        "eve": ("Cannot be read", "Its run is gone or cannot be read: start the batch again."),
    }
    text = page.read_text("utf-8")
    assert "<h1>A title</h1>" in text
    address = lines(base)["ada"]["report"]
    assert f'href="{address}"' in text
    assert (page.parent / address).parent.joinpath("result.json").is_file()


def test_without_a_batch_the_latest_run_of_each(tmp_path, example_records):
    base = tmp_path / "runs"
    store(base, example_records["partial"], "ada", RUN.format("aaaa"))
    store(base, example_records["full_marks"], "ada", RUN.format("bbbb"))
    store(base, example_records["self_check"], "bea", RUN.format("cccc"))
    store(base, example_records["partial"], "ada", RUN.format("dddd"), spec="s4-long")
    with opened(base) as database:
        database.stand("s4-long-list", "cy", Standing("missing"))
        files = write_pages(base, database)
    assert [str(one.relative_to(base)) for one in files] == [
        "s4/batch.html",
        "s4/batch.csv",
        "s4-long/batch.html",
        "s4-long/batch.csv",
    ]
    assert {name: row["state"] for name, row in lines(base).items()} == {"ada": "Passed"}
    assert set(lines(base, "s4-long")) == {"cy"}  # that list is of the longer name's assignment


def test_a_batch_of_which_nothing_ran_has_a_page_in_a_marked_folder(tmp_path):
    with opened(tmp_path / "runs") as database:
        database.stand("s4-students", "cy", Standing("missing", 0, "", "Nothing was handed in."))
        page, _ = write_page(database, "s4", About("A title", "", {}))
    assert "Nothing was handed in." in page.read_text("utf-8")
    assert (page.parent / RUNS_MARK).is_file()


def test_who_has_a_name_and_a_code_is_one_row(base, example_records):
    code = code_of(base, "ada")
    run = store(base, example_records["partial"], code, RUN.format("ffff"))
    with opened(base) as database:
        database.refresh()
        database.stand("s4-students", code, Standing("graded", 1, run))
        page, _ = write_page(database, "s4")
    assert set(lines(base)) == {code, "bea", "cy", "di", "eve"}  # as it was graded last
    assert "ada" not in page.read_text("utf-8").partition('<table id="table">')[2]


def test_a_broken_run_is_named(base):
    broken = base / "s4" / "bea" / RUN.format("bbbb") / "result.json"
    broken.write_text("{", "utf-8")
    with opened(base) as database:
        database.refresh()
        page, _ = write_page(database, "s4")
    assert lines(base)["bea"]["state"] == "Cannot be read"
    assert "1 stored run cannot be read: bea/20261101-100000-bbbb" in page.read_text("utf-8")


def test_similarity_is_taken_from_beside_the_page(base):
    pair = SimilarPair(SimilarWork("ada", ""), SimilarWork("bea", ""), 0.87, 0.5, 1.0, 40, (), ())
    found = Similarity(SIMILARITY_SCHEMA, "s4-students", 2, 0, 1, 0, 0.1, 0.2, 1, (pair,), 0)
    with opened(base) as database:
        assert "Nobody has compared" in write_page(database, "s4")[0].read_text("utf-8")
        (base / "s4" / "similarity.json").write_text(to_json(found), "utf-8")
        assert "40 lines of code that few others have." in write_page(database, "s4")[0].read_text("utf-8")
        for wrong in ("{}", "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), "[1"):
            (base / "s4" / "similarity.json").write_text(wrong, "latin-1")
            assert "similarity.json cannot be read" in write_page(database, "s4")[0].read_text("utf-8")


def test_the_command_takes_all_runs_or_one_assignment(base, monkeypatch):
    for place in (base, base / "s4"):
        done = CliRunner().invoke(cli, ["report", str(place), "--batch"], standalone_mode=False)
        assert done.exception is None
        assert f"Wrote {base / 's4' / 'batch.html'}." in done.output
    monkeypatch.chdir(base / "s4")
    assert place_of(Path()) == (base, "s4")
    for place, fault in ((base / "s4" / "ada", "one submission"), (base / "none", "holds no run")):
        with pytest.raises(UsageError, match=fault):
            place_of(place)
    done = CliRunner().invoke(
        cli, ["report", str(base), "--batch", "--format", "html"], standalone_mode=False
    )
    assert "a format and a place of its own" in str(done.exception)


def test_who_is_forgotten_is_in_no_page_any_more(base):
    with opened(base) as database:
        write_pages(base, database)
        for name in ("similarity.json", "similarity.html"):
            (base / "s4" / name).write_text("ada", "utf-8")
        forget(database, remembered(database, "ada"), "Grace")
        assert not [one for name in FILES for one in base.glob(f"*/{name}")]
        write_pages(base, database)
        remove_pages(base)
        remove_pages(base)
    assert not (base / "s4" / "batch.html").exists()


def test_no_cell_of_the_table_is_a_formula():
    text = table([row_without_run('=cmd|"x"', "missing", "+1;=2")])
    (_, cells) = csv.reader(io.StringIO(text))
    assert cells[0] == '\'=cmd|"x"'
    assert cells[-2] == "'+1;'=2"
    assert cells[2:9] == [""] * 7
