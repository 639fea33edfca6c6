"""200,000 values outside of parameters and buffers, wherever they lie: counted, named, and shown to a person."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import _disable_current_modes

from grader.architecture import recorded
from grader.checks.interface import run
from grader.checks.parameters import Rule
from grader.inspection import structure
from grader.inspection.measure import measure
from grader.isolation import structure_answer

SIZE = (200, 1000)
SHAPE = (3, 32, 32)


class Base(nn.Module):
    """Something with 110 parameters that works through a large matrix."""

    def __init__(self):
        super().__init__()
        self.out = nn.Linear(10, 10)

    def matrix(self):
        raise NotImplementedError

    def forward(self, x):
        return self.out((x.flatten(1)[:, :200] @ self.matrix()).view(-1, 10, 100).sum(2))


def table():
    return torch.randn(SIZE)


def keeps(store, take):
    """A class whose `store(self)` runs in the constructor and whose matrix is `take(self)`."""

    class Net(Base):
        def __init__(self):
            super().__init__()
            store(self)

        def matrix(self):
            return take(self)

    return Net()


def as_attribute(make, take=lambda self: self.kept):
    return lambda: keeps(lambda self: self.__dict__.update(kept=make()), take)


def in_a_closure():
    kept = table()
    return keeps(lambda self: None, lambda self: kept)


def in_a_hook():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.out = nn.Linear(10, 10)
            kept = table()
            self.out.register_forward_pre_hook(lambda _, given: ((given[0] @ kept.view(10, -1))[:, :10],))

        def forward(self, x):
            return self.out(x.flatten(1)[:, :10])

    return Net()


class Product(torch.autograd.Function):
    kept = table()

    @staticmethod
    def forward(ctx, x):
        return x @ Product.kept

    @staticmethod
    def backward(ctx, gradient):
        return gradient @ Product.kept.t()


def in_a_function_of_its_own():
    class Net(Base):
        def forward(self, x):
            return self.out(Product.apply(x.flatten(1)[:, :200]).view(-1, 10, 100).sum(2))

    return Net()


def in_a_class():
    class Net(Base):
        KEPT = table()

        def matrix(self):
            return self.KEPT

    return Net()


def behind_a_parameter():
    """The parameter has one element, except for the moment in which it is used."""

    class Net(Base):
        def __init__(self):
            super().__init__()
            self.weight, self.kept = nn.Parameter(torch.zeros(1)), table()

        def matrix(self):
            self.weight.data = self.kept
            used = self.weight * 1
            self.weight.data = torch.zeros(1)
            return used

    return Net()


def exchanged(self):
    zeros = torch.zeros(SIZE)
    zeros.data = self.kept
    return zeros


def written_through_numpy(self):
    zeros = torch.zeros(SIZE)
    zeros.numpy()[:] = self.kept.numpy()
    return zeros


def written_through_a_view(self):
    empty = torch.empty(SIZE[0] * SIZE[1])
    rows = empty.view(SIZE)
    empty.numpy()[:] = self.kept.numpy().ravel()
    return rows


def set_to(self):
    return torch.empty(0).set_(self.kept)


def in_a_file(folder):
    torch.save(table(), folder / "table.pt")
    return keeps(lambda self: None, lambda self: torch.load(folder / "table.pt"))


ELSEWHERE = "somewhere outside of the model"
PLACES = {
    "a list": (as_attribute(lambda: [table()], lambda self: self.kept[0]), "self.kept"),
    "a dictionary": (as_attribute(lambda: {"a": table()}, lambda self: self.kept["a"]), "self.kept"),
    "the module's own dictionary": (as_attribute(table), "self.kept"),
    "a parameter that is not registered": (as_attribute(lambda: nn.Parameter(table())), "self.kept"),
    "a module in a list": (
        as_attribute(lambda: [nn.Linear(1000, 200, bias=False)], lambda self: self.kept[0].weight),
        "self.kept",
    ),
    "a partial": (as_attribute(lambda: partial(lambda one: one, table()), lambda self: self.kept()), "self.kept"),
    "numbers in lists": (as_attribute(lambda: table().tolist(), lambda self: torch.tensor(self.kept)), "made in forward"),
    "bytes": (
        as_attribute(
            lambda: bytearray(table().numpy().tobytes()),
            lambda self: torch.frombuffer(self.kept, dtype=torch.float32).view(SIZE),
        ),
        ELSEWHERE,
    ),
    "NumPy": (as_attribute(lambda: table().numpy(), lambda self: torch.tensor(self.kept)), "self.kept"),
    "a closure": (in_a_closure, "closure of matrix: take: kept"),
    "a hook": (in_a_hook, "self.out._forward_pre_hooks: kept"),
    "an autograd function": (in_a_function_of_its_own, ELSEWHERE),
    "a class": (in_a_class, "Net.KEPT"),
    "behind a parameter": (behind_a_parameter, "self.kept"),
    "exchanged memory": (as_attribute(table, exchanged), "self.kept"),
    "written through NumPy": (as_attribute(table, written_through_numpy), ELSEWHERE),
    "written through a view": (as_attribute(table, written_through_a_view), ELSEWHERE),
    "set": (as_attribute(table, set_to), "self.kept"),
}  # fmt: skip


@pytest.fixture
def outcome(example_records):
    """How a limit of 25,000 parameters is judged on what was measured."""

    def judge(facts):
        evidence = example_records["full_marks"].evidence
        model = replace(
            evidence.model,
            structure=structure_answer.structure(facts),
            **{key: facts[key] for key in ("parameters", "trainable", "buffer_elements")},
        )
        rule = Rule(id="small", check="parameters", points=75.0, fewer_than=25_000)
        return run(rule, replace(evidence, model=model, trials=()))

    return judge


@pytest.mark.parametrize("name", PLACES)
def test_values_are_found_in(name, outcome):
    make, place = PLACES[name]
    facts = measure(make(), SHAPE, with_table=True)
    assert facts["structure"]["hidden_elements"] == 200_000
    assert place in facts["structure"]["hidden_places"][0]
    found = outcome(facts)
    assert found.status == "review"
    assert "200,000 more values outside" in found.finding.rationale


def test_values_in_a_file(tmp_path, outcome):
    facts = measure(in_a_file(tmp_path), SHAPE, with_table=True)
    assert facts["structure"]["hidden_elements"] == 200_000
    assert outcome(facts).status == "review"


def test_a_parameter_that_grows_in_forward_has_its_size_afterwards(outcome):
    class Net(Base):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def matrix(self):
            if self.weight.numel() == 1:
                self.weight = nn.Parameter(table())
            return self.weight

    facts = measure(Net(), SHAPE, with_table=True)
    assert facts["parameters"] == 200_110
    assert outcome(facts).status == "failed"


def through_numpy(self, x):
    return torch.from_numpy(x.detach().numpy() @ self.kept.numpy())


def past_the_recorder(self, x):
    with _disable_current_modes():
        return x @ self.kept


@pytest.mark.parametrize("product", [through_numpy, past_the_recorder])
def test_what_runs_outside_of_torch_s_operators_is_no_way_round_the_count(product, outcome):
    class Net(Base):
        def __init__(self):
            super().__init__()
            self.kept = table()

        def forward(self, x):
            return self.out(product(self, x.flatten(1)[:, :200]).view(-1, 10, 100).sum(2))

    facts = measure(Net(), SHAPE, with_table=True)
    assert facts["structure"]["unknown_operators"] == [structure.UNSEEN] == [recorded.UNSEEN]
    assert facts["structure"]["receptive_field"] == [["unknown", 0, 0.0]] * 2
    found = outcome(facts)
    assert (found.status, found.open_points) == ("review", 75)
    assert "are not counted" in found.finding.rationale


def test_honest_constants_made_in_forward_are_not_counted():
    class Net(Base):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(table())

        def matrix(self):
            mask = torch.zeros(SIZE)
            mask[:, ::2] = 1
            mask[:50].fill_(0.5)
            noise = torch.empty(SIZE).fill_(0.1)
            rows = torch.empty(SIZE)
            rows[:100], rows[100:] = self.weight[:100], self.weight[100:]
            return rows * mask + noise + torch.full(SIZE, float("nan")).nan_to_num() + torch.eye(*SIZE)

    found = measure(Net(), SHAPE, with_table=True)["structure"]
    assert (found["hidden_elements"], found["hidden_places"], found["unused_parameters"]) == (0, [], 0)
