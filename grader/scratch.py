"""Private folders for temporary files that are gone when they are no longer needed, even after a kill -9.

A process that is killed cleans up nothing. So each folder has a janitor: a shell that waits until its standard input
closes, as it does when we let go of it or die in whatever way, and then removes the folder. `rm` walks hostile trees
of any depth without following a link.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_JANITOR = 'read -r _; exec rm -rf -- "$1"'
_END_SECONDS = 30.0


@contextmanager
def private_folder(prefix: str = "grader-") -> Iterator[Path]:
    """A new folder that nobody else may enter; it is gone afterwards.

    Raises:
        OSError: it cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    try:
        janitor = subprocess.Popen(
            ["/bin/sh", "-c", _JANITOR, "janitor", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,  # what interrupts us must not interrupt it
        )
    except OSError:
        folder.rmdir()
        raise
    try:
        yield folder
    finally:
        assert janitor.stdin is not None
        with suppress(OSError):
            janitor.stdin.close()
        with suppress(subprocess.TimeoutExpired):  # it goes on by itself
            janitor.wait(_END_SECONDS)
