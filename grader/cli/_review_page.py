"""`grader review --page`: the server for as long as the command runs, and a link for each person."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from grader.review_page.server import Server


def serve(
    place: Path,
    spec_id: str,
    every: bool,
    names: tuple[str, ...],
    port: int,
    opens: bool,
    console: Console,
) -> None:
    """Answer until q or Ctrl-C. A decision that is being written is written to its end.

    Args:
        names: of those who review; each gets a link of their own, and decides under that name.
        opens: the first link is opened in the browser, where there is one.
    """
    from grader.review_page.desk import Desk
    from grader.review_page.server import Server
    from grader.review_page.sessions import Sessions
    from grader.text import clean

    people = tuple(dict.fromkeys(clean(name.strip(), 120) for name in names))
    with Server(Desk(place, spec_id=spec_id, every=every), Sessions(), port) as server:
        links = _print_links(server, people, console)
        with _opened(links[0] if opens and len(links) == 1 else ""), contextlib.suppress(KeyboardInterrupt):
            _wait(server, people, console)


def _print_links(server: Server, people: tuple[str, ...], console: Console) -> list[str]:
    from rich.text import Text

    links = [server.link(name) for name in people]
    for name, link in zip(people, links, strict=True):
        console.print(Text(f"{name}: {link}"), soft_wrap=True)
    console.print("Each link works once, on this machine alone.", style="dim", soft_wrap=True)
    return links


def _wait(server: Server, people: tuple[str, ...], console: Console) -> None:
    if not sys.stdin.isatty():
        threading.Event().wait()
    console.print("Enter: new links. q: end.", style="dim", soft_wrap=True)
    for line in sys.stdin:
        if line.strip().lower() in ("q", "quit"):
            return
        _print_links(server, people, console)


@contextmanager
def _opened(link: str) -> Iterator[None]:
    """The link in the browser of whoever sits here.

    By way of a file that they alone can read: everybody on this machine sees what a browser is started with, and the
    link lets its first user in.
    """
    import html
    import tempfile
    import webbrowser

    on_a_screen = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not link or not on_a_screen:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="grader-review-") as folder:
        page = Path(folder) / "review.html"
        page.write_text(
            f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={html.escape(link)}">'
            "<title>grader review</title>",
            encoding="utf-8",
        )
        webbrowser.open(page.as_uri())
        yield
