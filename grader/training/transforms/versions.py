"""Which version of albumentations a pipeline was written for: told by the names of its arguments.

Version 2 renamed arguments, dropped the old names without an error, and changed how images are continued beyond
their border. What the student wrote is what counts; where nothing tells, only what both versions do alike is
covered. Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.training.transforms.interface import NotCovered, Stated

FIRST, SECOND = "albumentations 1", "albumentations 2"

_FIRST_NAMES = frozenset(
    {
        *("max_holes", "max_height", "max_width", "min_holes", "mask_fill_value", "fill_value"),
        *("num_holes", "max_h_size", "max_w_size", "always_apply", "value", "mask_value", "cval", "mode"),
    }
)
_SECOND_NAMES = frozenset(
    {
        *(
            "num_holes_range",
            "hole_height_range",
            "hole_width_range",
            "fill",
            "fill_mask",
            "border_mode_mask",
        ),
        *("std_range", "balanced_scale", "normalization"),
    }
)
_FIRST_CLASSES = frozenset({"Cutout", "IAAAffine", "Flip"})


def dated(calls: Sequence[Stated]) -> list[Stated]:
    """The calls with the version in `library`, where it can be told.

    Raises:
        NotCovered: names of both versions stand side by side: one of the two has no effect.
    """
    if any(call.library != "albumentations" for call in calls):
        return list(calls)
    names = {name for call in calls for name, _ in call.arguments}
    first = bool(names & _FIRST_NAMES) or any(call.name in _FIRST_CLASSES for call in calls)
    second = bool(names & _SECOND_NAMES)
    if first and second:
        raise NotCovered("Arguments of two versions of albumentations are mixed.")
    if not (first or second):
        return list(calls)
    return [replace(call, library=FIRST if first else SECOND) for call in calls]
