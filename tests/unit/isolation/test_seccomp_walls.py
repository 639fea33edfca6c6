"""What a worker without namespaces must not call, and that honest calls still pass."""

from __future__ import annotations

import errno
import importlib.util
from pathlib import Path

import pytest

from grader.isolation import seccomp, seccomp_walls


def _interpreter():
    place = Path(__file__).parents[2] / "fixtures" / "bpf.py"
    spec = importlib.util.spec_from_file_location("grader_test_bpf", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_BPF = _interpreter()
X86, ARM, ALLOW, KILL = _BPF.X86, _BPF.ARM, _BPF.ALLOW, _BPF.KILL
verdict, errno_of = _BPF.verdict, _BPF.errno_of


@pytest.fixture(params=[("x86_64", X86, 0), ("aarch64", ARM, 1)], ids=["x86_64", "aarch64"])
def machine(request):
    name, arch, column = request.param
    return name, arch, column


def built(name: str, *, scoped: bool = True) -> bytes:
    return seccomp.program(name, seccomp_walls.instructions(signals_scoped=scoped, machine=name))


def test_the_deny_list_below_it_stays(machine):
    name, arch, column = machine
    for call, numbers in seccomp.DENIED.items():
        if numbers[column] >= 0:
            assert errno_of(verdict(built(name), numbers[column], arch)) == errno.EPERM, call


def test_no_socket_but_a_connected_pair(machine):
    name, arch, column = machine
    program = built(name)
    for call in ("socket", "connect", "bind", "listen"):
        assert errno_of(verdict(program, seccomp_walls.REFUSED[call][column], arch, (1, 1))) == errno.EPERM
    pair = (53, 199)[column]
    assert verdict(program, pair, arch, (1, 1, 0)) == ALLOW
    assert verdict(program, pair, arch, (1, 5 | 0x80000, 0)) == ALLOW  # SOCK_CLOEXEC
    for family, kind in ((1, 2), (1, 2 | 0x80000), (1, 3), (2, 1), (16, 3)):
        assert errno_of(verdict(program, pair, arch, (family, kind, 0))) == errno.EPERM


def test_changing_modes_and_times_is_said_to_be_done_and_is_not(machine):
    name, arch, column = machine
    for call, numbers in seccomp_walls.IGNORED.items():
        if numbers[column] >= 0:
            assert errno_of(verdict(built(name), numbers[column], arch)) == 0, call


def test_limits_and_priorities_are_for_oneself(machine):
    name, arch, column = machine
    for call, numbers in seccomp_walls.OWN_ONLY.items():
        assert verdict(built(name), numbers[column], arch, (0, 7)) == ALLOW, call
        assert errno_of(verdict(built(name), numbers[column], arch, (4711, 7))) == errno.EPERM, call
    priority = (141, 140)[column]
    assert verdict(built(name), priority, arch, (0, 0, 5)) == ALLOW
    for who in ((0, 4711, 5), (2, 0, 5), (1, 0, 5)):
        assert errno_of(verdict(built(name), priority, arch, who)) == errno.EPERM


def test_signals_are_refused_only_where_landlock_lets_them_out(machine):
    name, arch, column = machine
    for call, numbers in seccomp_walls.SIGNALS.items():
        assert verdict(built(name), numbers[column], arch, (4711, 9)) == ALLOW, call
        refused = verdict(built(name, scoped=False), numbers[column], arch, (4711, 9))
        assert errno_of(refused) == errno.EPERM, call


@pytest.mark.parametrize("command", [8, 10, 15])
def test_no_descriptor_sends_signals_to_another(machine, command):
    name, arch, column = machine
    assert verdict(built(name), (72, 25)[column], arch, (3, 2)) == ALLOW
    assert errno_of(verdict(built(name), (72, 25)[column], arch, (3, command))) == errno.EPERM


def test_everyday_calls_are_allowed():
    for number in (0, 1, 2, 3, 9, 12, 16, 39, 57, 59, 60, 82, 83, 87, 202, 231, 257, 262, 318, 439):
        assert verdict(built("x86_64"), number, X86) == ALLOW, number
