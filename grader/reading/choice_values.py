"""What names are bound to, compared with and looked up in, over all of a submission's source: nothing is evaluated.

Names count whatever their scope is. What is found is only tried: a value that a model cannot be built with does no harm.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.reading.pieces import Piece
from grader.records import Scalar
from grader.text import clean

LIMIT_LENGTH = 100
LIMIT_NUMBER = 2**31
LIMIT_NAMES = 40
LIMIT_KEPT = 200
"""Values that are kept of one name."""

_SAME = frozenset({"lower", "upper", "strip", "casefold", "title", "capitalize"})
_ENUMS = frozenset({"Enum", "StrEnum", "IntEnum", "Flag"})

Found = tuple[Scalar, str]  # a value, and where it stands


def last_name(node: ast.AST | None) -> str:
    """`norm` for `norm` and for `self.norm`; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def literal(node: ast.AST | None) -> Scalar | None:
    """The constant that stands there, if it could name a variant."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = literal(node.operand)
        return None if inner is None or isinstance(inner, str) else -inner
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, str):
        return value if value and clean(value, LIMIT_LENGTH) == value else None
    if isinstance(value, int | float) and -LIMIT_NUMBER < value < LIMIT_NUMBER:
        return value
    return None


def literals(node: ast.AST) -> Iterator[Scalar]:
    """All constants in an expression; of a dict its keys."""
    if isinstance(node, ast.Dict):
        for key in node.keys:
            if key is not None:
                yield from literals(key)
        return
    value = literal(node)
    if value is not None:
        yield value
        return
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


def _stem(node: ast.AST) -> str:
    """The name that an expression passes on: `norm` for `self.norm.lower()` and for `str(norm)`."""
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in _SAME:
            return _stem(node.func.value)
        if last_name(node.func) == "str" and len(node.args) == 1:
            return _stem(node.args[0])
    return last_name(node)


@dataclass
class Values:
    """Filled piece by piece with `add`."""

    _bound: dict[str, list[Scalar]] = field(default_factory=lambda: defaultdict(list))
    _compared: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    _among: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _renamed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _members: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, piece: Piece, node: ast.AST) -> None:
        """Take what one node says: called for every node of a piece."""
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assigned(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assigned(node.target, node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            self._looped(node.target, node.iter)
        elif isinstance(node, ast.Compare):
            self._compares(piece, node)
        elif isinstance(node, ast.Match):
            self._matches(piece, node)
        elif isinstance(node, ast.Subscript):
            self._looked_up(piece, node.value, node.slice, node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in ("get", "index", "pop"):
                self._looked_up(piece, node.func.value, node.args[0], node.lineno)
        elif isinstance(node, ast.ClassDef) and {last_name(base) for base in node.bases} & _ENUMS:
            self._enumerates(node)

    def bound_to(self, node: ast.AST) -> tuple[Scalar, ...]:
        """The constants that an expression may stand for: its own, or those of the name that it is."""
        value = literal(node)
        return (value,) if value is not None else tuple(dict.fromkeys(self._bound.get(_stem(node), ())))

    def named_like(self, name: str, passed: dict[str, set[str]]) -> frozenset[str]:
        """The names that a value goes by after it was given as `name`.

        Args:
            passed: name → arguments of the submission's own functions that it is given as.
        """
        found, waiting = {name}, [name]
        while waiting and len(found) < LIMIT_NAMES:
            here = waiting.pop()
            new = (self._renamed.get(here, set()) | passed.get(here, set())) - found
            found |= new
            waiting += sorted(new)
        return frozenset(found)

    def compared_with(self, names: frozenset[str]) -> list[Found]:
        """What any of these names is held against: in comparisons, in `match`, as the key of a table."""
        found: list[Found] = []
        for name in sorted(names):
            found += self._compared.get(name, ())
            for table, place in self._among.get(name, ()):
                found += [(value, place) for value in self._bound.get(table, ())]
        return found

    def members(self, nodes: Iterable[ast.AST | None], names: frozenset[str]) -> tuple[str, ...]:
        """Members of an enumeration that an expression names, or that one of the names is compared with: `Norm.BATCH`."""
        said = [literal(node) or last_name(inner) for node in nodes if node for inner in ast.walk(node)]
        owners = [owner for name in sorted(names) for owner in sorted(self._owners.get(name, ()))]
        known = [self._members[str(one)] for one in (*said, *owners) if str(one) in self._members]
        return known[0] if known else ()

    def _assigned(self, target: ast.AST, value: ast.AST) -> None:
        name = last_name(target)
        if not name:
            return
        if stem := _stem(value):
            self._renamed[stem].add(name)
        if isinstance(value, ast.Constant | ast.List | ast.Tuple | ast.Set | ast.Dict):
            self._bind(name, value)

    def _looped(self, target: ast.AST, over: ast.AST) -> None:
        for inner in ast.walk(target):
            if name := last_name(inner):
                self._bind(name, over)
                for listed in ast.walk(over):
                    if other := last_name(listed):
                        self._bound[name] += self._bound.get(other, [])[:LIMIT_KEPT]

    def _bind(self, name: str, value: ast.AST) -> None:
        kept = self._bound[name]
        for one in literals(value):
            if len(kept) >= LIMIT_KEPT:
                return
            kept.append(one)

    def _compares(self, piece: Piece, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        if not all(
            isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot) for op in node.ops
        ):
            return
        for name in filter(None, map(_stem, sides)):
            for side in sides:
                self._held(piece, name, side, node.lineno)

    def _held(self, piece: Piece, name: str, against: ast.AST, line: int) -> None:
        """`name` is held against a constant, a display of constants, or something that a name is bound to."""
        at = f"compared in {piece.place(line)}"
        if isinstance(against, ast.Attribute):
            self._owners[name].add(last_name(against.value))
        if (other := _stem(against)) and other != name:
            self._among[name].append((other, at))
        elif not other:
            for value in literals(against):
                if len(self._compared[name]) < LIMIT_KEPT:
                    self._compared[name].append((value, at))

    def _matches(self, piece: Piece, node: ast.Match) -> None:
        if name := _stem(node.subject):
            for case in node.cases:
                for inner in ast.walk(case.pattern):
                    if isinstance(inner, ast.MatchValue):
                        self._held(piece, name, inner.value, inner.lineno)

    def _looked_up(self, piece: Piece, table: ast.AST, key: ast.AST, line: int) -> None:
        if name := _stem(key):
            if isinstance(table, ast.Dict):
                self._held(piece, name, table, line)
            elif other := last_name(table):
                self._among[name].append((other, f"a key in {piece.place(line)}"))

    def _enumerates(self, node: ast.ClassDef) -> None:
        targets = [target for one in node.body if isinstance(one, ast.Assign) for target in one.targets]
        names = [name for target in targets if (name := last_name(target))]
        self._members[node.name] = tuple(f"{node.name}.{name}" for name in names[:LIMIT_NAMES])
