"""Mapped images: equal to what was shared, writable without anybody seeing it, and no descriptor is left."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import pytest

from grader.isolation.sealed import SealedImages
from grader.worker.mapped import mapped


def shared(dtype: str = "uint8") -> tuple[np.ndarray, SealedImages]:
    array = np.arange(4096 * 3, dtype=dtype).reshape(3, 64, 64)
    return array, SealedImages(array)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_it_is_equal_and_the_descriptor_is_closed(dtype):
    array, memory = shared(dtype)
    fd = memory.open()
    before = len(os.listdir("/proc/self/fd"))
    found = mapped(fd, dtype, [3, 64, 64])
    assert len(os.listdir("/proc/self/fd")) == before - 1
    assert found.dtype == dtype
    assert np.array_equal(found, array)


def test_a_write_is_seen_by_nobody_else():
    array, memory = shared()
    one, other = (mapped(memory.open(), "uint8", array.shape) for _ in range(2))
    one[...] = 9
    assert (one == 9).all()
    assert np.array_equal(other, array)
    assert np.array_equal(mapped(memory.open(), "uint8", array.shape), array)


def test_another_size_than_was_said_is_refused_and_the_descriptor_closed():
    _, memory = shared()
    fd = memory.open()
    with pytest.raises(OSError, match="another size"):
        mapped(fd, "uint8", [4, 64, 64])
    with pytest.raises(OSError):
        os.fstat(fd)


def test_what_cannot_be_mapped_is_refused():
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 4096)
        file.flush()
        fd = os.open(f"/proc/self/fd/{file.fileno()}", os.O_WRONLY)
        with pytest.raises(OSError, match="Permission denied"):
            mapped(fd, "uint8", [4096])
