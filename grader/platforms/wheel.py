"""The installed grader as a wheel, so that a package for another machine needs no index to find it.

The same installation gives the same bytes. The format: the Python Packaging User Guide, "Binary distribution format".
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import grader
from grader.errors import UsageError
from grader.spec.shipped import shipped_specs

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_WAY_OUT = "Install it anew, or give a wheel that you built: --wheel FILE."


def built_wheel() -> tuple[str, bytes]:
    """File name and content of a wheel of the grader that is running.

    Raises:
        UsageError: it is not installed, or as another version than the one that is running.
    """
    members = dict(_package())
    folder = f"grader-{grader.__version__}.dist-info"
    members |= {f"{folder}/{name}": content.encode() for name, content in _about().items()}
    record = "".join(_line(name, content) for name, content in sorted(members.items()))
    members[f"{folder}/RECORD"] = f"{record}{folder}/RECORD,,\n".encode()
    return f"grader-{grader.__version__}-py3-none-any.whl", zipped(members)


def zipped(members: dict[str, bytes], programs: frozenset[str] = frozenset()) -> bytes:
    """A zip of these files by their names, without any time; `programs` may be executed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, _NO_TIME)
            info.create_system = 3  # Unix, whatever this machine is: else the permissions are not read
            info.external_attr = (0o100755 if name in programs else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return file.getvalue()


def _package() -> Iterator[tuple[str, bytes]]:
    """Every file of the package, and the specs where an installation has them."""
    base = Path(grader.__file__).parent
    for path in _files(base):
        if path.relative_to(base).parts[0] != "specs":
            yield f"grader/{path.relative_to(base).as_posix()}", path.read_bytes()
    specs = next(iter(shipped_specs().values())).parent
    for path in _files(specs):
        yield f"grader/specs/{path.relative_to(specs).as_posix()}", path.read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _about() -> dict[str, str]:
    """The files of the wheel's own folder but for the record."""
    try:
        found = metadata.distribution("grader")
    except metadata.PackageNotFoundError:
        raise UsageError("The grader is not installed, so no wheel can be made of it.", _WAY_OUT) from None
    about, entries = found.read_text("METADATA"), found.read_text("entry_points.txt")
    if about is None or entries is None or found.version != grader.__version__:
        raise UsageError(
            f"This is grader {grader.__version__}, and what is installed says {found.version}.", _WAY_OUT
        )
    wheel = "Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return {"METADATA": about, "WHEEL": wheel, "entry_points.txt": entries}


def _line(name: str, content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"
