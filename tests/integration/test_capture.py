"""Recovering a student's training by running it in the real sandbox, on submissions in the shapes that occur."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from grader.fetch.interface import fetch
from grader.isolation import conversation
from grader.isolation.capture_answer import Capture
from grader.isolation.choose import full_sandbox
from grader.isolation.interface import Limits
from grader.isolation.supervisor import Ending, Worker
from grader.isolation.workplace import workplace
from grader.reading.read import read_submission
from grader.records import Absent, Entrypoint, Loading, ModelFacts, RecoveredTraining, Session
from grader.stages.capture import capture

pytestmark = pytest.mark.sandbox
NO_MODEL = Absent("skipped", "Nobody looked for it.")


def _fixture(name: str) -> ModuleType:
    place = Path(__file__).parents[1] / "fixtures" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"grader_test_{name}", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


recipes = _fixture("recipes")


def open_worker_at(root: Path):
    sandbox, _ = full_sandbox()

    def open_worker() -> Worker:
        worker = Worker(sandbox, workplace(root), Limits(threads=1))
        worker.wait_until_ready()
        return worker

    return open_worker


def recovered(shape: str, folder: Path, model: ModelFacts | Absent = NO_MODEL) -> RecoveredTraining | Absent:
    with fetch(str(recipes.lay_out(shape, folder / shape))) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        return capture(open_worker_at(fetched.root), fetched.root, fetched.submission, reading, model)


def chosen(shape: str, folder: Path) -> tuple[RecoveredTraining, Session, Loading]:
    found = recovered(shape, folder)
    assert isinstance(found, RecoveredTraining), found
    session = found.sessions[found.chosen]
    assert isinstance(session.training, Loading)
    return found, session, session.training


def names(loading: Loading) -> list[str]:
    return [call.name for call in loading.transforms]


def model_facts(file: str, cell: int, name: str, trainable: int) -> ModelFacts:
    entrypoint = Entrypoint(file, cell, name, (), "")
    return ModelFacts(entrypoint, trainable, trainable, 0, (), (), "", (1, 28, 28), (10,), "log_softmax")


def test_a_test_function_that_is_fed_the_training_loader(tmp_path):
    found, session, training = chosen("test_on_train", tmp_path)
    assert session.optimizer.text == "SGD(lr=0.01, momentum=0.9)"
    assert session.optimizer.place == "S4.ipynb, cell 4"
    assert [(one.call.text, one.steps) for one in session.schedules] == [
        ("StepLR(step_size=5, gamma=0.1, verbose=True)", "per epoch")
    ]
    assert (session.epochs, session.passes, session.trainable) == (20, 20, 170)
    assert (session.clipping, session.beside) == ((), ())
    assert (session.first_rate, session.last_rate) == pytest.approx((0.01, 1e-5))
    assert (training.batch_size, training.shuffled, training.split) == (512, False, "train")
    assert names(training) == ["RandomRotation", "ToTensor", "Normalize"]
    (evaluation,) = session.evaluations
    assert (evaluation.loading.split, evaluation.mode, evaluation.gradients) == ("train", "eval", False)
    (unused,) = found.unused
    assert (unused.split, unused.randomness) == ("test", "random")


def test_a_test_set_that_is_the_training_set(tmp_path):
    _, session, _ = chosen("test_set_is_train_set", tmp_path)
    assert [(one.loading.split, one.loading.images) for one in session.evaluations] == [("train", 60_000)]


def test_of_two_schedulers_only_the_second_steps(tmp_path):
    _, session, _ = chosen("two_schedulers", tmp_path)
    steps = [(one.call.name, one.steps) for one in session.schedules]
    assert steps == [("StepLR", "never"), ("ExponentialLR", "per epoch")]


def test_models_in_sibling_files_under_a_module_that_does_not_exist(tmp_path):
    found, session, _ = chosen("missing_module", tmp_path)
    assert [(one.model.name, one.trainable) for one in found.sessions] == [
        ("FirstNet", 170),
        ("SecondNet", 250),
    ]
    assert session.model.name == "SecondNet"
    assert [(one.call.text, one.steps) for one in session.schedules] == [
        ("MultiStepLR(milestones='[6, 8, 9]', gamma=0.1)", "never")
    ]


def test_the_session_of_the_model_handed_in_is_chosen(tmp_path):
    found = recovered("missing_module", tmp_path, model_facts("first.py", 0, "FirstNet", 170))
    assert isinstance(found, RecoveredTraining)
    assert found.sessions[found.chosen].model.name == "FirstNet"
    assert found.sessions[found.chosen].confidence == "high"
    assert "the model handed in" in found.reason


def test_the_readme_has_the_real_command_and_the_training_stops_early(tmp_path):
    found, session, training = chosen("readme_command", tmp_path)
    assert "--epochs 15 --lr 0.002" in found.reason
    assert (session.epochs, session.passes) == (15, 9)
    assert session.optimizer.text == "RMSprop(lr=0.002)"
    assert (training.split, training.images, training.batch_size) == ("part of train", 50_000, 64)
    assert [one.loading.split for one in session.evaluations] == ["part of train"]
    assert [(one.call.name, one.steps) for one in session.schedules] == [("ReduceLROnPlateau", "per epoch")]


def test_a_home_made_finder_is_longer_than_the_training(tmp_path):
    found, session, _ = chosen("home_made_finder", tmp_path)
    assert len(found.sessions) == 2
    assert (session.place, session.epochs) == ("net.ipynb, cell 5", 5)
    assert found.sessions[0].confidence == "low"


def test_a_rate_test_alone_is_no_training(tmp_path):
    found = recovered("unknown_trainer", tmp_path)
    assert isinstance(found, Absent)
    assert "only tests learning rates" in found.reason


def test_training_while_a_helper_is_imported(tmp_path):
    _, session, _ = chosen("trains_at_import", tmp_path)
    assert session.at_import
    assert session.confidence == "low"
    assert session.optimizer.place == "helper.py:49"


def test_a_second_repository_is_cloned_and_moved(tmp_path):
    found, session, _ = chosen("moved_repository", tmp_path)
    assert (session.epochs, session.model.name) == (7, "Net")
    assert any("plot_losses" in note for note in found.notes)


def test_a_second_repository_that_drifted(tmp_path):
    found = recovered("drifted_repository", tmp_path)
    assert isinstance(found, Absent)
    assert found.cause == "skipped"
    assert "trained nothing" in found.reason
    assert "cannot import name 'get_trainer'" in found.reason


def test_a_model_notebook_as_a_module_and_many_runs_on_one_optimizer(tmp_path):
    found, session, training = chosen("model_notebook", tmp_path)
    assert [(one.epochs, one.training.batch_size) for one in found.sessions] == [(3, 32), (10, 64), (4, 64)]
    assert (session.epochs, training.batch_size, session.place) == (10, 64, "training.ipynb, cell 5")


def test_both_pipelines_in_one_class_and_one_of_them_a_set(tmp_path):
    _, session, training = chosen("both_pipelines", tmp_path)
    assert sorted(names(training)) == ["CoarseDropout", "HorizontalFlip", "Normalize", "ToTensorV2"]
    assert "set" in dict(session.unknown)["transforms"]
    (evaluation,) = session.evaluations
    assert (evaluation.loading.randomness, names(evaluation.loading)) == (
        "fixed",
        ["Normalize", "ToTensorV2"],
    )
    assert (evaluation.mode, evaluation.gradients) == ("train", True)
    assert (training.data_set, training.randomness) == ("CIFAR10", "random")
    assert (session.loss, session.loss_arguments) == ("cross_entropy", (("label_smoothing", 0.1),))
    assert [(one.call.name, one.steps) for one in session.schedules] == [("OneCycleLR", "per batch")]
    assert dict(session.schedules[0].call.arguments)["steps_per_epoch"] == 196
    assert training.transforms[0].library == "albumentations"


def test_data_from_a_hub_behind_a_custom_data_set(tmp_path):
    _, session, training = chosen("hub_data", tmp_path)
    assert (training.data_set, training.split, training.images) == ("mnist", "train", 60_000)
    assert (training.randomness, session.evaluations[0].loading.randomness) == ("random", "fixed")
    assert (session.optimizer.name, session.model.text, session.epochs) == ("NAdam", "Net(width=16)", 8)


def test_a_fresh_iterator_per_batch_and_two_inputs(tmp_path):
    _, session, training = chosen("iterator_per_batch", tmp_path)
    assert session.epochs == 4
    assert "passes" in dict(session.unknown)
    assert (session.loss, session.loss_is_plain) == ("cross_entropy", False)
    assert (training.data_set, training.batch_size) == ("MNIST", 64)


def test_names_that_no_earlier_cell_defines(tmp_path):
    _, session, training = chosen("undefined_names", tmp_path)
    assert (session.epochs, session.passes, training.batch_size) == (12, 12, 128)


def test_a_syntax_error_in_the_training_cell(tmp_path):
    found, session, _ = chosen("syntax_error", tmp_path)
    assert session.epochs == 11
    assert session.optimizer.text == "SGD(lr=0.03, momentum=0.8, nesterov=True)"
    assert any("cannot be parsed" in note for note in found.notes)


def test_evaluation_in_train_mode_with_gradients(tmp_path):
    _, session, _ = chosen("evaluates_in_train_mode", tmp_path)
    assert [(one.mode, one.gradients) for one in session.evaluations] == [("train", True)]


@pytest.mark.parametrize(("shape", "plain"), [("regularised", False), ("adds_nothing", True)])
def test_a_loss_is_compared_by_its_value(tmp_path, shape, plain):
    _, session, _ = chosen(shape, tmp_path)
    assert (session.loss, session.loss_is_plain) == ("nll_loss", plain)


def test_a_notebook_that_is_plain_python(tmp_path):
    _, session, _ = chosen("plain_python", tmp_path)
    assert (session.unit, session.epochs) == ("net.ipynb", 5)


def test_a_rate_from_a_finder_is_taken_from_the_saved_output(tmp_path):
    _, session, _ = chosen("printed_finder", tmp_path)
    assert dict(session.optimizer.arguments)["lr"] == pytest.approx(0.012)
    assert dict(session.schedules[0].call.arguments)["max_lr"] == pytest.approx(0.12)
    assert "0.12" in session.rate_finder


def test_a_rate_from_a_finder_that_printed_nothing(tmp_path):
    _, session, _ = chosen("silent_finder", tmp_path)
    assert dict(session.optimizer.arguments)["lr"] == "from a finder, not recoverable"
    assert session.first_rate == 0
    assert "first_rate" in dict(session.unknown)


def test_a_class_that_is_defined_twice(tmp_path):
    found, session, _ = chosen("redefined_class", tmp_path)
    assert [one.trainable for one in found.sessions] == [170, 130]
    assert (session.epochs, session.optimizer.text) == (9, "SGD(lr=0.04, momentum=0.9)")


def test_a_test_set_with_augmentation(tmp_path):
    _, session, _ = chosen("augmented_test", tmp_path)
    assert session.evaluations[0].loading.split == "test"
    assert session.evaluations[0].loading.randomness == "random"


def test_raw_files_below_a_mounted_drive(tmp_path):
    _, session, training = chosen("raw_files", tmp_path)
    assert (session.epochs, training.images, training.split) == (5, 60_000, "train")
    assert session.evaluations[0].loading.split == "test"


def test_transforms_of_the_second_version_and_an_optimizer_of_the_students_own(tmp_path):
    found, session, training = chosen("second_version", tmp_path)
    assert found.notes == ()
    assert (training.data_set, training.batch_size, training.shuffled) == ("FashionMNIST", 128, True)
    assert names(training) == ["ToImage", "RandomRotation", "ToDtype", "Normalize"]
    assert {call.library for call in training.transforms} == {"torchvision.v2"}
    assert session.model.text == "Net(width=8, drop=0.05)"
    assert session.optimizer.text == "Lamb(lr=0.004, trust=2.0)"
    assert session.optimizer.library == ""
    assert [(one.call.text, one.steps) for one in session.schedules] == [
        ("CosineAnnealingLR(T_max=6)", "per epoch")
    ]
    assert [(one.passes, one.mode, one.gradients) for one in session.evaluations] == [(6, "eval", False)]
    assert session.evaluations[0].loading.randomness == "fixed"


def test_relative_imports_and_a_file_named_like_a_standard_module(tmp_path):
    found, session, _ = chosen("relative_imports", tmp_path)
    assert found.notes == ("The name EPOCHS is taken from src/statistics.py.",)
    assert (session.unit, session.epochs, session.optimizer.text) == ("src/train.py", 14, "Adagrad(lr=0.01)")
    assert session.evaluations[0].passes == 14


def test_a_submission_without_training(tmp_path):
    found = recovered("no_training", tmp_path)
    assert isinstance(found, Absent)
    assert found.reason.startswith("No training code was found")


def test_a_unit_that_is_never_done_ends_with_what_it_showed(tmp_path):
    root = recipes.lay_out("never_done", tmp_path / "never_done")
    worker = open_worker_at(root)()
    try:
        found = conversation.capture(worker, "net.ipynb", cpu_seconds=3)
    finally:
        worker.stop()
    assert isinstance(found, Capture), found
    assert found.ended == "out of time"
    assert [one.session.epochs for one in found.seen] == [5]


def test_a_unit_that_prints_without_end_is_ended_before_its_time(tmp_path):
    root = tmp_path / "submission"
    root.mkdir()
    (root / "train.py").write_text("while True:\n    print('flood' * 10_000)\n")
    with open_worker_at(root)() as worker:
        found = conversation.capture(worker, "train.py", cpu_seconds=60)
    assert isinstance(found, Capture), found
    assert found.ended == "out of time"
    assert found.notes == ("train.py printed more than 64 MiB and was ended.",)
    assert found.seconds < 20


def test_a_unit_that_will_not_end_is_ended(tmp_path, monkeypatch):
    root = tmp_path / "submission"
    root.mkdir()
    (root / "train.py").write_text(
        "import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\nwhile True:\n    pass\n"
    )
    monkeypatch.setattr(conversation, "CAPTURE_GRACE_SECONDS", 2.0)
    with open_worker_at(root)() as worker:
        found = conversation.capture(worker, "train.py", cpu_seconds=1)
    assert isinstance(found, Ending)
    assert found.kind == "time"


def test_nothing_runs_outside_of_the_sandbox(tmp_path):
    """The student's code leaves a mark wherever it runs: the grader's own process must not have it."""
    mark = tmp_path / "mark"
    submission = tmp_path / "submission"
    submission.mkdir()
    (submission / "train.py").write_text(
        f"open({str(mark)!r}, 'w').write('ran')\nimport torch\n"
        "optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)\n"
        "(optimizer.param_groups[0]['params'][0] * 2).sum().backward()\noptimizer.step()\n"
    )
    with fetch(str(submission)) as fetched:
        reading = read_submission(fetched.root, fetched.submission)
        found = capture(open_worker_at(fetched.root), fetched.root, fetched.submission, reading, NO_MODEL)
    assert isinstance(found, RecoveredTraining)
    assert found.sessions[0].optimizer.text == "SGD(lr=0.1)"
    assert not mark.exists()


def test_training_on_both_splits_with_gradients_cleared_by_hand(tmp_path):
    _, session, training = chosen("trains_on_test", tmp_path)
    assert session.zeroes_gradients
    assert (training.data_set, training.split, training.images) == ("MNIST", "unclear", 70_000)
    assert dict(session.unknown)["training.split"].startswith("Training and test images together")
    assert [(one.loading.split, one.loading.images) for one in session.evaluations] == [("test", 10_000)]


def test_a_part_with_augmentation_and_gradients_cleared_once_per_epoch(tmp_path):
    _, session, training = chosen("part_augmented", tmp_path)
    assert not session.zeroes_gradients
    assert (training.split, training.images, training.randomness) == ("train", 90_000, "random")
    assert names(training) == ["ToTensor"]


def test_parts_of_tensors_by_a_sampler_and_by_indices(tmp_path):
    _, session, training = chosen("sampled_tensors", tmp_path)
    assert (training.split, training.images, training.shuffled) == ("part of train", 50_000, True)
    assert [(one.loading.split, one.loading.images) for one in session.evaluations] == [
        ("part of train", 10_000),
        ("test", 10_000),
    ]
    assert session.zeroes_gradients


def test_what_depends_on_measured_values_is_not_known(tmp_path):
    found = recovered("until_patient", tmp_path, model_facts("net.ipynb", 0, "Net", 170))
    assert isinstance(found, RecoveredTraining)
    session = found.sessions[found.chosen]
    assert (session.epochs, session.last_rate, session.confidence) == (0, 0.0, "medium")
    assert session.passes >= 6
    assert {"epochs", "last_rate"} <= set(dict(session.unknown))
    assert "depends on the metric" in dict(session.unknown)["last_rate"]


def test_gradients_of_eight_batches_are_added_up(tmp_path):
    found, session, training = chosen("adds_up_batches", tmp_path)
    assert (session.epochs, session.passes, training.batch_size) == (3, 3, 32)
    assert session.zeroes_gradients
    assert [(one.call.name, one.steps) for one in session.schedules] == [("OneCycleLR", "per batch")]
    assert any("steps once per 8 batches" in note for note in found.notes)
    assert session.beside == ("the optimizer steps once per 8 batches",)


def test_what_the_steps_do_beside_forward_and_backward_is_seen(tmp_path):
    _, session, training = chosen("clips_gradients", tmp_path)
    assert [one.text for one in session.clipping] == ["clip_grad_norm_(max_norm=0.5)"]
    assert session.beside == ("the loss is computed of something else than what the model returns",)
    assert (session.loss, session.loss_is_plain, training.batch_size) == ("nll_loss", True, 64)


def test_a_required_option_that_nobody_gives_is_named(tmp_path):
    found = recovered("usage_error", tmp_path)
    assert isinstance(found, Absent)
    assert "the following arguments are required: --data" in found.reason


def test_settings_in_a_yaml_file(tmp_path):
    _, session, training = chosen("yaml_settings", tmp_path)
    assert (session.epochs, session.optimizer.text) == (7, "RMSprop(lr=0.003)")
    assert (training.batch_size, training.shuffled) == (96, True)
