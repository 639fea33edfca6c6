"""What every data set promises. A new one is tested as soon as its file is there."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from grader.data.interface import DataSet, load, variants
from grader.errors import DataMissing
from grader.isolation.sealed import sealed

TASKS = sorted(variants())


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@cache
def stand_in(task: str) -> DataSet:
    return load(task, data_dir=None, stand_in=True)


def keeps_the_contract(data: DataSet) -> None:
    for images, labels, count in (
        (data.train_images, data.train_labels, data.facts.train_images),
        (data.test_images, data.test_labels, data.facts.test_images),
    ):
        assert images.dtype == (np.uint8 if data.inputs == "pixels" else np.float32)
        assert labels.dtype == np.uint8
        assert len(images) == len(labels) == count > 0
        one_channel = len(data.input_shape) == 3 and data.input_shape[0] == 1
        assert images.shape[1:] == data.input_shape[1 if one_channel else 0 :]
        assert labels.ndim == 1
        assert not images.flags.writeable
        assert not labels.flags.writeable
        assert set(np.unique(labels).tolist()) == set(range(data.classes))
    statistics_are_of_the_training_split(data)
    assert 0 < data.tabulated_sd < 0.05
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", data.facts.digest)
    assert data.facts.name
    assert data.facts.place
    assert len(data.class_names) in (0, data.classes)
    assert data.task_images >= data.facts.train_images or data.facts.official


def statistics_are_of_the_training_split(data: DataSet) -> None:
    scale = 255 if data.inputs == "pixels" else 1
    images = data.train_images
    assert data.mean == pytest.approx(float(images.mean(dtype=np.float64)) / scale, abs=1e-4)
    assert data.std == pytest.approx(float(images.std(dtype=np.float64)) / scale, abs=1e-4)
    if data.inputs == "features" or images.ndim == 4:
        axes = tuple(axis for axis in range(images.ndim) if axis != 1)
        means, stds = images.mean(axis=axes, dtype=np.float64), images.std(axis=axes, dtype=np.float64)
        assert data.channel_means == pytest.approx((means / scale).tolist(), abs=1e-4)
        assert data.channel_stds == pytest.approx((stds / scale).tolist(), abs=1e-4)
    else:
        assert (data.channel_means, data.channel_stds) == ((data.mean,), (data.std,))


def test_the_stand_in_keeps_the_contract_and_says_what_it_is(task: str) -> None:
    data = stand_in(task)
    keeps_the_contract(data)
    assert data.facts.stand_in
    assert not data.facts.official
    assert data.facts.digest == load(task, data_dir=None, stand_in=True).facts.digest


def test_what_workers_share_is_the_training_images_and_nothing_else(task: str) -> None:
    images = stand_in(task).train_images
    shared = sealed(images)
    assert shared is not None
    assert (shared.shape, shared.dtype) == (images.shape, images.dtype.name)
    fd = shared.open()
    assert os.pread(fd, 2 * images.nbytes, 0) == images.tobytes()
    os.close(fd)


def test_missing_data_names_three_ways(task: str, tmp_path: Path) -> None:
    if hasattr(variants()[task], "SHIPPED"):
        assert load(task, data_dir=tmp_path, download=False).facts.official
        return
    with pytest.raises(DataMissing) as caught:
        load(task, data_dir=tmp_path, download=False, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert str(tmp_path) in caught.value.message
    source = "mnist" if task == "digit_csv" else task  # there is no download of the table itself
    for way in (f"grader data fetch {source}", "--data-dir", "GRADER_DATA", "--stand-in"):
        assert way in caught.value.hint
    assert not (tmp_path / "cache").exists()


def test_it_offers_what_the_command_line_needs(task: str, tmp_path: Path) -> None:
    module = variants()[task]
    assert callable(module.fetch)
    assert callable(module.load)
    assert module.look(tmp_path).describe() == "holds none of the files"
    assert all(isinstance(stem, str) for stem in module.STEMS)
    assert module.__doc__


@pytest.mark.mnist
@pytest.mark.parametrize("of_mnist", ["mnist", "mnist_sum", "digit_csv"])
def test_the_real_set_keeps_the_contract(of_mnist: str) -> None:
    if not (Path(os.environ.get("GRADER_DATA", "/nonexistent")) / "MNIST").is_dir():
        pytest.skip("GRADER_DATA does not hold MNIST")
    data = load(of_mnist, data_dir=None, download=False)
    keeps_the_contract(data)
    assert data.facts.official == (of_mnist != "digit_csv")
    assert not data.facts.stand_in


def test_a_real_copy_of_cifar10_keeps_the_contract() -> None:
    if not (Path(os.environ.get("GRADER_DATA", "/nonexistent")) / "cifar-10-batches-py").is_dir():
        pytest.skip("GRADER_DATA does not hold CIFAR-10")
    data = load("cifar10", data_dir=None, allow_unofficial=True, download=False)
    keeps_the_contract(data)
    assert data.train_images.shape == (50_000, 3, 32, 32)
    assert not data.facts.stand_in
