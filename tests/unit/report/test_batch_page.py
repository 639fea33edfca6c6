"""The page of a batch as text: parts, policy, hostile rows, size and time."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from grader.records import Absent
from grader.records.similarity import SIMILARITY_SCHEMA, Sign, Similarity, SimilarPair, SimilarWork
from grader.report.batch_page import BatchPage, Export, render
from grader.report.batch_rows import row_of_run, row_without_run

NOBODY = Absent("skipped", "Nobody has compared them.")
WORST = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }} \u202eabc =1+1"


@pytest.fixture
def rows(example_records):
    runs = [
        row_of_run(record, f"{name}/run/report.html")
        for name, record in example_records.items()
        if name != "self_check"
    ]
    return (*runs, row_without_run("zoe", "missing", "Nothing was handed in."))


def page(rows, **more):
    given = {"similarity": NOBODY, "exports": (Export("The table", "batch.csv"),)} | more
    return render(
        BatchPage("MNIST in one epoch", "ERA V4", "s4", "2026-11-22T05:00:00+00:00", tuple(rows), **given)
    )


class Outline(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_every_row_is_in_the_table_with_its_state(rows):
    text = page(rows)
    body = text.partition('<table id="table">')[2]
    assert body.count("<tr data-s=") == len(rows)
    assert "Nothing was handed in." in body
    for state in ("Passed", "Needs a person", "Could not be graded", "Grader fault", "Nothing handed in"):
        assert f"</b> {state}</span>" in body
    assert 'href="full_marks/run/report.html"' in body
    assert Outline(text).open == []


def test_only_our_own_style_and_script_may_run(rows):
    text = page(rows)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1).replace("&#39;", "'")
    for name, kind in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(rf"<{name}>(.*?)</{name}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    found = Outline(text)
    assert not [one for one in found.attributes if one[1] == "style" or one[1].startswith("on")]
    addresses = [one for one in found.attributes if one[1] in ("src", "href")]
    assert not [one for one in addresses if ":" in one[2] and one[2] != "data:,"]


def test_hostile_text_is_text(rows):
    hostile = row_without_run(WORST, "unreachable", WORST)
    pair = SimilarPair(
        SimilarWork(WORST, WORST), SimilarWork("b", ""), 0.9, 0.5, 1, 3, (Sign("files", WORST, 2, 1),), ()
    )
    found = Similarity(SIMILARITY_SCHEMA, WORST, 2, 0, 1, 0, 0.1, 0.2, 1, (pair,), 0)
    text = page([*rows, hostile], similarity=found, exports=(Export(WORST, command=WORST),), notes=(WORST,))
    clean = page(rows)
    assert Outline(text).tags.count("script") == Outline(clean).tags.count("script") == 1
    assert "img" not in Outline(text).tags
    assert "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text


def test_what_is_open_stands_in_the_queue(rows):
    queue = page(rows).partition('<section id="queue"')[2].partition("</section>")[0]
    waiting = [row for row in rows if row.open]
    assert len(waiting) > 2
    assert queue.count('<tr><th scope="row">') == len(waiting)
    assert "<b>answers</b>: 0 to 50 points" in queue
    assert "Nothing is left for a person" in page(row for row in rows if not row.open)


def test_a_long_queue_is_cut_and_says_so(example_records):
    row = row_of_run(example_records["review"], "")
    text = page([row] * 130)
    assert text.count('<tr><th scope="row">') >= 100
    assert "And 30 more: the table below" in text


def test_pairs_and_why_there_are_none(rows):
    assert "Nobody has compared them." in page(rows)
    none = Similarity(SIMILARITY_SCHEMA, "s4", 3, 0, 3, 0, 0.1, 0.2, 0, (), 0)
    assert "3 pairs compared, and no pair stands out." in page(rows, similarity=none)


def test_what_does_not_compare_is_said(rows):
    told, one = (
        "were judged under 2 versions",
        [row for row in rows if row.spec_digest == rows[0].spec_digest],
    )
    assert told not in page(one)
    assert told in page([*one, replace(one[0], spec_digest="sha256:other")])
    assert "not a grade, and marked so" in page(rows)


def test_the_order_of_the_checks_is_that_of_the_filter(rows):
    text = page(rows)
    shown = re.findall(r'<option value="(\d+)">([\w-]+) \(', text)
    index = {name: number for number, name in shown}
    line = next(row for row in rows if row.failed)
    found = re.search(
        rf'<tr data-s="{line.state}" data-f="([\d ]+)"><th scope="row"><a href="{line.address}">', text
    )
    assert found.group(1).split() == [index[name] for name in line.failed]


def test_nobody_at_all_is_a_page_too():
    text = page(())
    assert Outline(text).open == []
    for said in ("There is no submission.", "No check was judged.", "No submission has points yet."):
        assert said in text


def test_five_thousand_rows_stay_small(rows):
    many = [replace(row, name=f"{row.name[:40]}-{at}") for at in range(500) for row in rows][:5000]
    assert len(many) == 5000
    start = time.process_time()
    text = page(many)
    assert len(text) < 8_000_000
    assert time.process_time() - start < 30  # a second here; what grows with the square would take minutes


def test_no_torch_and_the_same_bytes(rows):
    assert page(rows) == page(rows)
    code = "import sys, grader.report.batch_page; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
