"""A network as one digest: equal where the same operators work on one another, whatever they are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from grader.architecture.graph import IMAGE, graph_of
from grader.course.stored.results import RESULT, read_run
from grader.course.stored.runs import run_folders
from grader.errors import StoreError
from grader.records import Absent, ModelFacts, Operator, RunRecord

_PASSED = frozenset({"dropout", "view", "softmax", "log softmax"})
"""Operators that are added, moved and taken away without the network being another one."""
_DETAILS = ("kernel", "stride", "padding", "dilation", "groups")
_LEAST_OPERATORS = 4
_HEAD_BYTES = 64 * 1024
_TREE = b'"tree_digest": "'


@dataclass(frozen=True)
class Network:
    """What a submission's model is."""

    digest: str
    operators: int


def networks(base: Path, tree_digests: Iterable[str]) -> dict[str, Network]:
    """The networks of the stored runs below the folder of all runs, by the digest of the files they were measured in.

    A run that cannot be read has no network: the comparison of code stands without it.
    """
    wanted = set(tree_digests)
    found: dict[str, Network] = {}
    for folder in sorted(run_folders(base), key=lambda one: one.name, reverse=True):  # the latest first
        tree = _tree_digest(folder / RESULT)
        if tree not in wanted or tree in found:
            continue
        try:
            network = network_of(read_run(folder))
        except StoreError:
            continue
        if network is not None:
            found[tree] = network
    return found


def network_of(record: RunRecord) -> Network | None:
    """The network of a run; None where it was not measured, or is too small to tell anything."""
    model = record.evidence.model
    if isinstance(model, Absent) or isinstance(model.structure, Absent):
        return None
    return _network(model)


def _network(model: ModelFacts) -> Network | None:
    assert not isinstance(model.structure, Absent)
    graph = graph_of(model.structure, model.output_shape)
    if graph.output == IMAGE:
        return None
    digests: dict[int, str] = {IMAGE: "image"}
    counted = 0
    for index in sorted(graph.inputs):
        operator = graph.operator(index)
        sources = sorted(digests.get(source, "") for source in graph.inputs[index])
        if operator.kind in _PASSED and len(sources) == 1:
            digests[index] = sources[0]
        else:
            counted += 1
            digests[index] = _digest(operator, sources)
    return Network(digests[graph.output], counted) if counted >= _LEAST_OPERATORS else None


def _digest(operator: Operator, sources: list[str]) -> str:
    """Of an operator and of all that it builds on (a Merkle tree), so that no order of execution matters."""
    channels = operator.output_shape[0] if operator.output_shape else 0
    parts = [operator.kind, str(channels), *(str(operator.detail(name)) for name in _DETAILS), *sources]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _tree_digest(result: Path) -> str:
    """From the first bytes alone: of a thousand runs most are of other files."""
    try:
        with result.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ""
    return head.partition(_TREE)[2].partition(b'"')[0].decode("ascii", "replace")
