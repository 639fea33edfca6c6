"""The fast lane beside torch's own loader and torchvision's transforms, with the same seed."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as tv

from grader.training.loop import Plan, train
from grader.training.order import epoch_order

TO_TENSOR = {"name": "ToTensor", "arguments": [], "library": "torchvision"}
NORMALIZE = {
    "name": "Normalize",
    "arguments": [["mean", "(0.1307,)"], ["std", "(0.3081,)"]],
    "library": "torchvision",
}
ROTATION = {
    "name": "RandomRotation",
    "arguments": [["degrees", "(-7.0, 7.0)"], ["fill", "(1,)"]],
    "library": "torchvision",
}
PLAIN = ([TO_TENSOR, NORMALIZE], [tv.ToTensor(), tv.Normalize((0.1307,), (0.3081,))])
ROTATED = (
    [ROTATION, *PLAIN[0]],
    [tv.RandomRotation((-7.0, 7.0), fill=(1,)), *PLAIN[1]],
)
ROTATED_AFTER = (
    [*PLAIN[0], {**ROTATION, "arguments": [["degrees", 15]]}],
    [*PLAIN[1], tv.RandomRotation(15)],
)


class Pictures(Dataset):
    """As torchvision serves MNIST."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, transform) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int):
        return self.transform(Image.fromarray(self.images[index].numpy())), int(self.labels[index])


class Net(nn.Module):
    """Small, with batch norm and dropout: what it draws is a part of the order of draws."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.one, self.norm = nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8)
        self.two, self.drop = nn.Conv2d(8, 10, 5, stride=3), nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.norm(self.one(x))), 2)
        return functional.log_softmax(self.drop(self.two(x)).mean((2, 3)), 1)


def mnist(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first images of real MNIST where there is one, else blurred noise with the class in it."""
    folder = os.environ.get("GRADER_DATA", "")
    found = sorted(Path(folder).glob("**/train-images-idx3-ubyte*")) if folder else []
    if found:
        images, labels = (_idx(path) for path in (found[0], _labels_beside(found[0])))
        return torch.from_numpy(images[:count].copy()), torch.from_numpy(labels[:count].astype(np.int64))
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 10, (count,), generator=generator)
    noise = torch.rand(count, 1, 28, 28, generator=generator) + labels.view(-1, 1, 1, 1) / 20
    smooth = functional.avg_pool2d(noise, 3, 1, 1).squeeze(1)
    return (150 * smooth).to(torch.uint8), labels


def _labels_beside(images: Path) -> Path:
    return images.with_name(images.name.replace("images-idx3", "labels-idx1"))


def _idx(path: Path) -> np.ndarray:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    dimensions = raw[3]
    shape = struct.unpack(f">{dimensions}I", raw[4 : 4 + 4 * dimensions])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


class Seen:
    """The labels of each batch, by the losses that were computed of them."""

    def __init__(self, monkeypatch) -> None:
        self.labels: list[torch.Tensor] = []
        self.losses: list[float] = []
        original = functional.nll_loss

        def nll_loss(scores, labels, **named):
            value = original(scores, labels, **named)
            self.labels.append(labels.clone())
            self.losses.append(float(value.detach()))
            return value

        monkeypatch.setattr(functional, "nll_loss", nll_loss)

    def report(self, *_) -> None:
        pass

    def epoch_ended(self, *_) -> None:
        pass


def by_torchvision(
    images, labels, transform, seed: int, epochs: int, batch_size: int, dropout: float = 0.1
) -> nn.Module:
    """The loop that students write."""
    torch.manual_seed(0)
    net = Net(dropout)
    torch.manual_seed(seed)
    loader = DataLoader(
        Pictures(images, labels, tv.Compose(transform)), batch_size=batch_size, shuffle=True, num_workers=0
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    net.train()
    for _ in range(epochs):
        for pictures, targets in loader:
            optimizer.zero_grad()
            functional.nll_loss(net(pictures), targets).backward()
            optimizer.step()
    return net


def by_fast_lane(
    images,
    labels,
    transform,
    seed: int,
    epochs: int,
    batch_size: int,
    listener,
    *,
    channels_last: bool = False,
    dropout: float = 0.1,
) -> nn.Module:
    torch.manual_seed(0)
    net = Net(dropout)
    torch.manual_seed(seed)
    plan = Plan(
        optimizer={"name": "SGD", "arguments": {"lr": 0.01, "momentum": 0.9}},
        loss={"name": "nll_loss", "arguments": {}},
        batch_size=batch_size,
        epochs=epochs,
        transforms=transform,
        seed=seed,
        report_every=100,
        channels_last=channels_last,
    )
    train(net, images, labels, plan, listener)
    return net


RECIPES = [
    pytest.param(PLAIN, id="plain"),
    pytest.param(ROTATED, id="rotation before ToTensor"),
    pytest.param(ROTATED_AFTER, id="rotation after Normalize"),
]


@pytest.mark.parametrize("transforms", RECIPES)
@pytest.mark.parametrize(
    ("channels_last", "dropout"),
    [pytest.param(False, 0.1, id="channels first"), pytest.param(True, 0.0, id="channels last")],
)
def test_the_same_seed_gives_the_same_labels_in_order_and_the_same_losses(
    transforms, channels_last, dropout, monkeypatch
):
    """With channels last, dropout draws the same numbers for other places of a map: it is left out there."""
    images, labels = mnist(2_000)
    theirs = Seen(monkeypatch)
    by_torchvision(images, labels, transforms[1], 7, 2, 128, dropout)
    monkeypatch.undo()
    ours = Seen(monkeypatch)
    by_fast_lane(images, labels, transforms[0], 7, 2, 128, ours, channels_last=channels_last, dropout=dropout)
    assert len(ours.labels) == len(theirs.labels) == 32
    assert all(torch.equal(a, b) for a, b in zip(ours.labels, theirs.labels, strict=True))
    assert ours.losses[:12] == pytest.approx(theirs.losses[:12], abs=0.002)


def test_without_augmentation_the_weights_have_the_same_bits():
    images, labels = mnist(1_000)

    class Nobody:
        def report(self, *_) -> None: ...

        def epoch_ended(self, *_) -> None: ...

    theirs = by_torchvision(images, labels, PLAIN[1], 3, 2, 64)
    ours = by_fast_lane(images, labels, PLAIN[0], 3, 2, 64, Nobody())
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name


def test_what_is_drawn_afterwards_is_the_same_too():
    loader = DataLoader(list(range(50)), batch_size=50, shuffle=True)
    torch.manual_seed(11)
    theirs = [next(iter(loader)), torch.rand(3), next(iter(loader)), torch.rand(3)]
    torch.manual_seed(11)
    ours = [epoch_order(50, shuffled=True), torch.rand(3), epoch_order(50, shuffled=True), torch.rand(3)]
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_an_order_without_shuffling_draws_as_the_loader_does():
    loader = DataLoader(list(range(50)), batch_size=50, shuffle=False)
    torch.manual_seed(11)
    theirs = [next(iter(loader)), torch.rand(3)]
    torch.manual_seed(11)
    ours = [epoch_order(50, shuffled=False), torch.rand(3)]
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
