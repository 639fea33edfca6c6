"""Training logs as students show them: one line per epoch, in text, in tables and in saved outputs.

What is read here is a claim, not a measurement. Training accuracy alone is not test accuracy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from grader.records import LogLine
from grader.text import clean

LIMIT_LINE = 1_000
"""Characters of a line that are looked at: a log line is never longer, and the patterns stay fast."""
LIMIT_LINES = 5_000
"""Log lines that are kept of one submission."""


@dataclass(frozen=True)
class Line:
    """A line of text and the place where it stands."""

    place: str
    text: str


_EPOCH = re.compile(
    r"(?<![a-z])(?:epochs?|ep)\W{0,4}(?:no\W{0,2}|num\w{0,4}\W{0,2})?(\d{1,4})(?![\d.]*\d)", re.IGNORECASE
)
_PLURAL = re.compile(r"epochs\W{0,4}\d+(?!\s*(?:/|of\b|\d))", re.IGNORECASE)
_LEADING = re.compile(r"[\s>*+\-|#\[(.\d✓✅📊]{0,12}(?:training\s+|train\s+)?(?:epoch|ep)\b", re.IGNORECASE)
_TEST_WORD = re.compile(
    r"(?<![a-z])(?:test(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?)(?![a-z])", re.IGNORECASE
)
_TRAIN_WORD = re.compile(r"(?<![a-z])train(?:ing)?(?![a-z])", re.IGNORECASE)
_ACCURACY = re.compile(
    r"(?<![a-z])acc(?:uracy)?(?![a-z])(?:[^\d|:=]{0,40}\d{4,6}[^\d|:=]{0,30}[:=])?[^\d|/]{0,25}?"
    r"(?:(?P<correct>\d{1,9})\s*/\s*(?P<images>\d{1,9})(?:\s*\(\s*[\d.]+\s*%?\s*\))?"
    r"|(?P<number>\d{1,3}(?:\.\d+)?)(?!\d)\s*(?P<percent>%)?)",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"[<>≥≤~]|at least|at most|more than|less than|over|above|below|target|goal|requir|should|must|need",
    re.IGNORECASE,
)
_LOSS = re.compile(r"(?<![a-z])loss(?![a-z])", re.IGNORECASE)


def log_lines(lines: Iterable[Line], strict: bool = False) -> tuple[LogLine, ...]:
    """One `LogLine` per epoch's result; lines with a training accuracy or a loss alone have the accuracy -1.

    An epoch heading counts for the result that follows it. `strict` is for running text, where only a line
    that begins with its epoch, or shows a test loss beside, is a log.
    """
    found: list[LogLine] = []
    heading = -1
    beside = _Beside()
    for line in lines:
        text = line.text[:LIMIT_LINE]
        epoch = _epoch(text)
        beside = beside.then(text)
        accuracy, images = _test_accuracy(text)
        if strict and not (_LEADING.match(text) or _LOSS.search(text)):
            accuracy = -1.0
        heading = epoch if epoch >= 0 else heading
        if accuracy >= 0:
            found.append(beside.added(LogLine(line.place, clean(text.strip()), heading, accuracy, images)))
            heading, beside = -1, _Beside()
        elif epoch >= 0 and _TRAIN_WORD.search(text) and _ACCURACY.search(text) and not _LIMIT.search(text):
            found.append(beside.added(LogLine(line.place, clean(text.strip()), heading, -1.0, 0)))
        elif epoch >= 0 and not strict and _shows_loss(text):
            if found and found[-1].epoch == heading and found[-1].test_accuracy < 0:
                found.pop()  # a line of every few batches: the last one stands for the epoch
            found.append(beside.added(LogLine(line.place, clean(text.strip()), heading, -1.0, 0)))
        if len(found) >= LIMIT_LINES:
            break
    if found and found[0].epoch < 0 <= heading:
        found = _headed_afterwards(found, heading)
    return _counted_from_one(_without_covered(found))


_LOSS_VALUE = re.compile(
    r"(?<![a-z])loss(?![a-z])[\s*`_]{0,3}[:=|]?\s{0,3}(?P<number>\d{1,6}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)(?![\d.]*[%\d])",
    re.IGNORECASE,
)
_RATE_VALUE = re.compile(
    r"(?<![a-z])(?:lr|learning[\s_-]?rate)(?![a-z])[\s*`_:=|\[(]{1,8}(?P<number>\d{1,3}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)",
    re.IGNORECASE,
)
_BAR = re.compile(r"\d%\||batch[\s_]?id|it/s\]", re.IGNORECASE)
_TARGETED = re.compile(r"target|goal|requir|should|must|max_lr|suggest", re.IGNORECASE)


@dataclass(frozen=True)
class _Beside:
    """What the lines since the last epoch's result show beside it: -1 where they show none."""

    train_accuracy: float = -1.0
    loss: float = -1.0
    learning_rate: float = -1.0

    def then(self, text: str) -> _Beside:
        """With what one more line shows; a later line of the same epoch stands for the epoch."""
        if _TARGETED.search(text):
            return self
        accuracy, loss = _train_accuracy(text), _train_loss(text)
        rate = _RATE_VALUE.search(text)
        return _Beside(
            accuracy if accuracy >= 0 else self.train_accuracy,
            loss if loss >= 0 else self.loss,
            float(rate["number"]) if rate else self.learning_rate,
        )

    def added(self, line: LogLine) -> LogLine:
        return replace(
            line, train_accuracy=self.train_accuracy, loss=self.loss, learning_rate=self.learning_rate
        )


