"""`python -m grader.course.batch.attempt FOLDER`: an attempt of a batch in a process of its own, or a look at several.

It reads `job.json` in the folder, grades, and leaves `answer.json` there. Events go to standard output as JSON, a line
each; nothing of a student's is among them but what `grader.text` made harmless. When standard input closes, whoever
launched it is gone, and it ends too.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from grader.course.batch.clones import kept, shown_as
from grader.course.batch.job import ANSWER, FINISH, JOB, Answer, Job, read_job, write
from grader.errors import FetchError, GraderError, GraderFault
from grader.events import Event, Events
from grader.isolation.choose import Level
from grader.isolation.cores import these_threads
from grader.stages.recipe import Lane

if TYPE_CHECKING:
    from grader.spec.load import Loaded
    from grader.stages.machine import Machine

END_SECONDS = 15.0
"""After its launcher is gone, this much time is left to end what was started."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m grader.course.batch.attempt FOLDER", file=sys.stderr)
        return 2
    end_when_told()
    threading.Thread(target=_end_with_launcher, daemon=True).start()
    return run(Path(arguments[0]), lambda place, answer: write(place / ANSWER, answer))


Leave = Callable[[Path, Answer], None]
"""Takes the answer of the attempt in a folder."""


Whose = Callable[[GraderError], str]
"""The kind of answer that an error makes."""


def whose_fault(error: GraderError) -> str:
    """As on the machine where the batch is at work, which was proven before."""
    if isinstance(error, GraderFault):
        return "machine"
    return "student" if isinstance(error, FetchError) else "usage"


def run(folder: Path, leave: Leave, whose: Whose = whose_fault) -> int:
    """The attempt in this folder, or a look at all that are in it; the exit code."""
    try:
        if (folder / JOB).is_file():
            leave(folder, _answer(folder, _attempt, whose))
        else:
            _look(folder, leave, whose)
    except KeyboardInterrupt:
        return 130
    except GraderError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return error.exit_code
    return 0


def _answer(folder: Path, work: Callable[[Job], Answer], whose: Whose) -> Answer:
    try:
        return work(read_job(folder / JOB))
    except GraderError as error:
        return Answer(whose(error), "", error.message, error.hint)


def _attempt(job: Job) -> Answer:
    from grader.pipeline import grade_submission

    if not job.clone:
        return _device(job)
    graded = grade_submission(_request(job), Events([_tell]))
    assert graded.folder is not None
    return Answer("graded", str(graded.folder))


def _device(job: Job) -> Answer:
    """Nobody's submission: on which device others will be trained here."""
    from grader.course.batch.setup import machine_request
    from grader.pipeline import prepare_machine

    return Answer("prepared", message=prepare_machine(machine_request(_loaded(job), job)).device.text)


# --- a first look -------------------------------------------------------------------------------------------------


def _look(folder: Path, leave: Leave, whose: Whose) -> None:
    """Look at the submissions of all folders in this one, one after the other, on a machine that is prepared once.

    Raises:
        GraderError: there is no such machine; each row's own attempt says so, too.
    """
    from grader.pipeline import prepare_machine

    places = sorted(place.parent for place in folder.glob(f"*/{JOB}"))
    with these_threads(1):
        machine = prepare_machine(_request(read_job(places[0] / JOB)))
        for place in places:
            if (folder / FINISH).exists():
                return
            leave(place, _answer(place, partial(_untrained, place.name, machine), whose))
            _say({"key": place.name})


def _untrained(key: str, machine: Machine, job: Job) -> Answer:
    from grader.pipeline import grade_untrained

    said: list[Event] = []
    events = Events([said.append, lambda event: _say({"key": key, **asdict(event)})])
    graded = grade_untrained(replace(_request(job), machine=machine), events)
    if graded is None:
        found = [event.text for event in said if (event.kind, event.stage) == ("end", "inspect")]
        return Answer("trains", message=found[-1] if found else "")
    return Answer("graded", str(graded.folder))


# --- both ---------------------------------------------------------------------------------------------------------


def _request(job: Job) -> Any:
    from grader.pipeline import Request

    loaded = _loaded(job)
    staged = kept(Path(job.clone))
    if job.level not in get_args(Level) or job.lane not in get_args(Lane):
        raise GraderFault(
            f"The job asks for level {job.level} and lane {job.lane}.", "Start the batch again."
        )
    return Request(
        loaded=loaded,
        source=staged.submission.source,
        command=job.command,
        staged=replace(staged, submission=shown_as(staged.submission, job.name, job.source)),
        data_dir=Path(job.data_dir) if job.data_dir else None,
        stand_in=job.stand_in,
        unofficial_data=job.unofficial_data,
        secret=job.secret,
        seeds=(job.seed,) if job.seed >= 0 else (),
        seeds_follow=True,
        level=job.level,  # type: ignore[arg-type]
        lane=job.lane,  # type: ignore[arg-type]
        device=job.device,
        zygote=job.zygote,
        web=job.web,
        out=Path(job.out),
        threads=job.threads,
    )


def _loaded(job: Job) -> Loaded:
    from grader.spec.course import load_course, with_course
    from grader.spec.load import load_spec

    loaded = load_spec(Path(job.spec))
    return with_course(loaded, load_course(job.course)) if job.course else loaded


def _tell(event: Event) -> None:
    _say(asdict(event))


def _say(event: dict[str, Any]) -> None:
    """One line per event. Who does not listen any more is no reason to stop."""
    try:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def end_when_told() -> None:
    """SIGTERM and Ctrl-C end what is under way, each part in its order."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)


def _stop(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_launcher() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    os._exit(5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
