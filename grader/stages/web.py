"""The student's own service on the web: which addresses of the README may be it, and what they answer.

Only where a check asks for it. Each address is asked by `grader.web`, which reaches public hosts alone.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.evaluation.hosts import HostKind, kind_of
from grader.fetch.interface import Fetched
from grader.reading.addresses import WebAddress, addresses
from grader.records import Absent, LeftOut, WebAnswer, WebAnswers
from grader.text import counted
from grader.web.ask import USUAL, Asked, Patience, ask
from grader.web.connect import PUBLIC, Reach
from grader.web.target import Refused, shown, target

if TYPE_CHECKING:
    from grader.spec.schema import Spec

LIMIT_ASKED = 5
LIMIT_PASSED_OVER = 50
SECONDS = 60.0
"""For all addresses together; they are asked side by side."""
NOT_ASKED = "it was not asked: this run was told to leave the web alone"

_PLACEHOLDER = re.compile(r"\byour[-_.]|x{4,}|\.\.\.|…|placeholder|[{}$]|%7b", re.IGNORECASE)
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|ico|bmp|pdf|zip)$", re.IGNORECASE)
_ORDER: tuple[HostKind, ...] = ("serverless", "unknown", "tunnel", "machine")


@dataclass(frozen=True)
class _Sorted:
    """The addresses that may be the student's service, the likeliest first, and all others with the reason."""

    own: tuple[WebAddress, ...]
    passed_over: tuple[LeftOut, ...]


def web(
    spec: Spec,
    fetched: Fetched,
    *,
    allowed: bool,
    reach: Reach = PUBLIC,
    patience: Patience = USUAL,
) -> WebAnswers | Absent:
    """What the addresses answer, where a check of this spec looks at that.

    Args:
        allowed: whether requests may be sent; else the addresses are listed, and a person opens them.
        reach: what may be reached; anything but the default is for tests.
    """
    if not any("web" in rule.needs for rule in spec.rules):
        return Absent("skipped", "No check asks for an address on the web.")
    found = _sorted(addresses(fetched.root, fetched.submission), reach)
    chosen, left = found.own[:LIMIT_ASKED], len(found.own) - LIMIT_ASKED
    asked = _asked(chosen, reach, patience) if allowed else [_not_asked(one, reach) for one in chosen]
    more = counted(left, "more address was", "more addresses were")
    return WebAnswers(
        answers=tuple(one.answer for one in asked),
        passed_over=found.passed_over[:LIMIT_PASSED_OVER],
        cut=f"{more} not asked: the first {LIMIT_ASKED} are." if left > 0 else "",
        reached_the_web=any(one.connected for one in asked),
    )


def _asked(chosen: tuple[WebAddress, ...], reach: Reach, patience: Patience) -> list[Asked]:
    if not chosen:
        return []
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(len(chosen)) as pool:
        return list(
            pool.map(lambda one: ask(one.url, one.place, until, reach=reach, patience=patience), chosen)
        )


def _not_asked(one: WebAddress, reach: Reach) -> Asked:
    try:
        known = target(one.url, ports=reach.ports)
    except Refused as refused:
        return Asked(
            WebAnswer(shown(one.url), one.place, "", fault=f"it {refused}", whose="submission"), False
        )
    return Asked(WebAnswer(known.url, one.place, known.host, fault=NOT_ASKED, whose="machine"), False)


def _sorted(found: Iterable[WebAddress], reach: Reach) -> _Sorted:
    own: dict[str, tuple[HostKind, WebAddress]] = {}
    passed: list[LeftOut] = []
    for one in found:
        kind, url, reason = _looked_at(one, reach)
        if reason and one.has_scheme:
            passed.append(LeftOut(url, f"{one.place}: {reason}"))
        elif not reason and (one.has_scheme or kind == "serverless"):
            own.setdefault(url, (kind, one))
    ordered = sorted(own.values(), key=lambda pair: _ORDER.index(pair[0]))
    return _Sorted(tuple(one for _, one in ordered), tuple(passed))


def _looked_at(one: WebAddress, reach: Reach) -> tuple[HostKind, str, str]:
    """(what its host is, the address as it is shown, why it is not the student's service; "" where it may be)."""
    if _PLACEHOLDER.search(one.url):
        return "nobody", shown(one.url), "a placeholder"
    try:
        known = target(one.url, ports=None)
    except Refused:
        return "unknown", shown(one.url), ""  # asking it says what is wrong with it
    kind = kind_of(known.host)
    if _PICTURE.search(known.path.partition("?")[0]):
        return kind, known.url, "a picture or a file"
    if kind == "page":
        return kind, known.url, "a page of another, not your service"
    if kind == "nobody" or (_is_literal(known.host) and not reach.is_public(known.host)):
        return "nobody", known.url, "nobody but your own machine or network can reach it"
    return kind, known.url, ""


def _is_literal(host: str) -> bool:
    return kind_of(host) == "machine" and (":" in host or host.replace(".", "").isdigit())
