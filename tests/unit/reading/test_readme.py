"""The README as a person would see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.reading.links import targets
from grader.reading.markdown import blocks
from grader.reading.readme import linked_notebooks, readme_of

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reading"


@pytest.fixture
def read(stage):
    def parse(text, files=None, path="README.md"):
        root, submission = stage({path: text, **(files or {})})
        return readme_of(blocks(text), path, len(text.encode()), targets(root, submission))

    return parse


def test_sections_hold_prose_tables_and_code_apart(read):
    page = read(
        "Intro\n\n# Title #\n\nOne *two*\nthree `four`.\n\n- item\n  - inner\n\nSub\n---\n"
        "| a | b |\n|-|-|\n| 1 | **2** |\n\n```py\nx = 1\n```\n\n    indented\n"
    )
    first, title, sub = page.sections
    assert (first.title, first.level, first.prose) == ("", 0, ("Intro",))
    assert (title.title, title.level, title.line) == ("Title", 1, 3)
    assert title.prose == ("One two three four.", "item", "inner")
    assert (sub.level, sub.line, sub.table_rows) == (2, 11, (("a", "b"), ("1", "2")))
    assert sub.code == ("x = 1\n", "indented\n")
    assert page.title == "Title"


def test_raw_html_gives_headings_tables_pictures_and_links_and_nothing_else(read):
    page = read((FIXTURES / "hostile.md").read_text())
    assert [(section.title, section.level) for section in page.sections] == [
        ("Title", 1),
        ("Second heading", 2),
    ]
    assert [(log.epoch, log.test_accuracy, log.place) for log in page.logs] == [(1, 0.984, "README.md:14")]
    words = " ".join(text for section in page.sections for text in section.prose)
    assert "batch norm" not in words
    assert "Hidden" not in words
    assert {link.target for link in page.links if link.fault} == {"x"}


def test_headings_and_pictures_in_details_and_centred_blocks(read):
    page = read(
        (
            '<div align="center">\n<h1>My\n<i>net</i></h1>\n<img src="img/a.png" alt="x">\n'
            "</div>\n\n<details><summary>log</summary>\n\n## In details\n\n```\nx\n```\n\n"
            "</details>\n\n<pre>\nEpoch 1 Test Acc: 98%\n</pre>\n"
        ),
        {"img/a.png": ""},
    )
    assert page.title == "My net"
    assert [section.title for section in page.sections] == ["My net", "In details"]
    assert [(link.target, link.line, link.fault) for link in page.links] == [("img/a.png", 4, "")]
    assert [(log.epoch, log.place) for log in page.logs] == [(1, "README.md:18")]


def test_links_and_pictures_with_their_lines_and_faults(read):
    text = (
        "# T\n[a](a.py) and\n![b](b.png)\n\n"
        "[c](https://x.org) [d](#nowhere) ![my plot](my plot.png)\n\n[e]\n\n[e]: gone.md\n"
    )
    page = read(text, {"a.py": ""})
    found = [(link.kind, link.target, link.line, bool(link.fault)) for link in page.links]
    assert found == [
        ("link", "a.py", 2, False),
        ("picture", "b.png", 3, True),
        ("picture", "my plot.png", 5, True),
        ("link", "#nowhere", 5, True),
        ("link", "gone.md", 7, True),
    ]


def test_table_of_contents_with_emoji_is_fine(read):
    page = read(
        "# T\n- [🎯 Goal](#-goal)\n- [Logs & more](#logs--more)\n- [Again](#goal-1)\n"
        "- [x](#anchor)\n\n<a name='anchor'></a>\n## 🎯 Goal\n## Logs & more\n## Goal\n"
    )
    assert [link.target for link in page.links if link.fault] == []


def test_logs_come_from_fences_tables_and_lists_with_their_lines(read):
    page = read(
        "# T\n\n```\nEpoch 1\nTest set: Accuracy: 9855/10000 (98.55%)\n```\n\n"
        "| Epoch | Test acc |\n|-|-|\n| 2 | 98.6% |\n\n- Epoch 3: test accuracy 98.7%\n"
    )
    assert [(log.place, log.epoch) for log in page.logs] == [
        ("README.md:5", 1),
        ("README.md:10", 2),
        ("README.md:12", 3),
    ]


def test_pictures_that_seem_to_show_a_log(read):
    page = read(
        "# T\n![x](train_log.png)\n\n![loss curve](training_loss_curve.png)\n\n"
        "## Training logs\n![shot](Screenshot1.png)\n\n## Model\n![net](net.png)\n"
    )
    assert page.log_pictures == ("train_log.png (line 2)", "Screenshot1.png (line 7)")


def test_code_and_logs_outside_of_fences(read):
    text = (
        "# T\n\nimport torch\nclass Net(nn.Module):\n\nEpoch 1: loss=0.12 acc=97.1\n\n"
        "Run `python train.py` first.\n\n- pip install torch\n"
        "- Epoch 1: loss 0.2, test acc 98 %\n\n"
        "We import torch and train for one epoch: accuracy 98 %.\n"
    )
    assert read(text).loose_lines == (3, 4, 6, 10)


def test_the_honest_pages_have_no_fault(read):
    for place in sorted(FIXTURES.glob("honest_*.md")):
        page = read(place.read_text(), {"model.py": ""})
        assert page.title, place.name
        assert page.loose_lines == (), place.name
        assert [link for link in page.links if link.fault] == [], place.name
        assert [log.epoch for log in page.logs if log.test_accuracy > 0.9] == [1], place.name


def test_notebooks_that_are_linked(stage):
    colab = "https://colab.research.google.com/github/ada/mnist/blob/main/m.ipynb"
    text = f"[a](n%201.ipynb) [b]({colab}) [c](gone.ipynb) [d](a.py)"
    root, submission = stage(
        {"README.md": text, "n 1.ipynb": "", "m.ipynb": "", "other.ipynb": "", "a.py": ""}
    )
    known = targets(root, submission)
    assert linked_notebooks(blocks(text), "README.md", known, submission.source) == ("n 1.ipynb", "m.ipynb")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "> " * 3_000,
        "<a " * 20_000,
        "<![" * 100,
        "|" * 20_000,
        "*" * 20_000,
        "\0\ud7ff\x1b[31m",
        "<h1>" * 3_000,
        "- " * 5_000,
        "`" * 30_000,
    ],
)
def test_hostile_markdown_ends(read, text):
    page = read("# T\n\n" + text)
    assert page.title == "T"
