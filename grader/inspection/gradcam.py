"""Grad-CAM: where in an image a class gets its score from.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017,
equations 1 and 2: the weight of a channel is the mean over space of the gradient of the class's score, taken before
the softmax; the map of the class is the ReLU of the weighted sum of the channels. Nothing is smoothed or averaged.

What the model really runs is watched above autograd, so plain calls (`F.adaptive_avg_pool2d`, `x.mean((2, 3))`) and
reused modules need no name. The map is the last tensor with height and width that the scores depend on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_SOFTMAX = frozenset({"log_softmax", "softmax"})


class NoMap(Exception):
    """There is no map to explain the answer with; the message is a sentence for the student."""


def class_maps(
    model: torch.nn.Module, images: torch.Tensor, classes: int, size: tuple[int, ...] = ()
) -> torch.Tensor:
    """One map per image and class, as the ReLU leaves it: not scaled.

    The model is left in eval mode; its parameters' gradients and its state are as before.

    Args:
        images: float32, (N, C, H, W), as the model takes them.
        size: height and width of the map where they are known; else the last map of more than one position.

    Returns:
        float32, (N, classes, height, width), on the CPU.

    Raises:
        NoMap: no map leads to the scores, or no gradients flow.
    """
    model.eval()
    with torch.enable_grad():
        images = images.detach().requires_grad_(True)
        with _Watch(len(images)) as watch:
            output = model(images)
        scores = _scores(output, watch, len(images), classes)
        activation = _last_map(images, watch.maps(size), scores)
        found = [_weighted(activation, _gradient(scores[:, one], activation)) for one in range(classes)]
    return torch.stack(found, 1).float().cpu()


class _Watch(TorchFunctionMode):
    """Holds on to every tensor of images with height and width, in the order in which their values came to be."""

    def __init__(self, images: int) -> None:
        super().__init__()
        self._images = images
        self._seen: dict[int, torch.Tensor] = {}
        self._before_softmax: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        for tensor in _maps_among((*args, *(kwargs or {}).values()), self._images):
            self._seen.setdefault(id(tensor), tensor)  # one that came to be where nothing is seen
        result = func(*args, **(kwargs or {}))
        for tensor in _maps_among((result,), self._images):
            self._seen.pop(id(tensor), None)  # changed in place: it is as new
            self._seen[id(tensor)] = tensor
        if getattr(func, "__name__", "") in _SOFTMAX and isinstance(result, torch.Tensor):
            self._before_softmax += [(result, one) for one in args[:1] if isinstance(one, torch.Tensor)]
        return result

    def maps(self, size: tuple[int, ...]) -> Iterator[torch.Tensor]:
        """The last one first. A map of one position shows nothing, so it never is asked for by its size."""
        wanted = size if len(size) == 2 and size[0] * size[1] > 1 else ()
        for tensor in reversed(self._seen.values()):
            if not wanted or tuple(tensor.shape[2:]) == wanted:
                yield tensor

    def before_softmax(self, output: torch.Tensor) -> torch.Tensor:
        """What the softmax was taken of, where the output is one; else the output itself."""
        return next((taken for result, taken in self._before_softmax if result is output), output)


def _maps_among(values: Iterable[Any], images: int) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _maps_among(value, images)
        elif isinstance(value, torch.Tensor) and _is_map(value, images):
            yield value


def _is_map(tensor: torch.Tensor, images: int) -> bool:
    if tensor.dim() != 4 or tensor.grad_fn is None or not tensor.is_floating_point():
        return False
    return tensor.shape[0] == images and tensor.shape[2] * tensor.shape[3] > 1


def _scores(output: Any, watch: _Watch, images: int, classes: int) -> torch.Tensor:
    if not isinstance(output, torch.Tensor) or tuple(output.shape) != (images, classes):
        raise NoMap("The model does not give one row of class scores for each image.")
    if not output.requires_grad:
        raise NoMap("No gradients flow through the model: its forward switches them off, or leaves torch.")
    before = watch.before_softmax(output)
    return before if before.shape == output.shape else output


def _last_map(images: torch.Tensor, maps: Iterable[torch.Tensor], scores: torch.Tensor) -> torch.Tensor:
    """The first of `maps` on the way from the images to the scores: weights made in forward look like maps too."""
    for tensor in maps:
        if _leads(tensor, scores) and _leads(images, tensor):
            return tensor
    raise NoMap("No map with height and width leads to the class scores.")


def _leads(start: torch.Tensor, end: torch.Tensor) -> bool:
    (found,) = torch.autograd.grad(end.sum(), start, retain_graph=True, allow_unused=True)
    return found is not None


def _gradient(score: torch.Tensor, activation: torch.Tensor) -> torch.Tensor:
    """Of each image's score by its own activation; images do not meet in eval mode."""
    (found,) = torch.autograd.grad(score.sum(), activation, retain_graph=True, allow_unused=True)
    return torch.zeros_like(activation) if found is None else found


def _weighted(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    weights = gradient.mean((2, 3), keepdim=True)
    return torch.relu((weights * activation.detach()).sum(1))
