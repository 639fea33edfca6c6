"""Where the source makes Grad-CAM pictures, and of which layer: parsed, never run.

A layer is what a class such as `GradCAM` is given, or what gets a forward hook in code that speaks of CAM. Code that
nothing calls says nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from grader.reading.layer_paths import MOST, Given, Scope, Source, last_part
from grader.reading.pieces import Piece
from grader.records import GradCam, TargetLayer
from grader.text import clean, clean_path

LIMIT_CHARACTERS = 400_000
"""Of source that speaks of CAM, of hooks or of target layers."""
LIMIT_LAYERS = 40
LIMIT_PLACES = 200
LIMIT_TEXT = 100

_SPEAKS = re.compile(r"cam|target_?layer|_hook", re.IGNORECASE)
_CLASS = re.compile(r"[A-Z]\w{0,30}?(?:CAM|Cam)(?:PlusPlus|pp|ElementWise|FasterRCNN)?|[A-Z]?CAM")
_FUNCTION = re.compile(r"(?:^|_)cams?(?:_|$)|grad_?cam", re.IGNORECASE)
_HOOK = "register_forward_hook"
_KEYWORDS = (
    "target_layers",
    "target_layer",
    "layers",
    "layer",
    "conv_layer",
    "layer_name",
    "target_layer_name",
)
_RESIZES = re.compile(
    r"\b(?:Resize|RandomResizedCrop|SmallestMaxSize|LongestMaxSize)\s*\(|\bweights\w*\.transforms\s*\(",
    re.IGNORECASE,
)


def grad_cam(source: Iterable[Piece]) -> GradCam:
    """What the pieces say of Grad-CAM; nothing where none speaks of it."""
    pieces = list(source)
    speaking = [piece for piece in pieces if _SPEAKS.search(piece.text)]
    kept, total = [], 0
    for piece in speaking:
        total += len(piece.text)
        if total <= LIMIT_CHARACTERS:
            kept.append(piece)
    read = Source(kept)
    calls = list(_calls(read, {id(piece) for piece in kept if "cam" in piece.text.lower()}))
    layers = _layers(read, calls[:LIMIT_PLACES])
    left = len(kept) < len(speaking) or read.is_cut or len(calls) > LIMIT_PLACES
    return GradCam(
        places=tuple(dict.fromkeys(_place(call, scope) for call, scope in calls[:LIMIT_PLACES])),
        layers=layers,
        resized_at=_resized_at(pieces) if calls else "",
        cut="Not all source that may speak of Grad-CAM was looked at: there is too much." if left else "",
    )


def _calls(read: Source, of_cam: set[int]) -> Iterator[tuple[ast.Call, Scope]]:
    """The calls that make or show Grad-CAM pictures, where they are reached; hooks in the pieces `of_cam` alone."""
    for name in sorted(read.calls):
        for call, scope in read.calls[name]:
            hooks = name == _HOOK and id(scope.piece) in of_cam
            if (hooks or _makes(call) or _FUNCTION.search(name)) and read.is_reached(scope):
                yield call, scope


def _makes(call: ast.Call) -> bool:
    """`GradCAM(...)`, and what a class of that kind is built by: `GradCAM.from_config(...)`."""
    names = [last_part(call.func)]
    if isinstance(call.func, ast.Attribute):
        names.append(last_part(call.func.value))
    return any(_CLASS.fullmatch(name) for name in names)


def _layers(read: Source, calls: list[tuple[ast.Call, Scope]]) -> tuple[TargetLayer, ...]:
    found: dict[tuple[str, str], TargetLayer] = {}
    for call, scope in calls:
        node = _target(call)
        for given in read.layers(node, scope) if node is not None else []:
            layer = _layer(given)
            found.setdefault((layer.path or layer.text, layer.place), layer)
    return tuple(found.values())[:LIMIT_LAYERS]


def _target(call: ast.Call) -> ast.expr | None:
    """The argument that is the layer: by its keyword, the second one of a class, or what a hook is put on."""
    if last_part(call.func) == _HOOK:
        return call.func.value if isinstance(call.func, ast.Attribute) else None
    if not _makes(call):
        return None
    named = {one.arg: one.value for one in call.keywords[:MOST] if one.arg}
    for keyword in _KEYWORDS:
        if keyword in named:
            return named[keyword]
    return call.args[1] if len(call.args) > 1 and _CLASS.fullmatch(last_part(call.func)) else None


def _layer(given: Given) -> TargetLayer:
    path = clean(".".join(given.steps or ()), 2 * LIMIT_TEXT)
    return TargetLayer(_place(given.node, given.scope), clean(_text(given), LIMIT_TEXT), path)


def _place(node: ast.expr, scope: Scope) -> str:
    return _shown(scope.piece, node.lineno)


def _shown(piece: Piece, line: int) -> str:
    """The place as that of a picture in a saved output is written, so that the two can be compared."""
    file = clean_path(piece.file)
    return f"{file}, cell {piece.cell}" if piece.cell else f"{file}:{line}"


def _text(given: Given) -> str:
    """The expression as written, its first line."""
    node = given.node
    line = given.scope.piece.text.split("\n")[node.lineno - 1].encode()
    end = node.end_col_offset if node.end_lineno == node.lineno else len(line)
    return line[node.col_offset : end].decode("utf-8", "replace")


def _resized_at(pieces: list[Piece]) -> str:
    for piece in pieces:
        if found := _RESIZES.search(piece.text):
            return _shown(piece, piece.text.count("\n", 0, found.start()) + 1)
    return ""
