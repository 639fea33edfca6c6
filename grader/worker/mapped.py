"""Images that the supervisor shares: mapped into this process, whose writes are seen by nobody else."""

from __future__ import annotations

import ctypes
import math
import mmap
import os
from collections.abc import Sequence

import numpy as np

from grader.isolation.frames import Array

_FAILED = ctypes.c_void_p(-1).value


def mapped(fd: int, dtype: str, shape: Sequence[int]) -> Array:
    """The array that a descriptor's memory holds, until the end of this process. The descriptor is closed.

    It can be written: a page that is written becomes this process's own. Python's `mmap` is not used, for it would
    keep a second descriptor open.

    Raises:
        OSError: it cannot be mapped, or is of another size.
    """
    try:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if os.fstat(fd).st_size != size:
            raise OSError("the shared images are of another size than was said")
        address = _map(fd, size)
    finally:
        os.close(fd)
    memory = (ctypes.c_uint8 * size).from_address(address)
    found: Array = np.ctypeslib.as_array(memory).view(dtype).reshape(tuple(shape))
    return found


def _map(fd: int, size: int) -> int:
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype = ctypes.c_void_p
    call.argtypes = (
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_long,
    )
    address = call(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, fd, 0)
    if address is None or address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(address)
