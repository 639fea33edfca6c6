"""What is typed about a decision: `targets=40`, `bonus=yes`, and who decides."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.course.stored.review import Wish

_YES, _NO = ("yes", "y", "counts"), ("no", "n")


def parsed(text: str, beyond: bool = False) -> Wish:
    """`targets=40` and `bonus=yes` as what they wish for.

    Args:
        beyond: what is certain is overridden, too.
    """
    from grader.course.stored.review import Wish
    from grader.text import clean

    name, equals, value = text.partition("=")
    said = value.strip().lower()
    if equals and said in (*_YES, *_NO):
        return Wish(name.strip(), counts=said in _YES)
    try:
        return Wish(name.strip(), points=float(said), beyond=beyond)
    except ValueError:
        raise UsageError(
            f'"{clean(text, 80)}" is no decision.', "Write --set ID=POINTS, --set ID=yes or --set ID=no."
        ) from None


def who_decides(given: str) -> str:
    """Who decides: as it was given, else as git is told in the environment, else the user's name here."""
    import getpass

    try:
        return given.strip() or os.environ.get("GIT_AUTHOR_NAME", "").strip() or getpass.getuser()
    except (OSError, KeyError):  # a user without a name
        return ""
