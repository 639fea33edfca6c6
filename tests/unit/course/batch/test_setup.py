"""The rows of a roster as a batch takes them: their place, their deadline, and what holds one back."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course.batch.setup import rows_of
from grader.course.rosters.read import read_roster
from grader.fetch.url import parse

BEFORE = "2026-03-01T23:59:00+00:00"


@pytest.fixture
def rows(tmp_path: Path):
    def read(*lines: str, before: str = BEFORE):
        file = tmp_path / "roster.csv"
        file.write_text("\n".join(("id,repository,folder,models_repository,extension", *lines)), "utf-8")
        return {row.entry.key: row for row in rows_of(read_roster(file), before)}

    return read


def test_a_row_is_a_link_with_its_folder_its_second_repository_and_its_deadline(rows):
    found = rows(
        "ada,https://github.com/ada/s4.git,S4/last,https://github.com/ada/models,2 days",
        "bo,git@github.com:bo/s4.git,S4,,",
        "cy,https://github.com/cy/s4,,,",
    )
    ada, bo, cy = (found[name].entry for name in ("ada", "bo", "cy"))
    assert ada.also == ("https://github.com/ada/models",)
    assert ada.before.startswith("2026-03-03T23:59")
    assert (parse(ada.repository).path, parse(bo.repository).path) == ("S4/last", "S4")
    assert (cy.repository, cy.before) == ("https://github.com/cy/s4", "")
    assert {row.state for row in found.values()} == {"waiting"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ada,https://github.com/ada/s4,,,some days more", "extension"),
        ("ada,https://colab.research.google.com/drive/1,,,", "Colab"),
        ("bo,https://github.com/ada/s4,,,", "line"),
    ],
)
def test_a_row_with_a_mistake_is_held_back(rows, line, said):
    """By another deadline, or as somebody else, it would be graded wrongly."""
    found = rows("bo,https://github.com/bo/s4,,,", "cy,https://github.com/cy/s4,,,", line)
    held = [row for row in found.values() if row.state == "blocked"]
    assert held
    assert any(said in row.text for row in held)
    assert found["cy"].state == "waiting"
