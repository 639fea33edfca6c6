"""What a zygote is told, what its jail is made of, and what its probes must answer."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader.isolation import zygote_jail, zygote_promises
from grader.isolation.bubblewrap import Bubblewrap
from grader.isolation.interface import Limits, Workplace
from grader.isolation.zygote import Zygote, _request
from grader.isolation.zygote_stage import Stage
from grader.worker.zygote_probes import PROBES

PLACE = Workplace(
    Path("/class/jane-doe"),
    harness=((Path("/install/grader/worker"), "worker"),),
    packages=(Path("/install/site"),),
    python_prefix=Path("/install/python"),
    python_name="python3.11",
)


def words(place: Workplace = PLACE) -> list[str]:
    return zygote_jail._arguments(place, [("/tmp/zygote-1-a/stage", "/stage")]).decode().split("\0")


def test_a_zygote_is_told_neither_a_name_nor_a_place():
    told = _request(PLACE, Limits(threads=3), "17").decode()
    assert "jane" not in told
    assert "class" not in told
    assert "install" not in told
    request = json.loads(told)
    assert (request["stage"], request["name"], request["role"]) == ("/stage", "17", "model")
    assert request["limits"]["RLIMIT_NPROC"] == Limits().processes + 12
    assert request["environment"]["OMP_NUM_THREADS"] == "3"


def test_the_jail_is_bubblewraps_with_one_right_more_and_without_what_would_stand_in_the_way():
    flags = words()
    assert "--disable-userns" not in flags, "each worker makes a user namespace"
    assert "--dev" not in flags, "bubblewrap would add a user namespace of its own"
    added = [flags[index + 1] for index, flag in enumerate(flags) if flag == "--cap-add"]
    assert added == ["CAP_SYS_ADMIN"]
    assert flags.index("--cap-drop") < flags.index("--cap-add")
    for needed in ("--unshare-all", "--unshare-user", "--die-with-parent", "--clearenv", "--new-session"):
        assert needed in flags
    assert flags[-3:] == ["--remount-ro", "/", ""]


def test_the_libraries_start_no_pool_of_threads_before_a_fork():
    flags = words()
    settings = {flags[i + 1]: flags[i + 2] for i, flag in enumerate(flags) if flag == "--setenv"}
    assert {settings[name] for name in settings if name.endswith("_NUM_THREADS")} == {"1"}


def test_every_probe_has_a_promise_and_every_promise_a_probe():
    assert set(PROBES) == set(zygote_promises.PROMISED)


def test_one_answer_that_differs_breaks_the_promise():
    kept = dict(zygote_promises.PROMISED)
    assert zygote_promises.broken(kept) == []
    assert zygote_promises.broken({**kept, "another map of users": "refused (PermissionError)"}) == []
    for name in kept:
        assert zygote_promises.broken({**kept, name: "open: something"}) == [f"{name}: open: something"]
        assert zygote_promises.broken({k: v for k, v in kept.items() if k != name}) == [f"{name}: no answer"]
    assert zygote_promises.broken({**kept, "identity": "nobody else"}) == ["identity: nobody else"]
    assert zygote_promises.broken({**kept, "system calls": "refused some"}) == ["system calls: refused some"]


def test_without_bubblewrap_there_is_no_zygote(monkeypatch):
    monkeypatch.setattr("grader.isolation.bubblewrap._PATH", "/nowhere")
    assert Zygote().unavailable() == Bubblewrap().unavailable() != ""


def test_on_another_architecture_there_is_no_zygote(monkeypatch):
    monkeypatch.setattr("grader.isolation.zygote.platform.machine", lambda: "riscv64")
    monkeypatch.setattr(Bubblewrap, "unavailable", lambda _: "")
    assert "x86_64 or aarch64" in Zygote().unavailable()


def test_closing_what_was_never_started_does_nothing():
    zygote = Zygote()
    zygote.close()
    zygote.close()


@pytest.mark.sandbox
def test_a_zygote_that_cannot_start_says_why(tmp_path):
    """The harness is not there: its Python says so, and nothing is left."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    prefix = Path(sys.base_prefix).resolve()
    place = replace(PLACE, harness=(), packages=(), python_prefix=prefix, python_name=name)
    stage = Stage()
    with pytest.raises(OSError, match=r"the zygote did not start: .*zygote\.py"):
        zygote_jail.Jail(place, stage.folder)
    stage.close()
