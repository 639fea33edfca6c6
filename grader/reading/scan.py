"""What lies in a submission beside its code: weights, tables of numbers, links, names that stand in for libraries.

Nothing is executed, and nothing is said about why it is there: many honest students commit the weights that they
trained. The probes hold what is found here against what the model does.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.reading.pieces import Piece, is_skipped, pieces
from grader.reading.source import parsed
from grader.records import LeftOut, Submission
from grader.text import clean, clean_path

MANY_NUMBERS = 1_000
"""Numbers with four digits or more in all of the source: the honest have some dozens."""

LONG_TEXT = 2_000
"""Characters of one literal without the spaces of prose."""

_BLOB_BYTES = 16 * 1024
_WEIGHTS = re.compile(
    r"\.(?:pth?|pkl|pickle|ckpt|h5|hdf5|keras|onnx|safetensors|np[yz]|bin|tar|t7|mar|joblib)", re.IGNORECASE
)
_TABLES = re.compile(r"\.(?:json|[ct]sv|txt|dat|ya?ml|xml|b64|hex|raw|gz|zip|xz|bz2|7z)", re.IGNORECASE)
_SEEDS = re.compile(
    r"\b(?:manual_seed(?:_all)?|random\.seed|default_rng|RandomState|seed_everything|set_seed|fix_seed)\s*\("
)
_LIBRARIES = re.compile(
    r"torch|torchvision|torchsummary|torchinfo|numpy|pandas|matplotlib|tqdm|PIL|cv2|albumentations|scipy|sklearn"
    r"|lightning|pytorch_lightning"
)
_USUAL = frozenset({"test", "code", "types"})  # of the standard library, and usual names for one's own files
_LINKS = re.compile(r"\b(link|device|socket|pipe|submodule|special file)", re.IGNORECASE)
_MOST_NAMED = 4


@dataclass(frozen=True)
class Scan:
    """Places, cleaned and few; "" or () where there is nothing."""

    seed_set_at: str = ""  # where the code sets a seed first
    weights: str = ""  # the first thing that may hold weights: a file or a long literal
    weight_files: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()  # other files that may hold many numbers
    long_literals: tuple[str, ...] = ()
    numbers: int = 0  # with four digits or more, in all of the source
    shadows: tuple[str, ...] = ()  # files with the name of a library
    links: tuple[str, ...] = ()  # links and special files, none of which was taken


def scan(root: Path, submission: Submission) -> Scan:
    """Look through what was handed in, second repositories too."""
    unreadable: list[LeftOut] = []
    files = [*submission.files, *(file for other in submission.also for file in other.files)]
    listed = [file for file in files if not is_skipped(file.path)]
    source = _Source()
    for piece in pieces(root, submission, unreadable):
        source.read(piece)
    weight_files = _places(f.path for f in listed if _WEIGHTS.fullmatch(_suffix(f.path)))
    tables = _places(
        f.path for f in listed if _TABLES.fullmatch(_suffix(f.path)) and f.size_bytes > _BLOB_BYTES
    )
    literals = tuple(source.literals[:_MOST_NAMED])
    if source.numbers > MANY_NUMBERS and not literals:
        literals = (source.most_numbers,)
    return Scan(
        seed_set_at=source.seed,
        weights=next(iter((*weight_files, *literals, *tables)), ""),
        weight_files=weight_files,
        tables=tables,
        long_literals=literals,
        numbers=source.numbers,
        shadows=_places(f.path for f in listed if _shadows(f.path)),
        links=_places(left.path for left in submission.left_out if _LINKS.search(left.reason)),
    )


class _Source:
    """What the source adds up to, piece by piece."""

    def __init__(self) -> None:
        self.seed = self.most_numbers = ""
        self.literals: list[str] = []
        self.numbers = self._most = 0

    def read(self, piece: Piece) -> None:
        found = _SEEDS.search(piece.text)
        if found and not self.seed:
            self.seed = clean_path(piece.place(piece.text.count("\n", 0, found.start()) + 1))
        try:
            tree = parsed(piece.text)
        except ValueError:
            return  # what cannot be parsed cannot run
        numbers = 0
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                numbers += _is_precise(node.value)
            if what := _opaque(node):
                place = piece.place(getattr(node, "lineno", 1))
                self.literals.append(clean(f"{what} in {place}"))
        self.numbers += numbers
        if numbers > self._most:
            self._most = numbers
            self.most_numbers = clean(f"{numbers:,} long numbers in {piece.place(1)}")


def _is_precise(value: object) -> bool:
    """A number with four digits that count: 0.1307 is one, 1e-4 and 60000 are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        return False
    if isinstance(value, int) and abs(value) >= 10**300:
        return True  # printing it would take long
    digits = re.sub(r"e[-+]?\d+|[^0-9]", "", repr(value)).strip("0")
    return len(digits) >= 4


def _opaque(node: ast.AST) -> str:
    """What makes a literal one that nobody can read; "" where it is not."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
        items = node.values if isinstance(node, ast.Dict) else node.elts
        return f"a literal of {len(items):,} items" if len(items) > MANY_NUMBERS else ""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bytes) and len(value) > LONG_TEXT:
        return f"a literal of {len(value):,} bytes"
    if isinstance(value, int) and value.bit_length() > 8 * LONG_TEXT:
        return f"a number of {value.bit_length():,} bits"
    if isinstance(value, str) and len(value) > LONG_TEXT and not _is_prose(value):
        return f"a literal of {len(value):,} characters"
    return ""


def _is_prose(value: str) -> bool:
    spaces = sum(character.isspace() for character in value)
    letters = sum(character.isalpha() and character.isascii() for character in value)
    return spaces > len(value) / 20 and letters > len(value) / 2


def _suffix(path: str) -> str:
    return PurePosixPath(path).suffix


def _shadows(path: str) -> bool:
    """Whether `import NAME` could mean this file or folder, at the top, instead of a library."""
    parts = PurePosixPath(path).parts
    name = parts[0].removesuffix(".py") if parts[0].endswith(".py") else parts[0]
    is_module = len(parts) == 1 and parts[0].endswith(".py")
    is_package = len(parts) > 1 and path.endswith(".py")
    known = _LIBRARIES.fullmatch(name) is not None or name in sys.stdlib_module_names - _USUAL
    return known and (is_module or is_package)


def _places(paths: Iterator[str]) -> tuple[str, ...]:
    listed = list(paths)
    named = tuple(clean_path(path) for path in listed[:_MOST_NAMED])
    more = len(listed) - len(named)
    return (*named, f"{more:,} more") if more else named
