"""States of a model as they cross the border: bytes, held against a list of what they hold."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from grader.isolation import checked
from grader.isolation.frames import Array, Message, ProtocolError, strict_json
from grader.isolation.supervisor import Ending, Patience, Worker

HAND_OVER = Patience(600, cpu_seconds=120)
STATE_LIMIT_BYTES = 512 * 1024 * 1024
ENTRY_LIMIT_BYTES = 256  # what the list says of one tensor
_ITEM_BYTES = {
    **dict.fromkeys(("bool", "uint8", "int8"), 1),
    **dict.fromkeys(("float16", "bfloat16", "int16"), 2),
    **dict.fromkeys(("float32", "int32"), 4),
    **dict.fromkeys(("float64", "int64"), 8),
}


@dataclass(frozen=True)
class State:
    """A trained state as it crossed the border: its bytes, and what they hold.

    Nothing but the bytes goes on to the evaluating worker. Values are counted in units of a float32: packing two
    into a float64 saves nothing.
    """

    blob: Array
    parameters: int
    buffers: int  # without the statistics of batch norms
    digest: str
    layout: tuple[tuple[str, int, int], ...] = ()  # role, bytes of one element and elements of each tensor

    @property
    def elements(self) -> int:
        return self.parameters + self.buffers

    @property
    def frame_bytes(self) -> int:
        """The most that a state of the same tensors may take as an answer, its list included."""
        return len(self.blob) + ENTRY_LIMIT_BYTES * (len(self.layout) + 1)


def state(worker: Worker) -> State | Ending:
    """The trained state, with its list held against its bytes."""
    answer = worker.request("state", patience=HAND_OVER, payload_limit=STATE_LIMIT_BYTES)
    if isinstance(answer, Ending):
        return answer
    try:
        return state_of(answer)
    except ProtocolError as error:
        return worker.refuse(error)


def restore(worker: Worker, trained: State) -> Ending | None:
    """Fill a fresh worker's freshly built model with a trained state."""
    answer = worker.request("restore", {}, {"bytes": trained.blob}, patience=HAND_OVER)
    return answer if isinstance(answer, Ending) else None


def state_of(message: Message) -> State:
    """The state that a message carries.

    Raises:
        ProtocolError: bytes or list are missing or malformed, or do not fit each other.
    """
    blob = message.array("bytes", "uint8", (None,))
    entries = strict_json(message.array("entries", "uint8", (None,)).tobytes())
    parameters, buffers = count_entries(entries, len(blob))
    layout = tuple((str(role), _ITEM_BYTES[dtype], math.prod(shape)) for dtype, shape, role in entries)
    return State(blob, parameters, buffers, f"sha256:{hashlib.sha256(blob.data).hexdigest()}", layout)


def count_entries(listed: Any, blob_bytes: int) -> tuple[int, int]:
    """Parameters and other values that a state's bytes hold, held against its list of dtype, shape and role.

    Of what is called a statistic of a batch norm, only as many values stay uncounted as there are parameters of
    the same shape to go with them (its weight and its bias): that is the most that calling them so can hide.

    Raises:
        ProtocolError: the list is malformed, or does not fill the bytes exactly.
    """
    parameters = buffers = total = 0
    room: dict[tuple[int, ...], int] = {}
    statistics: list[tuple[tuple[int, ...], int]] = []
    for item in checked.listed(listed, 100_000):
        if not isinstance(item, list) or len(item) != 3:
            raise ProtocolError("state entry")
        checked.one_of(item[0], _ITEM_BYTES, "state entry")
        shape = checked.shape(item[1])
        elements, item_bytes = math.prod(shape), _ITEM_BYTES[item[0]]
        total += elements * item_bytes
        values = elements * max(1, item_bytes // 4)
        if item[2] == "parameter":
            parameters += values
            room[shape] = room.get(shape, 0) + 1
        elif item[2] == "statistic":
            statistics.append((shape, values))
        else:
            buffers += elements
    if total != blob_bytes:
        raise ProtocolError("state size")
    for shape, values in statistics:
        if room.get(shape, 0):
            room[shape] -= 1
        elif shape != ():  # the count of batches is one number each
            buffers += values
    return parameters, buffers
