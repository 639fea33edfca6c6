"""What a loader loads: which data set, which part of it, through which transforms."""

from __future__ import annotations

from typing import Any

from torch.utils import data

from grader.worker.capture import loaders, transforms
from grader.worker.capture.data_sets import base_name
from grader.worker.capture.hub_data import Table
from grader.worker.capture.parts import Part, length_of, parts


def loading(loader: Any, listener: transforms.Transforms) -> dict[str, Any]:
    """The loader as an answer carries it; `mixed` and `ordered` are for the account alone."""
    held = _drawn_from(loader)
    found = _parts(held)
    heard, random = _looked_at(held, found, listener)
    mixed = {one.train for one in found} >= {True, False}
    return {
        "data_set": _name(found, held),
        "split": "unclear" if mixed else _split(found),
        "images": length_of(held),
        "batch_size": int(
            getattr(loader, "batch_size", 0) or getattr(loader.batch_sampler, "batch_size", 0) or 0
        ),
        "shuffled": loaders.shuffles(loader),
        "transforms": transforms.described(heard),
        "randomness": random,
        "ordered": transforms.ordered(heard),
        "mixed": mixed,
        "place": loader.__dict__.get("_built_at", ""),
    }


def _parts(held: Any) -> list[Part]:
    """The sets under it; none where the student's own classes do not let it be found out."""
    try:
        return parts(held)
    except Exception:
        return []


def _drawn_from(loader: Any) -> Any:
    """The loader's set, or those of its items that a sampler of indices lets through."""
    sampler = getattr(loader, "sampler", None)
    if isinstance(sampler, data.SubsetRandomSampler):
        return data.Subset(loader.dataset, sampler.indices)
    return loader.dataset


def _looked_at(held: Any, found: list[Part], listener: transforms.Transforms) -> tuple[list[Any], str]:
    """The transforms of an item of the largest part, and whether those of any part are random."""
    try:
        heard = listener.listen(lambda: held[found[0].position])
        results = {transforms.randomness(lambda at=one.position: held[at]) for one in found}  # type: ignore[misc]
    except Exception:
        return [], "unclear"
    return heard, next(name for name in ("random", "unclear", "fixed") if name in results)


def _name(found: list[Part], held: Any) -> str:
    known = next((one.base for one in found if one.known), None)
    if isinstance(known, Table):
        return known.hub_name
    return base_name(known) if known is not None else type(held).__name__


def _split(found: list[Part]) -> str:
    """Of parts that are all of one split."""
    splits = {one.train for one in found}
    if len(splits) != 1 or None in splits:
        return "unclear"
    whole = "train" if True in splits else "test"
    return whole if any(one.whole for one in found) else f"part of {whole}"
