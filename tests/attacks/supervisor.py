"""A grader that grades one submission after the other, as a process of its own that a test can watch and kill.

    python supervisor.py SETTINGS      SETTINGS is JSON: spec, train, test, hasty, level

It reads one request a line, `{"source": ..., "out": ...}`, and answers each with one line: `{"folder": ...}`, or
`{"error": ..., "message": ...}` for what could not be had. Everything in it is the grader as it is, but for the size
of the stand-in data and, with `hasty`, for how long it waits: what hangs for ever is ended after seconds here.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

PR_SET_CHILD_SUBREAPER = 36


def hurry() -> None:
    """Shorter patience and smaller limits than the real ones; each of them is still generous for honest code."""
    from grader.isolation import conversation
    from grader.isolation.supervisor import Patience
    from grader.stages import workers

    for name, value in list(vars(conversation).items()):
        if isinstance(value, Patience):
            least = min(value.cpu_seconds, 15)
            setattr(conversation, name, dataclasses.replace(value, cpu_seconds=least, stall_seconds=6))
    workers.Limits = partial(workers.Limits, memory_bytes=1400 << 20, output_bytes=8 << 20)  # type: ignore


def small_data(train: int, test: int) -> None:
    from grader.data import mnist, standin

    mnist.stand_in = partial(standin.generate, 0, train, test)


def grade(spec: str, level: Any, zygote: bool, request: dict[str, Any]) -> dict[str, str]:
    from grader.errors import GraderError
    from grader.events import Events
    from grader.pipeline import Request, grade_submission
    from grader.spec.load import load_spec

    try:
        graded = grade_submission(
            Request(
                loaded=load_spec(spec),
                source=request["source"],
                command="grader run attacks",
                out=Path(request["out"]),
                stand_in=True,
                seeds=(7,),
                secret=11,
                level=level,
                zygote=zygote,
            ),
            Events(),
        )
    except GraderError as error:
        return {"error": type(error).__name__, "message": str(error)}
    return {"folder": str(graded.folder)}


def main() -> None:
    settings = json.loads(sys.argv[1])
    # What an attack leaves behind becomes a child of this process, and is found there.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    small_data(settings["train"], settings["test"])
    if settings["hasty"]:
        hurry()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        answer = grade(settings["spec"], settings["level"], settings["zygote"], json.loads(line))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
