"""A real Chromium, and pages in it that are listened to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (install the package chromium)")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=as_root)
        yield chromium
        chromium.close()


@dataclass
class Opened:
    """A page, with all that it asked for and said."""

    page: Any
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)


@pytest.fixture
def serious() -> Callable[[Any], list[Any]]:
    """What axe finds in a page, with all that is folded opened, that keeps somebody from using it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def found_in(page: Any) -> list[Any]:
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = axe.run(page).response["violations"]
        return [
            (one["id"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    return found_in


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Opened]]:
    """A function that opens a file from the disk; more options are those of a context of the browser."""
    contexts = []

    def open_it(place: Path, width: int, scheme: str = "light", **options: Any) -> Opened:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        contexts.append(context)
        made = Opened(context.new_page())
        made.page.on("request", lambda request: made.requests.append(request.url))
        made.page.on("console", lambda message: made.messages.append(f"{message.type}: {message.text}"))
        made.page.on("pageerror", lambda error: made.messages.append(f"error: {error}"))
        made.page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
        made.page.goto(place.as_uri())
        return made

    yield open_it
    for context in contexts:
        context.close()
