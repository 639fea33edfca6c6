"""What is taken of raw HTML in a Markdown page: headings, tables, `<pre>`, pictures, links, anchors."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Literal

LIMIT_CHARACTERS = 20_000
"""Of one piece of HTML: the parser's time can grow with the square of what is never closed."""


@dataclass(frozen=True)
class Found:
    """`table` marks where a table begins; its rows follow."""

    kind: Literal["heading", "row", "code", "picture", "link", "anchor", "table"]
    line: int
    text: str = ""
    level: int = 0
    cells: tuple[str, ...] = ()
    target: str = ""


def html_blocks(text: str, line: int) -> list[Found]:
    """What a piece of HTML that begins at `line` holds, in order; of broken HTML, what comes before."""
    reader = _Reader(line)
    try:
        reader.feed(text[:LIMIT_CHARACTERS])
        reader.close()
    except (AssertionError, ValueError, RecursionError):
        pass  # the page's author wrote something that is no HTML: what came before it still counts
    return reader.found


class _Reader(HTMLParser):
    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self._first = line
        self._text: list[str] = []
        self._open = ""  # the heading or the <pre> whose text is being read
        self._cells: list[str] | None = None
        self._silent = 0  # inside of <script> or <style>

    def _line(self) -> int:
        return self._first + self.getpos()[0] - 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img":
            self.found.append(
                Found("picture", self._line(), values.get("alt", ""), target=values.get("src", ""))
            )
        elif tag == "a" and "href" in values:
            self.found.append(Found("link", self._line(), target=values["href"]))
        elif tag == "table":
            self.found.append(Found("table", self._line()))
        elif tag == "tr":
            self._cells = []
        elif tag in ("td", "th"):
            self._text = []
        elif tag in ("pre", "h1", "h2", "h3", "h4", "h5", "h6"):
            self._open, self._text = tag, []
        self._silent += tag in ("script", "style")
        anchor = values.get("id") or (values.get("name") if tag == "a" else "")
        if anchor:
            self.found.append(Found("anchor", self._line(), target=anchor))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append(" ".join("".join(self._text).split()))
        elif tag == "tr" and self._cells is not None:
            cells, self._cells = tuple(self._cells), None
            self.found.append(Found("row", self._line(), " | ".join(cells), cells=cells))
        elif tag == self._open and tag:
            self._close_text(tag)

    def _close_text(self, tag: str) -> None:
        text, self._open = "".join(self._text), ""
        if tag == "pre":
            self.found.append(Found("code", self._line() - text.count("\n"), text))
        else:
            self.found.append(Found("heading", self._line(), " ".join(text.split()), level=int(tag[1])))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._text.append(data)
