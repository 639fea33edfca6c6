"""Published figures beside our own, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.bench.figures import Published
from grader.bench.page import NONE, Grid, Page, conditions_lines, with_sd
from grader.bench.published import ERROR_RATE, Gap, Line, differing
from grader.bench.records import Bench, Subject
from grader.bench.stats import Spread
from grader.records import Absent

READ_AS = (
    "± is the sample standard deviation over the seeds. The last epoch is what counts for a grade; the best one is "
    "picked on the test images, and stands here because the published figures are of that kind.",
    "The difference is ours minus the published one, both of the best epoch; beside it the same in standard deviations "
    "of one training: the observed one or, with one seed, what is known of the data set's noise, marked *.",
    "A row differs where one training of ours would be so far from the mean of the others: Student's t with the noise "
    f"of both sides, and Holm's p over all rows below {ERROR_RATE:g}. Agreement is no proof: the spread says how far "
    "one can tell.",
    "Training accuracy: ours is that of the trained model on the training images as they are. The published one was "
    "counted while an epoch was trained, with dropout and moved images where there are any; it is the best epoch's.",
)
_TEST = (
    "step",
    "seeds",
    "last epoch",
    "best epoch",
    "at",
    "published",
    "at",
    "difference",
    "in sd",
    "p",
    "verdict",
)
_SIZE = ("step", "parameters", "published", "training accuracy", "published")


def published_page(published: Published, bench: Bench, lines: Sequence[Line]) -> Page:
    head = (
        f"Published: {published.source}",
        f"Ours: measured up to {bench.made_at}. Command: {bench.command}",
        *conditions_lines(bench),
        _said(lines),
    )
    grids = (
        Grid(
            _title(published, bench),
            _TEST,
            tuple(map(_test, lines)),
            tuple(range(1, 10)),
            tuple(_notes(lines)),
        ),
        Grid("Size and training accuracy", _SIZE, tuple(map(_size, lines)), (1, 2, 3, 4)),
        *_remarks(lines),
    )
    return Page(published.title, head, grids, (*READ_AS, *published.remarks))


def _title(published: Published, bench: Bench) -> str:
    for one in bench.series:
        if one.assignment.spec_id == published.spec_id:
            data = "generated stand-in data" if one.assignment.stand_in else one.assignment.data
            return f"{published.spec_id}, edition {one.assignment.edition}: {data}"
    return published.spec_id


def _said(lines: Sequence[Line]) -> str:
    """What the table says, in a sentence."""
    held = [line for line in lines if isinstance(line.gap, Gap)]
    if not held:
        return "Nothing of it was measured that could be held against the published figures."
    far = [line.figure.title for line in differing(lines)]
    left = f" {len(lines) - len(held)} could not be compared." if len(held) < len(lines) else ""
    if not far:
        return f"{len(held)} of {len(lines)} figures were compared; none is shown to differ.{left}"
    return f"{len(held)} of {len(lines)} figures were compared; {len(far)} differ: {', '.join(far)}.{left}"


def _test(line: Line) -> tuple[str, ...]:
    figure = line.figure
    return (
        figure.title,
        str(line.best.n) if isinstance(line.best, Spread) else "0",
        _accuracy(line.last),
        _accuracy(line.best, "≥ " if line.partly else ""),
        _epoch(line.best_epoch),
        f"{figure.best_test_percent:.2f} %",
        _epoch(figure.at_epoch),
        *_against(line.gap),
    )


def _against(gap: Gap | Absent) -> tuple[str, str, str, str]:
    """Difference, the same in deviations, p, verdict."""
    if isinstance(gap, Absent):
        return NONE, NONE, NONE, "not compared"
    points, in_sds = f"{100 * gap.difference:+.2f} points", f"{gap.in_sds:+.1f}{'' if gap.observed else ' *'}"
    return points, in_sds, _p(gap.p), "differs" if gap.differs else "no evidence of a difference"


def _size(line: Line) -> tuple[str, ...]:
    figure = line.figure
    return (
        figure.title,
        _parameters(line),
        figure.printed_parameters,
        _accuracy(line.training),
        f"{figure.best_train_percent:.2f} %",
    )


def _parameters(line: Line) -> str:
    """Ours, and whether the exact number that is known is another one."""
    if not isinstance(line.subject, Subject):
        return NONE
    ours, exact = line.subject.parameters, line.figure.parameters
    return f"{ours:,} (not {exact:,})" if exact and ours != exact else f"{ours:,}"


def _accuracy(found: Spread | Absent, mark: str = "") -> str:
    return NONE if isinstance(found, Absent) else f"{mark}{with_sd(found)}"


def _epoch(number: float) -> str:
    return f"epoch {number:g}" if number else NONE


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _notes(lines: Sequence[Line]) -> Iterator[str]:
    """Why rows were not compared, and what those with one seed are judged with."""
    yield from dict.fromkeys(
        f"Not compared: {line.gap.reason}" for line in lines if isinstance(line.gap, Absent)
    )
    known = [line.gap.sd for line in lines if isinstance(line.gap, Gap) and not line.gap.observed]
    if known:
        low, high = (f"{100 * sd:.2f}" for sd in (min(known), max(known)))
        points = f"{low} to {high}" if low != high else low
        yield (
            "* One seed, or seeds that are all alike: the deviation is not observed but what the noise table has at "
            f"the published accuracy, {points} points."
        )


def _remarks(lines: Sequence[Line]) -> Iterator[Grid]:
    found = tuple((line.figure.title, line.figure.remark) for line in lines if line.figure.remark)
    if found:
        yield Grid("Remarks", ("step", "what to know"), found)
