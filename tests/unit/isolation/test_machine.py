"""The settings that decide about levels, each with its next step."""

from __future__ import annotations

import sys

import pytest

from grader.isolation import machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these are Linux's settings")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("kernel.unprivileged_userns_clone", "0", "unprivileged_userns_clone=1"),
        ("kernel.unprivileged_userns_clone", "1", ""),
        ("kernel.apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
        ("kernel.apparmor_restrict_unprivileged_userns", "0", ""),
        ("user.max_user_namespaces", "0", "max_user_namespaces=10000"),
        ("user.max_user_namespaces", "96365", ""),
    ],
)
def test_a_switch_that_is_off_says_how_to_turn_it_on(tmp_path, name, value, said):
    file = tmp_path / name.replace(".", "/")
    file.parent.mkdir()
    file.write_text(f"{value}\n")
    found = {setting.name: setting for setting in machine.settings(tmp_path)}
    assert found[name].value == value
    assert said in found[name].advice
    assert bool(found[name].advice) is bool(said)


def test_a_switch_that_the_kernel_does_not_have_is_not_shown(tmp_path):
    names = {setting.name for setting in machine.settings(tmp_path)}
    assert names == {"bubblewrap", "Landlock", "control groups", "container engine"}


def test_without_bubblewrap_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_PATH", "/nowhere")
    found = {setting.name: setting for setting in machine.settings(tmp_path)}
    assert found["bubblewrap"].advice == "Install the package `bubblewrap`."


def test_an_old_kernel_is_told_from_none(tmp_path, monkeypatch):
    for abi, said in ((0, "lsm="), (2, "6.2"), (4, "6.12"), (6, "")):
        monkeypatch.setattr(machine, "landlock_abi", lambda abi=abi: abi)
        found = {setting.name: setting for setting in machine.settings(tmp_path)}
        assert said in found["Landlock"].advice
