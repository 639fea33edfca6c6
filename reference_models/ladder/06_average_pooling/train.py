"""Train this step's network on MNIST for 20 epochs and print one line per epoch.

    python train.py                 # downloads MNIST into ./data
    python train.py --data FOLDER   # uses a copy in torchvision's layout (FOLDER/MNIST/raw)
"""

from __future__ import annotations

import argparse

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from model import Net

EPOCHS = 20
BATCH_SIZE = 128
LR = 0.01
MOMENTUM = 0.9


def make_loaders(folder: str, download: bool = True) -> tuple[DataLoader, DataLoader]:
    """The training images, shuffled, and the test images."""
    to_input = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    train_transform = transforms.Compose(to_input)
    test_transform = transforms.Compose(to_input)
    train_set = datasets.MNIST(folder, train=True, download=download, transform=train_transform)
    test_set = datasets.MNIST(folder, train=False, download=download, transform=test_transform)
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    return train_loader, DataLoader(test_set, batch_size=1000)


def train_epoch(model, loader, optimizer, device) -> float:
    """One pass over the training images. Returns the accuracy (0 to 1) on the way."""
    model.train()
    correct, seen = 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        log_probabilities = model(images)
        loss = F.nll_loss(log_probabilities, labels)
        loss.backward()
        optimizer.step()
        correct += (log_probabilities.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return correct / seen


@torch.no_grad()
def evaluate(model, loader, device) -> float:
    """The share of right answers."""
    model.eval()
    right = [(model(images.to(device)).argmax(dim=1) == labels.to(device)).float() for images, labels in loader]
    return torch.cat(right).mean().item()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="data", help="folder for MNIST (default: ./data)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Net().to(device)
    train_loader, test_loader = make_loaders(arguments.data)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    for epoch in range(1, EPOCHS + 1):
        train_accuracy = train_epoch(model, train_loader, optimizer, device)
        test_accuracy = evaluate(model, test_loader, device)
        print(f"Epoch {epoch}/{EPOCHS}: train {train_accuracy:.2%}, test {test_accuracy:.2%}", flush=True)


if __name__ == "__main__":
    main()
