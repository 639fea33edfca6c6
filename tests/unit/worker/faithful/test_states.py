"""What goes out: the state as bytes with their list, the loss where there is one."""

from __future__ import annotations

import json

import numpy as np
import torch

from grader.isolation.frames import Message
from grader.isolation.states import state_of
from grader.worker.faithful.states import Reporter, packed


class DataParallel(torch.nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module


def told(limit: int = 10**6) -> tuple[Reporter, list[Message]]:
    sent: list[Message] = []
    return Reporter(lambda header, arrays: sent.append(Message(header, arrays)), limit), sent


def test_a_state_is_what_the_supervisor_counts():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4))
    reporter, sent = told()
    reporter.state(5, 100, 0.5, 1, packed(model))
    found = state_of(sent[0])
    assert (found.parameters, found.buffers) == (4 * 9 + 4 + 8, 0)
    assert found.blob.tobytes() == packed(DataParallel(model))[1].tobytes()


def test_the_bytes_are_a_copy():
    model = torch.nn.Linear(2, 2)
    _, blob = packed(model)
    before = blob.tobytes()
    with torch.no_grad():
        model.weight.add_(1)
    assert blob.tobytes() == before


def test_a_model_without_parameters_has_an_empty_state():
    listed, blob = packed(torch.nn.ReLU())
    assert (listed, blob.dtype, len(blob)) == ([], np.uint8, 0)


def test_a_state_that_is_too_large_stays_here():
    reporter, sent = told(limit=50)
    reporter.state(5, 100, 0.5, 1, packed(torch.nn.Linear(20, 20)))
    assert (sent[0].op, sent[0].arrays) == ("state", {})


def test_no_loss_is_below_zero():
    reporter, sent = told()
    for loss in (float("nan"), float("inf"), -3.0, 0.25):
        reporter.progress(1, 2, loss)
    assert [message.header["loss"] for message in sent] == [-1.0, -1.0, -1.0, 0.25]
    assert json.dumps([dict(message.header) for message in sent], allow_nan=False)
