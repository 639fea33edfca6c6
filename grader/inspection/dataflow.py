"""Questions about which operator feeds which: residual additions, and the pooling that feeds the head."""

from __future__ import annotations

from collections.abc import Iterable

from grader.inspection.rows import INPUT, Row

_HEAVY = frozenset({"convolution", "transposed convolution", "linear", "matmul", "attention", "lstm"})
_GLOBAL_POOLS = frozenset({"global average pool", "global max pool"})


class Flow:
    """Ancestors of every row, as bit sets: bit 0 is the model's input, bit i + 1 row i."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self._above: list[int] = []
        self._through: list[int] = []  # ancestors from which a convolution or a product lies on the way
        for row in rows:
            above = through = 0
            for source in row.inputs:
                above |= _bit(source) | self.above(source)
                through |= 0 if source == INPUT else self._through[source]
            self._above.append(above)
            self._through.append(above if row.kind in _HEAVY else through)

    def above(self, index: int) -> int:
        return 0 if index == INPUT else self._above[index]

    def among(self, ends: Iterable[int]) -> set[int]:
        """The rows that the given ones come from, themselves included."""
        bits = 0
        for end in ends:
            bits |= _bit(end) | self.above(end)
        return {row.index for row in self._rows if bits & _bit(row.index)}

    def shortcut(self, row: Row) -> str:
        """Of an addition: `identity`, `projection` (a 1x1 convolution on the way past), or "" if it is no residual."""
        if len(row.operands) < 2:
            return ""
        pairs = [(a, b) for a in row.operands[0] for b in row.operands[1]]
        if any(self._is_past(a, b) or self._is_past(b, a) for a, b in pairs):
            return "identity"
        return "projection" if any(self._projects(a, b) or self._projects(b, a) for a, b in pairs) else ""

    def _is_past(self, early: int, late: int) -> bool:
        return late != INPUT and bool(self._through[late] & _bit(early))

    def _projects(self, side: int, main: int) -> bool:
        """Whether `side` is a common ancestor with one 1x1 convolution, and the main way has more work on it."""
        common = (self.above(side) | _bit(side)) & (self.above(main) | _bit(main))
        if not common:
            return False
        fork = common.bit_length() - 2
        work = self._between(fork, side)
        more = self._between(fork, main)
        if len(work) != 1 or not work[0].details.get("pointwise"):
            return False
        return len(more) > 1 or any(not row.details.get("pointwise") for row in more)

    def _between(self, fork: int, end: int) -> list[Row]:
        """The convolutions and products on the ways from `fork` to `end`."""
        inside = self.above(end) | _bit(end)
        return [
            row
            for row in self._rows
            if row.kind in _HEAVY and inside & _bit(row.index) and self._above[row.index] & _bit(fork)
        ]

    def head_pools(self, ends: Iterable[int]) -> list[Row]:
        """The global pools whose result goes to the head and never back onto a map.

        The pool of a squeeze-and-excite block is none: its result is multiplied into a map again.
        """
        alive = self.among(ends)
        pools = [row for row in self._rows if row.kind in _GLOBAL_POOLS and row.index in alive]
        feeding = [pool for pool in pools if not self._comes_back(pool, alive)]
        return [
            pool
            for pool in feeding
            if not any(self._above[other.index] & _bit(pool.index) for other in feeding)
        ]

    def _comes_back(self, pool: Row, alive: set[int]) -> bool:
        return any(
            max(row.positions()) > 1
            for row in self._rows
            if row.index in alive and self._above[row.index] & _bit(pool.index)
        )

    def pooled(self, pool: Row) -> Row | None:
        """The row whose map a global pool takes; the model's own input is None. Two means in a row are one pool."""
        while pool.inputs and pool.inputs[0] != INPUT:
            source = self._rows[pool.inputs[0]]
            if not (len(source.pools) == 1 or (source.kind == "view" and self._follows_a_mean(source))):
                return source
            pool = source
        return None

    def _follows_a_mean(self, row: Row) -> bool:
        while row.kind == "view" and row.inputs and row.inputs[0] != INPUT:
            row = self._rows[row.inputs[0]]
        return len(row.pools) == 1


def _bit(index: int) -> int:
    return 1 << (index + 1)
