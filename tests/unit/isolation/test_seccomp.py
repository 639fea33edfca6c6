"""The filter's program, run by a small interpreter of classic BPF written from its documentation."""

from __future__ import annotations

import errno
import importlib.util
from pathlib import Path

import pytest

from grader.isolation import seccomp


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
    return seccomp.program(name), arch, column


def test_every_denied_call_is_denied_with_eperm(machine):
    program, arch, column = machine
    for name, numbers in seccomp.DENIED.items():
        if numbers[column] >= 0:
            assert errno_of(verdict(program, numbers[column], arch)) == errno.EPERM, name


def test_everyday_calls_are_allowed():
    program = seccomp.program("x86_64")
    for number in (0, 1, 2, 9, 12, 39, 57, 59, 60, 202, 231, 257, 262, 318, 324, 439):
        assert verdict(program, number, X86) == ALLOW, number


def test_only_local_sockets(machine):
    program, arch, column = machine
    for call in ((41, 53), (198, 199))[column]:
        assert verdict(program, call, arch, (1, 1, 0, 0, 0, 0)) == ALLOW
        for family in (2, 10, 16, 17, 40):
            assert errno_of(verdict(program, call, arch, (family, 1, 0, 0, 0, 0))) == errno.EPERM


def test_threads_may_be_made_but_no_namespaces(machine):
    program, arch, column = machine
    clone = (56, 220)[column]
    assert verdict(program, clone, arch, (0x3D0F00, 0, 0, 0, 0, 0)) == ALLOW
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
        assert errno_of(verdict(program, clone, arch, (flag, 0, 0, 0, 0, 0))) == errno.EPERM


def test_clone3_is_said_not_to_exist(machine):
    program, arch, _ = machine
    assert errno_of(verdict(program, 435, arch)) == errno.ENOSYS


def test_no_characters_are_pushed_into_a_terminal(machine):
    program, arch, column = machine
    ioctl = (16, 29)[column]
    assert verdict(program, ioctl, arch, (0, 0x5401, 0, 0, 0, 0)) == ALLOW
    assert errno_of(verdict(program, ioctl, arch, (0, 0x5412, 0, 0, 0, 0))) == errno.EPERM


def test_another_architecture_and_the_x32_numbers_do_not_get_around_it():
    program = seccomp.program("x86_64")
    assert verdict(program, 0, 0x40000003) == KILL
    assert errno_of(verdict(program, 0x40000000 | 41, X86)) == errno.EPERM


def test_an_unknown_architecture_has_no_program():
    with pytest.raises(KeyError):
        seccomp.program("vax")
