"""What no rule covers is unknown, and a check that depends on it goes to a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from grader.checks.interface import run
from grader.checks.receptive_field import Rule
from grader.inspection.measure import measure
from grader.isolation import structure_answer


@torch.library.custom_op("grader_tests::smear", mutates_args=())
def smear(x: torch.Tensor) -> torch.Tensor:
    return x.cumsum(2).clone()


def sampled(x):
    grid = F.affine_grid(torch.eye(2, 3).expand(len(x), 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


OPERATORS = {
    "grid_sample": (sampled, "aten.grid_sampler_2d"),
    "fft": (lambda x: torch.fft.ifft2(torch.fft.fft2(x)).real, "aten._fft_c2c"),
    "roll": (lambda x: x.roll((2, 1), (2, 3)), "aten.roll"),
    "sorted rows": (lambda x: x.sort(dim=2)[0], "aten.sort"),
    "an operator of its own": (smear, "grader_tests.smear"),
    "rows picked by number": (lambda x: x[:, :, torch.arange(31, -1, -2)], "aten.index"),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_the_receptive_field_behind_it_is_unknown_and_the_check_asks_a_person(name, example_records):
    operator, shown = OPERATORS[name]

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 10, 3)

        def forward(self, x):
            return self.last(operator(self.first(x))).mean((2, 3))

    facts = measure(Net(), (3, 32, 32), with_table=True)
    assert shown in facts["structure"]["unknown_operators"]
    evidence = example_records["full_marks"].evidence
    model = replace(evidence.model, structure=structure_answer.structure(facts))
    rule = Rule(id="sees", check="receptive_field", points=50.0, over=2)
    outcome = run(rule, replace(evidence, model=model, trials=()))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 50)
    assert "unknown" in outcome.finding.measured
    assert shown in outcome.finding.rationale
