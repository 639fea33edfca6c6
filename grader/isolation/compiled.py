"""Whether the packages' compiled files are there for a worker: without them it starts three times as slowly.

A worker sees the packages read-only and writes no compiled files of its own, so whatever is missing is compiled again
at every start. Missing they are after an installation with `--no-compile`, or where the account that installed the
packages could not write beside them; out of date after a change by hand or to another Python.
Layout of a compiled file's first bytes: PEP 552.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path

_SAMPLE = (
    "torch/__init__.py",
    "torch/_tensor.py",
    "torch/nn/modules/conv.py",
    "torch/optim/optimizer.py",
    "torch/_refs/__init__.py",
    "torchvision/ops/roi_align.py",
    "torchvision/transforms/functional.py",
    "numpy/_core/numeric.py",
)
"""Modules that every worker imports, from the beginning and the end of what an installer compiles."""


@dataclass(frozen=True)
class Uncompiled:
    """A module without a compiled file that a worker could use, and why."""

    module: Path
    fault: str


def uncompiled(folders: Iterable[Path], sample: Iterable[str] = _SAMPLE) -> tuple[Uncompiled, ...]:
    """Those of a few modules of the packages in these folders that a worker would have to compile itself.

    It looks at the first bytes of some eight files and imports nothing.
    """
    names = list(sample)
    modules = [folder / name for folder in folders for name in names if (folder / name).is_file()]
    return tuple(Uncompiled(module, fault) for module in modules if (fault := _fault(module)))


def compile_command(found: Iterable[Uncompiled]) -> str:
    """What the owner of the packages has to run, once."""
    folders = sorted({str(_top(one.module)) for one in found})
    return f"python -m compileall -q {' '.join(folders)}" if folders else ""


def installed_uncompiled() -> tuple[Uncompiled, ...]:
    """`uncompiled` for torch, torchvision and numpy as they are installed for this Python."""
    folders = []
    for name in ("torch", "torchvision", "numpy"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin:
            folders.append(Path(spec.origin).resolve().parent.parent)
    return uncompiled(dict.fromkeys(folders))


def _fault(module: Path) -> str:
    compiled = Path(cache_from_source(str(module)))
    try:
        header, mode = _header(compiled), compiled.stat().st_mode
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "not readable"
    if os.geteuid() == 0 and not mode & stat.S_IROTH:
        return "readable for root only"  # a worker is not root
    if len(header) < 16 or header[:4] != MAGIC_NUMBER:
        return "of another Python"
    flags, changed, size = struct.unpack("<III", header[4:])
    source = module.stat()
    if flags == 0 and (changed, size) != (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF):
        return "out of date"
    return ""


def _header(compiled: Path) -> bytes:
    with compiled.open("rb") as file:
        return file.read(16)


def _top(module: Path) -> Path:
    """The folder of the package that a module of `_SAMPLE` belongs to."""
    tops = {name.partition("/")[0] for name in _SAMPLE}
    return next((parent for parent in module.parents if parent.name in tops), module.parent)
