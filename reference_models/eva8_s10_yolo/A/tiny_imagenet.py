"""Tiny ImageNet, split 70 to 30, with the transforms of training and validation."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

MEAN = (0.4802, 0.4481, 0.3975)
STD = (0.2770, 0.2691, 0.2821)
SHARE = 0.7

train_transform = transforms.Compose(
    [
        transforms.RandomCrop(64, padding=8),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, STD),
        transforms.RandomErasing(p=0.5, scale=(0.05, 0.20)),  # filled with 0: the mean colour
    ]
)
validation_transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])


def sort_validation_images(folder: str) -> None:
    """Move the 10,000 published validation images to the training images of their classes."""
    listed = Path(folder, "val", "val_annotations.txt")
    for line in listed.read_text().splitlines() if listed.exists() else ():
        name, label = line.split("\t")[:2]
        image = Path(folder, "val", "images", name)
        if image.exists():
            image.rename(Path(folder, "train", label, "images", name))


def tiny_imagenet_loaders(folder: str, batch_size: int = 128, workers: int = 2) -> tuple[DataLoader, DataLoader]:
    """The loaders of training and validation: the same permutation of all images each time."""
    train_set = datasets.ImageFolder(f"{folder}/train", transform=train_transform)
    validation_set = datasets.ImageFolder(f"{folder}/train", transform=validation_transform)
    order = torch.randperm(len(train_set), generator=torch.Generator().manual_seed(70)).tolist()
    kept = round(SHARE * len(order))
    train_loader = DataLoader(Subset(train_set, order[:kept]), batch_size=batch_size, shuffle=True, num_workers=workers)
    return train_loader, DataLoader(Subset(validation_set, order[kept:]), batch_size=batch_size, num_workers=workers)
