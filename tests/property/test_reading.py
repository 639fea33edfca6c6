"""Whatever a student hands in, reading gives a record or a named fault, and never raises anything else."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.reading.claims import claims
from grader.reading.experiments import Lines, experiments
from grader.reading.explanation import explain
from grader.reading.links import Targets, fault
from grader.reading.logs import Line, log_lines
from grader.reading.markdown import blocks
from grader.reading.notebook import code_cells, python_source
from grader.reading.pieces import Piece
from grader.reading.readme import readme_of
from grader.reading.recipe import sessions
from grader.reading.source import facts
from grader.reading.tracing.follow import follow
from grader.reading.tracing.machine import Budget
from grader.reading.tracing.sources import Sources
from grader.reading.word_order import order
from grader.records import Entrypoint, ModelFacts

NOWHERE = Targets(frozenset(), frozenset(), {}, "", True)
MODEL = ModelFacts(
    Entrypoint("m.py", 0, "Net", (), ""),
    100,
    100,
    0,
    (),
    ("convolution", "linear"),
    "",
    (1,),
    (10,),
    "logits",
)
words = st.sampled_from(
    [
        *"epoch Epoch: 1 98.1% 0.98 test val train acc accuracy loss 9855/10000 params parameters".split(),
        *"21,844 < | # ## ![a](b [x](#y) <h1> </h1> <img <table><tr><td> ``` ` * > - 1. ( )".split(),
        *"the of a. conv 3x3 batch relu class Net(nn.Module): def import %time !ls x= ? \\ ''' \"\"\"".split(),
        *("\n", "\n\n", "\t", "\r", "\x1b[31m"),
    ]
)
pieces = st.lists(st.one_of(words, st.text(max_size=8)), max_size=60).map(" ".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | pieces,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "cells",
                    "cell_type",
                    "source",
                    "input",
                    "outputs",
                    "output_type",
                    "text",
                    "data",
                    "worksheets",
                ]
            ),
            inner | st.just("code"),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(pieces)
def test_source_is_read_or_refused(text):
    with contextlib.suppress(ValueError):
        assert all(found.line >= 1 for found in facts(text).classes)


@given(pieces)
def test_taking_out_magics_keeps_the_line_count_and_comes_to_rest(text):
    plain = python_source(text)
    assert plain.count("\n") == text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert python_source(plain) == plain


PYTHON = sorted((Path(__file__).parents[2] / "grader" / "reading").glob("*.py"))


@given(st.sampled_from(PYTHON))
@settings(max_examples=len(PYTHON))
def test_plain_python_is_left_as_it_is(place):
    text = place.read_text()
    assert ast.dump(ast.parse(python_source(text))) == ast.dump(ast.parse(text))


@given(values)
def test_any_json_is_a_notebook_or_refused(value):
    with contextlib.suppress(ValueError):
        cells = code_cells(json.dumps(value))
        assert [cell.number for cell in cells] == sorted({cell.number for cell in cells})


@given(pieces)
def test_any_text_is_a_readme(text):
    page = readme_of(blocks(text), "README.md", len(text), NOWHERE)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= section.line <= lines for section in page.sections)
    assert all(1 <= link.line <= lines for link in page.links)
    assert all(-1 <= log.test_accuracy <= 1 for log in page.logs)
    assert explain(page, MODEL).measured


@given(st.lists(pieces, max_size=8))
def test_logs_and_claims_are_numbers_in_their_range(texts):
    lines = [Line("p", text) for text in texts]
    assert all(log.epoch >= 0 and -1 <= log.test_accuracy <= 1 for log in log_lines(lines))
    assert all(claim.value > 0 for claim in claims(lines))


@given(st.text(max_size=40))
def test_any_target_has_a_fault_or_none(target):
    assert isinstance(fault(target, "S4", NOWHERE, frozenset()), str)


@given(st.lists(pieces, max_size=5))
def test_disorder_is_a_share(texts):
    found = order(texts)
    assert 0 <= found.impossible <= found.pairs


EXPRESSIONS = [
    *"x model loader opt sched 1 0.5 None 'BN' [] [x] (x, 1) {'a': x} x.y x[0] x[1:2] x() x(1) x(x) x(*x) x(**x)".split(" "),
    "nn.Module", "Net()", "Net(x)", "model.parameters()", "optim.SGD(model.parameters(), lr=0.1)", "optim.Adam(x, x)",
    "optim.lr_scheduler.StepLR(opt, 5)", "DataLoader(x, batch_size=8, shuffle=True)", "datasets.MNIST('.', train=False)",
    "transforms.Compose([transforms.ToTensor(), x])", "lambda y: x", "x + x", "x * 3", "-x", "x if x else model", "not x",
    "x == 1", "x and model", "[y for y in x]", "{y: x for y in [1, 2]}", "f'{x}'", "range(3)", "enumerate(loader)",
    "F.nll_loss(x, x)", "nn.CrossEntropyLoss()(x, x)", "model(x)", "LRFinder(model, opt)", "super().__init__()", "len(loader)",
    "isinstance(x, str)", "x.append(x)", "x.update(x)", "random_split(x, [1, 2])", "dict(x=x)", "argparse.ArgumentParser()",
]  # fmt: skip
STATEMENTS = [
    "{0}", "x = {0}", "model = {0}", "loader = {0}", "opt = {0}", "sched = {0}", "x, y = {0}", "x.y = {0}", "x[0] = {0}",
    "x += {0}", "{0}.backward()", "opt.step()", "opt.zero_grad()", "sched.step()", "model.train()", "model.eval()", "return {0}",
    "break", "import torch", "from unit import *", "del x", "global x", "raise x", "assert {0}", "yield {0}",
    "for x in {0}:\n    {1}", "for x in {0}:\n    opt.step()\n    {1}", "while {0}:\n    {1}", "if {0}:\n    {1}\nelse:\n    {2}",
    "with {0} as x:\n    {1}", "try:\n    {1}\nexcept ImportError:\n    {2}", "def x(y, *a, z={0}, **k):\n    {1}",
    "class x({0}):\n    {1}", "class Net(nn.Module):\n    def __init__(self, y): {3}",
]  # fmt: skip
simple = st.builds(
    lambda statement, value: statement.format(value),
    st.sampled_from(STATEMENTS[:22]),
    st.sampled_from(EXPRESSIONS),
)
programs = st.lists(
    st.builds(
        lambda statement, value, *inner: statement.format(value, *inner),
        st.sampled_from(STATEMENTS),
        st.sampled_from(EXPRESSIONS),
        simple,
        simple,
        st.just("pass"),
    ),
    max_size=25,
).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(programs, min_size=1, max_size=4), st.booleans())
def test_following_any_source_ends_in_sessions_that_can_be_stored(cells, in_notebook):
    pieces = tuple(
        Piece("unit.ipynb" if in_notebook else f"{n}.py", n if in_notebook else 0, text)
        for n, text in enumerate(cells, 1)
    )
    budget = Budget(steps=20_000, seconds=10.0)
    found = sessions(tuple(follow(Sources(pieces), budget)))
    for session in found:
        json.dumps(dataclasses.asdict(session), allow_nan=False)
        assert session.epochs >= 0
        assert all("\n" not in reason for _, reason in session.unknown)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="TtargetResultAnalysis:*# -\n|0", max_size=2_000))
def test_any_text_gives_experiments_of_at_least_two_parts(text):
    for one in experiments([Lines("a", 1, tuple(text.split("\n")))]):
        assert sum(map(bool, (one.target, one.result, one.analysis))) >= 2
