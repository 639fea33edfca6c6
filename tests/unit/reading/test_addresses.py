"""The web addresses of a README, wherever they stand in it."""

from __future__ import annotations

import time

import pytest

from grader.reading.addresses import LIMIT, addresses, in_page
from grader.reading.markdown import blocks
from grader.records import Submission, SubmittedFile


def found(text: str) -> list[tuple[str, str]]:
    return [(one.url, one.place) for one in in_page(blocks(text), "README.md")]


@pytest.mark.parametrize(
    ("text", "url", "line"),
    [
        ("[my app](https://a.run.app/x)", "https://a.run.app/x", 1),
        ("# T\n\nIt is at https://a.run.app/x, and it answers.", "https://a.run.app/x", 3),
        ("(see https://a.run.app/x).", "https://a.run.app/x", 1),
        ("<https://a.run.app/x>", "https://a.run.app/x", 1),
        ("**https://a.run.app/x**", "https://a.run.app/x", 1),
        ("`https://a.run.app/x`", "https://a.run.app/x", 1),
        ("| a | b |\n| - | - |\n| 1 | https://a.run.app/x |", "https://a.run.app/x", 3),
        ('```bash\n\ncurl "https://a.run.app/x?prompt=hi" -d @b\n```', "https://a.run.app/x?prompt=hi", 3),
        ('<a href="https://a.run.app/x">app</a>', "https://a.run.app/x", 1),
        ("# https://a.run.app/x#part", "https://a.run.app/x", 1),
        ("HTTPS://A.run.app/x", "HTTPS://A.run.app/x", 1),
        ("Open https://a.run.app/f(x)", "https://a.run.app/f(x)", 1),
    ],
)
def test_an_address(text: str, url: str, line: int) -> None:
    assert (url, f"README.md:{line}") in found(text)


def test_a_name_without_its_scheme_is_marked() -> None:
    (one,) = in_page(blocks("It runs at k3x7.lambda-url.eu-west-1.on.aws/ now."), "README.md")
    assert (one.url, one.has_scheme) == ("https://k3x7.lambda-url.eu-west-1.on.aws/", False)


@pytest.mark.parametrize(
    "text", ["![shot](https://a.run.app/x.png)", "https://", "http:/a.b", "[x](file.md)", ""]
)
def test_no_address(text: str) -> None:
    assert found(text) == []


def test_each_once_and_a_limit() -> None:
    assert len(found("https://a.run.app/ and https://a.run.app/")) == 1
    assert len(found("\n".join(f"https://a.run.app/{n}\n" for n in range(LIMIT + 50)))) == LIMIT


@pytest.mark.parametrize(
    "text", ["https://" * 30_000, "a." * 100_000, "https://a.b" + ")" * 200_000, "a-" * 100_000]
)
def test_hostile_lines_are_bounded(text: str) -> None:
    began = time.process_time()
    found(text)
    assert time.process_time() - began < 2


def test_of_a_submission(tmp_path) -> None:
    (tmp_path / "README.md").write_text("https://a.run.app/")
    taken = (SubmittedFile("README.md", 18, "0" * 64),)
    submission = Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", taken)
    assert [one.url for one in addresses(tmp_path, submission)] == ["https://a.run.app/"]
    (tmp_path / "README.md").unlink()
    without = Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", ())
    assert addresses(tmp_path, without) == ()
