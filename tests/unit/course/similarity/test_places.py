"""Where submissions lie: kept clones with their runs, folders and archives, and what is none of these."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.batch.clones import Clones
from grader.course.similarity.places import place_of, read_place, read_starter
from grader.course.stored.folder import RunFolder
from grader.errors import GraderFault, UsageError
from grader.fetch.interface import fetch
from grader.report.interface import reports

CODE = "\n".join(f"value_{n} = torch.stack(rows).mean({n}) + other.std()" for n in range(8)) + "\n"
RUN = "20261101-100000-aaaa"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder of submissions: two folders, an archive, and what is none."""
    for name in ("ada", "bo"):
        (tmp_path / "given" / name).mkdir(parents=True)
        (tmp_path / "given" / name / "model.py").write_text(f"{name} = 1\n{CODE}")
    with zipfile.ZipFile(tmp_path / "given" / "cy.zip", "w") as archive:
        archive.writestr("model.py", CODE)
    (tmp_path / "given" / "notes.txt").write_text("x")
    (tmp_path / "given" / ".hidden").mkdir()
    (tmp_path / "given" / "link").symlink_to(tmp_path / "given" / "ada")
    return tmp_path / "given"


def batch(runs: Path, name: str, given: Path, keys: tuple[str, ...]) -> Path:
    clones = Clones(runs / ".batches" / name / "clones")
    for key in keys:
        with fetch(str(given / key)) as fetched:
            clones.put(key, fetched)
    return runs / ".batches" / name


def test_folders_and_archives_by_hand(folder) -> None:
    read = read_place(place_of(folder))
    assert [one.name for one in read.works] == ["ada", "bo", "cy"]
    assert all(one.hashes for one in read.works)
    assert read.notes == ()


def test_one_that_cannot_be_read_is_a_note(folder) -> None:
    (folder / "di.zip").write_bytes(b"PK\x03\x04 no archive")
    (folder / "eve").mkdir()
    told: list[str] = []
    read = read_place(place_of(folder), told=told.append)
    assert [one.name for one in read.works] == ["ada", "bo", "cy"]
    assert [note.split()[0] for note in read.notes] == ["di", "eve"]
    assert told == ["ada", "bo", "cy", "di", "eve"]


def test_a_machine_that_can_read_none_is_at_fault(folder, monkeypatch) -> None:
    monkeypatch.setenv("TMPDIR", str(folder / "nothing" / "there"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "nothing" / "there"))
    with pytest.raises(GraderFault):
        read_place(place_of(folder))


def test_a_batch_is_found_from_each_of_its_folders(folder, tmp_path) -> None:
    made = batch(tmp_path / "runs", "s4-2026", folder, ("ada", "bo"))
    for given in (tmp_path / "runs", made, made / "clones"):
        place = place_of(given)
        assert (place.name, place.kind, place.base) == ("s4-2026", "clones", (tmp_path / "runs").resolve())
    read = read_place(place_of(made), earlier=True)
    assert [(one.name, one.batch) for one in read.works] == [("ada", "s4-2026"), ("bo", "s4-2026")]


def test_of_several_batches_one_is_chosen(folder, tmp_path) -> None:
    batch(tmp_path / "runs", "s4-2025", folder, ("ada",))
    batch(tmp_path / "runs", "s4-2026", folder, ("bo",))
    with pytest.raises(UsageError, match=r"several batches: s4-2025, s4-2026.*--batch NAME"):
        place_of(tmp_path / "runs")
    assert [one.name for one in read_place(place_of(tmp_path / "runs", "s4-2026")).works] == ["bo"]
    with pytest.raises(UsageError, match="no batch s5"):
        place_of(tmp_path / "runs", "s5")


def test_codes_in_place_of_names_and_no_code_of_a_code(folder, tmp_path) -> None:
    runs = tmp_path / "runs"
    made = batch(runs, "s4-2026", folder, ("ada",))
    (made / "clones" / "ada").rename(made / "clones" / "s-k7q2m5xa")
    coded = read_place(place_of(made), coded=runs).works + read_place(place_of(folder), coded=runs).works
    assert coded[0].name == "s-k7q2m5xa"
    assert all(one.name.startswith("s-") for one in coded)
    assert len({one.name for one in coded}) == 4


def test_a_network_comes_from_the_run_of_the_same_files(folder, tmp_path, example_records) -> None:
    runs = tmp_path / "runs"
    made = batch(runs, "s4-2026", folder, ("ada", "bo"))
    tree = read_place(place_of(made)).works[0].tree_digest
    record = example_records["full_marks"]
    handed_in = replace(record.evidence.submission, tree_digest=tree)
    record = replace(record, evidence=replace(record.evidence, submission=handed_in))
    with RunFolder(runs, "s4", "whoever", RUN) as stored:
        stored.publish({one.file_name: one.render(record) for one in reports(("json",))})
    (runs / "s4" / "whoever" / "20261102-100000-aaaa").mkdir()
    (runs / "s4" / "whoever" / "20261102-100000-aaaa" / "result.json").write_text(
        f'{{"tree_digest": "{tree}"'
    )
    ada, bo = read_place(place_of(made)).works
    assert len(ada.network) == 64
    assert bo.network == ""


@pytest.mark.parametrize("make", [lambda _: None, Path.mkdir, lambda place: place.write_text("x")])
def test_what_holds_no_submissions(tmp_path, make) -> None:
    make(tmp_path / "x")
    with pytest.raises(UsageError) as error:
        place_of(tmp_path / "x")
    assert error.value.hint


def test_starter_code_is_a_file_a_folder_or_an_archive(folder, tmp_path) -> None:
    (tmp_path / "given.py").write_text(CODE)
    made = [
        read_starter([place]).hashes for place in (tmp_path / "given.py", folder / "ada", folder / "cy.zip")
    ]
    assert made[0] == made[2]
    assert made[0] <= made[1] | made[0]
    assert made[0] & made[1]
    assert read_starter([]).hashes == frozenset()
    with pytest.raises(UsageError):
        read_starter([tmp_path / "nothing"])