def _is_training(text: str, position: int) -> bool:
    """Whether a number belongs to the training: by the last word before it, or by the progress bar around it."""
    tests = [word.start() for word in _TEST_WORD.finditer(text, 0, position)]
    trains = [word.start() for word in _TRAIN_WORD.finditer(text, 0, position)]
    if tests or trains:
        return bool(trains) and (not tests or max(trains) > max(tests))
    return bool(_BAR.search(text))


def _train_accuracy(text: str) -> float:
    for found in _ACCURACY.finditer(text):
        number = max(found.start("correct"), found.start("number"))
        if not _LIMIT.search(found[0]) and _is_training(text, number):
            return _ratio(found)[0]
    return -1.0


def _train_loss(text: str) -> float:
    for found in _LOSS_VALUE.finditer(text):
        if _is_training(text, found.start("number")):
            return float(found["number"])
    return -1.0


def _shows_loss(text: str) -> bool:
    """A finished epoch's loss, with decimals, and no line of a progress bar."""
    return bool(_LOSS.search(text) and re.search(r"\d\.\d", text)) and not (
        _BAR.search(text) or _TARGETED.search(text)
    )


def _headed_afterwards(found: list[LogLine], last: int) -> list[LogLine]:
    """A log that prints each epoch's number behind its result: every heading belongs to the line before."""
    epochs = [line.epoch for line in found[1:]] + [last]
    return [replace(line, epoch=epoch) for line, epoch in zip(found, epochs, strict=True)]


def _epoch(text: str) -> int:
    """The epoch that a line names, as it names it; -1 where it names none."""
    found = _EPOCH.search(text)
    return int(found[1]) if found and not _PLURAL.match(text, found.start()) else -1


def _test_accuracy(text: str) -> tuple[float, int]:
    """(accuracy on the test images as a ratio, number of images); (-1, 0) where the line shows none.

    The accuracy belongs to the last of the words *test* and *train* before it.
    """
    for found in _ACCURACY.finditer(text):
        if _LIMIT.search(found[0]) or re.fullmatch(r"[a-z ]+\d+ *", found[0], re.IGNORECASE):
            continue  # a wish, or a whole number that no sign makes an accuracy
        number = max(found.start("correct"), found.start("number"))
        tests = [word.start() for word in _TEST_WORD.finditer(text, 0, number)]
        trains = [word.start() for word in _TRAIN_WORD.finditer(text, 0, number)]
        if tests and (not trains or max(tests) > max(trains)):
            accuracy, images = _ratio(found)
            if accuracy >= 0:
                return accuracy, images
    return -1.0, 0


def _ratio(found: re.Match[str]) -> tuple[float, int]:
    if found["images"]:
        correct, images = int(found["correct"]), int(found["images"])
        return (round(correct / images, 6), images) if 0 < correct <= images else (-1.0, 0)
    return as_ratio(float(found["number"]), bool(found["percent"])), 0


def as_ratio(number: float, is_percent: bool) -> float:
    """0.98, 98 and 98 % are the same accuracy; -1 for what is none."""
    if number > 100:
        return -1.0
    return round(number / 100 if is_percent or number > 1 else number, 6)


def _without_covered(found: list[LogLine]) -> list[LogLine]:
    """Drop a training line whose epoch has its test result too."""
    tested = {line.epoch for line in found if line.test_accuracy >= 0}
    return [line for line in found if line.test_accuracy >= 0 or line.epoch not in tested]


def _counted_from_one(found: list[LogLine]) -> tuple[LogLine, ...]:
    """Epochs as the record counts them: a log that begins with epoch 0 is moved by one; unknown is 0."""
    shift = 1 if any(line.epoch == 0 for line in found) else 0
    return tuple(replace(line, epoch=line.epoch + shift if line.epoch >= 0 else 0) for line in found)


