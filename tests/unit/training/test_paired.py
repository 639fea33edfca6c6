"""The fast lane beside torchvision's data set and torch's loader: one seed, the same images, labels and losses."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets
from torchvision.transforms import Compose

from grader.data import standin, standin_pictures
from grader.data.interface import load
from grader.errors import DataMissing
from grader.training.loop import Plan, train
from grader.training.transforms.interface import Stated
from grader.training.transforms.selfcheck import built, picture

SEED, BATCH, IMAGES, EPOCHS, FIRST = 11, 128, 2_000, 2, 12
MNIST = (
    Stated("RandomRotation", (("degrees", 7.0), ("fill", "(1,)")), "torchvision"),
    Stated("ToTensor", (), "torchvision"),
    Stated("Normalize", (("mean", "(0.1307,)"), ("std", "(0.3081,)")), "torchvision"),
)
CIFAR = (
    Stated("RandomCrop", (("size", 32), ("padding", 4)), "torchvision"),
    Stated("RandomHorizontalFlip", (), "torchvision"),
    Stated("ToTensor", (), "torchvision"),
    Stated(
        "Normalize", (("mean", "(0.4914, 0.4822, 0.4465)"), ("std", "(0.247, 0.2435, 0.2616)")), "torchvision"
    ),
    # A cutout of 8x8, as torchvision has it.
    Stated(
        "RandomErasing", (("p", 1.0), ("scale", "(0.0625, 0.0625)"), ("ratio", "(1.0, 1.0)")), "torchvision"
    ),
)


@dataclass
class Seen:
    """What a training delivered: a sum for every image in its order, the labels, and the losses."""

    inputs: list[torch.Tensor] = field(default_factory=list)
    labels: list[torch.Tensor] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def report(self, steps: int, samples: int, loss: float, rate: float, right: float) -> None:
        self.losses.append(loss)

    def epoch_ended(self, epoch: int, samples: int) -> None:
        pass


class Net(nn.Module):
    """Dropout draws from the generator that the transforms draw from.

    Args:
        on_maps: drop values of the map of features, where the order in memory decides which value gets which draw.
    """

    def __init__(self, channels: int, seen: Seen, *, on_maps: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, 8, 3, stride=2)
        self.norm = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(8, 10)
        self.seen, self.on_maps = seen, on_maps

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.inputs.append(images.detach().flatten(1).double().sum(1))
        maps = self.norm(self.conv(images)).relu()
        return self.head(self.drop(maps).mean((2, 3)) if self.on_maps else self.drop(maps.mean((2, 3))))


class Pictures(Dataset):
    """Images as torchvision's data sets give them."""

    def __init__(
        self, images: torch.Tensor, labels: torch.Tensor, transform: Callable[[object], object]
    ) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[object, int]:
        return self.transform(picture(self.images[index])), int(self.labels[index])


