"""Whether torchvision itself, as installed here, gives what a pipeline gives: tried on a few images.

The pipelines were compared with certain versions of torch, torchvision and Pillow. Another version may draw or
round in another way; then this says so, and the recipe belongs to the faithful lane.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from grader.text import clean
from grader.training.transforms.arguments import value_of
from grader.training.transforms.interface import FOLDERS, NotCovered, Stated
from grader.training.transforms.pipeline import Pipeline
from grader.training.transforms.program import listed

IMAGES = 24
SEED = 20_011


def disagreement_on(calls: Sequence[Mapping[str, Any]], shape: Sequence[int]) -> str:
    """`disagreement` for the plain values of a recipe's transforms, on images of `shape` (C, H, W)."""
    try:
        return disagreement(Pipeline.of(calls, shape))
    except NotCovered as reason:
        return clean(str(reason), 400)


def disagreement(pipeline: Pipeline) -> str:
    """ "" where images and the generator's state afterwards are equal to the last bit; else the end of a sentence.

    The global generator is left as it was. Pipelines of albumentations, which may not be installed and whose
    draws are its own, are not tried.
    """
    if any(FOLDERS[call.library] != "of_torchvision" for call in pipeline.calls):
        return ""
    before = torch.get_rng_state()
    try:
        return _compared(pipeline)
    except Exception as error:  # whatever an unknown version raises, or a library that student code changed
        return f"torchvision's own transforms fail here: {clean(f'{type(error).__name__}: {error}')}"
    finally:
        torch.set_rng_state(before)


def _compared(pipeline: Pipeline) -> str:
    from torchvision.transforms import Compose

    own = torch.Generator().manual_seed(SEED)
    images = torch.randint(0, 256, (IMAGES, *pipeline.input_shape), generator=own, dtype=torch.uint8)
    library = Compose([built(call) for call in pipeline.calls])
    torch.manual_seed(SEED)
    theirs = [library(picture(image)) for image in images]
    their_state = torch.get_rng_state()
    torch.manual_seed(SEED)
    ours = pipeline(images)
    equal = sum(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))
    if equal < IMAGES:
        return f"in batches, {IMAGES - equal} of {IMAGES} images differ from what torchvision's own transforms give"
    if not torch.equal(torch.get_rng_state(), their_state):
        return "torchvision's own transforms take other draws here"
    return ""


def picture(image: torch.Tensor) -> Any:
    """uint8 (C, H, W) as the PIL image that torchvision's data sets give."""
    from PIL import Image

    array = image.numpy()
    return Image.fromarray(array[0] if len(array) == 1 else array.transpose(1, 2, 0))


def built(call: Stated) -> Any:
    """torchvision's own transform of a covered call."""
    import torchvision.transforms as first

    # The second home takes a second to import: only for who needs it.
    home = importlib.import_module("torchvision.transforms.v2") if call.library == "torchvision.v2" else first
    given = {name: value_of(value) for name, value in call.arguments}
    if isinstance(given.get("interpolation"), str):
        given["interpolation"] = first.InterpolationMode(given["interpolation"])
    if "dtype" in given:
        given["dtype"] = torch.float32
    if call.name == "RandomApply":
        given["transforms"] = [built(inner) for inner in listed(call)]
    return getattr(home, call.name)(**given)
