"""Ask an address of a student's: redirects followed and checked one by one, a few tries, one answer to keep."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Literal

from grader.records import WebAnswer
from grader.text import clean
from grader.web.connect import PUBLIC, Reach, Unreachable
from grader.web.request import LIMIT_BYTES, Answer, get
from grader.web.target import Refused, Target, redirected, shown, target

MAX_REDIRECTS = 3
SHOWN_CHARACTERS = 300
SHOWN_KEYS = 30
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOR_A_PERSON = frozenset({401, 403, 405, 406, 408, 415, 421, 425, 426, 429, 451, 502, 503, 504})
"""Answers that a browser, a POST, a login or another moment may change."""


@dataclass(frozen=True)
class Patience:
    """How long and how often is asked."""

    try_seconds: float = 15.0  # for one try: look-up, connections, redirects and bodies together
    pauses_seconds: tuple[float, ...] = (1.0, 3.0)  # before the second try and the third
    quick_seconds: float = (
        3.0  # a good answer that took longer is asked for again: the first may have been a start
    )


USUAL = Patience()


@dataclass
class _Way:
    """One try on its way through redirects."""

    now: Target
    followed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """What is known of an address. `connected`: this machine had a connection to a public host for it."""

    answer: WebAnswer
    connected: bool
    final: bool = True  # asking again would give the same


def ask(url: str, place: str, until: float, *, reach: Reach = PUBLIC, patience: Patience = USUAL) -> Asked:
    """Ask for `url` until it answers well, at most once more than there are pauses.

    Args:
        place: where it stands, for the record.
        until: of `time.monotonic`: no try goes on after it.
        reach: what may be reached; anything but the default is for tests.
    """
    try:
        first = target(url, ports=reach.ports)
    except Refused as refused:
        return Asked(WebAnswer(shown(url), place, "", fault=f"it {refused}", whose="submission"), False)
    return _repeated(WebAnswer(first.url, place, first.host), first, until, reach, patience)


def _repeated(known: WebAnswer, first: Target, until: float, reach: Reach, patience: Patience) -> Asked:
    best, connected = known, False
    for tries, pause in enumerate((0.0, *patience.pauses_seconds), 1):
        if tries > 1 and time.monotonic() + pause + 1 > until:
            break
        time.sleep(pause)
        asked = _once(known, first, min(until, time.monotonic() + patience.try_seconds), reach)
        connected = connected or asked.connected
        best = replace(_better(best, asked.answer), tries=tries)
        if asked.final or (not best.fault and best.seconds <= patience.quick_seconds):
            break
    return Asked(best, connected)


def _better(before: WebAnswer, after: WebAnswer) -> WebAnswer:
    """A good answer before a fault, the faster of two good ones, the later of two faults."""
    if before.tries and not before.fault:
        return after if not after.fault and after.seconds < before.seconds else before
    return after


def _once(known: WebAnswer, first: Target, deadline: float, reach: Reach) -> Asked:
    way, began = _Way(first), time.monotonic()
    try:
        found = _at_the_end(way, reach, deadline)
    except Refused as refused:
        what = f"it redirects to {way.followed[-1]}, which" if way.followed else "it"
        gone = Unreachable(f"{what} {refused}", "submission", final=True)
    except Unreachable as error:
        gone = error
    else:
        seconds = round(time.monotonic() - began, 3)
        answer = _kept(replace(_on_the_way(known, way), seconds=seconds), found)
        return Asked(answer, connected=True, final=False)
    answer = replace(_on_the_way(known, way), fault=gone.message, whose=gone.whose)
    return Asked(answer, gone.connected or bool(way.followed), gone.final)


def _on_the_way(known: WebAnswer, way: _Way) -> WebAnswer:
    return replace(known, redirects=tuple(way.followed), notes=tuple(way.notes))


def _at_the_end(way: _Way, reach: Reach, deadline: float) -> Answer:
    while True:
        found = get(way.now, reach, deadline)
        if found.status not in _REDIRECTS or not found.location:
            return found
        if len(way.followed) == MAX_REDIRECTS:
            raise Unreachable(
                f"it redirects more than {MAX_REDIRECTS} times", "submission", connected=True, final=True
            )
        before, way.now = way.now, _next(way, found.location, reach)
        way.followed.append(way.now.url)
        if before.scheme == "https" and way.now.scheme == "http":
            way.notes.append(
                "It redirects from https to http, so that its answer was not protected on its way."
            )


def _next(way: _Way, location: str, reach: Reach) -> Target:
    try:
        return redirected(way.now, location, ports=reach.ports)
    except Refused as refused:
        raise Unreachable(
            f"it redirects to {shown(location)}, which {refused}", "submission", connected=True, final=True
        ) from refused


# --- what came back -----------------------------------------------------------------------------------------


def _kept(known: WebAnswer, found: Answer) -> WebAnswer:
    fault, whose = _judged(found)
    packed = f"Its body is packed ({found.encoding}), though it was asked not to be; it was not unpacked."
    notes = (packed,) * bool(found.encoding) + (
        f"Only the first {LIMIT_BYTES:,} bytes were read.",
    ) * found.cut
    known = replace(
        known,
        status=found.status,
        content_type=found.content_type,
        size_bytes=len(found.body),
        text="" if found.encoding else _first_characters(found.body),
        notes=(*known.notes, *notes),
        fault=fault,
        whose=whose,
    )
    keys = None if found.encoding or found.cut else _keys(found.body)
    return known if keys is None else replace(known, json_keys=keys, is_json=True)


def _judged(found: Answer) -> tuple[str, Literal["nobody", "submission", "unclear"]]:
    if found.status // 100 == 2:
        return ("", "nobody") if found.body.strip() else ("it answers with nothing in it", "submission")
    said = f"it answers with HTTP status {found.status}"
    return said, "unclear" if found.status in _FOR_A_PERSON else "submission"


def _first_characters(body: bytes) -> str:
    text = body[: 8 * SHOWN_CHARACTERS].decode("utf-8", "replace")
    return clean(" ".join(text.split()), SHOWN_CHARACTERS)


def _keys(body: bytes) -> tuple[str, ...] | None:
    """The keys of a JSON object; None where it is none. Depth and numbers have Python's own limits."""
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return tuple(clean(key, 60) for key in list(found)[:SHOWN_KEYS]) if isinstance(found, dict) else None
