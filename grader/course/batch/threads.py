"""The threads and the clock that a batch works with. `benchmarks/scaling.py` gives it others, whose time is virtual."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor as Pool
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any


class Threads:
    """Real ones."""

    def pool(self, size: int) -> Pool:
        """`size` threads that take what is submitted in its order; as a context it ends when all of it is done."""
        return ThreadPoolExecutor(size)

    def as_completed(self, futures: Iterable[Future[Any]]) -> Iterator[Future[Any]]:
        """What was submitted to such a pool, as it is done."""
        return as_completed(futures)

    def now(self) -> float:
        """Seconds since any moment."""
        return time.monotonic()
