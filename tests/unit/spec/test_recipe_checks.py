"""Mistakes in the checks of the recipe are said at their place, each once, with what to write."""

from __future__ import annotations

import pytest

from grader.errors import SpecError
from grader.spec.load import parse_spec, shipped_specs

HEAD = (
    shipped_specs()["s4"].read_text(encoding="utf-8").split("checks:")[0].replace("points: 250", "points: 10")
)


@pytest.mark.parametrize(
    ("check", "place", "said"),
    [
        ("check: epochs, at_most: 15, exactly: 3", "checks[0]:", "exactly and at_most cannot stand together."),
        ("check: epochs, at_most: 15k", "checks[0].at_most:", "Write 15000."),
        ("check: batch_size", "checks[0]:", "give a limit: exactly, at_least or at_most."),
        ("check: optimizer, one_of: sgd, arguments: {lr: {at_last: 0.1}}", "checks[0].arguments.lr:", "a range ("),
        ("check: optimizer, one_of: [sgd, a b]", "checks[0].one_of:", 'got "a b"'),
        ("check: loss, one_of: Cross-Entropy", "checks[0].one_of:", 'got "Cross-Entropy"'),
        ("check: loss, one_of: nll_loss, adds: l2", "checks[0].adds:", "Known are nothing, something, l1."),
        ("check: schedule, one_of: onecycle", "checks[0].one_of:", "Known are one_cycle, "),
        ("check: schedule, one_of: step, maximum_at: fifth", "checks[0].maximum_at:", 'such as "epoch 5"'),
        ("check: transforms, applies: [horizontal flop]", "checks[0].applies[0]:", 'Did you mean "horizontal flip"?'),
        ("check: transforms, applies: [{cutout: {size: 16 by 16}}]", "checks[0].applies[0].cutout.size:", '"16x16"'),
        ("check: transforms, applies: [{cutout: {sise: 16}}]", "checks[0].applies[0].cutout:", 'Did you mean "size"?'),
        ("check: transforms, applies: [transform]", "checks[0].applies[0]:", "{name: ColorJitter}"),
        ("check: transforms, applies: []", "checks[0].applies:", "needs at least 1 entry"),
        ("check: training_log, exactly: 9, last_lines: 3", "checks[0]:", "leave out exactly and at_least."),
    ],
)  # fmt: skip
def test_one_message_at_the_place(check, place, said):
    content = f"{HEAD}checks:\n  - {{id: one, {check}, points: 10}}\n"
    with pytest.raises(SpecError) as caught:
        parse_spec(content.encode(), "my-spec.yaml")
    (problem,) = caught.value.problems
    line = content.count("\n")
    assert problem.startswith(f"my-spec.yaml:{line}:")
    assert f" {place} " in problem
    assert said in problem
