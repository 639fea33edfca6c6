"""Whether the code fetches a repository of its own that nobody gave to the grader beside the submission."""

from __future__ import annotations

from grader.records import Evidence
from grader.text import clean


def not_given(evidence: Evidence) -> str:
    """Which repository the code clones or installs while none was given, as a sentence; "" where nothing is missing."""
    if evidence.submission.also:
        return ""
    fetched = [link for link in evidence.reading.repositories if link.kind in ("cloned", "installed")]
    if not fetched:
        return ""
    url = clean(fetched[0].url, 160)
    return (
        f"{fetched[0].place} fetches {url}, which was not given to the grader beside the submission. A person "
        f"grades it again with `--also {url}`, or decides."
    )


def none_given(evidence: Evidence) -> str:
    """As `not_given`, for what is asked of the second repository itself: also where nothing names one."""
    if evidence.submission.also:
        return ""
    if said := not_given(evidence):
        return said
    linked = [link for link in evidence.reading.repositories if link.kind == "linked"]
    named = f"{linked[0].place} links to {clean(linked[0].url, 160)}" if linked else "nothing here names one"
    return (
        f"No second repository was given to the grader beside the submission, and {named}. A person grades it again "
        "with `--also URL`, or decides."
    )
