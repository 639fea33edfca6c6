"""Two passes of one model brought together: what ran in eval mode, with the dropout that train mode adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from grader.inspection.rows import INPUT, Row

_MOST_SEARCHED = 3000


def with_training(rows: list[Row], trained: list[Row]) -> tuple[list[Row], dict[int, int]]:
    """The rows of the eval pass, with the dropout rows of the train pass at their place; old numbers to new ones.

    Where the two passes took different branches the eval pass rules. Batch norms learn from the train pass whether
    they used the batch's statistics.
    """
    partner = _partners(rows, trained)
    behind: dict[int, list[Row]] = {}  # dropout of the train pass, by the eval row that it follows
    home = {back: front for front, back in partner.items()}
    for row in trained:
        if row.index not in home and row.kind == "dropout":
            behind.setdefault(_anchor(row, trained, home), []).append(row)
    numbered: list[tuple[str, Row]] = [("train", row) for row in behind.get(INPUT, [])]
    for row in rows:
        numbered.append(("eval", _informed(row, trained, partner)))
        numbered += [("train", follower) for follower in behind.get(row.index, [])]
    place = {(side, row.index): index for index, (side, row) in enumerate(numbered)}
    place["eval", INPUT] = place["train", INPUT] = INPUT
    merging = _Merging(trained, partner, home, place)
    merged = [merging.rewired(row, side) for side, row in numbered]
    return merged, {row.index: place["eval", row.index] for row in rows}


def _partners(rows: list[Row], trained: list[Row]) -> dict[int, int]:
    """Which row of the train pass does what a row of the eval pass does."""
    found: dict[int, int] = {}
    front = back = 0
    while front < len(rows) and back < len(trained):
        if rows[front].key == trained[back].key:
            found[front] = back
            front += 1
        elif trained[back].kind != "dropout":
            return found | _searched(rows[front:], trained[back:])
        back += 1
    return found


def _searched(rows: list[Row], trained: list[Row]) -> dict[int, int]:
    """The same where the passes took different branches. Beyond some length only what came before is matched."""
    if max(len(rows), len(trained)) > _MOST_SEARCHED or not rows or not trained:
        return {}
    matcher = SequenceMatcher(None, [row.key for row in rows], [row.key for row in trained], autojunk=False)
    pairs = [(m.a + i, m.b + i) for m in matcher.get_matching_blocks() for i in range(m.size)]
    return {rows[front].index: trained[back].index for front, back in pairs}


def _anchor(row: Row, trained: list[Row], home: dict[int, int]) -> int:
    """The eval row that a dropout of the train pass follows."""
    while row.index not in home:
        if not row.inputs or row.inputs[0] == INPUT:
            return INPUT
        row = trained[max(row.inputs)]
    return home[row.index]


def _informed(row: Row, trained: list[Row], partner: dict[int, int]) -> Row:
    if row.kind != "batch norm" or row.index not in partner:
        return row
    return replace(row, details={**row.details, **trained[partner[row.index]].details})


@dataclass(frozen=True)
class _Merging:
    trained: list[Row]
    partner: dict[int, int]  # eval row to train row
    home: dict[int, int]  # train row to eval row
    place: dict[tuple[str, int], int]  # pass and its row to the new number

    def rewired(self, row: Row, side: str) -> Row:
        """The row with its new number and its operands' new numbers."""
        index = self.place[side, row.index]
        if side == "train":
            sources = [[self._of_train(i) for i in listed] for listed in row.operands]
        else:
            also = self.trained[self.partner[row.index]].operands if row.index in self.partner else ()
            matched = also if len(also) == len(row.operands) else ((),) * len(row.operands)
            sources = [
                [self._of_eval(i, dropped) for i in listed]
                for listed, dropped in zip(row.operands, matched, strict=True)
            ]
        return replace(row, index=index, operands=tuple(tuple(dict.fromkeys(listed)) for listed in sources))

    def _of_eval(self, source: int, in_training: tuple[int, ...]) -> int:
        """What an operand comes from: a dropout, where train mode has one behind its source."""
        for other in in_training:
            is_dropout = other != INPUT and ("train", other) in self.place
            if is_dropout and _anchor(self.trained[other], self.trained, self.home) == source:
                return self.place["train", other]
        return self.place["eval", source]

    def _of_train(self, source: int) -> int:
        if ("train", source) in self.place:
            return self.place["train", source]
        return self.place["eval", _anchor(self.trained[source], self.trained, self.home)]
