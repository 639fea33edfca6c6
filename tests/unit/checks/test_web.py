"""What an address must be and answer, what goes to a person, and what costs nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.adjustments import adjustments
from grader.checks.interface import run
from grader.checks.web import Rule
from grader.records import LeftOut, Outcome, WebAnswer, WebAnswers
from grader.spec.load import load_spec

LAMBDA = "k3x7q2.lambda-url.eu-west-1.on.aws"
MACHINE = "ec2-3-5-7-9.eu-west-1.compute.amazonaws.com"


def answer(host: str = LAMBDA, **fields: object) -> WebAnswer:
    good = {
        "tries": 1,
        "status": 200,
        "seconds": 0.4,
        "content_type": "text/html",
        "size_bytes": 9,
        "text": "Hello",
    }
    return WebAnswer(f"https://{host}/", "README.md:7", host, **{**good, **fields})


def fault(text: str, whose: str, host: str = LAMBDA) -> WebAnswer:
    return WebAnswer(f"https://{host}/", "README.md:7", host, tries=3, fault=text, whose=whose)


@pytest.fixture
def judged(example_record):
    def judge(*answers: WebAnswer, rule: dict[str, object] | None = None, **fields: object) -> Outcome:
        asked = {"id": "a", "check": "web", "points": 10.0, "host": "serverless"} | (rule or {})
        found = replace(example_record.evidence, web=WebAnswers(answers, **fields))
        return run(Rule.model_validate(asked), found)

    return judge


def test_a_serverless_name_that_answers_passes(judged):
    outcome = judged(answer())
    assert (outcome.status, outcome.points) == ("passed", 10)
    assert outcome.finding.measured == (
        f"https://{LAMBDA}/ (README.md:7): HTTP 200 in 0.4 s, text/html, 9 bytes"
    )
    assert outcome.finding.rationale == (
        'Its answer begins: "Hello". Whose app it is, a program cannot tell.'
    )
    assert outcome.notes == ()


@pytest.mark.parametrize("host", [MACHINE, "3.5.7.9", "3-5-7-9.sslip.io", "2606:4700::1111"])
def test_a_machine_fails_and_need_not_be_asked(judged, host):
    for one in (answer(host), fault("it was not asked", "machine", host)):
        outcome = judged(one)
        assert outcome.status == "failed"
        assert "a machine or a bare address" in outcome.finding.rationale
    assert judged(answer(host), rule={"host": "any"}).status == "passed"


def test_a_serverless_name_that_redirects_to_a_machine_fails(judged):
    assert judged(answer(redirects=(f"https://{MACHINE}/app",))).status == "failed"
    assert judged(answer(redirects=("https://[2606:4700::1111]/",))).status == "failed"
    assert judged(answer(redirects=("https://shop.ada.dev/",))).status == "review"
    assert judged(answer(redirects=(f"https://{LAMBDA}/app",))).status == "passed"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("app.ada.dev", "does not say"),
        ("x.ngrok-free.app", "a tunnel"),
        ("ada.duckdns.org", "a tunnel"),
        ("a.fly.dev", "does not say"),
    ],
)
def test_a_name_that_says_nothing_goes_to_a_person(judged, host, why):
    outcome = judged(answer(host))
    assert (outcome.status, outcome.open_points) == ("review", 10)
    assert why in outcome.finding.rationale
    assert outcome.finding.rationale.endswith("A person opens it in a browser.")


def test_without_an_address_nobody_has_to_look(judged):
    outcome = judged(passed_over=(LeftOut("https://github.com/ada/app", "README.md:3: a page of another"),))
    assert (outcome.status, outcome.open_points) == ("failed", 0)
    assert "https://github.com/ada/app (README.md:3" in outcome.finding.rationale
    assert judged().finding.rationale == "The README has no web address."


@pytest.mark.parametrize(
    ("one", "status"),
    [
        (fault("it answers with HTTP status 404", "submission"), "failed"),
        (fault("it answers with HTTP status 503", "unclear"), "review"),
        (fault("its name is not known", "network"), "review"),
        (fault("names cannot be looked up from this machine", "machine"), "review"),
        (fault("it was not asked: this run was told to leave the web alone", "machine"), "review"),
    ],
)
def test_whose_fault_it_is_decides(judged, one, status):
    assert judged(one).status == status


def test_what_is_not_there_is_lost_only_where_the_network_works(judged):
    gone = fault("its name is not known", "network")
    assert judged(gone, reached_the_web=False).status == "review"
    outcome = judged(gone, reached_the_web=True)
    assert outcome.status == "failed"
    assert "network works" in outcome.finding.rationale


def test_one_good_address_is_enough(judged):
    assert judged(fault("it answers with HTTP status 404", "submission"), answer()).status == "passed"
    assert (
        judged(fault("it answers with HTTP status 404", "submission"), answer("a.ada.dev")).status == "review"
    )


def test_addresses_that_were_not_asked_may_be_the_one(judged):
    lost = fault("it answers with HTTP status 404", "submission")
    outcome = judged(lost, cut="3 more addresses were not asked: the first 5 are.")
    assert outcome.status == "review"
    assert "3 more addresses" in outcome.finding.rationale


def test_time(judged):
    assert judged(answer(seconds=10.0)).status == "passed"
    outcome = judged(answer(seconds=10.2, tries=3))
    assert (outcome.status, outcome.finding.rationale) == (
        "failed",
        f"https://{LAMBDA}/: it took 10.2 s, the fastest of 3 tries.",
    )


def test_keys(judged):
    rule = {"json_keys": ["model", "response"]}
    good = answer(is_json=True, json_keys=("model", "prompt", "response"))
    assert judged(good, rule=rule).status == "passed"
    outcome = judged(answer(is_json=True, json_keys=("model",)), rule=rule)
    assert (outcome.status, outcome.finding.rationale) == (
        "failed",
        f"https://{LAMBDA}/: its JSON has no response.",
    )
    assert judged(answer(), rule=rule).status == "failed"
    assert judged(answer(notes=("Its body is packed.",)), rule=rule).status == "review"


@pytest.mark.parametrize(
    "keys",
    [
        {"answers_within": 10},
        {"answers_within": "10 min"},
        {"answers_within": "16 s"},
        {"answers_within": "0 s"},
        {"host": "lambda"},
        {"json_keys": [""]},
    ],
)
def test_what_a_spec_may_not_say(keys):
    with pytest.raises(ValidationError):
        Rule.model_validate({"id": "a", "check": "web", "points": 1.0} | keys)


def test_the_requirement():
    rule = Rule.model_validate(
        {"id": "a", "check": "web", "points": 1.0, "answers_within": "2.5 s", "json_keys": ["a"]}
    )
    assert (
        rule.requirement() == "The README gives a public address that answers within 2.5 s, as JSON with a."
    )


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((), "does not count"),
        ((answer(),), "counts"),
        ((answer(MACHINE),), "does not count"),
        ((answer("a.ada.dev"),), "open"),
    ],
)
def test_the_bonus_of_s4_aws(example_record, answers, state):
    spec = load_spec("s4_aws").spec
    (bonus,) = adjustments(spec, replace(example_record.evidence, web=WebAnswers(answers)))
    assert (bonus.amount, bonus.state) == (500, state)
