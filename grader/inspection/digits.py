"""The forms in which models take a digit beside an image, and numbers as targets.

Submissions differ: one-hot vectors, an index, plain numbers with more axes or fewer, bits. A form is a function of
whole numbers, int64 (N,), and of how many values there are: 10 digits, 19 sums.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional

Form = Callable[[torch.Tensor, int], torch.Tensor]


def one_hot(numbers: torch.Tensor, values: int) -> torch.Tensor:
    """float32, (N, values): 1 at the number's place."""
    return functional.one_hot(numbers, values).float()


def index(numbers: torch.Tensor, _: int) -> torch.Tensor:
    """int64, (N,): what an embedding takes, and the target of cross-entropy."""
    return numbers


def column(numbers: torch.Tensor, _: int) -> torch.Tensor:
    """float32, (N, 1)."""
    return numbers.float()[:, None]


def column_image(numbers: torch.Tensor, _: int) -> torch.Tensor:
    """float32, (N, 1, 1): a picture of one pixel without channels."""
    return numbers.float()[:, None, None]


def number(numbers: torch.Tensor, _: int) -> torch.Tensor:
    """float32, (N,)."""
    return numbers.float()


def index_column(numbers: torch.Tensor, _: int) -> torch.Tensor:
    """int64, (N, 1)."""
    return numbers[:, None]


def one_hot_row(numbers: torch.Tensor, values: int) -> torch.Tensor:
    """float32, (N, 1, values)."""
    return one_hot(numbers, values)[:, None]


def bits(numbers: torch.Tensor, values: int) -> torch.Tensor:
    """float32, (N, bits): binary with the highest bit first, as many bits as the largest number needs (10 digits
    need 4, 19 sums 5)."""
    places = torch.arange((values - 1).bit_length() - 1, -1, -1, device=numbers.device)
    return ((numbers[:, None] >> places) & 1).float()


def one_hot_index(numbers: torch.Tensor, values: int) -> torch.Tensor:
    """int64, (N, values)."""
    return functional.one_hot(numbers, values)


FORMS: dict[str, Form] = {
    "one_hot": one_hot,
    "index": index,
    "column": column,
    "column_image": column_image,
    "number": number,
    "index_column": index_column,
    "one_hot_row": one_hot_row,
    "bits": bits,
    "one_hot_index": one_hot_index,
}
"""In the order in which they are tried: the most usual first."""


def table(form: str, values: int, device: torch.device) -> torch.Tensor:
    """Every number below `values` in a form, one a row: to look numbers up in, without waiting for a GPU."""
    return FORMS[form](torch.arange(values), values).to(device)
