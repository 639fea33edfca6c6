"""The generated pictures: the same each time, of the right kind, neither trivial nor hopeless."""

from __future__ import annotations

import numpy as np
import pytest

from grader.data import standin_pictures
from grader.data.figures import FIGURES, NAMES
from grader.data.interface import DataSet


@pytest.fixture(scope="module")
def ten() -> DataSet:
    return standin_pictures.ten_kinds(0, 3_000, 1_000)


@pytest.fixture(scope="module")
def two_hundred() -> DataSet:
    return standin_pictures.two_hundred_kinds(0, 800, 400)


def test_same_seed_same_pictures_other_seed_other_pictures() -> None:
    first, again, other = (standin_pictures.ten_kinds(seed, 60, 20) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.train_images, again.train_images)
    assert first.facts == again.facts
    assert first.facts.digest != other.facts.digest


def test_shapes_classes_and_balance(ten: DataSet, two_hundred: DataSet) -> None:
    assert ten.train_images.shape == (3_000, 3, 32, 32)
    assert two_hundred.train_images.shape == (800, 3, 64, 64)
    assert np.bincount(ten.train_labels).tolist() == [300] * 10
    assert np.bincount(two_hundred.train_labels).tolist() == [4] * 200
    assert np.bincount(two_hundred.test_labels).tolist() == [2] * 200
    assert ten.class_names == NAMES
    assert ten.facts.name == "generated stand-in pictures"


def test_no_two_pictures_are_the_same(ten: DataSet) -> None:
    images = np.concatenate([ten.train_images, ten.test_images])
    assert len({image.tobytes() for image in images}) == len(images)


def test_colour_does_not_tell_the_ten_kinds(ten: DataSet) -> None:
    """Mean colours of the classes lie together, and the nearest class mean in pixel space is near chance."""
    colours = ten.train_images.mean(axis=(2, 3))
    means = np.stack([colours[ten.train_labels == kind].mean(axis=0) for kind in range(10)])
    assert means.std(axis=0).max() < 12
    train, test = (x.reshape(len(x), -1).astype(np.float32) for x in (ten.train_images, ten.test_images))
    centres = np.stack([train[ten.train_labels == kind].mean(axis=0) for kind in range(10)])
    answers = ((centres**2).sum(axis=1) - 2 * test @ centres.T).argmin(axis=1)
    assert (answers == ten.test_labels).mean() < 0.25


def test_hue_tells_the_two_hundred_apart(two_hundred: DataSet) -> None:
    """The strongest colour of a picture is that of its class's hue."""
    images = two_hundred.train_images.astype(int)
    spread = images.max(axis=1) - images.min(axis=1)
    strong = spread >= np.quantile(spread, 0.95, axis=(1, 2), keepdims=True)
    red, green, blue = (
        np.array([image[channel][kept].mean() for image, kept in zip(images, strong, strict=True)])
        for channel in range(3)
    )
    angle = np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1
    apart = abs(angle - (two_hundred.train_labels // 10) / standin_pictures.HUES)
    assert np.median(np.minimum(apart, 1 - apart)) < 0.5 / standin_pictures.HUES


def test_every_figure_lies_around_its_centre_and_is_another_one() -> None:
    down, right = np.mgrid[-1.5:1.5:61j, -1.5:1.5:61j].astype(np.float32)
    inside = [figure(right, down) < 0 for figure in FIGURES]
    assert len({one.tobytes() for one in inside}) == len(NAMES) == 10
    for one in inside:
        rows, columns = np.nonzero(one)
        assert 0.1 < one.mean() < 0.6
        assert abs(columns.mean() - 30) < 1
        assert abs(rows.mean() - 30) < 4


def test_statistics_are_those_of_all_pixels(ten: DataSet) -> None:
    means, stds = standin_pictures.statistics(ten.train_images)
    scaled = ten.train_images / 255
    assert means == pytest.approx(scaled.mean(axis=(0, 2, 3)).tolist(), abs=6e-5)
    assert stds == pytest.approx(scaled.std(axis=(0, 2, 3)).tolist(), abs=6e-5)


@pytest.mark.slow
def test_a_small_network_learns_ten_kinds_in_three_epochs() -> None:
    import torch
    from torch import nn

    data = standin_pictures.ten_kinds()
    torch.manual_seed(11)

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    model = nn.Sequential(*block(3, 12), *block(12, 24), *block(24, 32), nn.Flatten(), nn.Linear(512, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=3 * 79)

    def inputs(images: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(images.copy()).float().div(255).sub(data.mean).div(data.std)

    images, labels = inputs(data.train_images), torch.from_numpy(data.train_labels.astype(np.int64))
    for _ in range(3):
        for batch in torch.randperm(len(images)).split(128):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        answers = model(inputs(data.test_images)).argmax(dim=1).numpy()
    assert 0.9 < (answers == data.test_labels).mean() < 0.999
