"""Who builds a model class: another model class, of which it then is a part, or code outside of classes."""

from __future__ import annotations

import posixpath
from collections import defaultdict

from grader.reading.modules import Definition
from grader.reading.ranking import is_test
from grader.reading.units import Unit


class _Names:
    """Which definitions a name means at a place."""

    def __init__(self, models: list[Definition]) -> None:
        self._models = models
        self._named: dict[str, list[int]] = defaultdict(list)
        for index, model in enumerate(models):
            self._named[model.facts.name].append(index)
        self._known: dict[tuple[str, str, int], list[int]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._named

    def meant(self, name: str, unit: Unit) -> list[int]:
        key = (name, unit.file, unit.cell)
        if key not in self._known:
            self._known[key] = self._look_up(name, unit) if name in self._named else []
        return self._known[key]

    def _look_up(self, name: str, unit: Unit) -> list[int]:
        """The file's own, in a notebook the last one before the place; else those of the folder; else all."""
        same = self._named[name]
        own = [index for index in same if self._models[index].unit.file == unit.file]
        if own:
            before = [index for index in own if self._models[index].unit.cell <= unit.cell]
            return [before[-1] if before else own[-1]]
        folder = posixpath.dirname(unit.file)
        near = [index for index in same if posixpath.dirname(self._models[index].unit.file) == folder]
        return near or same


def used_by(read: tuple[Unit, ...], models: list[Definition]) -> list[tuple[str, ...]]:
    """For each model the names of the other models that build it, or that are given it to build."""
    names = _Names(models)
    users: list[set[str]] = [set() for _ in models]
    for model in models:
        for name in model.facts.mentions:
            for index in names.meant(name, model.unit) if name != model.facts.name else ():
                users[index].add(model.facts.name)
    for unit in read:
        for call in unit.facts.calls:
            if call.name in names:
                for index in {i for name in call.names_given - {call.name} for i in names.meant(name, unit)}:
                    users[index].add(call.name)
    return [tuple(sorted(found)) for found in users]


def built_at(read: tuple[Unit, ...], models: list[Definition]) -> list[tuple[str, ...]]:
    """For each model the places outside of every class that build it, those in tests last."""
    names = _Names(models)
    places: list[dict[str, bool]] = [{} for _ in models]
    for unit in read:
        for call in unit.facts.calls:
            name = unit.facts.imported.get(call.name, call.name).split(".")[-1]
            for index in names.meant(name, unit):
                place = f"{unit.file}, cell {unit.cell}" if unit.cell else f"{unit.file}:{call.line}"
                places[index].setdefault(place, is_test(unit.file))
    return [tuple(sorted(found, key=lambda place: found[place])) for found in map(dict, places)]
