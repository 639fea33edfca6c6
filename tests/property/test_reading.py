"""Whatever a student hands in, reading gives a record or a named fault, and never raises anything else."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.reading.claims import claims
from grader.reading.explanation import explain
from grader.reading.links import Targets, fault
from grader.reading.logs import Line, log_lines
from grader.reading.markdown import blocks
from grader.reading.notebook import code_cells, python_source
from grader.reading.readme import readme_of
from grader.reading.source import facts
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
