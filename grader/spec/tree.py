"""YAML text → plain data, with the place of every key and value.

YAML 1.2, and only its plain part: no tags, no anchors, no directives, one document. Numbers are decimal;
whatever else looks like one (`25k`, `0x10`, `25_000`) stays text, so that the message can say what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from grader.spec.agreement import Loc
from grader.text import clean

MAX_DEPTH = 20
_WHOLE = re.compile(r"[-+]?\d{1,18}")
_DECIMAL = re.compile(r"[-+]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,2})?")
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True)
class Place:
    line: int  # both counted from 1
    column: int


@dataclass(frozen=True)
class Fault:
    """One mistake: where in the file, where in the spec, and what to do about it."""

    place: Place
    loc: Loc
    text: str


@dataclass
class Tree:
    """What a file says. `keys` and `values` give places; `empty` are the keys with nothing after them."""

    data: object = None
    keys: dict[Loc, Place] = field(default_factory=dict)
    values: dict[Loc, Place] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)  # scalars as they stand in the file
    empty: set[Loc] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def place(self, loc: Loc) -> Place:
        """The place of a value, or of the nearest thing around it that is in the file."""
        while loc and loc not in self.values:
            loc = loc[:-1]
        return self.values.get(loc, Place(1, 1))


def read_tree(text: str) -> Tree:
    """Read one document. Mistakes that leave nothing to validate are in `faults`, with `data` None."""
    tree = Tree()
    try:
        tree.faults.extend(_forbidden(text))
        root = None if tree.faults else _yaml().compose(text)
    except YAMLError as error:
        tree.faults.append(_syntax(text, error))
        root = None
    if tree.faults:
        return tree
    if root is None:
        tree.faults.append(Fault(Place(1, 1), (), 'the file is empty. Begin with a line such as "id: s4".'))
    elif not isinstance(root, MappingNode):
        tree.faults.append(Fault(_place(root), (), 'expected keys with values, such as "id: s4".'))
    else:
        tree.data = _value(tree, root, ())
    return tree


def _yaml() -> YAML:
    return YAML(typ="rt", pure=True)


def _place(node: Node | Any) -> Place:
    mark = node.start_mark
    return Place(mark.line + 1, mark.column + 1)


# --- what a spec may not use --------------------------------------------------------------------------------


def _forbidden(text: str) -> Iterator[Fault]:
    """Everything that is YAML but no spec. It stops where the nesting is too deep to be read safely."""
    depth = documents = 0
    for event in _yaml().parse(text):
        kind = type(event).__name__
        if kind == "DocumentStartEvent":
            documents += 1
            if documents > 1:
                yield Fault(_place(event), (), "a second document starts here. A spec is one document.")
            if event.version or event.tags:
                yield Fault(_place(event), (), "directives (%YAML, %TAG) are not allowed. Delete them.")
        yield from _names_and_tags(event, kind)
        depth += kind.endswith(("MappingStartEvent", "SequenceStartEvent"))
        depth -= kind.endswith(("MappingEndEvent", "SequenceEndEvent"))
        if depth > MAX_DEPTH:
            yield Fault(_place(event), (), f"nested more than {MAX_DEPTH} deep. No spec needs that.")
            return


def _names_and_tags(event: Any, kind: str) -> Iterator[Fault]:
    if kind == "AliasEvent":
        text = f"aliases (*{clean(event.anchor, 30)}) are not allowed. Write the value again."
        yield Fault(_place(event), (), text)
        return
    if getattr(event, "anchor", None):
        text = f"anchors (&{clean(event.anchor, 30)}) are not allowed. Write each value where it is used."
        yield Fault(_place(event), (), text)
    if getattr(event, "tag", None):
        tag = f"{event.ctag.handle or ''}{event.ctag.suffix}"
        text = f"tags ({clean(tag, 40)}) are not allowed. Delete the tag."
        yield Fault(_place(event), (), text)


def _syntax(text: str, error: YAMLError) -> Fault:
    if isinstance(error, ReaderError):
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        return Fault(place, (), f"a control character (U+{ord(text[error.position]):04X}). Delete it.")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return Fault(Place(1, 1), (), f"this is not YAML: {clean(str(error), 120)}.")
    place = Place(mark.line + 1, mark.column + 1)
    line = text.splitlines()[mark.line] if mark.line < len(text.splitlines()) else ""
    if "\t" in line[: mark.column + 1]:
        return Fault(place, (), "a tab stands here. YAML is indented with spaces: write spaces instead.")
    why = clean(str(error.problem or error.context or "it cannot be read"), 120)
    return Fault(place, (), f"this is not YAML: {why}. Look at this line and the one before it{_hint(why)}.")


def _hint(why: str) -> str:
    if "mapping values are not allowed" in why:
        return ' (text with ": " in it needs quotes)'
    if "expected <block end>" in why or "could not find expected ':'" in why:
        return " (is it indented like its neighbours?)"
    return ""


# --- nodes to values ----------------------------------------------------------------------------------------


def _value(tree: Tree, node: Node, loc: Loc) -> object:
    tree.values[loc] = _place(node)
    if isinstance(node, MappingNode):
        return _mapping(tree, node, loc)
    if isinstance(node, SequenceNode):
        return [_value(tree, item, (*loc, index)) for index, item in enumerate(node.value)]
    assert isinstance(node, ScalarNode)
    return _scalar(tree, node, loc)


def _mapping(tree: Tree, node: MappingNode, loc: Loc) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            tree.faults.append(Fault(_place(key), loc, "a key is a single word, not a list or a mapping."))
            continue
        here = (*loc, key.value)
        if key.value in found:
            first = tree.keys[here].line
            text = f"this key is here twice, first in line {first}. Keep one of them."
            tree.faults.append(Fault(_place(key), here, text))
            continue
        tree.keys[here] = _place(key)
        found[key.value] = _value(tree, value, here)
    return found


def _scalar(tree: Tree, node: ScalarNode, loc: Loc) -> object:
    # Where a folded text was broken into lines, the reader leaves a mark that is no part of the text.
    text: str = node.value.replace("\a", "") if node.style == ">" else node.value
    tree.written[loc] = text
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _NULLS:
        tree.empty.add(loc)
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
