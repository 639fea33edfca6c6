"""One decoded file of training images for each set, in the user cache: workers map it and share its memory.

The file is NumPy's own format (.npy) without pickles, named by the SHA-256 of its contents, readable for everybody.
It holds training images and nothing else: no labels, and nothing of the test split. It can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from grader.data.places import user_cache
from grader.data.placing import placed, remove_abandoned, writing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.data.interface import DataSet, Pixels

_FOLDER = "decoded"
_CHUNK_ROWS = 1_000

_digests: WeakKeyDictionary[DataSet, str] = WeakKeyDictionary()
"""Of the training images of sets that were seen: their arrays are read-only."""

_checked: dict[Path, tuple[int, int, int]] = {}
"""Files that were read and right: inode, size and time of the last change."""


def training_file(data: DataSet, environment: Mapping[str, str] = os.environ) -> Path:
    """The file of the set's training images: `numpy.load(path, mmap_mode="r")` is equal to `train_images`.

    It is written where it is not there or not right, and checked once in each process. Mode 0644, in folders of
    mode 0755 where the grader made them.

    Raises:
        GraderFault: the user cache cannot be written.
    """
    if data not in _digests:
        _digests[data] = digest(data.train_images)
    path = folder(environment) / f"{_digests[data]}.npy"
    if not _is_right(path):
        with _prepared(path.parent), placed(path) as file:
            _write(file, data.train_images)
    return path


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

    waiting = record.with_suffix(".npy")
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


def _write(file: Any, array: NDArray[Any]) -> None:
    import numpy as np

    np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)


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
            one.chmod(0o755)  # whatever the umask says: a worker may run as another user
        remove_abandoned(place)
        yield
