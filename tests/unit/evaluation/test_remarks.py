"""The method review: every mistake is seen with its place and line, and an honest training gets no remark."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.method import FAULTS, NOTES
from grader.evaluation.remarks import remarks
from grader.records import Absent, Call, Entrypoint, LogLine, ModelFacts, Remark, Schedule

SOURCE = {
    "train.py": "\n" * 14 + "loader = DataLoader(train, batch_size=128, shuffle=False)\n",
    "net.ipynb, cell 9": "# test(train_loader)\nfor epoch in range(20):\n    test(model, device, train_loader)\n",
}
MODEL = ModelFacts(
    entrypoint=Entrypoint("train.py", 0, "Net", (), "It is the only one."),
    parameters=6330,
    trainable=6330,
    buffer_elements=0,
    layers=(),
    layer_kinds=("convolution", "batch norm", "dropout"),
    table="",
    input_shape=(1, 28, 28),
    output_shape=(10,),
    head="log_softmax",
)


@pytest.fixture
def model() -> ModelFacts:
    return MODEL


def source(place: str) -> str:
    return SOURCE.get(place, "")


def names(found: tuple[Remark, ...]) -> list[str]:
    return [one.name for one in found]


def test_an_honest_training_gets_no_remark(made, model):
    log = made.log((0.98, 0.99, 0.9931))
    honest = made.reading(log, (made.claim("test_accuracy", 0.9931, "99.31 % test accuracy"),))
    assert remarks(made.recovered(), honest, model=model, epochs_allowed=15) == ()


def test_nothing_recovered_and_no_readme_gets_no_remark(made):
    assert remarks(Absent("skipped", "Not asked."), made.NO_README) == ()
    assert remarks(made.recovered(chosen=7), made.NO_README) == ()


# --- data -----------------------------------------------------------------------------------------------------


def test_measured_on_the_training_set_with_its_line(made):
    careless = made.session(
        unit="net.ipynb",
        evaluations=(replace(made.TEST_PASS, loading=made.TRAINING, place="net.ipynb, cell 9"),),
    )
    (found,) = remarks(made.recovered(careless), made.reading(), source=source)
    assert found.name == "measured on the training set"
    assert (found.place, found.quote) == ("net.ipynb, cell 9, line 3", "test(model, device, train_loader)")
    assert "the 60,000 training images" in found.why
    assert found.seen == "behaviour"


def test_the_call_is_quoted_rather_than_the_function_that_it_calls(made):
    texts = {
        "net.ipynb, cell 4": "def test(model, loader):\n    for images, labels in loader:\n        pass\n",
        "net.ipynb, cell 9": "def test(train):\n    pass\nfor epoch in range(9):\n    test(net, train_loader)\n",
    }
    passed = replace(made.TEST_PASS, loading=made.TRAINING, place="net.ipynb, cell 4, line 2")
    careless = made.session(place="net.ipynb, cell 9, line 3", evaluations=(passed,))
    (found,) = remarks(made.recovered(careless), made.reading(), source=lambda place: texts.get(place, ""))
    assert (found.place, found.quote) == ("net.ipynb, cell 9, line 4", "test(net, train_loader)")
    texts["net.ipynb, cell 9"] = "fit(net)\n"
    (found,) = remarks(made.recovered(careless), made.reading(), source=lambda place: texts.get(place, ""))
    assert (found.place, found.quote) == ("net.ipynb, cell 4, line 2", "for images, labels in loader:")


@pytest.mark.parametrize("split", ["test", "part of test", "part of train", "unclear"])
def test_passes_over_train_and_over_other_data_are_legitimate(made, split):
    both = (
        replace(made.TEST_PASS, loading=made.TRAINING),
        made.evaluated(loading={"split": split}),
    )
    found = remarks(made.recovered(made.session(evaluations=both)), made.reading())
    assert [one for one in found if not one.harmless] == []


def test_a_log_that_counts_test_images_is_believed(made):
    careless = made.session(evaluations=(replace(made.TEST_PASS, loading=made.TRAINING),))
    assert remarks(made.recovered(careless), made.reading(made.log((0.98,)))) == ()


def test_another_run_that_tests_the_same_model_is_believed(made):
    careless = made.session(evaluations=(replace(made.TEST_PASS, loading=made.TRAINING),))
    assert remarks(made.recovered(careless, made.session()), made.reading()) == ()
    other = made.session(model=Call("Other"))
    assert names(remarks(made.recovered(careless, other), made.reading())) == ["measured on the training set"]


@pytest.mark.parametrize(
    ("data_set", "images", "seen"),
    [
        ("MNIST", 60_000, True),
        ("CIFAR10", 50_000, True),
        ("MNIST", 10_000, False),
        ("MNIST", 50_000, False),
        ("QMNIST", 60_000, False),
        ("MyDataSet", 60_000, False),
    ],
)
def test_a_log_line_that_counts_the_training_images(made, data_set, images, seen):
    training = made.session(training=replace(made.TRAINING, data_set=data_set))
    found = remarks(made.recovered(training), made.reading(made.log((0.95, 0.96), images)))
    assert bool(found) == seen
    if seen:
        assert (found[0].name, found[0].place, found[0].seen) == (
            "measured on the training set",
            "README.md:41",
            "log",
        )
        assert "1 more line like it" in found[0].why


def test_without_a_recovered_training_the_log_alone_is_enough(made):
    found = remarks(Absent("skipped", "Not asked."), made.reading(made.log((0.95,), 60_000)))
    assert names(found) == ["measured on the training set"]


def test_random_test_images_in_use_and_unused_are_told_apart(made):
    used = made.session(evaluations=(made.evaluated(loading={"randomness": "random"}),))
    assert names(remarks(made.recovered(used), made.reading())) == ["test data with random augmentation"]
    idle = replace(made.TESTING, randomness="random", place="train.py:15")
    unused = replace(made.recovered(), unused=(made.TESTING, replace(idle, split="train"), idle))
    (found,) = remarks(unused, made.reading(), source=source)
    assert found.place == "train.py:15"
    assert found.name == "test set with random augmentation, never used"
    assert "never evaluated" in found.why


@pytest.mark.parametrize("randomness", ["fixed", "unclear"])
def test_a_rotation_in_the_text_of_the_transforms_proves_nothing(made, randomness):
    """One data-set class may hold both pipelines and choose by a flag: only what came out counts."""
    loading = {"transforms": (made.ROTATION, made.TO_TENSOR, made.normalize()), "randomness": randomness}
    textual = made.session(evaluations=(made.evaluated(loading=loading),))
    assert remarks(made.recovered(textual), made.reading()) == ()


def test_a_training_in_a_fixed_order_is_quoted(made):
    fixed = made.session(training=replace(made.TRAINING, shuffled=False))
    (found,) = remarks(made.recovered(fixed), made.reading(), source=source)
    assert found.name == "training without shuffling"
    assert (found.place, found.quote) == (
        "train.py:15",
        "loader = DataLoader(train, batch_size=128, shuffle=False)",
    )


def test_one_batch_of_all_images_needs_no_order(made):
    whole = made.session(training=replace(made.TRAINING, shuffled=False, batch_size=60_000))
    assert remarks(made.recovered(whole), made.reading()) == ()


@pytest.mark.parametrize("name", ["training", "shuffled", "training.shuffled"])
def test_what_is_not_known_is_not_said(made, name):
    fixed = made.session(training=replace(made.TRAINING, shuffled=False), unknown=((name, "a sampler"),))
    assert remarks(made.recovered(fixed), made.reading()) == ()


@pytest.mark.parametrize(
    ("mean", "std", "seen"),
    [
        ("(0.1307,)", "(0.3081,)", False),
        ("[0.1307]", "[0.3081]", False),
        ("(0.1325,)", "(0.3105,)", False),
        ("(0.5,)", "(0.5,)", True),
        ("self.mean", "(0.3,)", False),
    ],
)
def test_a_different_normalisation(made, mean, std, seen):
    loading = {"transforms": (made.TO_TENSOR, made.normalize(mean, std))}
    other = made.session(evaluations=(made.evaluated(loading=loading),))
    found = remarks(made.recovered(other), made.reading())
    assert names(found) == (["different normalisation for train and test"] if seen else [])
    if seen:
        assert found[0].quote == "Normalize(mean='(0.5,)', std='(0.5,)')"


def test_a_missing_normalisation_counts_unless_a_transform_is_the_students_own(made):
    bare = made.evaluated(loading={"transforms": (made.TO_TENSOR,)})
    own = made.evaluated(loading={"transforms": (Call("MyTransform"), made.TO_TENSOR)})
    found = [
        names(remarks(made.recovered(made.session(evaluations=(one,))), made.reading()))
        for one in (bare, own)
    ]
    assert found == [["different normalisation for train and test"], []]


def test_a_validation_set_held_back_from_the_training_set_is_called_legitimate(made):
    held_back = made.session(evaluations=(made.evaluated(loading={"split": "part of train"}),))
    (found,) = remarks(made.recovered(held_back), made.reading())
    assert found.harmless
    assert "legitimate validation set" in found.why


def test_the_call_that_holds_images_back_is_quoted_rather_than_its_import(made):
    text = (
        "from torch.utils.data import random_split, Subset\n\ntr, va = random_split(train, [55000, 5000])\n"
    )
    loading = {"split": "part of train", "place": "a.ipynb, cell 4"}
    held_back = made.session(evaluations=(made.evaluated(loading=loading),))
    (found,) = remarks(
        made.recovered(held_back),
        made.reading(),
        source=lambda place: {"a.ipynb, cell 4": text}.get(place, ""),
    )
    assert (found.place, found.quote) == (
        "a.ipynb, cell 4, line 3",
        "tr, va = random_split(train, [55000, 5000])",
    )


MIXTURE = """from torch.utils.data import ConcatDataset
more = ConcatDataset([train, train])
both = ConcatDataset([train, test])
loader = DataLoader(both, batch_size=64, shuffle=True)
"""
TOGETHER = (("training.split", "It holds training and test images together."),)


@pytest.mark.parametrize(
    ("text", "line", "quote"),
    [
        (MIXTURE, 3, "both = ConcatDataset([train, test])"),
        (MIXTURE.replace("ConcatDataset([train, test])", "train + test").replace("ConcatDataset([train, train])", "train"), 4, "loader = DataLoader(both, batch_size=64, shuffle=True)"),
    ],
    ids=["concatenated", "added"],
)  # fmt: skip
def test_training_on_test_images_is_pointed_out(made, text, line, quote):
    training = replace(made.TRAINING, split="unclear", images=70_000, place="train.py:4")
    mixed = made.session(training=training, unknown=TOGETHER)
    (found,) = remarks(
        made.recovered(mixed), made.reading(), source=lambda place: {"train.py": text}.get(place, "")
    )
    assert (found.name, found.seen, found.harmless) == ("trained on test images", "behaviour", False)
    assert (found.place, found.quote) == (f"train.py:{line}", quote)
    assert "70,000" in found.why


@pytest.mark.parametrize(
    "change",
    [{"unknown": ()}, {"way": "read"}, {"training": {"split": "train"}}],
    ids=["nothing is said", "only read", "known"],
)
def test_without_a_seen_mixture_nothing_is_said(made, change):
    loading = {"split": "unclear"} | change.get("training", {})
    changed = {"unknown": TOGETHER} | change | {"training": replace(made.TRAINING, **loading)}
    assert remarks(made.recovered(made.session(**changed)), made.reading()) == ()


# --- steps ----------------------------------------------------------------------------------------------------


def test_train_mode_at_test(made, model):
    training = made.recovered(made.session(evaluations=(made.evaluated(mode="train"),)))
    assert names(remarks(training, made.reading(), model=model)) == ["no model.eval() at test"]
    plain = replace(model, layer_kinds=("convolution", "fully connected"))
    assert remarks(training, made.reading(), model=plain) == ()


def test_one_look_at_a_few_pictures_in_train_mode_is_not_the_result(made):
    both = (made.TEST_PASS, made.evaluated(mode="train", gradients=True, passes=1))
    assert remarks(made.recovered(made.session(evaluations=both)), made.reading()) == ()


def test_an_accuracy_on_training_images_may_be_taken_in_train_mode(made):
    both = (made.TEST_PASS, replace(made.TEST_PASS, loading=made.TRAINING, mode="train"))
    assert remarks(made.recovered(made.session(evaluations=both)), made.reading()) == ()


def test_gradients_on_is_harmless(made):
    (found,) = remarks(
        made.recovered(made.session(evaluations=(made.evaluated(gradients=True),))), made.reading()
    )
    assert (found.name, found.harmless) == ("gradients on while evaluating", True)


def test_gradients_that_add_up(made):
    assert names(remarks(made.recovered(made.session(zeroes_gradients=False)), made.reading())) == [
        "no zero_grad"
    ]


@pytest.mark.parametrize("loss", ["cross_entropy", "CrossEntropyLoss"])
def test_probabilities_before_cross_entropy(made, model, loss):
    training = made.recovered(made.session(loss=loss))
    softmax = replace(model, head="probabilities")
    assert names(remarks(training, made.reading(), model=softmax)) == ["softmax before cross-entropy"]
    assert remarks(training, made.reading(), True, model=softmax) == ()
    assert remarks(training, made.reading(), model=replace(model, head="logits")) == ()
    assert remarks(training, made.reading()) == ()


def test_log_softmax_before_cross_entropy_is_harmless(made, model):
    (found,) = remarks(made.recovered(made.session(loss="cross_entropy")), made.reading(), model=model)
    assert (found.name, found.harmless) == ("log-softmax before cross-entropy", True)


LOSS_IN_A_LOOP = """import torch
from torch.nn import CrossEntropyLoss
# CrossEntropyLoss() was tried first
def cross_entropy(a, b): return a
lf = nn.CrossEntropyLoss()
for x, y in loader:
    o.step()
    binary_cross_entropy(x, y)
