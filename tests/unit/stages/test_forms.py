"""In which forms a model may take an input."""

from __future__ import annotations

import pytest

from grader.stages.forms import forms_of


@pytest.mark.parametrize(
    ("shape", "forms"),
    [
        ((1, 28, 28), ((1, 28, 28), (784,))),
        ((3, 32, 32), ((3, 32, 32), (3072,))),
        ((784,), ((784,), (1, 28, 28))),
        ((64,), ((64,), (1, 8, 8))),
        ((4,), ((4,),)),
        ((36,), ((36,),)),
        ((785,), ((785,),)),
    ],
)
def test_pictures_may_be_rows_and_long_square_rows_pictures(shape, forms):
    assert forms_of(shape) == forms
