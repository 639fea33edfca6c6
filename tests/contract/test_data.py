"""What every data set promises. A new one is tested as soon as its file is there."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest

from grader.data.interface import DataSet, load, variants
from grader.errors import DataMissing

TASKS = sorted(variants())


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def keeps_the_contract(data: DataSet) -> None:
    for images, labels, count in (
        (data.train_images, data.train_labels, data.facts.train_images),
        (data.test_images, data.test_labels, data.facts.test_images),
    ):
        assert images.dtype == labels.dtype == np.uint8
        assert len(images) == len(labels) == count > 0
        assert images.shape[1:] == data.input_shape[1:]
        assert labels.ndim == 1
        assert not images.flags.writeable
        assert not labels.flags.writeable
        assert set(np.unique(labels).tolist()) == set(range(data.classes))
    assert data.mean == pytest.approx(float(data.train_images.mean()) / 255, abs=1e-4)
    assert data.std == pytest.approx(float(data.train_images.std()) / 255, abs=1e-4)
    assert 0 < data.tabulated_sd < 0.05
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", data.facts.digest)
    assert data.facts.name
    assert data.facts.place


def test_the_stand_in_keeps_the_contract_and_says_what_it_is(task: str) -> None:
    data = load(task, data_dir=None, stand_in=True)
    keeps_the_contract(data)
    assert data.facts.stand_in
    assert not data.facts.official
    assert data.facts.digest == load(task, data_dir=None, stand_in=True).facts.digest


def test_missing_data_names_three_ways(task: str, tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as caught:
        load(task, data_dir=tmp_path, download=False, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert str(tmp_path) in caught.value.message
    for way in (f"grader data fetch {task}", "--data-dir", "GRADER_DATA", "--stand-in"):
        assert way in caught.value.hint
    assert not (tmp_path / "cache").exists()


def test_it_offers_what_the_command_line_needs(task: str) -> None:
    module = variants()[task]
    assert callable(module.fetch)
    assert callable(module.load)
    assert all(isinstance(stem, str) for stem in module.STEMS)
    assert module.__doc__


@pytest.mark.mnist
def test_the_real_set_keeps_the_contract() -> None:
    if not (Path(os.environ.get("GRADER_DATA", "/nonexistent")) / "MNIST").is_dir():
        pytest.skip("GRADER_DATA does not hold MNIST")
    data = load("mnist", data_dir=None, download=False)
    keeps_the_contract(data)
    assert data.facts.official
    assert not data.facts.stand_in
