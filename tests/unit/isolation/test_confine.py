"""Which rules a folder gets when something in it must not be read."""

from __future__ import annotations

from grader.isolation import confine


def test_a_folder_with_nothing_to_hide_is_one_rule(tmp_path):
    assert confine.without(str(tmp_path), []) == [(str(tmp_path), confine.READ)]
    assert confine.without(str(tmp_path), ["/elsewhere/grader"]) == [(str(tmp_path), confine.READ)]


def test_what_is_hidden_gets_no_rule_and_what_lies_beside_it_does(tmp_path):
    site = tmp_path / "lib" / "site"
    for name in ("grader", "torch"):
        (site / name).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (site / "broken").symlink_to("gone")
    hidden = str(site / "grader")
    rules = dict(confine.without(str(tmp_path), [hidden]))
    assert rules == {
        str(tmp_path): confine.READ_DIR,
        str(tmp_path / "bin"): confine.READ,
        str(tmp_path / "lib"): confine.READ_DIR,
        str(site): confine.READ_DIR,
        str(site / "torch"): confine.READ,
    }


def test_the_kernel_tells_its_version():
    assert confine.landlock_abi() >= 0