"""


@pytest.mark.parametrize("head", ["probabilities", "log_softmax"])
@pytest.mark.parametrize(
    ("text", "line", "quote"),
    [
        (LOSS_IN_A_LOOP, 5, "lf = nn.CrossEntropyLoss()"),
        (LOSS_IN_A_LOOP.replace("nn.CrossEntropyLoss()", "partial(F.cross_entropy)"), 5, "lf = partial(F.cross_entropy)"),
        (LOSS_IN_A_LOOP.replace("lf = nn.CrossEntropyLoss()", "loss = 0"), 7, ""),
    ],
    ids=["built", "handed over", "nowhere"],
)  # fmt: skip
def test_the_line_of_the_loss_is_quoted_and_no_other(made, model, head, text, line, quote):
    training = made.recovered(made.session(loss="CrossEntropyLoss", place="train.py:7"))
    (found,) = remarks(
        training,
        made.reading(),
        model=replace(model, head=head),
        source=lambda place: {"train.py": text}.get(place, ""),
    )
    assert (found.place, found.quote) == (f"train.py:{line}", quote)


def test_the_loss_of_a_cell_before_is_found(made, model):
    cells = {"a.ipynb, cell 3": "crit = nn.CrossEntropyLoss()", "a.ipynb, cell 9": "fit(net, crit)\n"}
    training = made.recovered(made.session(loss="cross_entropy", unit="a.ipynb", place="a.ipynb, cell 9"))
    softmax = replace(model, head="probabilities")
    (found,) = remarks(training, made.reading(), model=softmax, source=lambda place: cells.get(place, ""))
    assert (found.place, found.quote) == ("a.ipynb, cell 3, line 1", "crit = nn.CrossEntropyLoss()")


@pytest.mark.parametrize("change", [{"model": Call("Other")}, {"trainable": 99}, {"loss": "nll_loss"}])
def test_the_output_of_another_model_says_nothing(made, model, change):
    training = made.recovered(made.session(**{"loss": "cross_entropy"} | change))
    assert remarks(training, made.reading(), model=replace(model, head="probabilities")) == ()


def test_schedules_that_never_act(made):
    idle = made.session(schedules=(Schedule(made.STEP_LR, "never"),))
    (found,) = remarks(made.recovered(idle), made.reading())
    assert (found.name, found.place) == ("scheduler never stepped", "train.py:21")
    assert found.quote == "StepLR(step_size=5, gamma=0.1)"
    two = made.session(schedules=(Schedule(made.STEP_LR, "never"), Schedule(made.ONE_CYCLE, "per batch")))
    (found,) = remarks(made.recovered(two), made.reading())
    assert (found.name, found.place) == ("one of several schedulers acts", "train.py:21")
    assert "Only OneCycleLR is stepped" in found.why


@pytest.mark.parametrize(
    "driver",
    [
        Schedule(Call("SequentialLR", (), "", "torch"), "per epoch"),
        Schedule(Call("GradualWarmup", (), "", ""), "per epoch"),
        Schedule(Call("OneCycleLR", (), "", "torch"), "unclear"),
        Schedule(Call("Warm", (("after_scheduler", "<StepLR>"),), "", "torch"), "per epoch"),
    ],
)
def test_a_schedule_that_another_may_drive_is_left_alone(made, driver):
    driven = made.session(schedules=(Schedule(made.STEP_LR, "never"), driver))
    assert remarks(made.recovered(driven), made.reading()) == ()


def test_two_schedules_that_both_act_are_fine(made):
    both = made.session(
        schedules=(Schedule(made.STEP_LR, "per epoch"), Schedule(made.ONE_CYCLE, "per batch"))
    )
    assert remarks(made.recovered(both), made.reading()) == ()


@pytest.mark.parametrize(
    ("allowed", "logged", "seen"), [(1, 0, True), (15, 0, False), (0, 0, False), (1, 1, False)]
)
def test_more_epochs_than_allowed(made, allowed, logged, seen):
    shown = made.reading(made.log((0.9,) * logged))
    found = remarks(made.recovered(), shown, epochs_allowed=allowed)
    assert names(found) == (["more epochs than allowed"] if seen else [])


# --- the log ----------------------------------------------------------------------------------------------------

BEST_LOG = (0.98, 0.9943, 0.9931)


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (0.9943, "Test accuracy: 99.43 %", ["best test epoch as the result"]),
        (0.9943, "Best test accuracy: 99.43 %", ["best test epoch named as such"]),
        (0.9931, "Test accuracy: 99.31 %", []),
        (0.9950, "Test accuracy: 99.5 %", []),
        (0.99, "Test accuracy: 99 %", []),
    ],
)
def test_the_best_epoch_as_the_result(made, value, text, expected):
    found = remarks(
        made.recovered(), made.reading(made.log(BEST_LOG), (made.claim("test_accuracy", value, text),))
    )
    assert names(found) == expected
    assert all(one.quote == text and "epoch 2 of 3" in one.why for one in found)


def test_both_numbers_stated_is_honest(made):
    claims = (
        made.claim("test_accuracy", 0.9943, "Highest in between, test accuracy 99.43 %"),
        made.claim("test_accuracy", 0.9931, "Test accuracy: 99.31 %", "README.md:10"),
    )
    assert remarks(made.recovered(), made.reading(made.log(BEST_LOG), claims)) == ()


def test_logs_of_several_trainings_are_not_mixed_up(made):
    several = made.log((0.98, 0.9943)) + made.log((0.97, 0.9931))
    claims = (made.claim("test_accuracy", 0.9943, "Test accuracy: 99.43 %"),)
    assert remarks(made.recovered(), made.reading(several, claims)) == ()


# --- how sure it is ---------------------------------------------------------------------------------------------


def careless(made, **changes):
    """Everything wrong at once."""
    return made.session(
        training=replace(made.TRAINING, shuffled=False),
        evaluations=(made.evaluated(mode="train", loading={"randomness": "random"}),),
        zeroes_gradients=False,
        schedules=(Schedule(made.STEP_LR, "never"),),
        **changes,
    )


def test_a_doubtful_session_gets_no_remark(made):
    assert remarks(made.recovered(careless(made, confidence="low")), made.reading()) == ()
    assert len(remarks(made.recovered(careless(made)), made.reading())) == 5


def test_a_session_that_was_only_read_gets_only_what_stands_in_the_source(made):
    (found,) = remarks(made.recovered(careless(made, way="read")), made.reading())
    assert (found.name, found.seen) == ("training without shuffling", "source")


def test_only_the_session_of_the_model_handed_in_is_reviewed(made):
    both = made.recovered(careless(made), made.session(), chosen=1)
    assert remarks(both, made.reading()) == ()


def test_every_remark_is_one_of_the_named_ones(made, model):
    training = made.recovered(careless(made))
    found = remarks(training, made.reading(made.log((0.9,), 60_000)), model=model, epochs_allowed=1)
    assert set(names(found)) <= {*FAULTS, *NOTES}
    assert all(one.why.endswith(".") and one.place for one in found)


def test_hostile_text_is_made_harmless(made):
    bad = "\x1b[31m\u202e" + "x" * 5000
    line = LogLine(bad, bad, 1, 0.95, 60_000)
    (found,) = remarks(Absent("skipped", "No."), made.reading((line,)))
    assert "\x1b" not in found.place + found.quote
    assert "\u202e" not in found.place + found.quote
    assert len(found.quote) <= 200


@pytest.mark.parametrize("word", ["test", "test(", "a test_", "(", " ", "def ", "shuffle", "train "])
def test_a_hostile_cell_takes_little_time(made, word):
    line = word * (4000 // len(word)) + "\n"
    passed = replace(made.TEST_PASS, loading=made.TRAINING, place="net.ipynb, cell 4")
    hostile = replace(careless(made), place="net.ipynb, cell 4", evaluations=(passed,))
    begin = time.process_time()
    found = remarks(made.recovered(hostile), made.reading(), source=lambda _: line * 4000)
    assert time.process_time() - begin < 10
    assert found


@given(
    batch=st.sampled_from([1, 32, 64, 128, 512, 4096]),
    epochs=st.integers(1, 100),
    schedule=st.sampled_from(["none", "per batch", "per epoch", "unclear"]),
    loss=st.sampled_from(["nll_loss", "cross_entropy", "CrossEntropyLoss", "focal", ""]),
    head=st.sampled_from(["logits", "log_softmax"]),
    augmented=st.booleans(),
    evaluated=st.sampled_from(["test", "validation and test", "train and test", "never"]),
    way=st.sampled_from(["captured", "read"]),
    accuracies=st.lists(st.floats(0.1, 0.999), max_size=8),
    early=st.booleans(),
)
def test_no_honest_training_gets_a_remark_that_names_a_mistake(
    made, batch, epochs, schedule, loss, head, augmented, evaluated, way, accuracies, early
):
    transforms = (*([made.ROTATION] if augmented else []), made.TO_TENSOR, made.normalize())
    training = replace(
        made.TRAINING, batch_size=batch, transforms=transforms, randomness="random" if augmented else "fixed"
    )
    held_out = {"split": "part of train", "images": 5000}
    passes = {
        "test": (made.TEST_PASS,),
        "validation and test": (made.evaluated(loading=held_out), made.evaluated(passes=1)),
        "train and test": (replace(made.TEST_PASS, loading=training), made.TEST_PASS),
        "never": (),
    }
    honest = made.session(
        way=way,
        training=training,
        evaluations=passes[evaluated],
        epochs=epochs,
        passes=max(1, epochs // 2) if early else epochs,
        schedules=() if schedule == "none" else (Schedule(made.STEP_LR, schedule),),
        loss=loss,
    )
    shown = tuple(round(value, 4) for value in accuracies)
    claims = (
        (made.claim("test_accuracy", shown[-1], f"test accuracy {100 * shown[-1]:.2f} %"),) if shown else ()
    )
    seen = made.reading(made.log(shown), claims)
    found = remarks(made.recovered(honest), seen, model=replace(MODEL, head=head), epochs_allowed=epochs)
    assert [one for one in found if not one.harmless] == []
