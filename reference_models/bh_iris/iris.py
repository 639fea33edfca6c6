"""Tell three species of iris apart by four lengths, with a small fully connected network.

    python iris.py             # trains for 60 epochs and prints the log
    python iris.py --seed 2    # another split, other first weights
"""

from __future__ import annotations

import argparse
import csv

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS = 60
BATCH_SIZE = 16
SPECIES = ("Iris-setosa", "Iris-versicolor", "Iris-virginica")


class IrisNet(nn.Module):
    """Four lengths in, two hidden layers of 16 units, three species out.

    Input: rows of four standardised lengths, (batch, 4). Output: logits, (batch, 3).
    """

    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.first = nn.Linear(4, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, 3)

    def forward(self, lengths: torch.Tensor) -> torch.Tensor:
        return self.output(F.relu(self.second(F.relu(self.first(lengths)))))


def read_flowers(path: str = "iris.csv") -> tuple[torch.Tensor, torch.Tensor]:
    """Lengths in centimetres, (150, 4), and species as numbers, (150,)."""
    with open(path, newline="") as file:
        rows = list(csv.reader(file))[1:]
    lengths = torch.tensor([[float(cell) for cell in row[:4]] for row in rows])
    return lengths, torch.tensor([SPECIES.index(row[4]) for row in rows])


def split(lengths: torch.Tensor, species: torch.Tensor) -> tuple[TensorDataset, TensorDataset]:
    """40 flowers of each species to train on, 10 to test on; both standardised with the training part's figures."""
    order = torch.randperm(len(species))
    chosen = [order[species[order] == one] for one in range(3)]
    train, test = torch.cat([one[:40] for one in chosen]), torch.cat([one[40:] for one in chosen])
    mean, std = lengths[train].mean(dim=0), lengths[train].std(dim=0)
    scaled = (lengths - mean) / std
    return TensorDataset(scaled[train], species[train]), TensorDataset(scaled[test], species[test])


@torch.no_grad()
def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    hits = [(model(lengths).argmax(dim=1) == species).float() for lengths, species in loader]
    return torch.cat(hits).mean().item()


def train(model: nn.Module, train_loader: DataLoader, test_loader: DataLoader) -> None:
    """Train with Adam, and print every tenth epoch."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(1, EPOCHS + 1):
        model.train()
        total = 0.0
        for lengths, species in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(lengths), species)
            loss.backward()
            optimizer.step()
            total += loss.item()
        if epoch % 10 == 0:
            mean = total / len(train_loader)
            print(f"Epoch {epoch}/{EPOCHS}: train loss {mean:.4f}, test accuracy {accuracy(model, test_loader):.2%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    torch.manual_seed(parser.parse_args().seed)
    train_set, test_set = split(*read_flowers())
    model = IrisNet()
    print(f"IrisNet: {sum(p.numel() for p in model.parameters()):,} parameters")
    train_loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    train(model, train_loader, DataLoader(test_set, batch_size=30))


if __name__ == "__main__":
    main()
