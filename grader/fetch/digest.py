"""Digests of a submission's files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from grader.records import SecondRepository, SubmittedFile

_DOMAIN = b"grader/tree/1\n"
_JOINED = b"grader/tree-and-seconds/1\n"


def tree_digest(files: Iterable[SubmittedFile]) -> str:
    """`sha256:` and 64 hex digits over paths and contents, the same wherever the files came from.

    What is hashed, after the 14 bytes `grader/tree/1\\n`: for each file, in the order of its path's UTF-8 bytes,
    the path's length as 8 bytes (big-endian), the path, and the 32 bytes of its content's sha256. Lengths make
    it unambiguous: no path can be read as another path and a content. File modes and dates are not part of it.
    """
    whole = hashlib.sha256(_DOMAIN)
    for path, content in sorted((file.path.encode(), bytes.fromhex(file.sha256)) for file in files):
        whole.update(len(path).to_bytes(8, "big") + path + content)
    return f"sha256:{whole.hexdigest()}"


def joined_digest(own: str, seconds: Iterable[SecondRepository]) -> str:
    """`sha256:` over a submission's own tree digest and, in their order, the folders and digests of the second
    repositories: the code that was graded is another one where one of these is."""
    whole = hashlib.sha256(_JOINED + own.encode() + b"\n")
    for second in seconds:
        folder = second.folder.encode()
        whole.update(len(folder).to_bytes(8, "big") + folder + second.tree_digest.encode() + b"\n")
    return f"sha256:{whole.hexdigest()}"


def blob_id(content: bytes) -> str:
    """What git calls this content: tells whether a file is as it was committed."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
