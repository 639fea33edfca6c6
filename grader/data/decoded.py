"""Pictures that take long to decode, decoded once: a file for each set in the user cache.

The file is NumPy's own format (.npy) without pickles, named by the SHA-256 of its contents, readable for everybody.
It can be deleted at any time. No worker sees it: what they share is in `grader.isolation.sealed`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.data.places import user_cache
from grader.data.placing import SUFFIX, placed, remove_abandoned, writing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.data.interface import Pixels

_FOLDER = "decoded"
_CHUNK_ROWS = 1_000

_checked: dict[Path, tuple[int, int, int]] = {}
"""Files that were read and right: inode, size and time of the last change."""


def made(
    key: str, shape: tuple[int, ...], fill: Callable[[Pixels], None], environment: Mapping[str, str]
) -> Pixels:
    """A large uint8 array that is decoded once for all commands: mapped from its file, read-only.

    Args:
        key: names what is decoded, and how; a file name. Beside it stands the digest of what came out.
        fill: writes the values into an array of this shape. It is called where there is no right file yet.
    """
    import numpy as np

    record = folder(environment) / f"{key}.sha256"
    path = folder(environment) / f"{_recorded(record)}.npy"
    if not _is_right(path):
        with _prepared(path.parent):
            path = _fill_new(record, shape, fill)
    mapped: Pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def folder(environment: Mapping[str, str]) -> Path:
    """Where the decoded files are."""
    return user_cache(environment) / _FOLDER


def digest(array: NDArray[Any]) -> str:
    """SHA-256 of an array: of its type and shape, and of its values row by row."""
    import numpy as np

    found = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    for first in range(0, len(array), _CHUNK_ROWS):
        found.update(np.ascontiguousarray(array[first : first + _CHUNK_ROWS]).data)
    return found.hexdigest()


def _fill_new(record: Path, shape: tuple[int, ...], fill: Callable[[Pixels], None]) -> Path:
    import numpy as np

    # A name of our own: another process may be at the same work, and each renames its file.
    waiting = record.with_suffix(f".{secrets.token_hex(8)}{SUFFIX}")
    with placed(waiting) as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        start = file.tell()
        file.truncate(start + int(np.prod(shape)))
        file.flush()
        array = np.memmap(file, np.uint8, "r+", start, shape)
        fill(array)
        array.flush()
        found = digest(array)
        del array
    path = record.with_name(f"{found}.npy")
    waiting.replace(path)
    with placed(record) as note:
        note.write(found.encode("ascii"))
    return path


def _recorded(record: Path) -> str:
    """The digest that stands in a record, "none" where there is no such record."""
    try:
        text = record.read_bytes()[:65].decode("ascii")
    except (OSError, ValueError):
        return "none"
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else "none"


def _is_right(path: Path) -> bool:
    """Whether the file is there and holds what its name says. A file that has not changed is read once."""
    import numpy as np

    try:
        seen = path.stat()
        state = seen.st_ino, seen.st_size, seen.st_mtime_ns
        if _checked.get(path) == state:
            return True
        right = digest(np.load(path, mmap_mode="r", allow_pickle=False)) == path.stem
    except (OSError, ValueError, EOFError):
        return False
    if right:
        _checked[path] = state
    return right


@contextmanager
def _prepared(place: Path) -> Iterator[None]:
    """The folder is there and open to everybody's reading; what goes wrong with it is a fault that names it."""
    with writing(place):
        new = [one for one in (place.parent.parent, place.parent, place) if not one.exists()]
        place.mkdir(parents=True, exist_ok=True)
        for one in new:
            one.chmod(0o755)  # whatever the umask says: another user may grade with it
        remove_abandoned(place)
        yield
