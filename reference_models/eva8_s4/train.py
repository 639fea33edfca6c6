"""Train SmallNet on MNIST for 15 epochs and print one line per epoch. The three steps share what is in here.

    python train.py                 # downloads MNIST into ./data
    python train.py --data FOLDER   # uses a copy in torchvision's layout (FOLDER/MNIST/raw)
"""

from __future__ import annotations

import argparse
import time

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, transforms

from model import SmallNet

EPOCHS = 15
BATCH_SIZE = 64
MAX_LR = 0.1
MOMENTUM = 0.9


def make_loaders(folder: str, download: bool = True) -> tuple[DataLoader, DataLoader]:
    """The training images, shuffled, turned and shifted a little, and the test images as they are."""
    to_input = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    moved = transforms.RandomAffine(degrees=8, translate=(0.08, 0.08), scale=(0.92, 1.08))
    train_transform = transforms.Compose([moved, *to_input])
    test_transform = transforms.Compose(to_input)
    train_set = datasets.MNIST(folder, train=True, download=download, transform=train_transform)
    test_set = datasets.MNIST(folder, train=False, download=download, transform=test_transform)
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    return train_loader, DataLoader(test_set, batch_size=1000)


def make_plain_loaders(folder: str, download: bool = True) -> tuple[DataLoader, DataLoader]:
    """The same images, none of them moved: made ready once, and kept in memory."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    kept = []
    for train in (True, False):
        images = datasets.MNIST(folder, train=train, download=download, transform=transform)
        kept.append(TensorDataset(*next(iter(DataLoader(images, batch_size=len(images))))))
    return DataLoader(kept[0], batch_size=BATCH_SIZE, shuffle=True), DataLoader(kept[1], batch_size=1000)


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
    optimizer = torch.optim.SGD(model.parameters(), lr=MAX_LR, momentum=MOMENTUM, nesterov=True)
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


def run(model_class, loaders, epochs: int = EPOCHS) -> None:
    """Train one step's model on its images; `loaders` is one of the two functions above."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="data", help="folder for MNIST (default: ./data)")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = model_class().to(device)
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(f"{model_class.__name__}: {parameters:,} trainable parameters, on {device.type}")
    train_loader, test_loader = loaders(arguments.data)
    fit(model, train_loader, test_loader, device, arguments.epochs)


if __name__ == "__main__":
    run(SmallNet, make_loaders)
