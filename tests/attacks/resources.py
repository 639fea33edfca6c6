"""Attacks on the machine's processes, memory, disk and terminal: rows 4 to 8."""

from __future__ import annotations

from grader_attack import HONEST, NOT_RUN, Attack, Expected, model, net

_SPAWN = """
    for _ in range(40):
        try:
            if os.fork() == 0:
                os.setsid()
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                time.sleep(4242)
                os._exit(0)
        except OSError:
            break
"""

_BOMB = """
    while True:
        try:
            os.fork()
        except OSError:
            pass
"""

_SHARED = """
    self.kept = []
    while True:
        piece = mmap.mmap(-1, 64 << 20)
        piece.write(b"x" * (64 << 20))
        self.kept.append(piece)
"""

_FILL = """
    for folder in (os.environ["TMPDIR"], "/dev/shm"):
        for number in range(1_000):
            with open(f"{folder}/{number}", "wb") as file:
                file.write(bytes(60 << 20))
"""

_FLOOD = """
    while True:
        os.write(1, b"\\x1b]0;owned\\x07\\x1b[2J\\x1b[31mflood" * 2_000)
        os.write(2, b"\\x1b[?1049h\\x9b31mflood" * 2_000)
"""


def _ends(
    row: int, name: str, description: str, ending: str, init: str, imports: str, says: str = "", first: bool = False
) -> Attack:
    expected = Expected(**NOT_RUN, ending=ending, says=says)
    return Attack(row, name, "resources", description, model(net(f"import {imports}", init=init)), expected, first)


ATTACKS = [
    Attack(
        4,
        "daemons",
        "resources",
        "Starts forty processes, each in a session of its own and deaf to signals, and goes on",
        model(net("import os, signal, time", init=_SPAWN)),
        HONEST,
    ),
    _ends(4, "fork-bomb", "Forks for ever", "time", _BOMB, "os"),
    _ends(5, "memory", "Takes memory for ever", "memory", _SHARED.replace("mmap.mmap(-1, 64 << 20)", "bytearray(64 << 20)").replace("piece.write(b\"x\" * (64 << 20))", "piece[::4096] = b\"x\" * (16 << 10)"), "mmap", first=True),
    _ends(6, "memory-by-memfd", "Takes memory by files without a name", "raised", 'os.memfd_create("bomb")', "os", "PermissionError"),
    _ends(6, "shared-memory", "Takes shared memory for ever", "memory", _SHARED, "mmap"),
    _ends(7, "disk", "Fills every folder that it may write to", "raised/disk", _FILL, "os", "No space left on device / folder for tmp files"),
    _ends(8, "flood", "Prints terminal commands without end", "output", _FLOOD, "os", "It printed more than"),
]