def generated(channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = (standin.generate if channels == 1 else standin_pictures.ten_kinds)(0, IMAGES, 10)
    images = torch.from_numpy(made.train_images.copy())
    return images.unsqueeze(1) if channels == 1 else images, torch.from_numpy(made.train_labels.copy()).long()


def by_the_usual_loop(loader: DataLoader, channels: int, *, on_maps: bool = False) -> Seen:
    seen = Seen()
    torch.manual_seed(SEED)
    model = Net(channels, seen, on_maps=on_maps)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    torch.manual_seed(SEED)
    for _ in range(EPOCHS):
        model.train()
        for images, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            seen.losses.append(loss.item())
            seen.labels.append(labels)
    return seen


def by_the_fast_lane(
    images: torch.Tensor,
    labels: torch.Tensor,
    calls: tuple[Stated, ...],
    monkeypatch: pytest.MonkeyPatch,
    *,
    on_maps: bool = False,
) -> Seen:
    seen, computed = Seen(), nn.functional.cross_entropy

    def watched(scores: torch.Tensor, given: torch.Tensor, **arguments: object) -> torch.Tensor:
        seen.labels.append(given)
        return computed(scores, given, **arguments)

    monkeypatch.setattr(nn.functional, "cross_entropy", watched)
    torch.manual_seed(SEED)
    model = Net(images.shape[1], seen, on_maps=on_maps)
    plan = Plan(
        optimizer={"name": "SGD", "arguments": {"lr": 0.05, "momentum": 0.9}},
        loss={"name": "cross_entropy", "arguments": {}},
        batch_size=BATCH,
        epochs=EPOCHS,
        transforms=[
            {"name": one.name, "arguments": [list(pair) for pair in one.arguments], "library": one.library}
            for one in calls
        ],
        seed=SEED,
        report_every=1,
        channels_last=not on_maps,
    )
    torch.manual_seed(SEED)
    train(model, images, labels, plan, seen)
    monkeypatch.undo()
    return seen


def assert_paired(usual: Seen, fast: Seen, within: float = 0.002) -> None:
    assert torch.equal(torch.cat(usual.labels), torch.cat(fast.labels))
    assert len(torch.cat(usual.labels)) == EPOCHS * IMAGES
    # Sums of 784 and more doubles, added in another order in memory that lies in another way.
    assert torch.allclose(torch.cat(usual.inputs), torch.cat(fast.inputs), rtol=0, atol=1e-9)
    assert len(usual.losses) == len(fast.losses) >= FIRST
    worst = max(
        abs(one - other) for one, other in zip(usual.losses[:FIRST], fast.losses[:FIRST], strict=True)
    )
    assert worst < within


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("channels", "calls"), [(1, MNIST), (3, CIFAR)], ids=["mnist", "cifar"])
def test_a_paired_run_gets_the_same_images_labels_and_losses(channels, calls, monkeypatch):
    images, labels = generated(channels)
    data = Pictures(images, labels, Compose([built(one) for one in calls]))
    usual = by_the_usual_loop(DataLoader(data, batch_size=BATCH, shuffle=True), channels)
    assert_paired(usual, by_the_fast_lane(images, labels, calls, monkeypatch))


def test_dropout_on_maps_is_paired_too_where_the_order_in_memory_stays(monkeypatch):
    """Channels last, the same draws fall on other values of a map: as likely, and not the same."""
    images, labels = generated(1)
    data = Pictures(images, labels, Compose([built(one) for one in MNIST]))
    usual = by_the_usual_loop(DataLoader(data, batch_size=BATCH, shuffle=True), 1, on_maps=True)
    assert_paired(usual, by_the_fast_lane(images, labels, MNIST, monkeypatch, on_maps=True), within=1e-5)


def test_so_it_is_on_mnist_through_torchvisions_own_data_set(unpacked_mnist, monkeypatch):
    data = datasets.MNIST(unpacked_mnist, train=True, transform=Compose([built(one) for one in MNIST]))
    data.data, data.targets = data.data[:IMAGES], data.targets[:IMAGES]
    usual = by_the_usual_loop(DataLoader(data, batch_size=BATCH, shuffle=True), 1)
    assert_paired(usual, by_the_fast_lane(data.data.unsqueeze(1), data.targets, MNIST, monkeypatch))


@pytest.mark.slow
def test_so_it_is_on_cifar10(monkeypatch):
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no data")
    try:
        found = load(
            "cifar10", data_dir=Path(os.environ["GRADER_DATA"]), allow_unofficial=True, download=False
        )
    except DataMissing:
        pytest.skip("GRADER_DATA holds no CIFAR-10")
    images = torch.from_numpy(found.train_images[:IMAGES].copy())
    labels = torch.from_numpy(found.train_labels[:IMAGES].copy()).long()
    data = Pictures(images, labels, Compose([built(one) for one in CIFAR]))
    usual = by_the_usual_loop(DataLoader(data, batch_size=BATCH, shuffle=True), 3)
    assert_paired(usual, by_the_fast_lane(images, labels, CIFAR, monkeypatch))
