"""Attacks on the grader's patience and life: rows 1, 2 and 12."""

from __future__ import annotations

from grader_attack import HONEST, NOT_PREDICTED, NOT_RUN, Attack, Expected, model, net


def _ends(row: int, name: str, description: str, ending: str, first: bool = False, **places: str) -> Attack:
    expected = Expected(**NOT_RUN, ending=ending)
    return Attack(row, name, "liveness", description, model(net(**places)), expected, first)


_TRAINED = "self.features[1].num_batches_tracked > 100"

ATTACKS = [
    Attack(
        1,
        "endless-loop-at-import",
        "liveness",
        "Loops for ever in the module: definitions alone are loaded, so it never runs",
        model(net("while True:\n    pass")),
        HONEST,
    ),
    _ends(1, "endless-loop-in-class", "Loops for ever while the class is defined", "time", body="while True: pass"),
    _ends(1, "endless-loop-in-init", "Loops for ever in __init__", "time", init="while True: pass"),
    Attack(
        1,
        "endless-loop-in-eval",
        "liveness",
        "Loops for ever in the forward pass, once it was trained and is to predict",
        model(net(forward=f"while not self.training and {_TRAINED}: pass")),
        Expected(**NOT_PREDICTED, ending="time"),
    ),
    _ends(1, "sleeps", "Sleeps for ever in __init__", "stalled", init="import time; time.sleep(1_000_000)"),
    _ends(2, "sys-exit", "Raises SystemExit while the class is defined", "raised", body="import sys; sys.exit(0)"),
    _ends(2, "os-exit", "Ends its process as if all were well", "exit", body="import os; os._exit(0)", first=True),
    _ends(2, "abort", "Aborts its process", "signal", body="import os; os.abort()"),
    _ends(2, "segfault", "Reads address 0", "signal", body="import ctypes; ctypes.string_at(0)"),
    Attack(
        12,
        "kills-everybody",
        "liveness",
        "Sends SIGKILL to its parent, to process 1 and to everybody, and goes on",
        model(
            net(
                "import os, signal",
                init="""
                for pid in (os.getppid(), 1, -1):
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except OSError:
                        pass
                """,
            )
        ),
        HONEST,
    ),
]
