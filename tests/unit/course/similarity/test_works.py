"""What is read of a submission, whatever is in it."""

from __future__ import annotations

import time

import pytest

from grader.course.similarity import works
from grader.course.similarity.works import LIMIT_SAME, LIMIT_TOKENS, Work, is_same_place, repository_of
from grader.records import Submission

CODE = "\n".join(f"value_{n} = torch.stack(rows).mean({n}) + other.std()" for n in range(12)) + "\n"
LOG = "Epoch 1 loss=0.034512 accuracy 98.71 %\n"


def test_a_script_and_a_notebook_of_the_same_code_have_the_same_fingerprints(work, as_notebook) -> None:
    script = work("ada", a__py=CODE)
    half = CODE.count("\n") // 2
    lines = CODE.splitlines(keepends=True)
    book = work(
        "bo", b__ipynb=as_notebook("%matplotlib inline\n" + "".join(lines[:half]), "".join(lines[half:]))
    )
    assert script.hashes
    assert script.hashes == book.hashes
    document = book.documents[0]
    assert document.rows[0] == "%matplotlib inline"  # shown as it was written
    assert document.place(0) == (1, 1)
    assert document.place(half + 2) == (2, 1)


def test_logs_are_read_in_notebooks_and_in_text(work, as_notebook) -> None:
    book = work("ada", a__ipynb=as_notebook("x = 1", printed=LOG))
    page = work("bo", README__md=f"# My work\n\n```\n{LOG}```\n")
    assert book.logs.keys() == page.logs.keys()
    assert len(book.logs) == 1


def test_weights_count_from_a_size_on_and_notebooks_by_digest(work, as_notebook) -> None:
    found = work(
        "ada", net__pth="w" * 2_000, tiny__pth="w", a__ipynb=as_notebook("x = 1"), b__csv="w" * 2_000
    )
    assert list(found.weights.values()) == ["net.pth"]
    assert list(found.notebooks.values()) == ["a.ipynb"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.ipynb", "{", "a.ipynb was not compared: line 1"),
        ("a.ipynb", "[" * 100_000, "nested too deeply"),
        ("a.ipynb", '{"cells": 1}', "no list of"),
        ("a.py", "x = 1\n" * 200_000, "more than the 1,000 kB"),
    ],
    ids=["broken", "deep", "no cells", "long"],
)
def test_a_file_that_cannot_be_read_is_a_note_and_the_rest_counts(work, name, text, says) -> None:
    found = work("ada", **{name.replace(".", "__"): text, "good__py": CODE})
    assert says in " ".join(found.notes)
    assert [one.path for one in found.documents] == ["good.py"]


def test_there_is_an_end_to_it(work) -> None:
    begin = time.process_time()
    found = work("ada", **{f"f{n}__py": "x = x + 1\n" * 40_000 for n in range(4)}, z__py=CODE)
    assert sum(len(one.token_rows) for one in found.documents) <= LIMIT_TOKENS
    assert "there is too much of it" in found.notes[0]
    assert all(len(one.marks) <= 4 * LIMIT_SAME for one in found.documents)
    assert time.process_time() - begin < 5


def test_time_is_bounded_too(work, monkeypatch) -> None:
    monkeypatch.setattr(works, "LIMIT_SECONDS", -1.0)
    assert work("ada", a__py=CODE).notes == ("1 file of code was not compared: there is too much of it",)


def test_a_hostile_name_is_inert(work) -> None:
    assert work("\x1b[31mada\u202e", a__py="x = 1").name == "\\x1b[31mada\\u202e"


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/Ada/S4",
        "https://github.com/ada/s4.git",
        "https://github.com/ada/s4/tree/main/S4",
        "github.com/ada/s4/blob/main/README.md",
    ],
)
def test_a_repository_is_the_same_however_it_is_linked(link: str) -> None:
    assert repository_of(submission(link), "") == ("https://github.com/ada/s4", "S4")
    assert repository_of(submission("https://github.com/bo/s4"), "") != repository_of(submission(link), "")
    folder = submission("ada", "folder")
    assert repository_of(folder, "") != repository_of(folder, "s4-2025")


def submission(source: str, kind: str = "git") -> Submission:
    return Submission(source, kind, "n", "S4", "", "", "", False, "sha256:0", ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("S4", "S4", True),
        ("S4", "", True),
        ("", "", True),
        ("S4/a", "S4", True),
        ("S4", "S40", False),
        ("a", "b", False),
    ],
)
def test_different_folders_of_one_repository_are_different_work(here: str, there: str, same: bool) -> None:
    one, other = Work("ada", repository=("url", here)), Work("bo", repository=("url", there))
    assert is_same_place(one, other) is is_same_place(other, one) is same
    assert not is_same_place(one, Work("bo", repository=("other", there)))
    assert not is_same_place(Work("ada"), Work("bo"))
