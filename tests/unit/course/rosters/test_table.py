"""Tables as text: every cell is read back, and stands where it is said to stand."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.rosters import table as module
from grader.course.rosters.table import decoded, read_text, table_of
from grader.errors import UsageError

CELLS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(['"', '""', 'a"b', ",", ";", "\t", "\r\n", "x\ny", "=1+1", " a "])  # fmt: skip


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=8), st.sampled_from(",;\t"), st.sampled_from(["\r\n", "\n"]))  # fmt: skip
def test_what_csv_writes_is_read_back(rows, separator, ending):
    width = len(rows[0])
    titles = [f"t{at}" for at in range(width)]
    written = io.StringIO(newline="")
    # Before "\n" alone the writer leaves a lone "\r" unquoted, which its own reader takes for the end of a row.
    quoting = csv.QUOTE_ALL if ending == "\n" else csv.QUOTE_MINIMAL
    writer = csv.writer(written, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerows([titles, *rows])
    text = written.getvalue()
    table = table_of(text, "x")
    assert table.separator == separator
    assert [[cell.value for cell in record.cells] for record in table.rows] == rows
    for record in (table.header, *table.rows):
        line = 1 + len(module._BREAK.findall(text[: record.cells[0].start]))
        assert record.line == line
        for cell in record.cells:
            raw = text[cell.start : cell.end]
            assert cell.value in (raw, raw[1:-1].replace('""', '"'))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_text_is_a_table_or_empty_and_no_character_is_lost(text):
    try:
        table = table_of(text, "x")
    except UsageError:
        assert not text.strip("\ufeff\r\n")
        return
    covered = "".join(
        text[cell.start : cell.end] for row in (table.header, *table.rows) for cell in row.cells
    )
    rest = text.removeprefix("\ufeff")
    for letter in set(rest) - set("\r\n" + table.separator):
        assert covered.count(letter) == rest.count(letter)


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_rows():
    table = table_of('name,repository\n"Ada,x\nBob,y\nCy,z\n', "x")
    assert [record.value(0) for record in table.rows] == ['"Ada', "Bob", "Cy"]


def test_a_cell_over_many_lines_is_pointed_out():
    table = table_of('name,repository\nA,"x\n' + "B,y\n" * 60 + 'C,"z\n', "x")
    assert table.wide_cells == ((2, 63),)


def test_excels_own_line_about_the_separator_is_no_row():
    table = table_of("sep=;\r\nname;a,b\r\nAda;1\r\n", "x")
    assert (table.separator, table.titles, table.rows[0].line) == (";", ("name", "a,b"), 3)


def test_empty_lines_are_no_rows_and_count_as_lines():
    table = table_of("\n\nname,id\n\nAda,1\n\n", "x")
    assert (table.header.line, [record.line for record in table.rows]) == (3, [5])


@pytest.mark.parametrize(
    ("content", "encoding", "guessed"),
    [
        ("é,1".encode(), "utf-8", False),
        ("é,1".encode("utf-8-sig"), "utf-8", False),
        ("é,1".encode("utf-16"), "utf-16-le", False),
        ("\ufeffé,1".encode("utf-16-be"), "utf-16-be", False),
        ("é€,1".encode("cp1252"), "cp1252", True),
        (b"\xe9\x81,1", "latin-1", True),
    ],
    ids=["utf-8", "utf-8-mark", "utf-16-le", "utf-16-be", "cp1252", "latin-1"],
)
def test_encodings_are_found_out_and_give_the_same_bytes_again(content, encoding, guessed):
    read = decoded(content, "x")
    assert (read.encoding, read.guessed) == (encoding, guessed)
    assert read.text.encode(read.encoding) == content
    assert "é" in read.text


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"PK\x03\x04 workbook", "workbook"),
        (b"\xff\xfea\0\x00", "damaged"),
        ("name,id".encode("utf-16-le"), "zero"),
        (b"", "empty"),
        (b"\n\n", "empty"),
    ],
    ids=["xlsx", "half-a-character", "utf-16-without-mark", "nothing", "empty-lines"],
)
def test_what_is_no_table_is_refused_with_a_next_step(content, word, tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=word) as caught:
        table_of(read_text(file).text, "x.csv")
    assert caught.value.hint


def test_a_file_that_is_missing_is_the_callers_mistake(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_text(tmp_path / "none.csv")


def test_a_line_of_separators_without_end_is_refused_in_bounded_time(monkeypatch):
    monkeypatch.setattr(module, "MAX_CELLS", 20_000)
    start = time.process_time()
    with pytest.raises(UsageError, match="cells"):
        table_of("," * 3_000_000, "x")
    assert time.process_time() - start < 2


def test_quotation_marks_without_end_cost_linear_time():
    start = time.process_time()
    table_of('"x\n' * 20_001, "x")
    table_of('a""",' * 20_001, "x")
    table_of('""","' * 20_001, "x")
    assert time.process_time() - start < 2


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    (tmp_path / "x.csv").write_text("name,repository\n")
    with pytest.raises(UsageError, match="larger"):
        read_text(tmp_path / "x.csv")
