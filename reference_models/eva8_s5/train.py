"""The data, and the training of one network: the notebook calls these functions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets

EPOCHS = 20
BATCH_SIZE = 256
MAX_LR = 0.1
MOMENTUM = 0.9


def load(folder: str, train: bool) -> TensorDataset:
    """MNIST as two tensors, normalised once: the images are small enough to stay in memory."""
    mnist = datasets.MNIST(folder, train=train, download=True)
    images = (mnist.data.unsqueeze(1).float() / 255 - 0.1307) / 0.3081
    return TensorDataset(images, mnist.targets)


def loaders(folder: str = "data") -> tuple[DataLoader, DataLoader]:
    """Training images in a new order each epoch, test images in theirs."""
    train_loader = DataLoader(load(folder, train=True), batch_size=BATCH_SIZE, shuffle=True)
    return train_loader, DataLoader(load(folder, train=False), batch_size=1000)


def l1_norm(model) -> torch.Tensor:
    """The sum of the absolute values of all parameters."""
    return sum(parameter.abs().sum() for parameter in model.parameters())


def train_epoch(model, loader, optimizer, scheduler, l1: float, device) -> tuple[float, float]:
    """One pass over the training images. Returns mean cross-entropy and accuracy (0 to 1) on the way."""
    model.train()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        entropy = F.cross_entropy(logits, labels)
        loss = entropy + l1 * l1_norm(model) if l1 else entropy
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        loss_sum += entropy.item() * len(images)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct / seen


@torch.no_grad()
def evaluate(model, loader, device) -> tuple[float, int, int]:
    """Mean loss, number of right answers and number of images."""
    model.eval()
    loss_sum, correct, seen = 0.0, 0, 0
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss_sum += F.cross_entropy(logits, labels, reduction="sum").item()
        correct += (logits.argmax(dim=1) == labels).sum().item()
        seen += len(images)
    return loss_sum / seen, correct, seen


def fit(model, train_loader, test_loader, device, epochs: int = EPOCHS, l1: float = 0.0) -> dict:
    """Train with SGD and a one-cycle schedule, and print one line per epoch.

    Returns the test losses and the test accuracies (0 to 1), one of each per epoch.
    """
    optimizer = torch.optim.SGD(model.parameters(), lr=MAX_LR, momentum=MOMENTUM, nesterov=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=MAX_LR, epochs=epochs, steps_per_epoch=len(train_loader)
    )
    history = {"test loss": [], "test accuracy": []}
    for epoch in range(1, epochs + 1):
        train_loss, train_accuracy = train_epoch(model, train_loader, optimizer, scheduler, l1, device)
        test_loss, correct, seen = evaluate(model, test_loader, device)
        history["test loss"].append(test_loss)
        history["test accuracy"].append(correct / seen)
        print(
            f"Epoch {epoch}/{epochs}: train loss {train_loss:.4f}, train accuracy {train_accuracy:.2%}, "
            f"test loss {test_loss:.4f}, test accuracy {correct / seen:.2%} ({correct}/{seen})",
            flush=True,
        )
    return history


@torch.no_grad()
def mistakes(model, loader, device, wanted: int = 10) -> list:
    """The first images of `loader` that the model gets wrong: (image, label, answer) of each."""
    model.eval()
    found = []
    for images, labels in loader:
        answers = model(images.to(device)).argmax(dim=1).cpu()
        for index in (answers != labels).nonzero().flatten().tolist():
            found.append((images[index], labels[index].item(), answers[index].item()))
            if len(found) == wanted:
                return found
    return found
