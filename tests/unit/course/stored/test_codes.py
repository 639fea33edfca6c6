"""Codes in place of names: stable, apart, and nothing to work back from."""

from __future__ import annotations

import re

import pytest

from grader.course.stored.codes import FILE_NAME, code_of
from grader.errors import StoreError


def test_the_same_name_has_the_same_code_in_one_folder_alone(tmp_path):
    code = code_of(tmp_path / "a", "Ada Lovelace")
    assert re.fullmatch(r"s-[a-z2-7]{8}", code)
    assert code == code_of(tmp_path / "a", " ada lovelace ")
    assert code != code_of(tmp_path / "a", "Grace Hopper")
    assert code != code_of(tmp_path / "b", "Ada Lovelace")


def test_its_key_is_for_its_owner_alone(tmp_path):
    code_of(tmp_path, "Ada")
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_none(tmp_path):
    (tmp_path / FILE_NAME).write_text("no key")
    with pytest.raises(StoreError, match="codes"):
        code_of(tmp_path, "Ada")
