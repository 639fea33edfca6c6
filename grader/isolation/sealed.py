"""Training images in sealed memory: one copy of a set, which every worker maps and none can change.

A file would not do. Under the grader's own uid, as which a worker runs where the grader is not root, the descriptor of
a file can be opened anew for writing (`/proc/self/fd`), whatever mode it was opened in. The seals of a memfd hold
against everybody, us included: no write, no other length, no writable shared mapping, no further seal. Each worker
gets a descriptor that was opened for it alone, read-only, with an offset and flags of its own. Its memory counts as
the grader's, who wrote it; what a worker writes into its private mapping becomes a copy and counts as the worker's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import weakref

import numpy as np

from grader.isolation.frames import Array

_CHUNK_BYTES = 8 * 1024 * 1024


class SealedImages:
    """One array in sealed memory. It is gone when neither this object nor a worker holds it any more."""

    def __init__(self, images: Array) -> None:
        """
        Raises:
            OSError: there is no such memory here, or not enough of it.
        """
        self.shape = images.shape
        self.dtype = images.dtype.name
        self._fd = _sealed(np.ascontiguousarray(images))
        weakref.finalize(self, os.close, self._fd)

    def open(self) -> int:
        """A new read-only descriptor; the caller closes it.

        Raises:
            OSError: there is no /proc, or there are too many open files.
        """
        return os.open(f"/proc/self/fd/{self._fd}", os.O_RDONLY | os.O_CLOEXEC)


_kept: dict[int, tuple[weakref.ref[Array], SealedImages]] = {}
_lock = threading.Lock()


def sealed(images: Array) -> SealedImages | None:
    """The sealed memory with these images, made once and kept as long as the array is.

    None where the array may change, or where this system has no sealed memory: then they are sent as bytes.
    """
    if images.flags.writeable or not images.nbytes or not hasattr(os, "memfd_create"):
        return None
    with _lock:
        found = _kept.get(id(images))
        if found is not None and found[0]() is images:
            return found[1]
        with contextlib.suppress(OSError):
            return _keep(images)
    return None


def _keep(images: Array) -> SealedImages:
    which, made = id(images), SealedImages(images)

    def forget(gone: weakref.ref[Array]) -> None:
        known = _kept.get(which)
        if known is not None and known[0] is gone:
            del _kept[which]

    _kept[which] = weakref.ref(images, forget), made
    return made


def _sealed(images: Array) -> int:
    fd = os.memfd_create("images", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        left = images.reshape(-1).view(np.uint8).data
        while left:
            left = left[os.write(fd, left[:_CHUNK_BYTES]) :]
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(fd)
        raise
    return fd
