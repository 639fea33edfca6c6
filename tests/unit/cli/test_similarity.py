"""`grader similarity`: from folders to a list, a page and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli import cli
from grader.errors import StoreError, UsageError

CODE = "\n".join(
    f"value_{n} = torch.stack(rows).mean({n}) + other.{name}()" for n, name in enumerate("abcdefgh" * 4)
)
RENAMED = CODE.replace("value", "mine").replace("rows", "items").replace("other", "net")
OTHER = "\n".join(
    f"while total_{n}: total.pop().{name}([{n} for _ in seen])" for n, name in enumerate("abcdefgh" * 4)
)


def grader(*words: object) -> Result:
    return CliRunner().invoke(cli, ["similarity", *map(str, words)], standalone_mode=False)


@pytest.fixture
def folder(tmp_path) -> Path:
    texts = {"ada": CODE, "bo": RENAMED, "cy": OTHER, "di": "x = 1\n", "eve": "y = [2]\n"}
    for name, text in texts.items():
        (tmp_path / "handed-in" / name).mkdir(parents=True)
        (tmp_path / "handed-in" / name / "model.py").write_text(text)
    return tmp_path / "handed-in"


def test_the_list_and_the_page(folder, tmp_path) -> None:
    found = grader(folder, "--html", tmp_path / "page.html")
    assert found.exception is None
    assert found.return_value == 0
    lines = [line.strip() for line in found.output.splitlines()]
    assert "5 submissions, 10 pairs." in lines
    assert lines[lines.index("1  ada") + 1] == "bo"
    assert "cy" not in lines
    assert lines[-1] == f"Side by side: {tmp_path / 'page.html'}"
    assert "<mark>mine_1 = torch.stack(items)" in (tmp_path / "page.html").read_text("utf-8")


def test_json_earlier_years_and_starter_code(folder, tmp_path) -> None:
    (tmp_path / "2025" / "zoe").mkdir(parents=True)
    (tmp_path / "2025" / "zoe" / "net.py").write_text(OTHER)
    data = json.loads(grader(folder, "--also", tmp_path / "2025", "--json").output)
    pairs = [(pair["left"]["name"], pair["right"]["name"], pair["right"]["batch"]) for pair in data["pairs"]]
    assert sorted(pairs) == [("ada", "bo", ""), ("cy", "zoe", "2025")]
    (tmp_path / "given.py").write_text(CODE)
    data = json.loads(grader(folder, "--starter", tmp_path / "given.py", "--json").output)
    assert data["pairs"] == []
    assert data["common"] > 0


def test_codes_in_place_of_names(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = grader(folder, "--anonymous", "--json").output
    names = [work["name"] for work in (json.loads(text)["pairs"][0][side] for side in ("left", "right"))]
    assert all(name.startswith("s-") for name in names)
    assert '"ada"' not in text


def test_mistakes_are_named_with_the_next_step(folder, tmp_path) -> None:
    for words in (
        [tmp_path / "nothing"],
        [folder, "--also", tmp_path / "nothing"],
        [folder, "--starter", "nothing"],
    ):
        error = grader(*words).exception
        assert isinstance(error, UsageError)
        assert error.hint
    assert isinstance(grader(folder, "--html", tmp_path / "no" / "page.html").exception, StoreError)
