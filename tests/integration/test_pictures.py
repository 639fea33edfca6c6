"""Pictures from a submission's folder to a verdict: decoded by a real worker in the real sandbox."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader.checks.interface import Rule, rule_types, run
from grader.fetch.interface import fetch
from grader.isolation.supervisor import Worker
from grader.reading.read import read_submission
from grader.records import Absent, Outcome, Pictures
from grader.spec.load import load_spec
from grader.stages.pictures import pictures
from grader.stages.workers import choose_sandbox, opener

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]
RULE = {"id": "shown", "check": "pictures", "at_least": 2, "points": 10.0, "sets": [["loss"], ["wrong"]]}


def png(seed: int) -> bytes:
    stream = io.BytesIO()
    values = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(values).resize((320, 240), Image.Resampling.NEAREST).save(stream, "PNG")
    return stream.getvalue()


def rule() -> Rule:
    return rule_types()["pictures"].model_validate(RULE)


def looked_at(root: Path, example_records) -> tuple[Pictures | Absent, Outcome]:
    sandbox, _ = choose_sandbox(plain_allowed=False)
    spec = load_spec("s4").spec
    with fetch(str(root)) as fetched:
        asking = spec.model_copy(update={"checks": (rule(),)})
        reading = read_submission(fetched.root, fetched.submission)
        found = pictures(asking, fetched.submission, reading, opener(sandbox, fetched.root, 1))
    evidence = example_records["full_marks"].evidence
    whole = replace(evidence, submission=fetched.submission, reading=reading, pictures=found)
    return found, run(rule(), whole)


def test_files_and_saved_outputs(tmp_path, example_records):
    text = base64.b64encode(png(2)).decode()
    cells = [
        {"cell_type": "markdown", "source": "# Wrong answers"},
        {"cell_type": "code", "source": "show()", "outputs": [{"data": {"image/png": text}}]},
    ]
    (tmp_path / "S5.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    (tmp_path / "README.md").write_text("# S5\n\n![loss](images/loss.png)\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "loss.png").write_bytes(png(1))
    (tmp_path / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    found, outcome = looked_at(tmp_path, example_records)
    assert isinstance(found, Pictures)
    assert {(one.place, one.width, bool(one.fault)) for one in found.pictures} == {
        ("S5.ipynb, cell 2", 320, False),
        ("images/loss.png", 320, False),
        ("images/broken.png", 0, True),
    }
    assert (outcome.status, outcome.points) == ("passed", 10)


def test_a_submission_without_any(tmp_path, example_records):
    (tmp_path / "model.py").write_text("x = 1\n")
    found, outcome = looked_at(tmp_path, example_records)
    assert found == Pictures(())
    assert outcome.status == "failed"


def test_a_person_gets_copies_of_what_the_readme_shows_first(tmp_path):
    """Encoded anew: few colours, no larger than a report can bear; what is blank or broken is left out."""
    for name, content in (("a.png", png(1)), ("b.png", png(2)), ("c.png", b"broken")):
        (tmp_path / name).write_bytes(content)
    large = io.BytesIO()
    Image.open(io.BytesIO(png(3))).resize((2400, 1800)).save(large, "JPEG")
    (tmp_path / "screenshot.jpg").write_bytes(large.getvalue())
    white = io.BytesIO()
    Image.new("RGB", (320, 240), "white").save(white, "PNG")
    (tmp_path / "white.png").write_bytes(white.getvalue())
    (tmp_path / "README.md").write_text("# S5\n\n![log](screenshot.jpg)\n")
    asks = {
        "id": "a",
        "check": "manual",
        "points": 250.0,
        "asks": "The screenshot shows it",
        "look_at": ["pictures"],
    }
    rule = rule_types()["manual"].model_validate(asks)
    spec = load_spec("s4").spec.model_copy(update={"checks": (rule,)})
    sandbox, _ = choose_sandbox(plain_allowed=False)
    with fetch(str(tmp_path)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        found = pictures(spec, fetched.submission, reading, opener(sandbox, fetched.root, 1))
    assert isinstance(found, Pictures)
    assert [(one.place, one.width, one.height) for one in found.copies] == [
        ("screenshot.jpg", 760, 570),
        ("a.png", 320, 240),
        ("b.png", 320, 240),
    ]
    with Image.open(io.BytesIO(base64.b64decode(found.copies[1].png))) as copied:
        copied.load()
        assert (copied.mode, copied.size) == ("P", (320, 240))
        before = np.asarray(Image.open(io.BytesIO(png(1))).convert("RGB"), dtype=float)
        assert np.abs(np.asarray(copied.convert("RGB"), dtype=float) - before).mean() < 25


def test_no_worker_is_started_where_no_check_asks(tmp_path):
    (tmp_path / "a.png").write_bytes(png(1))

    def open_worker() -> Worker:
        raise AssertionError("a worker was started")

    with fetch(str(tmp_path)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        found = pictures(load_spec("s4").spec, fetched.submission, reading, open_worker)
    assert found == Absent("skipped", "No check asks for pictures.")
