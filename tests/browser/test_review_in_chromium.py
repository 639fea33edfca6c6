"""`grader review --page` in a real browser, by keyboard alone: decided, kept, in the report; and forged from elsewhere."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from grader.course.stored.folder import RunFolder
from grader.course.stored.results import read_run
from grader.course.stored.review import Wish, decide
from grader.report.interface import reports

pytestmark = pytest.mark.browser
RUN = "20261101-100000-aaaa"


@pytest.fixture
def runs(tmp_path: Path, example_records) -> Path:  # type: ignore[no-untyped-def]
    for name, kind in (("ada", "review"), ("bea", "by_a_person")):
        record = example_records[kind]
        handed_in = replace(record.evidence.submission, name=name)
        record = replace(record, run_id=RUN, evidence=replace(record.evidence, submission=handed_in))
        with RunFolder(tmp_path / "runs", "s4", name, RUN) as folder:
            folder.publish({one.file_name: one.render(record) for one in reports()})
    return tmp_path / "runs"


@pytest.fixture
def links(runs: Path) -> Iterator[dict[str, str]]:
    """The command as a person starts it, and the link that it prints for each reviewer."""
    command = [sys.executable, "-m", "grader", "review", str(runs), "--page", "--no-browser"]
    process = subprocess.Popen(
        [*command, "--by", "Ada Lovelace", "--by", "Grace Hopper"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    yield dict(line.strip().split(": ", 1) for line in lines[:2])
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert process.returncode == 6, rest
    assert "open decision" in rest


class Seat:
    """A browser of one reviewer, who never touches a mouse."""

    def __init__(self, browser: Any, link: str) -> None:
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.messages: list[str] = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.goto(link)
        self.page.wait_for_selector("#reason")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def saved(self) -> str:
        with self.page.expect_navigation():
            self.press("Control+Enter")
        self.page.wait_for_selector("#reason")
        return self.page.inner_text("h1")

    def moved(self, key: str) -> str:
        with self.page.expect_navigation():
            self.press(key)
        return self.page.inner_text("h1")


def test_decided_by_keyboard_alone(runs: Path, links: dict[str, str], browser: Any, serious: Any) -> None:
    ada, folder = Seat(browser, links["Ada Lovelace"]), runs / "s4" / "ada" / RUN
    first = ada.page.inner_text("h1")
    while "test accuracy" not in ada.page.inner_text("h1"):
        ada.moved("j")
    assert ada.page.inner_text(".by .chip") == "Borderline"
    assert ada.page.evaluate("document.activeElement.id") == "points"
    ada.type("100")
    ada.press("r")
    ada.type("Within the noise, and the log agrees.")
    ada.press("Escape")
    there = ada.page.inner_text("h1")
    ada.moved("k")
    ada.moved("j")
    assert ada.page.inner_text("h1") == there
    assert ada.page.input_value("#points") == "100"  # what was typed is still there
    assert ada.page.input_value("#reason") == "Within the noise, and the log agrees."
    ada.saved()
    ada.page.locator("#said", has_text="Kept: learns-fast of ada").wait_for()
    (decision,) = read_run(folder).decisions
    assert (decision.was, decision.points, decision.who) == ("borderline", 100, "Ada Lovelace")
    report = (folder / "report.html").read_text("utf-8")
    assert "100 of 125 points by Ada Lovelace" in report
    assert "Within the noise, and the log agrees." in report

    grace = Seat(browser, links["Grace Hopper"])
    assert "Grace Hopper" in grace.page.inner_text(".reviewer")
    assert grace.page.inner_text("h1") == first
    decided = grace.page.evaluate("new URLSearchParams(location.search).get('id')")
    (bea,) = [runs / "s4" / "bea" / RUN]
    decide(bea, [Wish(decided, points=0)], reason="From the terminal.", who="Alan")
    grace.press("a", "r")
    grace.type("Both are there.")
    grace.saved()
    assert "Alan has decided" in grace.page.inner_text("[role=alert]")
    assert "From the terminal." in grace.page.inner_text("[role=alert]")
    assert grace.page.input_value("#reason") == "Both are there."
    assert [one.who for one in read_run(bea).decisions] == ["Alan"]
    grace.saved()
    assert [one.who for one in read_run(bea).decisions] == ["Alan", "Grace Hopper"]
    grace.press("?")
    assert grace.page.locator("#keys dl").is_visible()
    assert [one for one in (*ada.messages, *grace.messages) if "409" not in one] == []
    for seat, width, scheme in ((grace, 1440, "light"), (ada, 360, "dark")):
        seat.page.emulate_media(color_scheme=scheme)
        seat.page.set_viewport_size({"width": width, "height": 900})
        assert serious(seat.page) == []
        assert seat.page.evaluate("document.documentElement.scrollWidth") <= width
    ada.page.emulate_media(media="print")
    assert ada.page.locator(".deciding, .queue").filter(visible=True).count() == 0
    assert ada.page.locator("#evidence").is_visible()


ATTACK = """<!DOCTYPE html><iframe src="{target}"></iframe><img src="{target}">
<form method="post" action="{decide}"><input name="run" value="{run}"><input name="id" value="answers">
<input name="points" value="50"><input name="reason" value="forged"><input name="form" value=""></form>
<script>fetch("{target}", {{credentials: "include"}}).then(a => a.text()).then(t => document.title = "read " + t, () => document.title = "blocked")
  .then(() => document.forms[0].submit())</script>"""


@pytest.mark.slow  # the server's own tests ask the same over plain sockets
def test_a_page_from_elsewhere_gets_nothing(runs: Path, links: dict[str, str], browser: Any) -> None:
    """Another port of this machine, which shares the site and would share a cookie without a path of its own."""
    seat = Seat(browser, links["Ada Lovelace"])
    ours = seat.page.url
    run = re.search(r"run=(\w+)", ours).group(1)  # type: ignore[union-attr]
    page = ATTACK.format(target=ours, decide=ours.partition("item?")[0] + "decide", run=run)
    heard: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.headers.get("Cookie", ""))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is written between the test's own lines."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            other = seat.context.new_page()
            titles: list[str] = []
            other.on("response", lambda answer: titles.append(f"{answer.request.method} {answer.status}"))
            other.goto(f"http://127.0.0.1:{elsewhere.server_address[1]}/")
            other.wait_for_url("**/decide")
            assert "Another page has sent this request." in other.inner_text("body")
        finally:
            elsewhere.shutdown()
            thread.join()
    assert "POST 403" in titles
    assert "GET 403" in titles
    assert set(heard) == {""}  # nor was the cookie handed to the other port
    assert all(not read_run(runs / "s4" / name / RUN).decisions for name in ("ada", "bea"))
