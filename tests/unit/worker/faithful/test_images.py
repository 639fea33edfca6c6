"""Real images behind torchvision's names and those of the hub."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import Subset
from torchvision import datasets

from grader.worker.faithful import hub
from grader.worker.faithful.images import Filler, Images


def images(
    name: str = "MNIST", count: int = 60, shape: tuple[int, ...] = (28, 28), classes: int = 10
) -> Images:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    return Images(name, pictures, np.arange(count, dtype=np.int64) % classes, classes)


def empty(cls: type, tmp_path, *, train: bool):
    """A data set before it is filled, as the stand-in's constructor leaves it."""
    made = cls.__new__(cls)
    made.root, made.train = str(tmp_path), train
    made.transform = made.target_transform = made.transforms = None
    return made


def test_mnist_gives_its_images_as_ever(tmp_path):
    source = images()
    train = empty(datasets.MNIST, tmp_path, train=True)
    assert Filler(source, lambda _: None).fill(train)
    picture, label = train[13]
    assert (np.asarray(picture) == source.images[13]).all()
    assert (picture.mode, label, len(train)) == ("L", 3, 60)
    assert (train.data.dtype, train.targets.dtype) == (torch.uint8, torch.int64)


def test_the_test_split_is_the_last_part_of_the_training_images(tmp_path):
    source, notes = images(), []
    test = empty(datasets.MNIST, tmp_path, train=False)
    assert Filler(source, notes.append).fill(test)
    assert len(test) == source.held == 10
    assert (np.asarray(test[0][0]) == source.images[50]).all()
    assert any("the last 10 training images" in note for note in notes)


def test_the_raw_files_hold_the_same_images(tmp_path):
    source = images()
    filler = Filler(source, lambda _: None)
    for root in ("a", "b"):
        filler.fill(empty(datasets.MNIST, tmp_path / root, train=True))
    for root in ("a", "b"):
        read = datasets.mnist.read_image_file(
            str(tmp_path / root / "MNIST" / "raw" / "train-images-idx3-ubyte")
        )
        assert (read.numpy() == source.images).all()
    labels = datasets.mnist.read_label_file(str(tmp_path / "b" / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"))
    assert labels.tolist() == source.labels[50:].tolist()
    assert (tmp_path / "b" / "MNIST" / "raw").is_symlink()


@pytest.mark.parametrize("shape", [(3, 32, 32)], ids=str)
def test_cifar_gives_colour_images_with_the_names_of_the_classes(tmp_path, shape):
    source = images("CIFAR10", 50, shape)
    train = empty(datasets.CIFAR10, tmp_path, train=True)
    assert Filler(source, lambda _: None).fill(train)
    picture, label = train[7]
    assert (np.asarray(picture).transpose(2, 0, 1) == source.images[7]).all()
    assert (picture.mode, label, train.classes[7], train.data.shape) == ("RGB", 7, "horse", (50, 32, 32, 3))


def test_a_folder_of_pictures(tmp_path):
    source = images("ImageFolder", 50, (3, 64, 64), 200)
    test = empty(datasets.ImageFolder, tmp_path, train=False)
    assert Filler(source, lambda _: None).fill(test)
    picture, label = test[1]
    assert (np.asarray(picture).transpose(2, 0, 1) == source.images[41]).all()
    assert (len(test), label, len(test.classes)) == (10, 41, 200)


def test_another_set_is_not_filled(tmp_path):
    notes: list[str] = []
    filler = Filler(images(), notes.append)
    assert not filler.fill(empty(datasets.FashionMNIST, tmp_path, train=True))
    assert notes == ["FashionMNIST is not the task's data set: generated pictures took its place."]


def test_a_loader_of_another_set_is_not_covered(tmp_path):
    filler = Filler(images(), lambda _: None)
    other = empty(datasets.FashionMNIST, tmp_path, train=True)
    other.data, other.targets = torch.zeros(5, 28, 28), torch.zeros(5)
    assert "do not come from torchvision.datasets.MNIST" in filler.uncovered(None)
    real = empty(datasets.MNIST, tmp_path, train=True)
    filler.fill(real)
    assert filler.uncovered(SimpleNamespace(dataset=Subset(real, [1, 2]))) == ""
    assert "FashionMNIST" in filler.uncovered(SimpleNamespace(dataset=other))


def test_where_own_images_come_from_is_said_to_be_unknown(tmp_path):
    notes: list[str] = []
    filler = Filler(images(), notes.append)
    real = empty(datasets.MNIST, tmp_path, train=True)
    filler.fill(real)
    own = torch.utils.data.TensorDataset(real.data, real.targets)
    assert filler.uncovered(SimpleNamespace(dataset=own)) == ""
    assert any("cannot be told" in note for note in notes)


def test_the_hub_gives_the_same_images():
    source, filled = images(), []
    load_dataset = hub.library(source, lambda: filled.append(True))("datasets").load_dataset
    both = load_dataset("ylecun/mnist")
    assert filled == [True]
    assert (np.asarray(both["train"][3]["image"]) == source.images[3]).all()
    assert (len(both["train"]), len(both["test"]), both["test"][0]["label"]) == (60, 10, source.labels[50])
    assert both["train"]["label"] == source.labels.tolist()
    assert len(load_dataset("mnist", split="train[:50%]")) == 30
    assert len(load_dataset("mnist", split="train[10:]")) == 50


def test_rows_of_the_hub_can_be_chosen_and_changed():
    table = hub.library(images(), lambda: None)("datasets").load_dataset("mnist", split="train")
    fives = table.filter(lambda row: row["label"] == 5)
    assert {row["label"] for row in fives} == {5}
    mixed = table.shuffle(seed=1)
    assert sorted(mixed["label"]) == sorted(table["label"]) != mixed["label"]
    table.set_transform(lambda batch: {"x": [label + 1 for label in batch["label"]]})
    assert (table[4], table[2:4]) == ({"x": 5}, {"x": [3, 4]})
    parts = mixed.train_test_split(test_size=0.5)
    assert (len(parts["train"]), len(parts["test"])) == (30, 30)


def test_another_name_of_the_hub_gets_the_stand_in():
    source, filled = images(), []
    found = hub.library(source, lambda: filled.append(True))("datasets").load_dataset(
        "fashion_mnist", split="train"
    )
    assert filled == []
    assert "fashion_mnist" in Filler(source, lambda _: None).uncovered(
        SimpleNamespace(dataset=found)
    ) or not hasattr(found, "_real")
