"""Stated receptive fields, against the field of the last map, which a global pooling may follow."""

from __future__ import annotations

from grader.evaluation.stated import Stated, not_measured
from grader.records import Absent, Claim, Comparison, Structure


def compare(claim: Claim, stated: Stated) -> Comparison:
    if isinstance(stated.model, Absent):
        return not_measured(claim, stated.model)
    seen = stated.model.structure
    if isinstance(seen, Absent):
        return not_measured(claim, seen)
    measured = _shown(seen)
    sizes = [axis.size for axis in seen.receptive_field if axis.state == "known"]
    if claim.value in sizes:
        sees = "sees before the global pooling" if _is_pooled(seen) else "of the last map sees"
        return Comparison(claim, measured, "agrees", f"It is what one position {sees}.")
    if not sizes:
        why = "In pixels the field is not known: an operator sees the whole picture, or has no rule."
        return Comparison(claim, measured, "cannot tell", why)
    doubt = _doubt(claim, stated, seen)
    if doubt:
        return Comparison(claim, measured, "cannot tell", doubt)
    return Comparison(
        claim, measured, "differs", f"Stated are {claim.value:,.0f} pixels, measured are {measured}."
    )


def _is_pooled(seen: Structure) -> bool:
    return seen.global_pool >= 0


def _shown(seen: Structure) -> str:
    sizes = [str(axis.size) if axis.state == "known" else axis.state for axis in seen.receptive_field]
    return sizes[0] if len(set(sizes)) == 1 else " × ".join(sizes)


def _doubt(claim: Claim, stated: Stated, seen: Structure) -> str:
    """Other places of the model that see so much, or another model; "" where there is none."""
    pooled = [
        axis.size + (side - 1) * axis.jump
        for axis, side in zip(seen.receptive_field, seen.map_before_pool, strict=False)
        if axis.state == "known"
    ]
    if claim.value in pooled:
        if _is_pooled(seen):
            return "It is the field behind the global pooling; compared is the one before it."
        return "It is the field of the whole last map; compared is the one of a single position in it."
    for one in seen.operators:
        if any(axis.state == "known" and axis.size == claim.value for axis in one.axes):
            return (
                f"It is what the {one.kind} at place {one.index + 1} sees, not the last map"
                f"{' that is pooled' if _is_pooled(seen) else ''}."
            )
    return stated.about_other(claim)
