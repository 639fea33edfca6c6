"""From what is stored to what a model takes."""

from __future__ import annotations

import pytest
import torch

from grader.training.inputs import columns_of, pipeline_of, prepared_by, stored_form
from grader.training.recipe import BadRecipe

TO_TENSOR = {"name": "ToTensor", "arguments": [], "library": "torchvision"}
NORMALIZE = {
    "name": "Normalize",
    "arguments": [["mean", "(0.5,)"], ["std", "(0.25,)"]],
    "library": "torchvision",
}


def normalize(mean: str, std: str) -> dict[str, object]:
    return {"name": "Normalize", "arguments": [["mean", mean], ["std", std]], "library": "torchvision"}


@pytest.fixture
def rows() -> torch.Tensor:
    return torch.randint(0, 256, (5, 784), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def test_what_is_stored_becomes_pictures(rows):
    assert stored_form(rows).shape == (5, 1, 28, 28)
    assert torch.equal(stored_form(rows)[2, 0, 3], rows[2, 84:112])
    assert stored_form(rows.view(5, 28, 28)).shape == (5, 1, 28, 28)
    coloured = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    assert stored_form(coloured) is coloured


def test_rows_that_fill_no_square_and_columns_stay_rows():
    assert stored_form(torch.zeros(2, 10, dtype=torch.uint8)).shape == (2, 1, 1, 10)
    columns = torch.zeros(2, 16)
    assert stored_form(columns) is columns


def test_a_model_that_takes_rows_gets_the_transformed_picture_flat(rows):
    pictures = stored_form(rows)
    as_images = prepared_by([TO_TENSOR, NORMALIZE], pictures, (1, 28, 28))(pictures)
    as_rows = prepared_by([TO_TENSOR, NORMALIZE], pictures, (784,))(pictures)
    assert as_images.shape == (5, 1, 28, 28)
    assert as_rows.shape == (5, 784)
    assert torch.equal(as_rows, as_images.flatten(1))
    assert torch.allclose(as_rows, (rows / 255 - 0.5) / 0.25, atol=1e-6)


def test_without_a_form_batches_stay_as_they_are(rows):
    pictures = stored_form(rows)
    assert prepared_by([TO_TENSOR], pictures)(pictures).shape == (5, 1, 28, 28)


def test_columns_are_normalised_each_by_itself():
    columns = torch.tensor([[1.0, 10.0], [3.0, 30.0]])
    found = prepared_by([normalize("(2.0, 20.0)", "(1.0, 5.0)")], columns, (2,))(columns)
    assert torch.equal(found, torch.tensor([[-1.0, -2.0], [1.0, 2.0]]))
    assert torch.equal(prepared_by([], columns, (2,))(columns), columns)


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        (TO_TENSOR, "ToTensor.*it is for images"),
        (normalize("(2.0,)", "(1.0,)"), "is not covered"),
        (normalize("(2.0, 1.0)", "(1.0, 0.0)"), "a deviation has to be above 0"),
        ({"name": "Normalize", "arguments": [["mean", "(1.0, 2.0)"]], "library": "torchvision"}, "'std'"),
        ({"name": "Normalize"}, "without name, library or arguments"),
    ],
)
def test_columns_refuse_what_cannot_be_meant(transform, said):
    with pytest.raises(BadRecipe, match=said):
        columns_of([transform], 2)


def test_pictures_refuse_what_has_no_batched_form(rows):
    with pytest.raises(BadRecipe, match="Nonsense"):
        pipeline_of([{**TO_TENSOR, "name": "Nonsense"}], stored_form(rows))
