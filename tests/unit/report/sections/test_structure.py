"""What the report says about the operators that ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import Axis, Layer, ModelFacts, Operator, RunRecord, Scalar, Structure
from grader.report.sections import model, structure
from grader.report.sections.interface import Section

ONE = Operator(
    0, "convolution", "aten.convolution", "conv1", (-1,), (16, 28, 28), 160, (Axis("known", 3, 1),) * 2
)
WHOLE = Axis("global")
LOST = Axis("unknown")


def seen(record: RunRecord) -> ModelFacts:
    assert isinstance(record.evidence.model, ModelFacts)
    return record.evidence.model


def changed(record: RunRecord, **fields: object) -> ModelFacts:
    """The model with another structure."""
    found = seen(record)
    assert isinstance(found.structure, Structure)
    return replace(found, structure=replace(found.structure, **fields))  # type: ignore[arg-type]


def facts(found: ModelFacts) -> dict[str, str]:
    return {fact.label: fact.value.replace("\u00a0", " ") for fact in structure.facts(found)}


def built(record: RunRecord) -> Section:
    return model.build(record)


def test_what_works_is_said_in_full(example_records: dict[str, RunRecord]) -> None:
    assert facts(seen(example_records["full_marks"])) == {
        "Receptive field": "10 × 10 pixels before the global pooling; the picture has 28 × 28",
        "Map that is pooled": "10 × 10",
        "Used": "6,330 of 6,330 parameters",
        "Never used": "none: every parameter takes part in the forward pass",
        "No gradient": "none: every trainable parameter gets a gradient",
        "Hidden values": "none: all that is used is registered",
        "FLOPs": "2.35 million for one picture, multiplications and additions counted apart",
    }


def test_what_is_odd_is_said_with_its_place(example_records: dict[str, RunRecord]) -> None:
    said = facts(seen(example_records["review"]))
    assert said["Receptive field"] == "unknown: there is no rule for aten.grid_sampler_2d"
    assert said["Used"] == "6,000 of 6,330 parameters"
    assert said["Never used"] == "330 parameters in never (Linear)"
    assert said["No gradient"].startswith("80 trainable parameters without one")
    assert said["Hidden values"] == "200,000 values outside of parameters and buffers: self.table"
    assert said["FLOPs"].startswith("partial: at least 2.35 million")


def test_an_absent_structure_is_its_reason(example_records: dict[str, RunRecord]) -> None:
    section = built(example_records["partial"])
    assert "What ran inside of the model is not known. The operators were not recorded." in section.lead
    assert structure.GROWTH_TITLE not in [table.title for table in section.tables]
    assert "Receptive field" not in {fact.label for fact in section.facts}
    assert structure.used(seen(example_records["partial"])) == 30_194


@pytest.mark.parametrize(
    ("axes", "text"),
    [
        ((WHOLE, WHOLE), "global: the whole picture"),
        ((LOST, WHOLE), "unknown: there is no rule for an operator"),
        ((), "not defined: no map of the picture is kept"),
        ((Axis("none"), Axis("none")), "not defined: no map of the picture is kept"),
        (
            (Axis("known", 5, 1), WHOLE),
            "5 × global pixels before the global pooling; the picture has 28 × 28",
        ),
        (
            (Axis("known", 435, 32),) * 2,
            "435 × 435 pixels before the global pooling; the picture has 28 × 28",
        ),
    ],
)
def test_the_receptive_field_in_words(
    axes: tuple[Axis, ...], text: str, example_records: dict[str, RunRecord]
) -> None:
    assert facts(changed(example_records["full_marks"], receptive_field=axes))["Receptive field"] == text


def test_without_global_pooling_the_last_map_is_named(example_records: dict[str, RunRecord]) -> None:
    said = facts(changed(example_records["full_marks"], global_pool=-1, map_before_pool=(4, 3)))
    assert said["Last map"] == "4 × 3; there is no global pooling"
    assert "before the global pooling" not in said["Receptive field"]
    said = facts(changed(example_records["full_marks"], global_pool=-1, map_before_pool=()))
    assert said["Last map"] == "none"


def test_a_long_list_of_layers_is_cut(example_records: dict[str, RunRecord]) -> None:
    names = tuple(f"spare{n} (Linear)" for n in range(20))
    said = facts(changed(example_records["full_marks"], unused_layers=names, unused_parameters=99_999))
    assert said["Never used"].endswith("spare11 (Linear) and 8 more")
    assert said["Used"] == "0 of 6,330 parameters"


def test_a_counter_that_knows_nothing_gives_no_number(example_records: dict[str, RunRecord]) -> None:
    said = facts(changed(example_records["full_marks"], flops=0, flops_partial=True))
    assert said["FLOPs"] == "not counted: the counter knows none of the operators"


@pytest.mark.parametrize(
    ("kind", "details", "text"),
    [
        (
            "convolution",
            {
                "kernel": "3x3",
                "stride": "1x1",
                "padding": "1x1",
                "dilation": "1x1",
                "groups": 1,
                "channels_in": 16,
                "channels_out": 32,
            },
            "convolution 3x3 s1 p1 16→32",
        ),
        (
            "convolution",
            {"kernel": "1x7", "stride": "2x1", "padding": "0x3", "dilation": "2x2", "groups": 4},
            "convolution 1x7 s2x1 p0x3 d2 g4",
        ),
        ("convolution", {"kernel": "3x3", "groups": 16, "depthwise": True}, "convolution 3x3 depthwise"),
        ("convolution", {"kernel": "1x1", "depthwise": False, "on_map": "1x1"}, "convolution 1x1"),
        ("linear", {"features_in": 64, "features_out": 10}, "linear 64→10"),
        ("dropout", {"p": 0.1}, "dropout p=0.1"),
        (
            "max pool",
            {"kernel": "2x2", "stride": "2x2", "padding": "0x0", "ceil": True, "covers_map": False},
            "max pool 2x2 s2 ceil",
        ),
        ("group norm", {"groups": 1, "channels": 16, "affine": True}, "group norm g1"),
        ("layer norm", {"groups": 1, "channels": 16}, "layer norm"),
        ("other", {}, "aten.convolution"),
    ],
)
def test_an_operator_in_short(kind: str, details: dict[str, Scalar], text: str) -> None:
    assert structure.kind_of(replace(ONE, kind=kind, details=tuple(details.items()))) == text


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("block.conv", "block.conv"),
        ("block", "functional in block"),
        ("", "functional"),
        ("gone", "functional in gone"),
    ],
)
def test_where_an_operator_stands(module: str, text: str, example_records: dict[str, RunRecord]) -> None:
    layers = (
        Layer("", "Net", (10,), 0),
        Layer("block", "Block", (), 0),
        Layer("block.conv", "Conv2d", (), 9),
    )
    found = replace(seen(example_records["full_marks"]), layers=layers)
    assert isinstance(found.structure, Structure)
    found = replace(found, structure=replace(found.structure, operators=(replace(ONE, module=module),)))
    assert structure.tables(found)[0].rows[0][2] == text


def test_a_module_beside_one_with_a_similar_name_is_a_leaf() -> None:
    layers = tuple(Layer(name, "X", (), 0) for name in ("", "a", "a-b", "a.b", "ab", "c"))
    found = frozenset({"a-b", "a.b", "ab", "c"})
    assert structure.leaves(layers) == found


def test_each_row_says_what_it_sees(example_records: dict[str, RunRecord]) -> None:
    (table,) = structure.tables(seen(example_records["review"]))
    rows = [tuple(cell.replace("\u00a0", " ") for cell in row) for row in table.rows]
    assert rows[0] == ("0", "convolution 3x3 s1 p0 1→8", "conv1", "8 × 26 × 26", "3 × 3", "1", "80")
    assert rows[6][4:] == ("unknown: aten.grid_sampler_2d", "–", "–")
    assert rows[7][4] == "unknown"
    assert rows[10][4] == "global"
    assert rows[11][4:] == ("–", "–", "330")


def test_a_deep_model_is_cut_and_counted(example_records: dict[str, RunRecord]) -> None:
    many = tuple(replace(ONE, index=n) for n in range(450))
    (table,) = structure.tables(changed(example_records["full_marks"], operators=many))
    assert len(table.rows) == structure.OPERATORS_SHOWN == 200
    assert table.note.endswith("250 more, which are left out here.")
    assert table.folded


def test_what_only_rearranges_is_counted_and_not_listed(example_records: dict[str, RunRecord]) -> None:
    view = replace(ONE, kind="view", name="aten.view", index=1, details=())
    found = changed(example_records["full_marks"], operators=(ONE, view, replace(ONE, index=2)))
    (table,) = structure.tables(found)
    assert [row[0] for row in table.rows] == ["0", "2"]
    assert table.note.endswith("Left out: 1 operator that only rearranges values.")
    assert "view" not in structure.kinds(found)
    assert structure.tables(changed(example_records["full_marks"], operators=(view,))) == ()


def test_kinds_are_counted(example_records: dict[str, RunRecord]) -> None:
    said = structure.kinds(seen(example_records["full_marks"])).replace("\u00a0", " ")
    assert said.startswith("convolution (3), batch norm (3), relu (3), max pool (1)")
    assert structure.kinds(seen(example_records["partial"])).startswith("convolution, batch norm, max pool")
    assert structure.kinds(replace(seen(example_records["partial"]), layer_kinds=())) == "none"
