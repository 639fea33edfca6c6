"""What notebooks need beside the loops: data, the range test, and the pictures of a trained model."""

from __future__ import annotations

from copy import deepcopy
from itertools import cycle, islice

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SMALLEST_MAP = 5


def pick_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


# --- data ---------------------------------------------------------------------------------------------------


def train_transforms(cutout: int, flip: bool = False) -> transforms.Compose:
    """A random crop of the padded picture, a flip where it is asked for, and one hole of `cutout` x `cutout`.

    The hole is filled with 0 after the normalisation, which is the mean colour of the data set.
    """
    share = cutout**2 / 32**2
    return transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4),
            *([transforms.RandomHorizontalFlip()] if flip else []),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
            transforms.RandomErasing(p=0.5, scale=(share, share), ratio=(1.0, 1.0), value=0),
        ]
    )


def cifar10_loaders(
    train_transform: transforms.Compose, batch_size: int = 128, folder: str = "data", workers: int = 2
) -> tuple[DataLoader, DataLoader]:
    """The training pictures, shuffled and transformed, and the test pictures as they are; both normalised."""
    test_transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    train_set = datasets.CIFAR10(folder, train=True, download=True, transform=train_transform)
    test_set = datasets.CIFAR10(folder, train=False, download=True, transform=test_transform)
    train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True, num_workers=workers)
    return train_loader, DataLoader(test_set, batch_size=batch_size, num_workers=workers)


# --- learning rate ------------------------------------------------------------------------------------------


def range_test(
    model: nn.Module, loader: DataLoader, optimizer: Optimizer, lowest: float, highest: float, steps: int = 200
) -> tuple[list[float], list[float]]:
    """Raise the learning rate with every batch and note the loss: (rates, losses). The model stays as it was."""
    before = deepcopy(model.state_dict()), deepcopy(optimizer.state_dict())
    device = next(model.parameters()).device
    model.train()
    rates = np.geomspace(lowest, highest, steps).tolist()
    losses = []
    for rate, (images, labels) in zip(rates, islice(cycle(loader), steps)):
        optimizer.param_groups[0]["lr"] = rate
        loss = F.cross_entropy(model(images.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.load_state_dict(before[0])
    optimizer.load_state_dict(before[1])
    return rates, losses


def plot_range_test(rates: list[float], losses: list[float]) -> None:
    plt.figure(figsize=(6, 4))
    plt.plot(rates, losses)
    plt.xscale("log")
    plt.xlabel("learning rate")
    plt.ylabel("training loss")
    plt.savefig("range_test.png")
    plt.show()


# --- pictures -----------------------------------------------------------------------------------------------


def plot_losses(history, path: str = "loss_curves.png") -> None:
    """The loss of training and of test after each epoch."""
    epochs = range(1, len(history.train_losses) + 1)
    plt.figure(figsize=(6, 4))
    plt.plot(epochs, history.train_losses, label="train")
    plt.plot(epochs, history.test_losses, label="test")
    plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.legend()
    plt.savefig(path)
    plt.show()


@torch.no_grad()
def misclassified(model: nn.Module, loader: DataLoader, count: int = 10) -> list[tuple[torch.Tensor, int, int]]:
    """The first `count` test pictures with a wrong answer: (picture, true class, answer)."""
    device = next(model.parameters()).device
    model.eval()
    found = []
    for images, labels in loader:
        answers = model(images.to(device)).argmax(dim=1).cpu()
        for index in (answers != labels).nonzero().flatten().tolist():
            found.append((images[index], labels[index].item(), answers[index].item()))
            if len(found) == count:
                return found
    return found


def as_picture(image: torch.Tensor) -> np.ndarray:
    """A normalised picture as height x width x 3 on the scale 0 to 1."""
    return (image * torch.tensor(STD)[:, None, None] + torch.tensor(MEAN)[:, None, None]).clamp(0, 1).permute(
        1, 2, 0
    ).numpy()


def show_gallery(pictures: list[np.ndarray], titles: list[str], path: str) -> None:
    """Ten pictures in two rows."""
    figure, axes = plt.subplots(2, 5, figsize=(10, 4.4))
    for axis, picture, title in zip(axes.flat, pictures, titles):
        axis.imshow(picture)
        axis.set_title(title, fontsize=8)
        axis.axis("off")
    figure.savefig(path)
    plt.show()


def show_misclassified(wrong: list[tuple[torch.Tensor, int, int]], path: str = "misclassified.png") -> None:
    pictures = [as_picture(image) for image, _, _ in wrong]
    show_gallery(pictures, [f"{CLASSES[true]}, not {CLASSES[answer]}" for _, true, answer in wrong], path)


def show_gradcam(
    model: nn.Module, layer: nn.Module, wrong: list[tuple[torch.Tensor, int, int]], path: str = "gradcam.png"
) -> None:
    """Where the wrong answer comes from, on the map of `layer`, which must be 5 x 5 or larger to show anything."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.image import show_cam_on_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    device = next(model.parameters()).device
    images = torch.stack([image for image, _, _ in wrong]).to(device)
    sizes = []
    hook = layer.register_forward_hook(lambda module, given, map_: sizes.append(min(map_.shape[-2:])))
    model(images[:1])
    hook.remove()
    if sizes[0] < SMALLEST_MAP:
        raise ValueError(f"the map is {sizes[0]} px wide: take an earlier layer")
    targets = [ClassifierOutputTarget(answer) for _, _, answer in wrong]
    with GradCAM(model=model, target_layers=[layer]) as cam:
        maps = cam(input_tensor=images, targets=targets)
    pictures = [show_cam_on_image(as_picture(i), m, use_rgb=True) for (i, _, _), m in zip(wrong, maps)]
    show_gallery(pictures, [f"why {CLASSES[answer]}?" for _, _, answer in wrong], path)
