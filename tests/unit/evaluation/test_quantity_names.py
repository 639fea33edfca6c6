"""Headers as students write them."""

from __future__ import annotations

import pytest

from grader.evaluation.quantity_names import quantity_named


@pytest.mark.parametrize(
    ("header", "name"),
    [
        *(("w5", "w5"), ("W5", "w5"), ("w_5", "w5"), ("w₅", "w5"), ("weight 5", "w5")),
        *(("∂E/∂w5", "dE/dw5"), ("∂E_t/∂w5", "dE/dw5"), ("dE/dw5", "dE/dw5"), ("δE_total/δw5", "dE/dw5")),
        *(
            ("\\frac{\\partial E}{\\partial w_5}", "dE/dw5"),
            ("𝜕E/𝜕w5", "dE/dw5"),
            ("grad w5", "dE/dw5"),
            ("dw5", "dE/dw5"),
        ),
        *(
            ("E_Total", "E_total"),
            ("E Total", "E_total"),
            ("total error", "E_total"),
            ("E", "E_total"),
            ("Error", "E_total"),
        ),
        *(
            ("E1", "E1"),
            ("E_o2", "E2"),
            ("h1", "h1"),
            ("net_h2", "h2"),
            ("a_h1", "a_h1"),
            ("out_h2", "a_h2"),
            ("σ(h1)", "a_h1"),
        ),
        *(
            ("o1", "o1"),
            ("a_o2", "a_o2"),
            ("out o1", "a_o1"),
            ("i1", "i1"),
            ("x2", "i2"),
            ("t1", "t1"),
            ("target 2", "t2"),
        ),
    ],
)
def test_what_a_header_names(header: str, name: str) -> None:
    assert quantity_named(header) == name


@pytest.mark.parametrize(
    "header",
    ["", "η", "learning rate", "iteration", "∂E/∂a_h1", "w9", "w1 new", "h3", "w" * 10_000, "\x00\u202e"],
)
def test_what_names_none(header: str) -> None:
    assert quantity_named(header) == ""