# --- tables -------------------------------------------------------------------------------------------------

_EPOCH_HEADER = re.compile(r"\W*(?:epochs?|ep)\b(?!\W*\d)", re.IGNORECASE)
_TEST_HEADER = re.compile(
    r"(?<![a-z])(?:test|val|valid|validation|eval)(?![a-z]).*(?<![a-z])acc(?:uracy)?(?![a-z])"
    r"|(?<![a-z])acc(?:uracy)?(?![a-z]).*(?<![a-z])(?:test|val|valid|validation|eval)(?![a-z])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?")


def table_log_lines(rows: list[tuple[Line, tuple[str, ...]]]) -> tuple[LogLine, ...]:
    """The epochs' results in a table whose first row is its header, upright or lying on its side."""
    if not rows:
        return ()
    header = [cell[:200] for cell in rows[0][1]]
    epochs = [index for index, cell in enumerate(header) if _EPOCH_HEADER.match(cell)]
    tests = [index for index, cell in enumerate(header) if _TEST_HEADER.search(cell)]
    if epochs and tests:
        found = [
            _upright(line, cells, epochs[0], tests[0], "%" in header[tests[0]]) for line, cells in rows[1:]
        ]
        beside = _Columns.of(header)
        found = [one and beside.added(one, cells) for one, (_, cells) in zip(found, rows[1:], strict=True)]
    else:
        found = [one for line, cells in rows[1:] for one in _lying(line, cells, header)]
    return _counted_from_one([line for line in found if line is not None][:LIMIT_LINES])


_TRAIN_HEADER = re.compile(
    r"(?<![a-z])train(?:ing)?(?![a-z]).*(?<![a-z])acc|(?<![a-z])acc.*(?<![a-z])train", re.IGNORECASE
)
_LOSS_HEADER = re.compile(r"(?:train(?:ing)?[\s_]*)?loss(?:[\s_(]*train(?:ing)?\)?)?", re.IGNORECASE)
_RATE_HEADER = re.compile(r"lr|learning[\s_-]?rate", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d{1,9}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?", re.IGNORECASE)


@dataclass(frozen=True)
class _Columns:
    """The columns of a table of epochs that stand beside the test accuracy; -1 where there is none."""

    train: int
    loss: int
    rate: int
    percent: bool

    @classmethod
    def of(cls, header: list[str]) -> _Columns:
        plain = [cell.strip(" *_`%()") for cell in header]
        train = next((index for index, cell in enumerate(plain) if _TRAIN_HEADER.search(cell)), -1)
        return cls(
            train,
            next((index for index, cell in enumerate(plain) if _LOSS_HEADER.fullmatch(cell)), -1),
            next((index for index, cell in enumerate(plain) if _RATE_HEADER.fullmatch(cell)), -1),
            train >= 0 and "%" in header[train],
        )

    def added(self, line: LogLine, cells: tuple[str, ...]) -> LogLine:
        train = _cell_ratio(cells[self.train], self.percent) if 0 <= self.train < len(cells) else -1.0
        return replace(
            line,
            train_accuracy=train,
            loss=_number_in(cells, self.loss),
            learning_rate=_number_in(cells, self.rate),
        )


def _number_in(cells: tuple[str, ...], index: int) -> float:
    found = _SCIENTIFIC.search(cells[index][:200]) if 0 <= index < len(cells) else None
    return float(found[0]) if found else -1.0


def _upright(line: Line, cells: tuple[str, ...], epoch: int, test: int, percent: bool) -> LogLine | None:
    if max(epoch, test) >= len(cells):
        return None
    number = _NUMBER.search(cells[epoch][:200])
    accuracy = _cell_ratio(cells[test], percent)
    if not number or accuracy < 0:
        return None
    return LogLine(line.place, clean(line.text), int(float(number[0])), accuracy, 0)


def _lying(line: Line, cells: tuple[str, ...], header: list[str]) -> list[LogLine]:
    if not cells or not _TEST_HEADER.search(cells[0][:200]):
        return []
    results = [(_epoch(name), _cell_ratio(cell, False)) for name, cell in zip(header, cells, strict=False)]
    return [
        LogLine(line.place, clean(line.text), epoch, accuracy, 0)
        for epoch, accuracy in results[1:]
        if epoch >= 0 and accuracy >= 0
    ]


def _cell_ratio(cell: str, percent: bool) -> float:
    number = _NUMBER.search(cell[:200])
    return as_ratio(float(number[0]), percent or "%" in cell) if number else -1.0
