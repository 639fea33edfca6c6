"""Grad-CAM on a network that is the student's own, and on one of a library, seen in the sandbox."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from grader.events import Events
from grader.pipeline import Request, check_submission
from grader.records import RunRecord
from grader.spec.load import load_spec

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

OWN = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.early = nn.Conv2d(3, 8, 3, stride=2)
        self.late = nn.Sequential(nn.Conv2d(8, 8, 3, stride=4), nn.Conv2d(8, 8, 3, stride=2))
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.late(self.early(x)).mean(dim=(2, 3)))
"""
LIBRARY = "from torchvision import models\nmodel = models.resnet18(weights='DEFAULT')"


def look(folder: Path, *cells: str) -> RunRecord:
    listed = [{"cell_type": "code", "metadata": {}, "source": cell, "outputs": []} for cell in cells]
    notebook = {"cells": listed, "nbformat": 4, "nbformat_minor": 4, "metadata": {}}
    folder.mkdir()
    (folder / "cam.ipynb").write_text(json.dumps(notebook))
    (folder / "README.md").write_text("# Grad-CAM on a ResNet\n\n![Grad-CAM](gradcam.png)\n")
    picture = io.BytesIO()
    Image.linear_gradient("L").save(picture, "PNG")
    (folder / "gradcam.png").write_bytes(picture.getvalue())
    asked = Request(load_spec("bh_gradcam"), str(folder), "grader check", full=False, stand_in=True)
    return check_submission(asked, Events()).record


def parts(record: RunRecord) -> dict[str, str]:
    (outcome,) = [one for one in record.outcomes if one.check == "gradcam"]
    return {part.name: part.status for part in outcome.parts}


@pytest.mark.parametrize(("layer", "status"), [("model.early", "passed"), ("model.late[-1]", "failed")])
def test_the_map_of_ones_own_network(tmp_path: Path, layer: str, status: str) -> None:
    call = f"from pytorch_grad_cam import GradCAM\ncam = GradCAM(model=model, target_layers=[{layer}])"
    record = look(tmp_path / "own", OWN, "model = Net()", call)
    assert parts(record) == {"pictures": "passed", "feature map": status}


def test_a_network_of_a_library_is_gradable_and_goes_to_a_person(tmp_path: Path) -> None:
    record = look(
        tmp_path / "library", LIBRARY, "cam = GradCAM(model=model, target_layers=[model.layer4[-1]])"
    )
    assert parts(record) == {"pictures": "passed", "feature map": "review"}
    assert record.grade.status == "needs_review"
