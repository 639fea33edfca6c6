"""Hosts that do not answer: after a few rows that used up their attempts, the others are not kept waiting for them."""

from __future__ import annotations

import threading
from collections import Counter

ROWS = 3
"""So many rows that failed one after the other, each with all of its attempts, are the host's fault and no hiccup."""


class SilentHosts:
    """Counts, for any number of threads at once. A row of a local path has the host ""."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()
        self._lock = threading.Lock()

    def failed(self, host: str) -> None:
        with self._lock:
            self._failed[host] += 1

    def answered(self, host: str) -> None:
        with self._lock:
            self._failed[host] = 0

    def is_silent(self, host: str) -> bool:
        with self._lock:
            return bool(host) and self._failed[host] >= ROWS


def host_of(link: str) -> str:
    """The host of a link as it stands in a roster, in lower case; "" for a path."""
    from urllib.parse import urlsplit

    if "://" not in link:
        user, at, rest = link.partition("@")
        return rest.partition(":")[0].lower() if at and "/" not in user and ":" in rest else ""
    try:
        return (urlsplit(link).hostname or "").lower()
    except ValueError:
        return ""
