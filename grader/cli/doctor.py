"""`grader doctor`: what this machine can do, and the next step to more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from grader.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.isolation.machine import LevelState, Setting

LEAST_FREE_BYTES = 2 * 1024**3
LEAST_MEMORY_BYTES = 6 * 1024**3


@dataclass(frozen=True)
class Row:
    """One thing looked at. `next_step` is "" where there is nothing to do."""

    part: str
    name: str
    value: str
    next_step: str = ""


@click.command(short_help="What this machine can do, and what it lacks.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on standard output.")
def command(as_json: bool) -> int:
    """Look at this machine: packages, cores, memory, GPU, isolation levels, git, data sets, disk space.

    Every isolation level is tried for real. Exit codes: 0 `grader run` works here, 5 it does not.
    """
    from grader.isolation.machine import levels, settings

    tried = levels()
    rows = [*_software(), *_hardware(), *_isolation(tried, settings()), *_data()]
    works = any(state.isolation for state in tried if state.level in ("3", "2")) and not _missing(rows)
    if as_json:
        _print_json(rows, tried, works)
    else:
        _print(rows, tried, works)
    return ExitCode.PASSED if works else ExitCode.FAULT


def _missing(rows: list[Row]) -> bool:
    """Whether something is absent without which nothing runs."""
    return any(row.value == "not installed" and row.part == "software" for row in rows)


def _software() -> Iterator[Row]:
    import platform
    from importlib import metadata

    from grader import __version__
    from grader.isolation.machine import program_version

    yield Row("software", "grader", __version__)
    yield Row("software", "Python", platform.python_version())
    for name in ("torch", "torchvision", "numpy"):
        try:
            yield Row("software", name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Row("software", name, "not installed", f"pip install {name}")
    yield _compiled()
    git = program_version("git")
    yield Row("software", "git", git or "not installed", "" if git else "Install git 2.30 or later.")


def _compiled() -> Row:
    """Without compiled files every worker compiles torch anew, which takes three times as long as loading it."""
    from grader.isolation.compiled import compile_command, installed_uncompiled

    found = installed_uncompiled()
    if not found:
        return Row("software", "compiled files", "of torch, torchvision and numpy are there")
    faults = ", ".join(sorted({one.fault for one in found}))
    advice = f"Every worker starts three times as slowly. As their owner: {compile_command(found)}"
    return Row("software", "compiled files", faults, advice)


def _hardware() -> Iterator[Row]:
    import shutil
    import tempfile

    import psutil

    from grader.isolation.cores import MOST_CORES
    from grader.isolation.quota import usable_cores

    usable = min(len(usable_cores()), MOST_CORES)
    there = psutil.cpu_count() or 1
    yield Row("machine", "cores", f"{there}, a training takes {usable} unless told otherwise")
    memory = psutil.virtual_memory()
    small = "A worker may take 4 GiB." if memory.available < LEAST_MEMORY_BYTES else ""
    yield Row("machine", "memory", f"{_gib(memory.total)}, {_gib(memory.available)} available", small)
    yield from _gpus()
    free = shutil.disk_usage(tempfile.gettempdir()).free
    full = "Make room, or set TMPDIR to a folder with more." if free < LEAST_FREE_BYTES else ""
    yield Row("machine", "disk space for tmp files", f"{_gib(free)} free", full)


def _gpus() -> Iterator[Row]:
    """One row for each card. Whether a worker can compute on it, `grader run --device` tries before each run."""
    from grader.isolation.cards import NoCards, cards, usage

    try:
        for card in cards():
            now = usage(card)
            taken = f"{_gib(now.used_bytes)} of {_gib(card.memory_bytes)} in use"
            missing = "" if card.nodes else "It has no node in /dev: `nvidia-modprobe -u -c=0` makes one."
            yield Row("machine", f"GPU cuda:{card.number}", f"{card.name}, {taken}", missing)
    except NoCards as error:
        yield Row("machine", "GPU", f"none is used: {error}")


def _isolation(tried: tuple[LevelState, ...], settings: tuple[Setting, ...]) -> Iterator[Row]:
    for state in tried:
        if state.isolation is None:
            reason = " ".join(state.reason.split())
            yield Row(
                "isolation", f"level {state.level}", f"not to be had: {reason}", _next_step(state, settings)
            )
        elif state.level != "1":
            limit = state.isolation.memory_limit
            yield Row("isolation", f"level {state.level}", f"holds; memory limit by {limit}")
    yield _forked()
    for setting in settings:
        yield Row("isolation", setting.name, setting.value, setting.advice)


def _forked() -> Row:
    """Nothing to be done about it: without them every worker is started by itself."""
    from grader.errors import SandboxUnavailable
    from grader.isolation.choose import forking_sandbox

    try:
        forking_sandbox()
    except SandboxUnavailable as error:
        reason = " ".join(error.message.split())
        return Row("isolation", "forked workers", f"not to be had, so each is started by itself: {reason}")
    return Row("isolation", "forked workers", "hold (level 3, one zygote for each grader)")


def _next_step(state: LevelState, settings: tuple[Setting, ...]) -> str:
    """The first thing in the way, where one is known; else what the level itself says."""
    of_level = {"3": ("bubblewrap", "kernel.", "user."), "2": ("Landlock",)}.get(state.level, ())
    known = [one.advice for one in settings if one.advice and one.name.startswith(of_level)]
    return known[0] if known else state.hint


def _data() -> Iterator[Row]:
    import os

    from grader.data.interface import variants
    from grader.data.places import search_order

    for task, module in variants().items():
        found = [place.name for place in search_order(None, os.environ) if module.look(place.folder).complete]
        if found:
            yield Row("data", task, f"found: {found[0]} (grader data verify {task} checks it)")
        elif hasattr(module, "ELSE"):
            yield Row("data", task, module.ELSE)
        else:
            yield Row("data", task, "not found", f"grader data fetch {task}")


def _gib(size: float) -> str:
    return f"{size / 1024**3:.1f} GiB"


def _print(rows: list[Row], tried: tuple[LevelState, ...], works: bool) -> None:
    part = ""
    for row in rows:
        if row.part != part:
            part = row.part
            click.echo(click.style(part, bold=True))
        click.echo(f"  {row.name:<26} {row.value}")
        if row.next_step:
            click.echo(click.style(f"  {'':<26} next: {row.next_step}", fg="yellow"))
    for state in tried:
        if state.isolation:
            click.echo(click.style(f"tried from inside, level {state.level}", bold=True))
            for probe, answer in state.isolation.canary:
                click.echo(f"  {probe:<26} {answer}")
    click.echo(_verdict(tried, works))


def _verdict(tried: tuple[LevelState, ...], works: bool) -> str:
    if not works:
        return "`grader run` does not work here; `grader check` runs your own code without isolation."
    level = next(state.level for state in tried if state.isolation)
    return f"`grader run` works here, at isolation level {level}."


def _print_json(rows: list[Row], tried: tuple[LevelState, ...], works: bool) -> None:
    import json
    from dataclasses import asdict

    found: dict[str, Any] = {
        "schema": "grader/doctor/1",
        "run_works": works,
        "level": next(state.level for state in tried if state.isolation),
        "rows": [asdict(row) for row in rows],
        "levels": [asdict(state) for state in tried],
    }
    click.echo(json.dumps(found, indent=2))
