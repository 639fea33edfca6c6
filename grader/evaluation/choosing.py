"""Which argument of a model chooses between the variants that are asked for, from what each of its values builds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grader.records import Variant, Variants


@dataclass(frozen=True)
class Wanted:
    """A variant as a spec asks for it: features that it shows, and features that it does not."""

    uses: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return " and ".join(self.uses)

    @property
    def text(self) -> str:
        lacks = f", without {' or '.join(self.without)}" if self.without else ""
        return f"a value of the argument that builds {self.name}{lacks}"

    def shown_by(self, variant: Variant, *, doubtful: bool = False) -> bool:
        """Whether this variant is the wanted one; with `doubtful` whether it may be, by operators without a rule."""
        if variant.fault:
            return False
        known = {use.feature: use for use in variant.uses}
        has = [
            name in known and (known[name].count > 0 or (doubtful and bool(known[name].doubts)))
            for name in self.uses
        ]
        lacks = [
            name not in known or (known[name].count == 0 and (doubtful or not known[name].doubts))
            for name in self.without
        ]
        return all(has) and all(lacks)


def found_for(wanted: Wanted, among: Iterable[Variant], *, doubtful: bool = False) -> tuple[Variant, ...]:
    """The variants that are the wanted one; values that the code names go first."""
    fitting = [one for one in among if wanted.shown_by(one, doubtful=doubtful)]
    return tuple(sorted(fitting, key=lambda one: one.origin == "other"))


def chosen_by(found: Variants, wanted: tuple[Wanted, ...]) -> tuple[Variant, ...]:
    """What the argument builds that chooses most of the wanted variants; () where none chooses between two of them.

    An argument belongs to one class or function. Where several choose as many, the first one counts.
    """
    best: list[Variant] = []
    most = 1
    for group in _groups(found.builds):
        count = sum(bool(found_for(each, group)) for each in wanted)
        if count > most:
            best, most = group, count
    return tuple(best)


def proof_of_none(found: Variants, chosen: tuple[Variant, ...], asked: int) -> str:
    """Why it is certain that no value builds what is missing, as a sentence; "" where it is not certain.

    Certain is what was tried: every value that the code names, and one that it does not. Two named values must have been
    built, or else the argument takes what reading cannot find; and nothing that the student's own code calls may fail.
    """
    if found.cut or any(one.fault and one.origin == "called" for one in found.builds):
        return ""
    varied = [one for one in found.builds if one.argument]
    if not varied:
        plain = bool(found.builds) and not found.open_builders
        return "The model takes no argument that could choose." if plain else ""
    group = chosen or _most_named(varied)
    named = [one for one in group if one.origin != "other" and not one.fault]
    if len(named) < min(2, asked):
        return ""
    listed = ", ".join(str(one.value) if one.member else repr(one.value) for one in named)
    return f"All values that the code names for {group[0].argument} were built: {listed}."


def _most_named(varied: list[Variant]) -> tuple[Variant, ...]:
    """The argument for which most values are named, of texts before numbers: the one that is meant to choose."""
    best: list[Variant] = []
    for group in _groups(varied):
        if not best or _weight(group) > _weight(best):
            best = group
    return tuple(best)


def _weight(group: list[Variant]) -> tuple[bool, int]:
    named = [one for one in group if one.origin != "other"]
    return any(isinstance(one.value, str | bool) for one in named), len(named)


def _groups(builds: Iterable[Variant]) -> list[list[Variant]]:
    """What belongs to one argument of one class or function, in the order in which it was built."""
    groups: dict[tuple[str, int, str, str], list[Variant]] = {}
    for one in builds:
        at = one.entrypoint
        if one.argument:
            groups.setdefault((at.file, at.cell, at.class_name, one.argument), []).append(one)
    return list(groups.values())
