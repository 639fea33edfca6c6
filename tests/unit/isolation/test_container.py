"""The command line that a container engine gets. No engine runs here; its words are documented ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.isolation.container import Container
from grader.isolation.interface import Limits, Workplace

LIMITS = Limits(memory_bytes=123_000_000, tmp_bytes=7_000_000, processes=20, threads=3)


@pytest.fixture
def words(tmp_path):
    packages = tmp_path / "site"
    (packages / "grader").mkdir(parents=True)
    place = Workplace(
        Path("/staged/one"),
        harness=((Path("/install/grader/worker"), "worker"),),
        packages=(packages,),
        python_prefix=Path("/opt/python"),
        python_name="python3.11",
    )
    return Container("image:1", "engine").arguments(place, LIMITS, Path("/channel-1"), "grader-1")


def after(words: list[str], name: str) -> list[str]:
    return [words[index + 1] for index, word in enumerate(words) if word == name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("--network", "none"),
        ("--cap-drop", "ALL"),
        ("--security-opt", "no-new-privileges"),
        ("--user", "65534:65534"),
        ("--ipc", "private"),
        ("--memory", "123000000"),
        ("--memory-swap", "123000000"),
        ("--pids-limit", "32"),
    ],
)
def test_every_wall_is_asked_for_once(words, name, value):
    assert after(words, name) == [value]


def test_nothing_of_the_host_is_writable(words):
    assert {"--read-only", "--init", "--rm"} <= set(words)
    volumes = after(words, "--volume")
    assert all(volume.endswith(":ro") for volume in volumes)
    assert [volume.split(":")[1] for volume in volumes] == [
        "/repo",
        "/harness/grader/worker",
        "/opt/site0",
        "/opt/py",
        "/channel",
    ]
    assert not any("docker.sock" in word or "podman.sock" in word for word in words)
    assert "--privileged" not in words


def test_tmp_has_a_size_and_an_installed_grader_is_covered(words):
    assert after(words, "--tmpfs") == [
        "/tmp:rw,nosuid,nodev,mode=1777,size=7000000",
        "/opt/site0/grader:ro,size=4096",
    ]


def test_the_command_comes_last_and_connects_first(words):
    command = words[words.index("image:1") + 1 :]
    assert command[0] == "/opt/py/bin/python3.11"
    assert "/channel/socket" in command[4]
    assert command[-5:] == ["model", "FD", "/repo", "/harness", "/opt/site0"]


def test_without_an_engine_it_says_so(monkeypatch):
    monkeypatch.setattr("grader.isolation.container._PATH", "/nowhere")
    assert Container().unavailable() == "Neither Podman nor Docker is installed."
