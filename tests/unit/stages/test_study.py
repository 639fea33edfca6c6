"""As many trials as the verdict needs: the study's arithmetic, with trials whose accuracy is given."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from grader.checks.interface import rule_types
from grader.evaluation.consistency import Line
from grader.reading.scan import Scan
from grader.records import Absent, EpochPoint, Measurement, Probe, Trial
from grader.spec.load import load_spec
from grader.stages import study
from grader.stages.job import Job
from grader.stages.study import MAX_SEED, lines_of, run_study, seeds_for

SD = 0.0016

pytestmark = pytest.mark.usefixtures("known_noise")


def trial(seed: int, accuracy: float | Absent | tuple[float, ...]) -> Trial:
    """A trial with this accuracy, or with one after each of its epochs."""
    points = accuracy if isinstance(accuracy, tuple) else ()
    accuracy = points[-1] if points else accuracy
    value = (
        accuracy
        if isinstance(accuracy, Absent)
        else Measurement("test_accuracy", accuracy, "share", "test", 10_000, (accuracy,), SD, "table")
    )
    epochs = tuple(EpochPoint(n, 60_000 * n, one) for n, one in enumerate(points, 1))
    return Trial(
        seed, "finished", "done", 469, 60_000, (), 1.0, 1.0, 100, "sha256:0", 0, value, epochs=epochs
    )


@pytest.fixture
def study_of(monkeypatch):
    """Run a study whose trials have these accuracies, one after the other."""

    def make(
        accuracies,
        *,
        target=0.95,
        at_least=1,
        at_most=5,
        seeds=(),
        probes=((),) * 9,
        scan=None,
        name="digits",
        on_training=None,
    ):
        left = iter(zip(accuracies, probes, strict=False))

        def next_trial(job, seed):
            projecting.append(job.projects)
            accuracy, raised = next(left)
            made = trial(seed, accuracy)
            if on_training is not None:
                share = Measurement(
                    "train_accuracy", on_training, "share", "training", 100, (on_training,), SD, "table"
                )
                made = replace(made, train_accuracy=share)
            return made, raised

        monkeypatch.setattr(study, "run_trial", next_trial)
        data = SimpleNamespace(tabulated_sd=SD, test_labels=[0] * 10_000, facts=SimpleNamespace(name=name))
        job = Job(None, None, None, data, 60.0, 1, secret=1, scan=scan)
        targets = target if isinstance(target, tuple) else (target,)
        return run_study(job, targets, at_least=at_least, at_most=at_most, seeds=seeds)

    projecting: list[bool] = []
    make.projecting = projecting
    return make


def test_only_the_first_trial_can_be_given_up_for_its_projection(study_of):
    study_of([0.953, 0.955])
    assert study_of.projecting == [True, False]


def test_far_from_the_line_one_trial_is_enough(study_of):
    trials, mean, _ = study_of([0.987])
    assert len(trials) == 1
    assert (mean.value, mean.spread, mean.spread_source) == (0.987, SD, "tabulated for this task")


def test_close_to_the_line_more_are_trained(study_of):
    trials, mean, _ = study_of([0.953, 0.955])
    assert len(trials) == 2
    assert mean.values == (0.953, 0.955)


def test_where_they_cannot_tell_it_ends_at_the_most(study_of):
    trials, mean, _ = study_of([0.95, 0.951, 0.949, 0.95, 0.9501])
    assert len(trials) == 5
    assert mean.value == pytest.approx(0.95002)


def test_the_larger_spread_is_the_one_that_counts(study_of):
    _, mean, _ = study_of([0.953, 0.97, 0.94, 0.99, 0.95])
    assert mean.spread > SD
    assert mean.spread_source.startswith("observed over")


def test_every_line_has_to_be_decided(study_of):
    assert len(study_of([0.97], target=(0.95,))[0]) == 1
    trials, mean, _ = study_of([0.97] * 5, target=(0.95, 0.9701))
    assert len(trials) == 5
    assert mean.values == (0.97,) * 5


def test_the_known_noise_is_that_of_the_data_set_at_the_line(study_of):
    """0.35 points above the line: close where MNIST is noisy, clear where it is steady."""
    assert len(study_of([0.9935, 0.9935], target=0.99, name="MNIST")[0]) == 2
    trials, mean, _ = study_of([0.9980], target=0.994, name="MNIST")
    assert len(trials) == 1
    assert mean.spread == 0.0006


def test_the_spread_shown_is_that_at_the_nearest_line(study_of):
    _, mean, _ = study_of([0.95], target=(0.85, 0.938), name="CIFAR-10")
    assert mean.spread == pytest.approx(0.0015, abs=0.0001)


def test_a_diverged_trial_is_a_trial(study_of):
    trials, mean, _ = study_of([0.953, 0.0, 0.953, 0.954, 0.955])
    assert len(trials) == 5
    assert mean.values[1] == 0
    assert mean.value == pytest.approx(0.763)


def test_a_line_that_must_last_is_decided_by_its_weakest_epoch(study_of):
    line = Line(0.994, 3)
    steady, weak = (0.9990, 0.9991, 0.9992), (0.9990, 0.9945, 0.9992)
    assert len(study_of([steady], target=(line,), name="MNIST")[0]) == 1
    assert len(study_of([weak] * 5, target=(line,), name="MNIST")[0]) == 4
    hopeless = (0.9990, 0.9850, 0.9941)
    assert len(study_of([hopeless], target=(line,), name="MNIST")[0]) == 1
    assert len(study_of([hopeless] * 5, target=(0.994,), name="MNIST")[0]) == 5


def test_the_lines_are_those_of_the_specs_checks():
    assert lines_of(load_spec("s4").spec.checks) == (Line(0.95),)
    kind = rule_types()["test_accuracy"]
    one = kind(id="a", check="test_accuracy", at_least="99.4 %", points=1.0)
    lasting = kind(
        id="b", check="test_accuracy", at_least="99.4 %", in_each_of_the_last="3 epochs", points=1.0
    )
    assert lines_of([one, lasting, one, object()]) == (Line(one.at_least), Line(one.at_least, 3))


def test_a_line_for_the_training_images_is_a_line_of_its_own():
    fits = rule_types()["training_accuracy"](id="a", check="training_accuracy", at_least="99 %", points=1.0)
    learns = rule_types()["test_accuracy"](id="b", check="test_accuracy", at_least="99 %", points=1.0)
    assert lines_of([fits, learns]) == (Line(0.99, of="training"), Line(0.99))


@pytest.mark.parametrize(("on_training", "trials"), [(0.95, 1), (0.9905, 5)])
def test_trials_go_on_while_the_training_accuracy_is_open(study_of, on_training, trials):
    """The test accuracy has no line, and would need no second trial."""
    done, mean, _ = study_of([0.97] * 5, target=(Line(0.99, of="training"),), on_training=on_training)
    assert (len(done), mean.value) == (trials, pytest.approx(0.97))


def test_a_training_accuracy_that_could_not_be_measured_asks_for_no_further_trial(study_of):
    done, _, _ = study_of([0.97] * 5, target=(Line(0.99, of="training"),))
    assert len(done) == 1


def test_the_spec_may_ask_for_more_and_seeds_override_it(study_of):
    assert len(study_of([0.99] * 3, at_least=3)[0]) == 3
    trials, _, _ = study_of([0.95, 0.95], seeds=(7, 9))
    assert [one.seed for one in trials] == [7, 9]


def test_a_trial_that_could_not_be_scored_ends_the_study_with_its_reason(study_of):
    gone = Absent("failed", "The process crashed.")
    trials, mean, _ = study_of([0.953, gone, 0.99])
    assert (len(trials), mean) == (2, gone)


def test_a_probe_that_was_raised_once_stays_raised(study_of):
    clean, flag = Probe("state size", "clean", "equal"), Probe("state size", "flag", "not equal")
    _, _, probes = study_of([0.953, 0.953, 0.96], probes=((clean,), (flag,), (clean,)))
    assert [probe.weight for probe in probes] == ["flag"]


def test_the_heaviest_of_several_trials_stays(study_of):
    note, void = Probe("two orders", "note", "a"), Probe("two orders", "void", "b")
    _, _, probes = study_of([0.953, 0.953, 0.96], probes=((note,), (void,), (note,)))
    assert probes == (void,)


def test_what_lies_in_the_repository_is_said_once_before_the_trials(study_of):
    seen = Scan(
        weight_files=("best.pth",), long_literals=("a literal of 9,000 characters in model.py:3",), numbers=12
    )
    _, _, probes = study_of([0.953, 0.955], scan=seen)
    assert [(probe.name, probe.weight) for probe in probes] == [
        ("repository", "flag"),
        ("files in passing", "note"),
    ]
    assert "model.py:3" in probes[0].detail
    assert "best.pth" in probes[1].detail


def test_nobody_can_know_the_seeds_beforehand():
    drawn = [tuple(seeds_for((), 5)) for _ in range(4)]
    assert len(set(drawn)) == 4
    assert all(0 <= seed < MAX_SEED for seeds in drawn for seed in seeds)
    assert all(len(set(seeds)) == 5 for seeds in drawn)
    assert tuple(seeds_for((3, 4), 5)) == (3, 4)
