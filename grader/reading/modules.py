"""Which classes are `nn.Module`s: by a base of torch's or Lightning's, or by a student class that is one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from grader.reading.source import ClassFacts
from grader.reading.units import Unit

_OTHER_BASES = frozenset({"LightningModule", "PreTrainedModel"})
_NO_FORWARD = frozenset({"Module", "ModuleList", "ModuleDict"}) | _OTHER_BASES
_NO_MODULE = frozenset({"Parameter", "ParameterList", "ParameterDict"})


@dataclass(frozen=True)
class Definition:
    """A class and the file or cell that it stands in."""

    unit: Unit
    facts: ClassFacts


class Modules:
    """The classes of a submission with the names that their bases go by."""

    def __init__(self, read: tuple[Unit, ...], definitions: list[Definition]) -> None:
        self._definitions = definitions
        self._imported: dict[str, dict[str, str]] = defaultdict(dict)
        self._stars: dict[str, set[str]] = defaultdict(set)
        for unit in read:
            self._imported[unit.file] |= unit.facts.imported
            self._stars[unit.file] |= unit.facts.star_imports
        self._named: dict[str, list[Definition]] = defaultdict(list)
        for definition in definitions:
            self._named[definition.facts.name].append(definition)

    def models(self) -> list[Definition]:
        """The definitions that are modules, in the order in which they were read."""
        children: dict[str, list[Definition]] = defaultdict(list)
        for definition in self._definitions:
            for base in self._bases(definition):
                children[base.split(".")[-1]].append(definition)
        waiting = [d for d in self._definitions if any(_is_module(base) for base in self._bases(d))]
        found: set[int] = set()
        while waiting:
            definition = waiting.pop()
            if id(definition) not in found:
                found.add(id(definition))
                waiting.extend(children[definition.facts.name])
        return [definition for definition in self._definitions if id(definition) in found]

    def required_arguments(self, model: Definition) -> tuple[str, ...]:
        """Of the constructor that applies: its own, or the nearest student parent's."""
        for one in self._family(model):
            if one.facts.required_arguments is not None:
                return one.facts.required_arguments
        return ()

    def has_forward(self, model: Definition) -> bool:
        """Its own, a student parent's, or that of a ready-made module such as `nn.Sequential`."""
        family = self._family(model)
        if any("forward" in one.facts.methods for one in family):
            return True
        bases = [base for one in family for base in self._bases(one)]
        return any(_is_module(base) and base.split(".")[-1] not in _NO_FORWARD for base in bases)

    def _family(self, model: Definition) -> list[Definition]:
        """The class itself and the student classes that it inherits from, nearest first."""
        found = {id(model): model}
        waiting = [model]
        for one in waiting:
            for base in self._bases(one):
                new = {
                    id(parent): parent
                    for parent in self._named[base.split(".")[-1]]
                    if id(parent) not in found
                }
                found |= new
                waiting += new.values()
        return list(found.values())

    def _bases(self, definition: Definition) -> list[str]:
        return [self._full_name(base, definition.unit.file) for base in definition.facts.bases]

    def _full_name(self, base: str, file: str) -> str:
        """`nn.Module` → `torch.nn.Module`, by the imports of the file or of all cells of the notebook."""
        first, dot, rest = base.partition(".")
        if first in self._imported[file]:
            return self._imported[file][first] + dot + rest
        if base == "Module" and self._stars[file] & {"torch.nn", "torch.nn.modules"}:
            return "torch.nn.Module"
        return base


def _is_module(name: str) -> bool:
    """`nn.Module` counts without its import too: the cell with the import may be a broken one."""
    last = name.split(".")[-1]
    if name.startswith(("torch.nn.", "nn.", "torchvision.models.")):
        return last[:1].isupper() and last not in _NO_MODULE
    return last in _OTHER_BASES
