"""The forms in which models take a second digit, and in which they give a sum.

Submissions differ: one-hot vectors, plain numbers as a column or with two more axes, bits. A form is a function
from uint8 numbers (N,) to the array that the model sees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.data.interface import Pixels

Form = Callable[["Pixels", int], "NDArray[Any]"]
"""Called with the numbers and with how many values there are: 10 digits, 19 sums."""


def one_hot(numbers: Pixels, values: int) -> NDArray[Any]:
    """float32, (N, values): 1 at the number's place."""
    import numpy as np

    return np.eye(values, dtype=np.float32)[numbers]


def index(numbers: Pixels, _: int) -> NDArray[Any]:
    """int64, (N,): what an embedding takes, and the target of cross-entropy."""
    import numpy as np

    return numbers.astype(np.int64)


def column(numbers: Pixels, _: int) -> NDArray[Any]:
    """float32, (N, 1)."""
    import numpy as np

    return numbers.astype(np.float32)[:, None]


def column_image(numbers: Pixels, _: int) -> NDArray[Any]:
    """float32, (N, 1, 1): a picture of one pixel without channels."""
    import numpy as np

    return numbers.astype(np.float32)[:, None, None]


def bits(numbers: Pixels, values: int) -> NDArray[Any]:
    """float32, (N, bits): binary with the highest bit first, as many bits as the largest number needs (10 digits
    need 4, 19 sums 5)."""
    import numpy as np

    count = (values - 1).bit_length()
    places = np.arange(count - 1, -1, -1, dtype=np.uint8)
    return ((numbers[:, None] >> places) & 1).astype(np.float32)


FORMS: dict[str, Form] = {
    "one_hot": one_hot,
    "index": index,
    "column": column,
    "column_image": column_image,
    "bits": bits,
}
