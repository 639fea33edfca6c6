"""`--no-web`: what it means for the request, and that the command which repeats a run says it too."""

from __future__ import annotations

import pytest

from grader.cli.check import command as check
from grader.cli.run import _again, _request
from grader.cli.run import command as run
from grader.pipeline import Request
from grader.spec.load import load_spec


@pytest.mark.parametrize(("flags", "asks"), [([], True), (["--web"], True), (["--no-web"], False)])
def test_it_is_on_unless_it_is_switched_off(flags: list[str], asks: bool) -> None:
    options = dict(run.make_context("run", ["s4_aws", "--repo", "handed-in", *flags]).params)
    spec = options.pop("spec")
    request = Request(load_spec(spec), command="", **_request(options))
    assert request.web is asks
    assert ("--no-web" in _again(spec, options)) is not asks
    assert check.make_context("check", ["s4_aws", ".", *flags]).params["web"] is asks


def test_who_uses_the_library_sends_nothing_by_accident() -> None:
    assert Request(load_spec("s4_aws"), source=".", command="").web is False
