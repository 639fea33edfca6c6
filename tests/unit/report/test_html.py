"""The HTML report, looked at as a parser sees it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from grader.records import ModelFacts, RunRecord, Structure
from grader.report import html
from grader.report.html import render
from grader.report.sections.interface import Column, Table

PICTURE = r"data:image/png;base64,[A-Za-z0-9+/]+=*"
VOID = {"meta", "link", "br", "img", "rect", "path", "circle", "line", "polyline"}
FORBIDDEN = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "video",
    "audio",
    "base",
}


class Page(HTMLParser):
    """Tags, attributes, text and mistakes of nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"not closed: {tag}" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def test_tags_are_nested_right_and_none_is_forbidden(example_record: RunRecord) -> None:
    page = Page(render(example_record))
    assert not page.wrong
    assert not FORBIDDEN & set(page.tags)
    assert page.tags["h1"] == page.tags["main"] == page.tags["header"] == page.tags["style"] == 1


def test_no_attribute_can_act_or_load(example_record: RunRecord) -> None:
    for tag, name, value in Page(render(example_record)).attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("src", "srcset", "action", "formaction", "xlink:href"), (tag, name)
        if name == "href":
            picture = tag == "image" and re.fullmatch(PICTURE, value)
            assert picture or (tag, value) == ("link", "data:,") or re.fullmatch(r"#[a-z0-9-]+", value)
        if name == "style":
            assert re.fullmatch(r"--h:[01]?\.?\d*|--w:\d+px", value)


def test_every_anchor_has_its_place_and_no_id_stands_twice(example_record: RunRecord) -> None:
    page = Page(render(example_record))
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    wanted = [value[1:] for _, name, value in page.attributes if name == "href" and value.startswith("#")]
    labels = [v for _, name, value in page.attributes if name == "aria-labelledby" for v in value.split()]
    assert set(wanted + labels) <= set(ids)


def test_the_policy_forbids_everything_from_outside(example_records: dict[str, RunRecord]) -> None:
    page = Page(render(example_records["full_marks"]))
    (policy,) = [v for tag, name, v in page.attributes if tag == "meta" and v.startswith("default-src")]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_no_stylesheet_loads_anything(example_records: dict[str, RunRecord]) -> None:
    style = render(example_records["full_marks"]).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert len(style) < 14_000


def test_hostile_text_is_shown_as_text(example_records: dict[str, RunRecord]) -> None:
    page = Page(render(example_records["hostile"]))
    assert page.text.count("<script>alert(1)</script>") > 40
    assert "{{ 7*7 }}" in page.text
    assert "</td></style></details>" in page.text


def test_every_example_is_small(example_record: RunRecord) -> None:
    assert len(render(example_record).encode("utf-8")) < 300_000


def test_a_deep_model_makes_a_small_page(example_records: dict[str, RunRecord]) -> None:
    """As many operators and layers as a ResNet-152 has, with the longest of its names."""
    record = example_records["full_marks"]
    found = record.evidence.model
    assert isinstance(found, ModelFacts)
    assert isinstance(found.structure, Structure)
    conv = replace(found.structure.operators[3], module="layer3.35.downsample.0")
    deep = replace(
        found.structure, operators=tuple(replace(conv, index=n, inputs=(n - 1,)) for n in range(517))
    )
    layers = tuple(replace(found.layers[3], name=f"layer3.{n}.downsample.0") for n in range(467))
    model = replace(found, structure=deep, layers=layers, table="x" * 60_000)
    text = render(replace(record, evidence=replace(record.evidence, model=model)))
    assert len(text.encode("utf-8")) < 300_000
    assert "317 more, which are left out here." in text
    assert "267 more, which are left out here." in text


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("full_marks", ["Complete: 250 of 250", "At or above the pass mark of 70 % (175 points)."]),
        (
            "partial",
            ["Complete: 158.33 of 250", "Below the pass mark", "What to try", "Partly met", "88.4 %"],
        ),
        ("no_model", ["Could not be graded", "keeps its points: 50.", "No model was measured.", "Not met"]),
        (
            "review",
            ["Needs a person: 108.33 certain, up to 250 possible", "Not a grade", "A person will look at"],
        ),
        (
            "review",
            ["Borderline", "In review", "still open", "Generated stand-in pictures", "1: plain process"],
        ),
        ("infrastructure", ["The grader failed: not charged", "Grader fault", "The sandbox ended"]),
        (
            "self_check",
            ["75 of the assignment's 250 points were judged here.", "about 24.5 s here", "Skipped"],
        ),
        ("diverged", ["stopped: The loss is not a number (step 40)."]),
        ("minimal", ["No check was judged.", "There is nothing to add up.", "The disk is full."]),
    ],
)
def test_each_ending_says_what_it_is(
    name: str, sentences: list[str], example_records: dict[str, RunRecord]
) -> None:
    text = Page(render(example_records[name])).text
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_all_that_reproduces_the_result_is_shown(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    text = Page(render(record)).text
    found, made = record.evidence, record.provenance
    for value in (
        found.submission.commit,
        found.submission.tree_digest,
        made.spec_digest,
        made.started_at[:10],
    ):
        assert value in text
    assert f"{made.command} --seeds 11,12,13 --secret 7001" in text
    assert "s4, edition 1" in text
    assert made.evidence_plan_digest in text


def test_a_status_is_never_told_by_colour_alone(example_records: dict[str, RunRecord]) -> None:
    text = render(example_records["review"])
    chips = re.findall(r'<span class="chip [a-z]+"[^>]*>(.*?)</span>', text)
    assert len(chips) == 3
    assert all(re.fullmatch(r"<svg .*</svg>[A-Z][a-z ]+", chip) for chip in chips)


def test_the_expected_value_has_a_column_only_where_it_says_more(
    example_records: dict[str, RunRecord],
) -> None:
    record = example_records["full_marks"]
    assert '<th scope="col">Expected</th>' not in render(record)
    first = record.outcomes[0]
    other = replace(first, finding=replace(first.finding, expected="below 25,000"))
    text = render(replace(record, outcomes=(other, *record.outcomes[1:])))
    assert '<th scope="col">Expected</th>' in text
    assert "below 25,000" in text


def test_shading_shows_rare_mistakes_and_hides_none() -> None:
    rows = (("0", "1,000", "0"), ("1", "1", "999"))
    table = Table("t", (Column("c"), Column("0", "number"), Column("1", "number")), rows, shown_as="heat")
    assert html._heat(table) == [[1.0, 0.0], [1.0, 0.999]]
    rare = Table("t", table.columns, (("0", "900", "100"), ("1", "1", "999")), shown_as="heat")
    assert html._heat(rare)[1][0] == pytest.approx(0.325)
