"""What `grader inspect` prints, for people and for programs."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from rich.console import Console

from grader.records import INSPECTION_SCHEMA, Absent, Inspection, Isolation, RunRecord
from grader.report import interface
from grader.report.inspection import print_inspection, to_json
from grader.report.json import to_json as result_json

DOCS = Path(__file__).parents[3] / "docs" / "result-format.md"
SANDBOX = Isolation("3", "bubblewrap", "cgroup", ())


def inspection(record: RunRecord, isolation: Isolation = SANDBOX) -> Inspection:
    seen = record.evidence.reading
    return Inspection(
        INSPECTION_SCHEMA,
        record.evidence.submission,
        seen.candidates,
        seen.choice,
        seen.unreadable,
        record.evidence.model,
        10,
        (),
        isolation,
        record.evidence.training,
        record.evidence.remarks,
        record.evidence.comparisons,
    )


def printed(found: Inspection, width: int = 120) -> str:
    file = StringIO()
    print_inspection(
        found, Console(file=file, width=width, color_system=None, force_terminal=False, _environ={})
    )
    return file.getvalue().replace("\u00a0", " ")


def test_a_console_that_knows_only_ascii_gets_ascii(example_records: dict[str, RunRecord]) -> None:
    raw = BytesIO()
    file = TextIOWrapper(raw, encoding="ascii")
    print_inspection(inspection(example_records["full_marks"]), Console(file=file, width=120, _environ={}))
    file.flush()
    assert b"convolution 3x3 s1 p0 8->16" in raw.getvalue()


def test_the_parts_stand_in_their_order(example_records: dict[str, RunRecord]) -> None:
    text = printed(inspection(example_records["full_marks"]))
    wanted = (
        "ada/mnist-one-epoch",
        "Classes that could be the model",
        "chosen; built at train.py:12",
        "The layer spare was never called in a forward pass.",
        "Parameters          6,330",
        "Receptive field     10 × 10 pixels before the global pooling",
        "How far it sees, operator by operator",
        "convolution 3x3 s1 p0 8→16",
        "Layers and their parameters",
        "Your own training, as it was recovered",
        "OneCycleLR(max_lr=0.05, total_steps=469), stepped per batch",
        "Table by torchinfo",
    )
    places = [text.find(words) for words in wanted]
    assert -1 not in places
    assert places == sorted(places)


def test_without_isolation_a_banner_says_so(example_records: dict[str, RunRecord]) -> None:
    found = inspection(example_records["full_marks"], Isolation("1", "plain process", "none", ()))
    assert "NOT ISOLATED" in printed(found)
    assert "NOT ISOLATED" not in printed(inspection(example_records["full_marks"]))


def test_a_wrong_output_is_told_and_the_structure_still_shown(example_records: dict[str, RunRecord]) -> None:
    obstacle = Absent("failed", "Its output has the shape (batch, 10), not (batch, 20).", "Return 20 scores.")
    text = printed(replace(inspection(example_records["full_marks"]), obstacles=(obstacle,), classes=20))
    assert "! Its output has the shape (batch, 10), not (batch, 20). Return 20 scores." in text
    assert "How far it sees" in text


def test_no_model_says_why(example_records: dict[str, RunRecord]) -> None:
    text = " ".join(printed(inspection(example_records["no_model"])).split())
    assert "No model was measured. No class in the submission is an nn.Module. Put the model into" in text


def test_a_training_that_was_not_recovered_says_why(example_records: dict[str, RunRecord]) -> None:
    text = printed(inspection(example_records["partial"]))
    assert "Your own training was not recovered. The student's own training was not looked at." in text


def test_what_the_code_printed_stands_last_with_its_lines(example_records: dict[str, RunRecord]) -> None:
    assert printed(inspection(example_records["review"])).endswith("epoch 1\nAccuracy: 59150/60000\n\n")


def test_a_long_line_of_torchinfo_is_not_broken(example_records: dict[str, RunRecord]) -> None:
    model = replace(example_records["full_marks"].evidence.model, table="x" * 300)  # type: ignore[type-var]
    found = replace(inspection(example_records["full_marks"]), model=model)
    assert "x" * 300 in printed(found, width=60)


@pytest.mark.parametrize("name", ["full_marks", "partial", "no_model", "review", "minimal", "hostile"])
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_character_can_drive_a_terminal(
    name: str, width: int, example_records: dict[str, RunRecord]
) -> None:
    text = printed(inspection(example_records[name]), width)
    assert not {c for c in text if ord(c) < 32 or 0x7F <= ord(c) < 0xA0} - {"\n"}
    assert "\u202e" not in text


@pytest.mark.parametrize("name", ["full_marks", "no_model", "review", "hostile"])
def test_the_json_writes_a_model_as_a_result_does(name: str, example_records: dict[str, RunRecord]) -> None:
    text = to_json(inspection(example_records[name]))
    data = json.loads(text)
    assert text.isascii()
    assert data["schema"] == "grader/inspection/1"
    assert data["model"] == json.loads(result_json(example_records[name]))["evidence"]["model"]


def test_every_key_is_documented_and_no_other() -> None:
    text = DOCS.read_text(encoding="utf-8")
    (part,) = re.findall(r"^## What `grader inspect --json` prints$(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert f"`{INSPECTION_SCHEMA}`" in part
    keys = re.findall(r"^\| `(\w+)` \|", part, flags=re.MULTILINE)
    assert keys == [field.name for field in dataclasses.fields(Inspection)]


def test_it_is_no_format_of_a_report() -> None:
    assert "inspection" not in interface.formats()
