"""Pipelines as a whole: plain values in, what stays for a test pass, what is left alone."""

from __future__ import annotations

import json

import pytest
import torch

from grader.records import Call
from grader.training.transforms import draws
from grader.training.transforms.interface import NotCovered
from grader.training.transforms.pipeline import Pipeline

GREY, COLOUR = (1, 28, 28), (3, 32, 32)


def plain(name: str, library: str = "torchvision", /, **arguments: object) -> dict[str, object]:
    return {"name": name, "arguments": [list(pair) for pair in arguments.items()], "library": library}


TENSOR = plain("ToTensor")
NORMAL = plain("Normalize", mean="(0.1307,)", std="(0.3081,)")
TURN = plain("RandomRotation", degrees=15)


def images(shape: tuple[int, int, int], count: int = 20) -> torch.Tensor:
    return torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(0)).byte()


def names(pipeline: Pipeline) -> list[str]:
    return [call.name for call in pipeline.calls]


def test_plain_values_and_records_make_the_same_pipeline():
    sent = json.loads(json.dumps([TURN, TENSOR, NORMAL]))
    records = [
        Call("RandomRotation", (("degrees", 15),), "train.py:1", "torchvision"),
        Call("ToTensor", (), "train.py:2", "torchvision"),
        Call("Normalize", (("mean", "(0.1307,)"), ("std", "(0.3081,)")), "", "torchvision"),
    ]
    one, other = Pipeline.of(sent, GREY), Pipeline.of(records, GREY)
    assert one.calls == other.calls
    seed = torch.Generator().manual_seed(3)
    found = one(images(GREY), seed)
    assert torch.equal(found, other(images(GREY), torch.Generator().manual_seed(3)))
    assert found.is_contiguous()


@pytest.mark.parametrize("broken", [{}, {"name": 3, "library": "torchvision"}, {"name": "ToTensor"}, {"name": "ToTensor", "library": "torchvision", "arguments": [["a"]]}], ids=range(4))  # fmt: skip
def test_a_call_of_another_shape_is_refused(broken):
    with pytest.raises(NotCovered):
        Pipeline.of([broken], GREY)


def test_the_images_that_come_in_stay_as_they_are():
    for calls, shape in (
        ([TURN, TENSOR, NORMAL], GREY),
        ([plain("RandomHorizontalFlip"), plain("RandomCrop", size=32, padding=4), TENSOR, plain("RandomErasing")], COLOUR),
        ([plain("RandomApply", transforms="[ColorJitter(brightness=0.5)]"), TENSOR], COLOUR),
    ):  # fmt: skip
        given = images(shape)
        Pipeline.of(calls, shape)(given)
        assert torch.equal(given, images(shape))


def test_a_batch_of_one_and_an_empty_one():
    for calls in ([TURN, TENSOR], [TENSOR, plain("RandomErasing")]):
        pipeline = Pipeline.of(calls, GREY)
        assert pipeline(images(GREY, 1)).shape == (1, 1, 28, 28)
        assert pipeline(images(GREY, 0)).shape == (0, 1, 28, 28)


def test_a_test_pass_keeps_what_is_the_same_every_time():
    pipeline = Pipeline.of([plain("Resize", size=32), TURN, TENSOR, NORMAL, plain("RandomErasing")], GREY)
    assert pipeline.is_random
    assert names(pipeline.deterministic) == ["Resize", "ToTensor", "Normalize"]
    assert not pipeline.deterministic.is_random
    before = torch.get_rng_state()
    pipeline.deterministic(images(GREY))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_transform_that_is_applied_at_times_is_no_part_of_a_test_pass():
    calls = [
        plain("RandomApply", transforms="[CenterCrop(size=22)]"),
        plain("Resize", size="(28, 28)"),
        TENSOR,
    ]
    assert names(Pipeline.of(calls, GREY).deterministic) == ["Resize", "ToTensor"]


def test_padding_goes_with_the_crop_that_it_was_for():
    calls = [plain("Pad", padding=4), plain("RandomCrop", size=32), TENSOR]
    pipeline = Pipeline.of(calls, COLOUR)
    assert names(pipeline.deterministic) == ["ToTensor"]
    assert pipeline.deterministic.output_shape == pipeline.output_shape == COLOUR


def test_a_size_that_only_a_random_crop_gives_has_no_test_pass():
    with pytest.raises(NotCovered, match="size that is trained on"):
        _ = Pipeline.of([plain("RandomCrop", size=20), TENSOR], COLOUR).deterministic


def test_another_way_of_drawing_leaves_only_what_draws_nothing(monkeypatch):
    monkeypatch.setattr(draws, "words_hold", lambda: "torch draws otherwise.")
    with pytest.raises(NotCovered, match="draws otherwise"):
        Pipeline.of([TURN, TENSOR], GREY)
    assert not Pipeline.of([TENSOR, NORMAL], GREY).is_random


def test_the_global_generator_is_drawn_from_where_none_is_given():
    pipeline = Pipeline.of([TURN, TENSOR], GREY)
    torch.manual_seed(8)
    found = pipeline(images(GREY))
    assert torch.equal(found, pipeline(images(GREY), torch.Generator().manual_seed(8)))
    assert not torch.equal(found, pipeline(images(GREY)))
