"""The pictures of the report: curves of all three networks, and images that one of them gets wrong."""

from __future__ import annotations

import matplotlib.pyplot as plt


def draw_curves(histories: dict, what: str, place: str) -> None:
    """One curve per network of `what` ("test loss" or "test accuracy"), saved as `place`."""
    figure, axes = plt.subplots(figsize=(7, 4), dpi=90)
    for name, history in histories.items():
        values = history[what]
        axes.plot(range(1, len(values) + 1), values, marker=".", label=f"{name}, {values[-1]:.4f} at the end")
    axes.set(title=f"{what.capitalize()} of the three networks", xlabel="epoch", ylabel=what, xticks=range(2, 21, 2))
    axes.set_ylim((0.9, 1.0) if what == "test accuracy" else (0.0, 0.4))
    axes.legend(loc="lower right" if what == "test accuracy" else "upper right")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(place)
    plt.show()


def draw_mistakes(found: list, name: str, place: str) -> None:
    """Ten images in two rows of five, each with its label and the network's answer, saved as `place`."""
    figure, grid = plt.subplots(2, 5, figsize=(7, 3.6), dpi=80)
    for axes, (image, label, answer) in zip(grid.flat, found, strict=True):
        axes.imshow(image.squeeze(), cmap="gray_r")
        axes.set_title(f"{label}, answer {answer}", fontsize=9)
        axes.axis("off")
    figure.suptitle(f"Misclassified with {name}")
    figure.tight_layout()
    figure.savefig(place)
    plt.show()
