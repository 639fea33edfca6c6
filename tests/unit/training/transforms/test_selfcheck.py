"""A pipeline tried against the torchvision that is installed."""

from __future__ import annotations

import torch
from torchvision import transforms

from grader.training.transforms.interface import Stated
from grader.training.transforms.pipeline import Pipeline
from grader.training.transforms.selfcheck import disagreement, disagreement_on

TURN = Stated("RandomRotation", (("degrees", 15),), "torchvision")
TENSOR = Stated("ToTensor", (), "torchvision")


def test_agreement_is_silent_and_leaves_the_generator_alone():
    before = torch.get_rng_state()
    assert disagreement(Pipeline.of([TURN, TENSOR], (1, 28, 28))) == ""
    assert disagreement(Pipeline.of([TENSOR], (3, 32, 32))) == ""
    assert torch.equal(torch.get_rng_state(), before)


def test_another_arithmetic_is_noticed(monkeypatch):
    def other(self: transforms.RandomRotation, image: object) -> object:
        return transforms.functional.rotate(image, self.get_params(self.degrees), expand=False, fill=9)

    monkeypatch.setattr(transforms.RandomRotation, "forward", other)
    assert "differ from what torchvision" in disagreement(Pipeline.of([TURN, TENSOR], (1, 28, 28)))


def test_other_draws_are_noticed(monkeypatch):
    original = transforms.ToTensor.__call__

    def draws(self: transforms.ToTensor, image: object) -> object:
        torch.rand(1)
        return original(self, image)

    monkeypatch.setattr(transforms.ToTensor, "__call__", draws)
    assert "take other draws" in disagreement(Pipeline.of([TENSOR], (1, 28, 28)))


def test_a_library_that_fails_is_noticed(monkeypatch):
    monkeypatch.delattr(transforms, "RandomRotation")
    assert "fail here: AttributeError" in disagreement(Pipeline.of([TURN, TENSOR], (1, 28, 28)))


def test_albumentations_is_not_tried():
    calls = [Stated("Normalize", (), "albumentations"), Stated("ToTensorV2", (), "albumentations")]
    assert disagreement(Pipeline.of(calls, (3, 32, 32))) == ""


def test_plain_values_do_as_well_and_what_is_not_covered_is_said():
    calls = [{"name": "ToTensor", "arguments": [], "library": "torchvision"}]
    assert disagreement_on(calls, [1, 28, 28]) == ""
    assert "AutoAugment" in disagreement_on([{**calls[0], "name": "AutoAugment"}], [1, 28, 28])
