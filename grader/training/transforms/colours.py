"""Pillow's `ImageEnhance` of whole batches: the image is blended with a plainer one of itself."""

from __future__ import annotations

import torch

from grader.training.placing import placed


def grey(images: torch.Tensor) -> torch.Tensor:
    """Pillow's conversion to `L`: int64 (B, 1, H, W); a grey image as it is."""
    if images.shape[1] == 1:
        return images.long()
    red, green, blue = images.long().unbind(1)
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).unsqueeze(1)


def blended(plain: torch.Tensor, images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Pillow's `blend`: plain + factor * (image - plain), in float32, cut off, kept within a byte."""
    base = plain.float()
    mixed = base + placed(factors, images.device).view(-1, 1, 1, 1) * (images.float() - base)
    return mixed.clamp_(0, 255).to(torch.uint8)


def brightness(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    return blended(torch.zeros(1, device=images.device), images, factors)


def contrast(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """The plainer image is the mean of the grey one, rounded."""
    of_one = grey(images)
    mean = of_one.sum((1, 2, 3), keepdim=True).double() / (of_one.shape[2] * of_one.shape[3])
    return blended((mean + 0.5).floor(), images, factors)


def saturation(images: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    return blended(grey(images), images, factors)


CHANGES = (brightness, contrast, saturation)
"""In the order in which torchvision numbers them."""
