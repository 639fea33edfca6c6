"""A Markdown text as a flat list of blocks: headings, prose, table rows, code, pictures, links.

Parsed by markdown-it-py, never rendered. Of raw HTML only headings, tables, `<pre>`, pictures and links are
taken, because READMEs use them; everything else of it, scripts too, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from grader.reading.raw_html import html_blocks

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True)
class Block:
    """One piece of the page. Its strings are the student's own, not yet cleaned for printing."""

    kind: Literal["heading", "prose", "row", "code", "picture", "link", "anchor"]
    line: int  # from 1
    text: str  # the words; of a picture its alternative text; of a row its cells joined by " | "
    level: int = 0  # of a heading
    cells: tuple[str, ...] = ()  # of a table row
    table: int = 0  # rows with the same number stand in one table
    target: str = ""  # of a picture or link
    lines: tuple[str, ...] = ()  # of prose and code: as the author broke them
    in_list: bool = False
    is_marked: bool = False  # prose that holds inline code: the author did mark what is code


def blocks(text: str) -> list[Block]:
    """All blocks of a Markdown text, in order."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return list(_Walk(parser.parse(text)).blocks())


class _Walk:
    """One pass over the parser's tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._table = 0
        self._cells: list[str] | None = None
        self._heading = 0
        self._lists = 0
        self._row_line = 1

    def blocks(self) -> Iterator[Block]:
        line = 1
        for token in self._tokens:
            line = token.map[0] + 1 if token.map else line
            if token.type == "inline":
                yield from self._inline(token, line)
            elif token.type in ("fence", "code_block"):
                first = line + 1 if token.type == "fence" and token.content else line
                yield Block("code", first, token.content, lines=tuple(token.content.split("\n")))
            elif token.type == "html_block":
                for found in html_blocks(token.content, line):
                    self._table += found.kind == "table"
                    if found.kind != "table":
                        yield Block(
                            found.kind,
                            found.line,
                            found.text,
                            level=found.level,
                            cells=found.cells,
                            table=self._table,
                            target=found.target,
                            lines=tuple(found.text.split("\n")) if found.kind == "code" else (),
                        )
            else:
                yield from self._structure(token, line)

    def _structure(self, token: Token, line: int) -> Iterator[Block]:
        """Remember what the inline tokens that follow stand in; a row is given when it ends."""
        if token.type == "heading_open":
            self._heading = int(token.tag[1])
        elif token.type == "heading_close":
            self._heading = 0
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self._lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists -= 1
        elif token.type == "table_open":
            self._table += 1
        elif token.type == "tr_open":
            self._cells, self._row_line = [], line
        elif token.type == "tr_close" and self._cells is not None:
            cells = tuple(self._cells)
            self._cells = None
            yield Block("row", self._row_line, " | ".join(cells), cells=cells, table=self._table)

    def _inline(self, token: Token, line: int) -> Iterator[Block]:
        lines, rest = _read_inline(token.children or [], line)
        text = " ".join(part.strip() for part in lines if part.strip())
        if self._cells is not None:
            self._cells.append(text)
        elif self._heading:
            yield Block("heading", line, text, level=self._heading)
        elif text:
            marked = any(child.type == "code_inline" for child in token.children or [])
            yield Block("prose", line, text, lines=tuple(lines), in_list=self._lists > 0, is_marked=marked)
        yield from rest


def _read_inline(children: list[Token], line: int) -> tuple[list[str], list[Block]]:
    """(the words line by line, pictures and links). The text of a link counts, a picture's does not."""
    lines = [""]
    found: list[Block] = []
    for child in children:
        at = line + len(lines) - 1
        if child.type in ("text", "code_inline"):
            lines[-1] += child.content
        elif child.type in ("softbreak", "hardbreak"):
            lines.append("")
        elif child.type == "image":
            found.append(Block("picture", at, child.content, target=str(child.attrs.get("src", ""))))
        elif child.type == "link_open":
            found.append(Block("link", at, "", target=str(child.attrs.get("href", ""))))
        elif child.type == "html_inline":
            for one in html_blocks(child.content, at):
                if one.kind in ("picture", "link", "anchor"):
                    found.append(Block(one.kind, at, one.text, target=one.target))
    return lines, found
