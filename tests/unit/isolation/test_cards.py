"""What `nvidia-smi` prints in its documented form, and what of a machine a worker on one card gets to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.isolation import cards as cards_of
from grader.isolation.cards import Card, NoCards, Row, cards, parse_cards, parse_processes, usage
from grader.isolation.container import Container
from grader.isolation.interface import Limits, Workplace
from grader.isolation.starting import python_environment
from grader.isolation.zygote import Zygote

MIB = 1024 * 1024
FIRST, SECOND = "GPU-5f6a2c1e-90ab-4c2d-8e3f-0123456789ab", "GPU-00c0ffee-1111-2222-3333-444455556666"
CARDS = f"""\
0, {FIRST}, 00000000:17:00.0, 81559, 4, NVIDIA H100 80GB HBM3
1, {SECOND}, 00000000:65:00.0, 15360, 2210, Tesla T4
"""
PROCESSES = f"{SECOND}, 40123, 1800\n{SECOND}, 40200, [N/A]\n"
CARD = Card(
    3, "Tesla T4", SECOND, "0000:65:00.0", 15360 * MIB, ("/dev/nvidia3", "/dev/nvidiactl"), ("/sys/bus/pci",)
)
PLACE = Workplace(Path("/staged/one"), python_prefix=Path("/usr"), card=CARD)


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """Puts a program in the place of nvidia-smi that prints these texts."""

    def put(listed: str, processes: str = "", code: int = 0) -> None:
        (tmp_path / "cards").write_text(listed)
        (tmp_path / "processes").write_text(processes)
        program = tmp_path / "nvidia-smi"
        program.write_text(
            '#!/bin/sh\ncase "$1" in\n'
            f"--query-gpu=*) cat {tmp_path}/cards;;\n--query-compute-apps=*) cat {tmp_path}/processes;;\n"
            f"esac\nexit {code}\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(cards_of, "_PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


def test_the_lines_of_nvidia_smi_are_read():
    assert parse_cards(CARDS) == (
        Row(0, FIRST, "0000:17:00.0", 81559 * MIB, 4 * MIB, "NVIDIA H100 80GB HBM3"),
        Row(1, SECOND, "0000:65:00.0", 15360 * MIB, 2210 * MIB, "Tesla T4"),
    )
    assert parse_processes(PROCESSES) == {SECOND: ((40123, 1800 * MIB), (40200, -1))}
    assert parse_processes("") == {}


def test_a_name_with_a_comma_and_control_characters_is_a_name():
    (row,) = parse_cards(f"0, {FIRST}, 00000000:17:00.0, 100, [N/A], Odd, \x1b[31mcard\n")
    assert row.name.startswith("Odd, ")
    assert "\x1b" not in row.name
    assert row.used_bytes == -1


@pytest.mark.parametrize(
    "line", ["No devices were found", "0, GPU-x; rm, 0:0, 1, 1, a", "x, y", "Failed to initialize NVML"]
)
def test_another_shape_is_no_card(line):
    with pytest.raises(NoCards, match="not understood"):
        parse_cards(line)


def test_cards_have_the_nodes_and_folders_that_are_there(smi, tmp_path):
    smi(CARDS)
    root = tmp_path / "root"
    information = root / "proc/driver/nvidia/gpus/0000:65:00.0/information"
    information.parent.mkdir(parents=True)
    information.write_text("Model: \t\t Tesla T4\nIRQ:   \t\t 77\nDevice Minor: \t 3\n")
    own = root / "sys/devices/pci0000:60/0000:65:00.0"
    for folder in (own, root / "sys/bus/pci/devices", root / "sys/module/nvidia_uvm", root / "dev"):
        folder.mkdir(parents=True)
    (root / "sys/bus/pci/devices/0000:65:00.0").symlink_to(own)
    for name in ("nvidia0", "nvidia3", "nvidiactl", "nvidia-uvm"):
        (root / "dev" / name).touch()
    first, second = cards(root)
    assert first.nodes == tuple(str(root / "dev" / name) for name in ("nvidia0", "nvidiactl", "nvidia-uvm"))
    assert second.nodes[0] == str(root / "dev/nvidia3")
    assert str(root / "dev/nvidia0") not in second.nodes
    assert second.folders == tuple(str(root / name) for name in ("sys/bus/pci", "sys/devices/pci0000:60/0000:65:00.0", "sys/module/nvidia_uvm"))  # fmt: skip
    assert str(own) not in first.folders


def test_what_is_taken_is_told_by_card(smi):
    smi(CARDS, PROCESSES)
    first, second = (usage(card) for card in cards())
    assert (first.used_bytes, first.processes) == (4 * MIB, ())
    assert second.processes == ((40123, 1800 * MIB), (40200, -1))


def test_a_card_that_went_away_is_told(smi):
    smi(CARDS)
    with pytest.raises(NoCards, match="no longer lists"):
        usage(Card(7, "A", "GPU-gone", "", 0, ()))


def test_without_the_program_or_with_an_error_there_is_no_card(smi, monkeypatch, tmp_path):
    monkeypatch.setattr(cards_of, "_PATH", str(tmp_path))
    with pytest.raises(NoCards, match="no nvidia-smi"):
        cards()
    smi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", code=9)
    with pytest.raises(NoCards, match="ended with 9: NVIDIA-SMI has failed"):
        cards()
    smi("")
    with pytest.raises(NoCards, match="lists no GPU"):
        cards()


# --- what the sandboxes are told --------------------------------------------------------------------------------


def bubblewrap_words(place: Workplace) -> list[str]:
    from grader.isolation import bubblewrap

    return bubblewrap._arguments(place, Limits(), [], 9).decode().split("\0")


def test_bubblewrap_binds_the_nodes_of_one_card_after_its_own_dev():
    words = bubblewrap_words(PLACE)
    bound = [words[index + 1 : index + 3] for index, word in enumerate(words) if word == "--dev-bind"]
    assert bound == [["/dev/nvidia3"] * 2, ["/dev/nvidiactl"] * 2]
    assert words.index("--dev-bind") > words.index("--dev")
    at = words.index("/sys/bus/pci")
    assert words[at - 1 : at + 2] == ["--ro-bind", "/sys/bus/pci", "/sys/bus/pci"]
    assert words[words.index("CUDA_VISIBLE_DEVICES") + 1] == SECOND
    assert words[words.index("GRADER_DEVICE") + 1] == "cuda"


def test_without_a_card_no_device_is_bound_and_nothing_is_said_of_one():
    words = bubblewrap_words(Workplace(Path("/staged/one")))
    assert not {"--dev-bind", "CUDA_VISIBLE_DEVICES", "GRADER_DEVICE", "/sys/bus/pci"} & set(words)
    assert not {"CUDA_VISIBLE_DEVICES", "GRADER_DEVICE"} & set(python_environment(Limits(), "/tmp"))


def test_a_container_is_given_one_card():
    words = Container("image:1", "engine").arguments(PLACE, Limits(), Path("/channel"), "grader-1")
    assert words[words.index("--device") + 1] == "nvidia.com/gpu=3"
    assert words.count("--device") == 1
    assert f"CUDA_VISIBLE_DEVICES={SECOND}" in words
    plain = Container("image:1", "engine").arguments(Workplace(Path("/a")), Limits(), Path("/c"), "n")
    assert "--device" not in plain


def test_a_worker_with_a_card_is_not_forked():
    import socket

    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(OSError, match="not forked"):
        Zygote().start(PLACE, Limits(), theirs)
