"""Every way in which a run can end has a report that says the right thing about whose fault it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from grader.isolation.supervisor import EndingKind
from grader.records import RunRecord, Status
from grader.report import interface
from grader.report.losses import losses

SAYS = {
    "student": ("points lost", "Not met"),
    "person": ("a person",),
    "machine": ("The grader failed: not charged",),
    "nobody": (),
}
NEVER = {
    "student": ("Grader fault", "not charged"),
    "person": ("Grader fault", "not charged", "Could not be graded"),
    "machine": ("Could not be graded", "In review", "Below the pass mark"),
    "nobody": ("points lost", "Grader fault", "Not met", "Could not be graded"),
}


def samples(endings: ModuleType) -> dict[str, tuple[RunRecord, str]]:
    return {name: (one.record, one.whose) for name, one in endings.endings().items()}


def test_every_status_every_grade_and_every_ending_is_there(endings: ModuleType) -> None:
    found = [record for record, _ in samples(endings).values()]
    assert {one.status for record in found for one in record.outcomes} == set(get_args(Status))
    wanted = {"complete", "needs_review", "ungradable", "infrastructure"}
    assert {record.grade.status for record in found} == wanted
    assert {f"ended_{kind}" for kind in get_args(EndingKind)} <= set(samples(endings))
    assert {whose for _, whose in samples(endings).values()} == set(SAYS)


@pytest.mark.parametrize("format", ["html", "markdown"])
def test_each_says_whose_fault_it_is(format: str, endings: ModuleType) -> None:
    for name, (record, whose) in samples(endings).items():
        text = interface.formats()[format].render(record)
        wanted = SAYS[whose] if format == "html" else SAYS[whose][1:]
        assert [one for one in wanted if one not in text] == [], name
        assert [one for one in NEVER[whose] if one in text.split("How the points add up")[0]] == [], name


def test_no_student_is_told_to_mend_what_is_not_theirs(endings: ModuleType) -> None:
    """Only what the student can do stands under "What to try"; what the machine needs is for whoever runs it."""
    for name, (record, whose) in samples(endings).items():
        text = interface.formats()["markdown"].render(record)
        own = {one.finding.hint for one in record.outcomes if one.status == "errored" and one.finding.hint}
        assert all(f"**For whoever runs the grader:** {hint}" in text for hint in own), name
        assert bool(own) <= (whose == "machine"), name
        assert "What to try:** A person decides" not in text, name


def test_nothing_is_lost_where_the_machine_or_a_person_is_to_decide(endings: ModuleType) -> None:
    for name, (record, whose) in samples(endings).items():
        hit = [one for one in record.outcomes if one.status in ("errored", "review", "borderline")]
        assert all(one.points + one.open_points == one.max_points for one in hit if not one.parts), name
        if whose == "machine":
            assert record.grade.status == "infrastructure", name


def test_where_points_went_adds_up(endings: ModuleType) -> None:
    record, _ = samples(endings)["partial"]
    assert [one.text for one in losses(record)] == [
        "75 points lost: The model has fewer than 25,000 parameters.",
        "16.67 points lost: The README explains the architecture, shows the training log and is well formatted.",
    ]
    fault, _ = samples(endings)["infrastructure"]
    assert [(one.place, one.tone) for one in losses(fault)] == [(2, "fault")]
    assert "125 points open, the grader failed" in losses(fault)[0].text


def test_each_report_is_small(endings: ModuleType) -> None:
    for name, (record, _) in samples(endings).items():
        for format in ("html", "staff"):
            assert len(interface.formats()[format].render(record).encode()) < 300_000, name


def test_the_gallery_links_each_of_them_under_whose_fault_it_is(endings: ModuleType, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "grader_test_report_gallery", Path(__file__).parents[2] / "report_gallery.py"
    )
    assert spec is not None
    assert spec.loader is not None
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    chosen = {name: endings.endings()[name] for name in ("void", "disk_full")}
    index = gallery.write(tmp_path / "gallery", chosen)
    assert sorted(path.name for path in index.parent.iterdir()) == [
        *("disk_full.html", "disk_full.md", "disk_full.staff.html", "index.html"),
        *("void.html", "void.md", "void.staff.html"),
    ]
    page = index.read_text("utf-8")
    student, machine = page.index("falls short"), page.index("its machine's fault")
    assert student < page.index('href="void.html"') < machine < page.index('href="disk_full.html"')
