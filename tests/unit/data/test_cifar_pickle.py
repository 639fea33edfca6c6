"""Pickled batches: read as Python wrote them, and nothing in them is ever run."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.data.cifar_pickle import Block, Unreadable, read

ROWS = np.arange(21, dtype=np.uint8).reshape(3, 7) * 12
BATCH = {"batch_label": "made", "labels": [3, 1, 4], "data": ROWS, "filenames": ["a", "b", "c"]}
GOOD = {protocol: pickle.dumps(BATCH, protocol=protocol) for protocol in (2, 3, 4)}


def as_python2_wrote_it() -> bytes:
    """The shape of the published files: texts of one byte a letter, and old names for the array's parts."""

    def text(value: bytes) -> bytes:
        return b"U" + bytes([len(value)]) + value

    array = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01(cnumpy\nndarray\nq\x02K\x00\x85" + text(b"b") + b"tR"
    )
    kind = b"cnumpy\ndtype\n(" + text(b"u1") + b"K\x00K\x01tR(K\x03" + text(b"|") + b"NNNJ"
    kind += b"\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    contents = b"T" + struct.pack("<i", ROWS.nbytes) + ROWS.tobytes()
    state = b"(K\x01K\x03K\x07\x86" + kind + b"\x89" + contents + b"tb"
    return (
        b"\x80\x02}q\x00(" + text(b"labels") + b"](K\x03K\x01K\x04e" + text(b"data") + array + state + b"u."
    )


@pytest.mark.parametrize("contents", [*GOOD.values(), as_python2_wrote_it()], ids=["2", "3", "4", "python 2"])
def test_a_batch_is_read_as_python_reads_it(contents: bytes) -> None:
    found = read(contents)
    expected = pickle.loads(contents, encoding="latin1")
    assert found["labels"] == expected["labels"] == [3, 1, 4]
    block = found["data"]
    assert isinstance(block, Block)
    np.testing.assert_array_equal(
        np.frombuffer(block.contents, np.uint8).reshape(block.shape), expected["data"]
    )
    np.testing.assert_array_equal(expected["data"], ROWS)


class Harmful:
    def __init__(self, *call: object) -> None:
        self.call = call

    def __reduce__(self) -> tuple[object, ...]:
        return self.call[0], tuple(self.call[1:])


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("inside", [False, True])
def test_code_in_a_pickle_is_refused_and_not_run(protocol: int, inside: bool, tmp_path: Path) -> None:
    harm = Harmful(os.mkdir, str(tmp_path / "ran"))
    contents = pickle.dumps({**BATCH, "more": harm} if inside else harm, protocol=protocol)
    with pytest.raises(Unreadable, match=r"never needs \('posix mkdir'\)"):
        read(contents)
    assert not (tmp_path / "ran").exists()
    pickle.loads(contents)  # Python's own reader does run it
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("call", [(eval, "1"), (exec, "1"), (__import__, "os"), (getattr, "a", "upper")])
def test_names_that_run_code_are_unknown(call: tuple[object, ...]) -> None:
    with pytest.raises(Unreadable, match="never needs"):
        read(pickle.dumps(Harmful(*call), protocol=2))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([1, 2], "a pickle of something else"),
        ({"data": np.zeros((2, 2), np.float32)}, "something else than bytes"),
        ({"data": np.asfortranarray(ROWS)}, "something else than rows of bytes"),
        ({"data": {1, 2}}, "never needs"),
    ],
)
def test_other_pickles_are_named(value: object, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(pickle.dumps(value, protocol=4))


def test_an_array_made_from_a_number_takes_no_memory() -> None:
    """`bytes(10**12)` would be a terabyte of zeros."""
    state = b"(K\x01K\x00\x85cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R\x89\x8a\x06\x00\x10\xa5\xd4\xe8\x00tb"
    head = b"\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    with pytest.raises(Unreadable, match="damaged pickle"):
        read(head + state + b"s.")


@settings(max_examples=200)
@given(st.data())
def test_damage_is_named_and_never_more(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([*GOOD.values(), as_python2_wrote_it()]))
    kind = data.draw(st.sampled_from(["cut", "flip", "noise"]))
    if kind == "cut":
        contents = good[: data.draw(st.integers(0, len(good) - 1))]
    elif kind == "noise":
        contents = data.draw(st.binary(max_size=60))
    else:
        place = data.draw(st.integers(0, 200) | st.integers(0, len(good) - 1))
        contents = good[:place] + bytes([data.draw(st.integers(0, 255))]) + good[place + 1 :]
    try:
        assert isinstance(read(contents), dict)
    except Unreadable as fault:
        assert str(fault)
