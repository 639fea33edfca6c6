"""What an experienced teaching assistant would point out in the student's method.

Each remark has its place, the student's own line, one sentence why it matters, and what it was seen by. Found by
behaviour wherever a live run was seen; a false alarm is worse than silence, so what is not sure is not said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.evaluation import data_rules, log_rules, step_rules
from grader.evaluation.method import Method
from grader.evaluation.quoting import Source, no_source
from grader.records import Absent, ModelFacts, Reading, RecoveredTraining, Remark, Session
from grader.text import clean

NOT_MEASURED = Absent("skipped", "The model was not measured.")


def remarks(
    training: RecoveredTraining | Absent,
    reading: Reading,
    task_softmax_asked: bool = False,
    *,
    model: ModelFacts | Absent = NOT_MEASURED,
    epochs_allowed: int = 0,
    source: Source = no_source,
) -> tuple[Remark, ...]:
    """All remarks on the session that made the model handed in, and on the log that is shown.

    Args:
        task_softmax_asked: the assignment asks for softmax in the model: then it is no mistake.
        model: what was measured; without it nothing is said about the model's output.
        epochs_allowed: the assignment's limit; 0 where it has none.
        source: gives the student's source by its place, for the quotes.
    """
    session = chosen_session(training)
    said = list(_in_log(reading, session))
    if session is not None and session.confidence != "low":
        assert isinstance(training, RecoveredTraining)
        method = Method(session, model, source, training.unused)
        logged = log_rules.logged_epochs(log_rules.logs_of(reading))
        tested = log_rules.tests_were_counted(reading, session) or _tested_elsewhere(training, session)
        said += _in_data(method, tested)
        said += step_rules.no_eval_mode(method)
        said += step_rules.no_zero_grad(method)
        said += step_rules.probabilities_into_loss(method, task_softmax_asked)
        said += step_rules.idle_schedules(method)
        said += step_rules.too_many_epochs(method, epochs_allowed, logged)
        said += step_rules.gradients_on(method)
    return tuple(_inert(one) for one in sorted(said, key=lambda one: one.seen != "behaviour"))


def chosen_session(training: RecoveredTraining | Absent) -> Session | None:
    """The session that made the model handed in, if there is one."""
    if isinstance(training, Absent) or not 0 <= training.chosen < len(training.sessions):
        return None
    return training.sessions[training.chosen]


def measured_on_training(training: RecoveredTraining | Absent, reading: Reading) -> bool:
    """Whether the student's test accuracy was measured on the training images."""
    return any(one.name == "measured on the training set" for one in remarks(training, reading))


def _in_log(reading: Reading, session: Session | None) -> Iterator[Remark]:
    yield from log_rules.training_images_in_log(reading, session)
    yield from log_rules.best_epoch_as_result(reading)


def _tested_elsewhere(training: RecoveredTraining, session: Session) -> bool:
    """Another run of the same model passes over held-out data: a later cell may test what this one trained."""
    return any(
        one.loading.split != "train" and one.passes > 0
        for other in training.sessions
        if other is not session and other.model.name == session.model.name
        for one in other.evaluations
    )


def _in_data(method: Method, tested: bool) -> Iterator[Remark]:
    if not tested:
        yield from data_rules.measured_on_training(method)
    yield from data_rules.trained_on_test(method)
    yield from data_rules.random_test_data(method)
    yield from data_rules.not_shuffled(method)
    yield from data_rules.other_normalisation(method)
    yield from data_rules.part_of_training(method)


def _inert(one: Remark) -> Remark:
    return replace(one, place=clean(one.place), quote=clean(one.quote), why=clean(one.why, 400))
