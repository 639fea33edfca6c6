"""Train and test a model: the loops, the optimizers, the schedule. Notebooks import this and define nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.utils.data import DataLoader


@dataclass
class History:
    """Losses and accuracies (0 to 1), one for each epoch."""

    train_losses: list[float] = field(default_factory=list)
    train_accuracies: list[float] = field(default_factory=list)
    test_losses: list[float] = field(default_factory=list)
    test_accuracies: list[float] = field(default_factory=list)


def make_optimizer(
    model: nn.Module, name: str = "sgd", lr: float = 0.1, weight_decay: float = 5e-4
) -> Optimizer:
    """SGD with momentum 0.9, or Adam."""
    if name == "sgd":
        return SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=weight_decay)
    return Adam(model.parameters(), lr=lr, weight_decay=weight_decay)


def one_cycle(
    optimizer: Optimizer, loader: DataLoader, epochs: int, peak_epoch: int, lowest: float, highest: float
) -> LRScheduler:
    """Up from `lowest` to `highest` until `peak_epoch`, and down to `lowest` again at the end: no annihilation.

    OneCycleLR counts the first batch as its step 0 and comes to its peak one step before `pct_start` is over.
    """
    return OneCycleLR(
        optimizer,
        max_lr=highest,
        epochs=epochs,
        steps_per_epoch=len(loader),
        pct_start=peak_epoch / epochs,
        div_factor=highest / lowest,
        final_div_factor=1,
        anneal_strategy="linear",
    )


def train_epoch(
    model: nn.Module, loader: DataLoader, optimizer: Optimizer, scheduler: LRScheduler | None, device: torch.device
) -> tuple[float, float]:
    """One pass over the training pictures. Returns mean loss and accuracy on the way."""
    model.train()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        loss_sum += loss.item() * len(images)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct / seen


@torch.no_grad()
def test(model: nn.Module, loader: DataLoader, device: torch.device) -> tuple[float, float]:
    """Mean loss and accuracy."""
    model.eval()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct / seen


def fit(
    model: nn.Module,
    train_loader: DataLoader,
    test_loader: DataLoader,
    optimizer: Optimizer,
    epochs: int,
    scheduler: LRScheduler | None = None,
    device: torch.device | None = None,
) -> History:
    """Train for `epochs`, test after each of them, and print one line per epoch."""
    device = device or next(model.parameters()).device
    history = History()
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_loss, train_accuracy = train_epoch(model, train_loader, optimizer, scheduler, device)
        test_loss, test_accuracy = test(model, test_loader, device)
        history.train_losses.append(train_loss)
        history.train_accuracies.append(train_accuracy)
        history.test_losses.append(test_loss)
        history.test_accuracies.append(test_accuracy)
        print(
            f"Epoch {epoch}/{epochs}: train loss {train_loss:.4f}, train accuracy {train_accuracy:.2%}, "
            f"test loss {test_loss:.4f}, test accuracy {test_accuracy:.2%}, "
            f"{time.perf_counter() - start:.0f} s",
            flush=True,
        )
    return history
