"""`grader data`: what it prints and what it ends with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.data import command
from grader.data.interface import annotation_sets, variants
from grader.errors import DataMissing, GraderFault, UsageError


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose cache is empty and that names no place."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("GRADER_DATA", raising=False)
    return tmp_path


def test_where_lists_the_places_in_order(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_DATA", str(bare))
    shown = CliRunner().invoke(command, ["where", "--data-dir", str(bare / "mine")])
    assert shown.exit_code == 0
    places = [line.split()[0] for line in shown.output.splitlines() if "holds none of the files" in line]
    assert places[:3] == ["--data-dir", "GRADER_DATA", "user"]
    assert len(places) == 3 * len({**variants(), **annotation_sets()})
    assert shown.output.index(str(bare / "mine")) < shown.output.index(str(bare / "cache"))


def test_verify_without_data_says_how_to_get_it(bare: Path) -> None:
    shown = CliRunner().invoke(command, ["verify"])
    assert isinstance(shown.exception, DataMissing)
    assert "grader data fetch mnist" in shown.exception.hint


def test_verify_names_a_damaged_file(bare: Path) -> None:
    from grader.data.mnist import STEMS

    for stem in STEMS:
        (bare / stem).write_bytes(b"nothing of use")
    shown = CliRunner().invoke(command, ["verify", "mnist", "--data-dir", str(bare)])
    assert isinstance(shown.exception, GraderFault)
    assert str(bare / STEMS[0]) in shown.exception.message


@pytest.mark.parametrize("verb", ["fetch", "verify"])
def test_an_unknown_task(verb: str, bare: Path) -> None:
    shown = CliRunner().invoke(command, [verb, "imagenet"])
    assert isinstance(shown.exception, UsageError)


@pytest.mark.mnist
def test_verify_and_fetch_with_the_real_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the cache and right is not downloaded again, so that this works without network."""
    from grader.data.mnist import REMOTES

    given = Path(os.environ.get("GRADER_DATA", "/nonexistent")) / "MNIST" / "raw"
    if not all((given / remote.name).is_file() for remote in REMOTES):
        pytest.skip("GRADER_DATA does not hold the packed MNIST")
    cache = tmp_path / "grader" / "data" / "MNIST" / "raw"
    cache.mkdir(parents=True)
    for remote in REMOTES:
        shutil.copy(given / remote.name, cache)
    monkeypatch.delenv("GRADER_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fetched = CliRunner().invoke(command, ["fetch"])
    assert fetched.exit_code == 0, fetched.exception
    assert f"MNIST: official, 60,000 training and 10,000 test images\nin {cache}\n" in fetched.output
    verified = CliRunner().invoke(command, ["verify"])
    assert verified.exit_code == 0
    assert "from user cache" in verified.output
