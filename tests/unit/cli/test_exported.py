"""A file for another system is written whole, and never over what it was made from."""

from __future__ import annotations

import pytest

from grader.cli._exported import write_export
from grader.errors import StoreError


def test_what_was_there_is_replaced_and_nothing_else_is_left(tmp_path):
    place = tmp_path / "out.csv"
    place.write_text("old")
    write_export(place, "name;ß\r\n", "cp1252", ())
    assert place.read_bytes() == "name;ß\r\n".encode("cp1252")
    assert list(tmp_path.iterdir()) == [place]


def test_what_an_encoding_lacks_is_written_as_html_does(tmp_path):
    write_export(tmp_path / "out.csv", "Grader: ≈ 5", "cp1252", ())
    assert (tmp_path / "out.csv").read_bytes() == b"Grader: &#8776; 5"


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(
        StoreError, match=r"out.csv could not be written: No such file or directory."
    ) as caught:
        write_export(tmp_path / "nowhere" / "out.csv", "x", "utf-8", ())
    assert caught.value.hint
