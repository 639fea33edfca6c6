"""Train CifarNet on CIFAR-10 and print one line per epoch.

    python train.py                 # downloads CIFAR-10 into ./data
    python train.py --data FOLDER   # uses a copy in torchvision's layout (FOLDER/cifar-10-batches-py)
"""

from __future__ import annotations

import argparse
import time

import albumentations as A
import torch
import torch.nn.functional as F
from albumentations.pytorch import ToTensorV2
from torch.utils.data import DataLoader
from torchinfo import summary
from torchvision import datasets

from model import CifarNet

EPOCHS = 20
BATCH_SIZE = 128
MAX_LR = 0.2
MOMENTUM = 0.9
WEIGHT_DECAY = 5e-4
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
MEAN_COLOUR = (125, 123, 114)


class Cifar(datasets.CIFAR10):
    """CIFAR-10 with a pipeline of albumentations, which takes and gives an array by its name."""

    def __getitem__(self, index: int):
        return self.transform(image=self.data[index])["image"], self.targets[index]


def make_loaders(folder: str, download: bool = True) -> tuple[DataLoader, DataLoader]:
    """The training images, shuffled and augmented, and the test images as they are; both normalised."""
    to_input = [A.Normalize(mean=MEAN, std=STD), ToTensorV2()]
    augmented = [
        A.HorizontalFlip(p=0.5),
        A.ShiftScaleRotate(shift_limit=0.0625, scale_limit=0.1, rotate_limit=10, p=0.5),
        A.CoarseDropout(
            max_holes=1,
            max_height=16,
            max_width=16,
            min_holes=1,
            min_height=16,
            min_width=16,
            fill_value=MEAN_COLOUR,
            mask_fill_value=None,
            p=0.3,
        ),
    ]
    train_set = Cifar(folder, train=True, download=download, transform=A.Compose([*augmented, *to_input]))
    test_set = Cifar(folder, train=False, download=download, transform=A.Compose(to_input))
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    return train_loader, DataLoader(test_set, batch_size=1000)


def train_epoch(model, loader, optimizer, scheduler, device) -> tuple[float, float]:
    """One pass over the training images. Returns mean loss and accuracy (0 to 1) on the way."""
    model.train()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        loss_sum += loss.item() * len(images)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct / seen


@torch.no_grad()
def evaluate(model, loader, device) -> tuple[float, int, int]:
    """Mean loss, number of correct answers and number of images."""
    model.eval()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct, seen


def fit(model, train_loader, test_loader, device, epochs: int = EPOCHS) -> None:
    """Train with SGD and a one-cycle schedule, and print one line per epoch."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=MAX_LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=MAX_LR, epochs=epochs, steps_per_epoch=len(train_loader)
    )
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_loss, train_accuracy = train_epoch(model, train_loader, optimizer, scheduler, device)
        test_loss, correct, seen = evaluate(model, test_loader, device)
        print(
            f"Epoch {epoch}/{epochs}: train loss {train_loss:.4f}, train accuracy {train_accuracy:.2%}, "
            f"test loss {test_loss:.4f}, test accuracy {correct / seen:.2%} ({correct}/{seen}), "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data", help="folder for CIFAR-10 (default: ./data)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = CifarNet().to(device)
    print(summary(model, input_size=(1, 3, 32, 32), depth=2, verbose=0))
    train_loader, test_loader = make_loaders(arguments.data)
    fit(model, train_loader, test_loader, device, arguments.epochs)


if __name__ == "__main__":
    main()
