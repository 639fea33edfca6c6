"""Learning rates that a finder suggested."""

from __future__ import annotations

import json

import pytest

from grader.reading.finders import suggested_rates
from grader.reading.logs import Line
from grader.reading.read import read_submission

CODE = """import torch.nn as nn, torch.optim as optim
from torch_lr_finder import LRFinder
class Net(nn.Module):
    def forward(self, x): return x
model = Net()
finder = LRFinder(model, optim.SGD(model.parameters(), 1e-7), nn.NLLLoss())
finder.range_test(loader)
rate = finder.suggestion()
optimizer = optim.SGD(model.parameters(), lr=rate)
for epoch in range(3):
    for x, y in loader:
        optimizer.step()
"""


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("Suggested LR: 1.87E-02", 0.0187),
        ("suggested learning rate = 0.05", 0.05),
        ("Max LR is 0.0213", 0.0213),
        ("LR: 0.01", None),
        ("Suggested LR: none", None),
    ],
)
def test_a_suggestion_in_a_saved_output(line, rate):
    found = suggested_rates([Line("a.ipynb, cell 7", line)])
    assert found == ({"a.ipynb": [("a.ipynb, cell 7", rate)]} if rate else {})


@pytest.mark.parametrize(
    ("output", "end"),
    [
        (
            "LR suggestion: steepest gradient\nSuggested LR: 1.87E-02\n",
            "the saved output of a.ipynb, cell 1 says 0.0187",
        ),
        ("", "its result was not kept, so it cannot be recovered"),
    ],
)
def test_the_run_says_where_its_rate_came_from(stage, output, end):
    cell = {"cell_type": "code", "source": CODE, "outputs": [{"output_type": "stream", "text": output}]}
    (session,) = read_submission(*stage({"a.ipynb": json.dumps({"cells": [cell]})})).sessions
    assert (
        session.rate_finder == f"optimizer.lr: it comes from a learning-rate finder (a.ipynb, cell 1); {end}"
    )
