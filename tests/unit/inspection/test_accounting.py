"""Parameters are counted by unique storage, whatever the class says of itself."""

from __future__ import annotations

import torch
from torch import nn

from grader.inspection.accounting import count, entries, modules, own_parameters


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.Embedding(7, 5), nn.Linear(5, 7, bias=False)
        self.decoder.weight = self.encoder.weight


class Liar(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(10, 10)

    def parameters(self, recurse=True):
        return iter(())

    def named_modules(self, *args, **kwargs):
        return iter(())

    def state_dict(self, *args, **kwargs):
        return {}


def test_plain_layers():
    assert count(nn.Linear(784, 256)).parameters == 784 * 256 + 256


def test_tied_weights_count_once():
    assert count(Tied()).parameters == 35


def test_a_module_used_twice_counts_once():
    layer = nn.Linear(3, 3)
    assert count(nn.Sequential(layer, nn.ReLU(), layer)).parameters == 12


def test_frozen_parameters_are_counted_and_not_trainable():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    found = count(model)
    assert (found.parameters, found.trainable) == (12, 6)


def test_batch_norm_statistics_are_no_buffers_to_count():
    model = nn.Sequential(nn.BatchNorm2d(8))
    model.register_buffer("table", torch.zeros(100))
    found = count(model)
    assert (found.parameters, found.buffer_elements) == (16, 100)


def test_a_class_that_lies_about_its_parameters_is_counted_like_any_other():
    assert count(Liar()).parameters == 110
    assert [entry.name for entry in entries(Liar())] == ["fc.weight", "fc.bias"]


def test_views_of_one_storage_are_told_apart():
    model = nn.Module()
    whole = torch.zeros(10)
    model.a, model.b = nn.Parameter(whole[:4]), nn.Parameter(whole[4:])
    assert count(model).parameters == 10


def test_a_module_that_contains_itself_ends():
    model = nn.Linear(2, 2)
    model._modules["me"] = model
    assert [path for path, _ in modules(model)] == [""]


def test_parameters_without_elements_are_kept():
    model = nn.Module()
    model.a, model.b = nn.Parameter(torch.zeros(0)), nn.Parameter(torch.zeros(0))
    assert [entry.name for entry in entries(model)] == ["a", "b"]


def test_gaps_between_the_values_of_a_view_are_no_parameters():
    model = nn.Module()
    whole = torch.zeros(10, 20)
    model.columns = nn.Parameter(whole[:, ::2])
    assert count(model).parameters == 100
    model.others, model.all = nn.Parameter(whole[:, 1::2]), nn.Parameter(whole)
    assert count(model).parameters == 200


def test_a_repeated_parameter_counts_once():
    model = nn.Module()
    model.rows = nn.Parameter(torch.zeros(1, 7).expand(5, 7))
    assert count(model).parameters == 7


def test_a_complex_number_is_two():
    model = nn.Module()
    model.spectrum = nn.Parameter(torch.zeros(5, 3, dtype=torch.complex64))
    assert count(model).parameters == own_parameters(model) == 30
    model.register_buffer("table", torch.zeros(4, dtype=torch.complex64))
    assert count(model).buffer_elements == 8


def test_a_table_in_the_place_of_a_running_mean_is_a_buffer():
    model = nn.BatchNorm2d(8)
    model.running_mean = torch.zeros(200_000)
    assert count(model).buffer_elements == 200_000


def test_a_dictionary_that_leaves_entries_out_is_read_in_whole():
    class Selective(dict):
        def items(self):
            return [(key, value) for key, value in dict.items(self) if key not in ("weight", "0")]

        values = keys = __iter__ = items

    model = nn.Sequential(nn.Linear(100, 2000, bias=False))
    model[0].__dict__["_parameters"] = Selective(model[0]._parameters)
    model.__dict__["_modules"] = Selective(model._modules)
    assert count(model).parameters == 200_000
