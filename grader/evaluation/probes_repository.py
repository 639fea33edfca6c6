"""What lies in the repository, as probes. Committed weights alone are a note: many honest students commit what they
trained. It is held against the model's start in `grader.evaluation.probes.start_and_seed`, and there it may be a flag."""

from __future__ import annotations

from collections.abc import Sequence

from grader.evaluation.probes import clean, raised
from grader.records import Probe


def repository(
    *,
    weight_files: Sequence[str],
    tables: Sequence[str],
    long_literals: Sequence[str],
    numbers: int,
    shadows: Sequence[str],
    links: Sequence[str],
) -> tuple[Probe, ...]:
    """Places as `grader.reading.scan` names them."""
    found = []
    if long_literals:
        found.append(
            raised(
                "repository",
                f"The source holds data that nobody can read: {_listed(long_literals)}; in all of it stand {numbers:,} "
                "numbers of four digits or more (honest submissions: below 200). A person will look what they are.",
            )
        )
    mentioned = [
        f"files of weights, which the grader's own training does not use: {_listed(weight_files)}"
        if weight_files
        else "",
        f"files that may hold many numbers: {_listed(tables)}" if tables else "",
        f"files with the name of a library, which the library wins: {_listed(shadows)}" if shadows else "",
        f"links and special files, which were not taken: {_listed(links)}" if links else "",
    ]
    if said := "; ".join(part for part in mentioned if part):
        found.append(raised("files in passing", f"The repository holds {said}. It is only mentioned."))
    if not found:
        found.append(
            clean(
                "repository",
                "No weights, unreadable data, links or names of libraries lie in the repository.",
            )
        )
    return tuple(found)


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places)
