"""The maps that explain a trained model's answers, as one answer of a worker."""

from __future__ import annotations

from typing import Any

import torch

from grader.inspection.gradcam import NoMap, class_maps
from grader.isolation.frames import Array, Message

MAX_SIDE = 64
"""Places of a map along one axis; the supervisor takes no larger one."""


def explain(
    model: torch.nn.Module, images: torch.Tensor, request: Message
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Maps of all classes for each image; where there are none, the reason as a sentence.

    Args:
        images: float32, (N, C, H, W), as the model takes them.
    """
    classes = request.integer("classes", 1, 100_000)
    size = tuple(int(side) for side in request.header["map_size"])
    try:
        maps = class_maps(model, images, classes, size)
    except NoMap as error:
        return {"without": str(error)}, {}
    height, width = maps.shape[2:]
    if max(height, width) > MAX_SIDE:
        return {"without": f"Its last map is larger ({height}×{width}) than what is shown here."}, {}
    return {}, {"maps": maps.numpy()}
