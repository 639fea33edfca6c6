"""One digest for a network, whatever its layers are called."""

from __future__ import annotations

from dataclasses import replace

from grader.course.similarity.architecture import Network, network_of
from grader.records import Absent, Operator, RunRecord


def changed(record: RunRecord, **values: object) -> RunRecord:
    model = record.evidence.model
    assert not isinstance(model, Absent)
    return replace(record, evidence=replace(record.evidence, model=replace(model, **values)))


def with_operators(record: RunRecord, operators: tuple[Operator, ...]) -> RunRecord:
    model = record.evidence.model
    assert not isinstance(model, Absent)
    assert not isinstance(model.structure, Absent)
    return changed(record, structure=replace(model.structure, operators=operators))


def operators(record: RunRecord) -> tuple[Operator, ...]:
    model = record.evidence.model
    assert not isinstance(model, Absent)
    assert not isinstance(model.structure, Absent)
    return model.structure.operators


def network(record: RunRecord) -> Network:
    found = network_of(record)
    assert found is not None
    return found


def test_names_play_no_part(example_records) -> None:
    record = example_records["full_marks"]
    renamed = tuple(replace(one, module=f"other.{one.index}") for one in operators(record))
    assert network(with_operators(record, renamed)) == network(record)
    assert network(record).operators > 5


def test_channels_kernels_and_strides_do(example_records) -> None:
    record = example_records["full_marks"]
    first, *rest = operators(record)
    wider = replace(first, output_shape=(99, *first.output_shape[1:]))
    strided = replace(
        first, details=tuple((name, "2x2" if name == "stride" else value) for name, value in first.details)
    )
    digests = {network(with_operators(record, (one, *rest))).digest for one in (first, wider, strided)}
    assert len(digests) == 3


def test_dropout_makes_it_no_other_network(example_records) -> None:
    record = example_records["full_marks"]
    made = operators(record)
    last = made[-1]
    dropout = Operator(
        last.index, "dropout", "aten.native_dropout", "d", last.inputs, made[-2].output_shape, 0, ()
    )
    moved = replace(last, index=last.index + 1, inputs=(dropout.index,))
    assert network(with_operators(record, (*made[:-1], dropout, moved))).digest == network(record).digest


def test_what_was_not_measured_or_is_tiny_has_none(example_records) -> None:
    assert network_of(example_records["no_model"]) is None
    record = example_records["full_marks"]
    assert network_of(changed(record, structure=Absent("skipped", "x"))) is None
    assert network_of(with_operators(record, ())) is None
