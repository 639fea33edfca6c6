"""Unpack a downloaded archive: only members that are known by name, each checked and put in place whole."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from grader.data.placing import placed, writing
from grader.errors import GraderFault

_CHUNK_BYTES = 1 << 20


def unpack_tar(archive: Path, members: Mapping[str, str], folder: Path, limit_bytes: int) -> None:
    """Put members into `folder` under their last names.

    Args:
        members: full names, and the MD5 that each must have.
        limit_bytes: for one member.

    Raises:
        GraderFault: one is missing, too large or not the published one; or the folder cannot be written.
    """
    left = dict(members)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(archive, "r:gz") as packed:
                for member in packed:
                    if member.name in left and member.isfile():
                        if member.size > limit_bytes:
                            raise _broken(archive, f"{_last(member)} has {member.size:,} bytes")
                        _put(packed, member, folder / _last(member), left.pop(member.name))
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise _broken(archive, f"it cannot be unpacked ({error})") from error
    if left:
        raise _broken(archive, f"it lacks {min(left)}")


def _put(packed: tarfile.TarFile, member: tarfile.TarInfo, path: Path, md5: str) -> None:
    source = packed.extractfile(member)
    assert source is not None, "a regular file has contents"
    digest = hashlib.md5(usedforsecurity=False)
    with placed(path) as file:
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != md5:
            fault = f"{path.name} has MD5 {digest.hexdigest()}, expected {md5}"
            raise _broken(Path(str(packed.name)), fault)


def _last(member: tarfile.TarInfo) -> str:
    return Path(member.name).name


def _broken(archive: Path, fault: str) -> GraderFault:
    return GraderFault(f"{archive}: {fault}.", "Delete it, and run the same command again.")
