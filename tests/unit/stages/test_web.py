"""Which addresses of a README are asked, and the whole way from there to a bonus."""

from __future__ import annotations

import ast
import http.server
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import grader
from grader.adjustments import adjustments
from grader.fetch.interface import Fetched, fetch
from grader.records import Absent, WebAnswers
from grader.spec.load import load_spec
from grader.stages.web import LIMIT_ASKED, NOT_ASKED, web
from grader.web.ask import Patience
from grader.web.connect import PUBLIC, Reach

SPEC = load_spec("s4_aws").spec
HASTY = Patience(try_seconds=2.0, pauses_seconds=(0.01,))


@pytest.fixture
def handed_in(tmp_path):
    """`handed_in("text")`: a folder with this README, as it was fetched."""
    opened = []

    def write(text: str) -> Fetched:
        (tmp_path / "README.md").write_text(text, encoding="utf-8")
        context = fetch(str(tmp_path))
        opened.append(context)
        return context.__enter__()

    yield write
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def service():
    """A server of our own that answers JSON; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"model": "m", "prompt": "p", "response": "r"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)


LOCAL = Reach(
    resolve=lambda host, port: ("127.0.0.1",), is_public=lambda address: address == "127.0.0.1", ports=None
)


def seen(fetched: Fetched, *, allowed: bool = False, reach: Reach = PUBLIC) -> WebAnswers:
    found = web(SPEC, fetched, allowed=allowed, reach=reach, patience=HASTY)
    assert isinstance(found, WebAnswers)
    return found


def test_only_where_a_check_asks(handed_in):
    found = web(load_spec("s4").spec, handed_in("https://a.run.app/"), allowed=True)
    assert isinstance(found, Absent)
    assert found.cause == "skipped"


def test_nothing_is_asked_where_that_is_not_allowed(handed_in):
    found = seen(
        handed_in("https://a.run.app/x?key=1 and https://ada@b.run.app/"), reach=replace(PUBLIC, resolve=None)
    )
    assert [(one.url, one.tries, one.fault, one.whose) for one in found.answers] == [
        ("https://a.run.app/x", 0, NOT_ASKED, "machine"),
        ("https://b.run.app/", 0, "it holds a user name: take it out", "submission"),
    ]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://github.com/ada/app", "a page of another"),
        ("https://colab.research.google.com/drive/1", "a page of another"),
        ("https://docs.aws.amazon.com/lambda", "a page of another"),
        ("https://a.run.app/shot.png", "a picture"),
        ("http://localhost:7860", "nobody but your own machine"),
        ("http://127.0.0.1:8000/", "nobody but your own machine"),
        ("http://192.168.1.7/", "nobody but your own machine"),
        ("https://YOUR-ID.lambda-url.eu-west-1.on.aws/", "a placeholder"),
        ("https://xxxx.lambda-url.eu-west-1.on.aws/", "a placeholder"),
    ],
)
def test_what_is_no_service_is_passed_over(handed_in, url, why):
    found = seen(handed_in(f"See {url} for more."))
    assert found.answers == ()
    assert why in found.passed_over[0].reason
    assert found.passed_over[0].reason.startswith("README.md:1: ")


def test_the_likeliest_are_asked_and_the_others_counted(handed_in):
    others = " ".join(f"https://a{n}.ada.dev/" for n in range(LIMIT_ASKED + 1))
    found = seen(handed_in(f"http://3.5.7.9/ {others} k3.lambda-url.eu-west-1.on.aws other.name.dev"))
    assert found.answers[0].url == "https://k3.lambda-url.eu-west-1.on.aws/"
    assert len(found.answers) == LIMIT_ASKED
    assert found.cut == "3 more addresses were not asked: the first 5 are."


def test_from_a_readme_to_the_bonus(handed_in, service, example_record):
    found = seen(
        handed_in(f"It is open at http://k3.lambda-url.eu-west-1.on.aws:{service}/."),
        allowed=True,
        reach=LOCAL,
    )
    assert found.reached_the_web
    assert found.answers[0].json_keys == ("model", "prompt", "response")
    (bonus,) = adjustments(SPEC, replace(example_record.evidence, web=found))
    assert bonus.state == "counts"


def test_a_name_that_is_gone_beside_one_that_answers(handed_in, service):
    def resolve(host: str, port: int) -> tuple[str, ...]:
        if host.startswith("gone"):
            import socket

            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return ("127.0.0.1",)

    text = f"http://gone.run.app:{service}/ http://app.ada.dev:{service}/"
    found = seen(handed_in(text), allowed=True, reach=replace(LOCAL, resolve=resolve))
    assert [one.whose for one in found.answers] == ["network", "nobody"]
    assert found.reached_the_web


def test_what_is_graded_reaches_public_hosts_alone():
    """Nobody in the package makes another `Reach` than the default one."""
    package = Path(grader.__file__).parent
    made = [
        (path.name, ast.unparse(node))
        for path in package.rglob("*.py")
        if "Reach(" in path.read_text("utf-8")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Reach"
    ]
    assert made == [("connect.py", "Reach()")]
    assert (PUBLIC.ports, PUBLIC.is_public("127.0.0.1"), PUBLIC.tls().check_hostname) == (
        {80, 443},
        False,
        True,
    )
