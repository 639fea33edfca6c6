"""Train SumNet for 4 epochs and print one line per epoch.

    python train.py                 # downloads MNIST into ./data
    python train.py --data FOLDER   # uses a copy in torchvision's layout (FOLDER/MNIST/raw)
"""

from __future__ import annotations

import argparse
import time

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from dataset import DigitPairs
from model import SumNet

EPOCHS = 4
BATCH_SIZE = 128
MAX_LR = 0.01


def make_loaders(folder: str, download: bool = True) -> tuple[DataLoader, DataLoader]:
    """Training pairs in a new order and with new digits in each epoch; test pairs that stay the same."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train_set = datasets.MNIST(folder, train=True, download=download, transform=transform)
    test_set = datasets.MNIST(folder, train=False, download=download, transform=transform)
    train_loader = DataLoader(DigitPairs(train_set), batch_size=BATCH_SIZE, shuffle=True)
    return train_loader, DataLoader(DigitPairs(test_set, fixed_seed=0), batch_size=1000)


def train_epoch(model, loader, optimizer, scheduler, device) -> float:
    """One pass over the training pairs. Returns the mean of the loss that is trained."""
    model.train()
    loss_sum, seen = 0.0, 0
    for images, digits, labels, sums in loader:
        images, digits = images.to(device), digits.to(device)
        labels, sums = labels.to(device), sums.to(device)
        scores, sum_scores = model(images, digits)
        # Both answers are classes, so each has its cross-entropy, and both count the same.
        loss = F.cross_entropy(scores, labels) + F.cross_entropy(sum_scores, sums)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        loss_sum += loss.item() * len(images)
        seen += len(images)
    return loss_sum / seen


@torch.no_grad()
def evaluate(model, loader, device) -> tuple[int, int, int]:
    """How many digits and how many sums are right, and of how many pairs."""
    model.eval()
    right_digits, right_sums, seen = 0, 0, 0
    for images, digits, labels, sums in loader:
        scores, sum_scores = model(images.to(device), digits.to(device))
        right_digits += (scores.argmax(dim=1).cpu() == labels).sum().item()
        right_sums += (sum_scores.argmax(dim=1).cpu() == sums).sum().item()
        seen += len(images)
    return right_digits, right_sums, seen


def fit(model, train_loader, test_loader, device, epochs: int = EPOCHS) -> None:
    """Train with Adam and a one-cycle schedule, and print one line per epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=MAX_LR)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=MAX_LR, epochs=epochs, steps_per_epoch=len(train_loader)
    )
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_loss = train_epoch(model, train_loader, optimizer, scheduler, device)
        right_digits, right_sums, seen = evaluate(model, test_loader, device)
        print(
            f"Epoch {epoch}/{epochs}: train loss {train_loss:.4f}, "
            f"test accuracy {right_digits / seen:.2%} ({right_digits}/{seen}), "
            f"sums {right_sums / seen:.2%} ({right_sums}/{seen}), {time.perf_counter() - start:.0f} s",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="data", help="folder for MNIST (default: ./data)")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    # The GPU where there is one: model, images and digits all go there.
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = SumNet().to(device)
    parameters = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(f"SumNet: {parameters:,} trainable parameters, on {device.type}")
    train_loader, test_loader = make_loaders(arguments.data)
    fit(model, train_loader, test_loader, device, arguments.epochs)


if __name__ == "__main__":
    main()
