"""Stated numbers of epochs, against the loop in the code and against the log that is shown."""

from __future__ import annotations

import re

from grader.evaluation.log_rules import logged_epochs, logs_of
from grader.evaluation.stated import LIMIT_TEXT, Stated
from grader.records import Claim, Comparison, Session

_TRAINED_FOR = (
    r"\btrain\w*(?: (?:it|the|this|our|model|network))* (?:for|over|in) (?:a total of )?{0} epochs?\b",
    r"\b(?:num(?:ber)?(?:[ _]of)?[ _]*|total )epochs\W{{0,6}}(?:is |was |are |of )?{0}(?!\d)",
    r"^\W*epochs\W{{1,6}}{0}(?!\d)",
)
"""What is said of the whole training; `{0}` is the number. Epochs reached, waited or warmed up are others."""


def compare(claim: Claim, stated: Stated) -> Comparison:
    """Agrees with the loop's bound or with the log; differs where both say the same other number."""
    session, logged = stated.session, logged_epochs(logs_of(stated.reading))
    bound = session.epochs if session is not None and _knows(session) else 0
    measured = _shown(bound, logged)
    if not bound and not logged and session is not None and _passes(session):
        return _beside_passes(claim, _passes(session))
    if not bound and not logged:
        why = "Neither a training loop nor a log was found to compare with."
        return Comparison(claim, "", "cannot tell", why)
    if claim.value in (bound, logged):
        where = "The training loop" if claim.value == bound else "The log"
        return Comparison(claim, measured, "agrees", f"{where} has as many epochs.")
    doubt = _doubt(claim, stated, bound, logged)
    if doubt:
        return Comparison(claim, measured, "cannot tell", doubt)
    return Comparison(
        claim, measured, "differs", f"Loop and log both have {bound}; stated are {claim.value:,.0f}."
    )


def _knows(session: Session) -> bool:
    return session.confidence != "low" and "epochs" not in {name for name, _ in session.unknown}


def _passes(session: Session) -> int:
    """Passes over the training images that were seen where no loop with a known bound is around them."""
    unbounded = "epochs" in {name for name, _ in session.unknown}
    return session.passes if session.way == "captured" and unbounded else 0


def _beside_passes(claim: Claim, passes: int) -> Comparison:
    """Passes without a loop are what one run of the code does: a student may have run a cell more often."""
    count = f"{passes:,} pass{'es' if passes != 1 else ''}"
    if claim.value == passes:
        why = f"The code makes {count} over the training images when it is run."
        return Comparison(claim, f"{count} seen", "agrees", why)
    why = (
        f"The code makes {count} over the training images when it is run once, and no loop says how often it "
        "was run."
    )
    return Comparison(claim, f"{count} seen", "cannot tell", why)


def _shown(bound: int, logged: int) -> str:
    said = [f"{bound} in the loop"] if bound else []
    return ", ".join(said + ([f"{logged} in the log"] if logged else []))


def _doubt(claim: Claim, stated: Stated, bound: int, logged: int) -> str:
    if any(one.epochs == claim.value for one in stated.other_sessions):
        return "Another training in the submission has as many epochs."
    if not bound or not logged or bound != logged:
        return "Loop and log do not both say how long the final training was."
    if stated.others or stated.other_sessions:
        return "The submission holds several models or trainings: the number may be about another one."
    if not _is_of_training(claim):
        return "It is not clear that the number is about the whole training."
    return ""


def _is_of_training(claim: Claim) -> bool:
    patterns = (pattern.format(f"{claim.value:.0f}") for pattern in _TRAINED_FOR)
    text = claim.text[:LIMIT_TEXT]
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


def of_the_log(stated: Stated) -> tuple[Comparison, ...]:
    """The log's own number of epochs, against the loop in the code; nothing where one of them is missing."""
    lines = logs_of(stated.reading)
    session, logged = stated.session, logged_epochs(lines)
    if session is None or not _knows(session) or not session.epochs or not logged:
        return ()
    line = max(lines, key=lambda one: one.epoch)
    claim = Claim("epochs", float(logged), line.place, line.text)
    measured = f"{session.epochs} in the loop"
    if logged == session.epochs:
        return (Comparison(claim, measured, "agrees", "The log has as many epochs as the training loop."),)
    if logged < session.epochs:
        why = "The log ends before the loop's last epoch: it was stopped early, or only a part is shown."
    else:
        why = "The log goes on longer than the loop: the code may have been changed after the training."
    return (Comparison(claim, measured, "cannot tell", why),)
