"""The generated digits: the same each time, of the right kind, neither trivial nor hopeless."""

from __future__ import annotations

import time

import numpy as np
import pytest

from grader.data import standin
from grader.data.digit_shapes import SHAPES
from grader.data.interface import DataSet


@pytest.fixture(scope="module")
def whole() -> DataSet:
    return standin.generate()


def test_every_digit_can_be_written_in_its_box() -> None:
    assert len(SHAPES) == 10
    for ways in SHAPES:
        assert ways
        for stroke in (stroke for shape in ways for stroke in shape):
            assert len(stroke) >= 2
            assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in stroke)


def test_same_seed_same_images_other_seed_other_images() -> None:
    first, again, other = (
        standin.generate(3, 200, 50),
        standin.generate(3, 200, 50),
        standin.generate(4, 200, 50),
    )
    np.testing.assert_array_equal(first.train_images, again.train_images)
    np.testing.assert_array_equal(first.test_labels, again.test_labels)
    assert first.facts == again.facts
    assert first.facts.digest != other.facts.digest


def test_sizes_balance_and_statistics(whole: DataSet) -> None:
    assert whole.facts.name == "generated stand-in digits"
    assert (len(whole.train_images), len(whole.test_images)) == (20_000, 4_000)
    counts = np.bincount(np.concatenate([whole.train_labels, whole.test_labels]))
    assert counts.tolist() == [2_400] * 10
    assert 0.08 < whole.mean < 0.2  # MNIST: 0.13
    assert 0.2 < whole.std < 0.4  # MNIST: 0.31


def test_no_image_is_empty_or_twice_there(whole: DataSet) -> None:
    images = np.concatenate([whole.train_images, whole.test_images])
    ink = (images > 100).sum(axis=(1, 2))
    assert ink.min() > 10
    assert len({image.tobytes() for image in images}) == len(images)


def test_digits_stay_inside_of_the_picture(whole: DataSet) -> None:
    images = whole.train_images / 255
    border = images[:, [0, -1], :].sum() + images[:, :, [0, -1]].sum()
    assert border / images.sum() < 0.02


def test_a_straight_line_through_pixel_space_does_not_solve_it(whole: DataSet) -> None:
    """Nearest class mean: far above chance, far below what a small network reaches."""
    train, test = (x.reshape(len(x), -1).astype(np.float32) for x in (whole.train_images, whole.test_images))
    means = np.stack([train[whole.train_labels == digit].mean(axis=0) for digit in range(10)])
    distance = (means**2).sum(axis=1) - 2 * test @ means.T
    accuracy = (distance.argmin(axis=1) == whole.test_labels).mean()
    assert 0.5 < accuracy < 0.9


def test_it_is_made_quickly() -> None:
    began = time.process_time()
    standin.generate()
    assert time.process_time() - began < 3 * 2  # three seconds on one core; a busy machine counts double


@pytest.mark.slow
def test_a_small_network_learns_it_in_one_epoch(whole: DataSet) -> None:
    """Over 95 %, but not all: a convolutional network under the default recipe of s4."""
    import torch
    from torch import nn

    torch.manual_seed(11)

    def block(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]

    model = nn.Sequential(*block(1, 12), *block(12, 24), *block(24, 32), nn.Flatten(), nn.Linear(288, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=157)

    def inputs(images: np.ndarray) -> torch.Tensor:
        return (torch.from_numpy(images.copy()).float().div(255).sub(whole.mean).div(whole.std)).unsqueeze(1)

    images, labels = inputs(whole.train_images), torch.from_numpy(whole.train_labels.astype(np.int64))
    for batch in torch.randperm(len(images)).split(128):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        answers = model(inputs(whole.test_images)).argmax(dim=1).numpy()
    assert 0.95 < (answers == whole.test_labels).mean() < 0.999
