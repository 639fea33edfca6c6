"""Sealed memory: the images are there, nobody changes them, each descriptor is its own, and nothing is kept too long."""

from __future__ import annotations

import errno
import fcntl
import gc
import mmap
import os
import threading

import numpy as np
import pytest

from grader.isolation.sealed import SealedImages, sealed

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no sealed memory on this system")


def images(count: int = 5) -> np.ndarray:
    found = np.arange(count * 6, dtype=np.uint8).reshape(count, 2, 3)
    found.setflags(write=False)
    return found


def content(fd: int) -> bytes:
    return os.pread(fd, 1 << 20, 0)


@pytest.fixture
def held():
    """The array, its sealed memory and a descriptor as a worker gets it."""
    array = images()
    memory = SealedImages(array)
    fd = memory.open()
    yield array, memory, fd
    os.close(fd)


def test_it_holds_the_images_and_knows_their_shape(held):
    array, memory, fd = held
    assert content(fd) == array.tobytes()
    assert (memory.shape, memory.dtype) == ((5, 2, 3), "uint8")


def test_an_array_that_lies_elsewise_in_memory_is_held_in_its_own_order():
    turned = np.arange(12, dtype=np.uint8).reshape(3, 4).T
    turned.setflags(write=False)
    fd = SealedImages(turned).open()
    assert content(fd) == turned.tobytes()
    os.close(fd)


DEEDS = {
    "write": lambda fd: os.pwrite(fd, b"x", 0),
    "shorten": lambda fd: os.ftruncate(fd, 1),
    "lengthen": lambda fd: os.ftruncate(fd, 1 << 20),
    "punch a hole": lambda fd: os.posix_fallocate(fd, 0, 1 << 20),
    "map it shared": lambda fd: mmap.mmap(fd, 30, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE),
    "seal it more": lambda fd: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0x10),
}


@pytest.mark.parametrize("way", ["as it came", "opened anew"])
@pytest.mark.parametrize("deed", DEEDS, ids=list(DEEDS))
def test_nobody_can_change_it(deed, way, held):
    """Opened anew for writing, as its owner can, the seals alone hold."""
    array, _, fd = held
    own = os.dup(fd) if way == "as it came" else os.open(f"/proc/self/fd/{fd}", os.O_RDWR)
    with pytest.raises(OSError) as raised:
        DEEDS[deed](own)
    os.close(own)
    assert raised.value.errno in (errno.EPERM, errno.EBADF, errno.EACCES, errno.EINVAL)
    assert content(fd) == array.tobytes()


def test_each_descriptor_has_an_offset_and_flags_of_its_own(held):
    array, memory, fd = held
    other = memory.open()
    os.lseek(fd, 7, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
    assert os.lseek(other, 0, os.SEEK_CUR) == 0
    assert not fcntl.fcntl(other, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND)
    assert os.read(other, 100) == array.tobytes()
    os.close(other)


def test_a_set_is_sealed_once_for_all_who_ask():
    array = images()
    found = []
    threads = [threading.Thread(target=lambda: found.append(sealed(array))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(one) for one in found}) == 1


def test_it_is_gone_with_the_array():
    def descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    before = descriptors()
    kept = [images(9), images(8)]
    assert all(sealed(array) is not None for array in kept)
    assert descriptors() == before + 2
    kept.clear()
    assert descriptors() == before


def test_another_array_in_the_same_place_is_not_taken_for_the_old_one():
    for fill in range(20):
        array = np.full(4096, fill, np.uint8)
        array.setflags(write=False)
        found = sealed(array)
        assert found is not None
        fd = found.open()
        assert content(fd) == bytes([fill]) * 4096
        os.close(fd)
        del array, found


def test_what_may_still_change_or_is_empty_is_not_shared():
    assert sealed(np.zeros(3, np.uint8)) is None
    empty = np.zeros((0, 2), np.uint8)
    empty.setflags(write=False)
    assert sealed(empty) is None


def test_without_memory_or_descriptors_nothing_is_shared(monkeypatch):
    def full(*_: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(os, "memfd_create", full)
    assert sealed(images(11)) is None
