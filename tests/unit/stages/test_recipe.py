"""From what was recovered of a student's training to the recipe that is trained."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.records import Absent, Call, Evaluating, RecoveredTraining, Schedule, Session
from grader.spec.load import load_spec
from grader.stages.plan import plan_of
from grader.stages.recipe import default_recipe, recipe_for

_PLACE = Path(__file__).parents[2] / "fixtures" / "records.py"
_SPEC = importlib.util.spec_from_file_location("grader_test_records_for_recipes", _PLACE)
records = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(records)

S4 = load_spec("s4").spec
DATA = SimpleNamespace(
    second=None,
    train_images=range(60_000),
    task_images=60_000,
    input_shape=(1, 28, 28),
    picture_shape=(1, 28, 28),
    inputs="pixels",
    channel_means=(0.1307,),
    channel_stds=(0.3081,),
)
SESSION: Session = records.session()
AT_MOST_15 = S4.model_copy(
    update={
        "training": S4.training.model_copy(
            update={"epochs": S4.training.epochs.model_copy(update={"exactly": None, "at_most": 15})}
        )
    }
)
LAMBDA = Schedule(Call("LambdaLR", (("lr_lambda", "<function>"),), "train.py:21", "torch"), "per epoch")
PLATEAU = Schedule(Call("ReduceLROnPlateau", (("patience", 2),), "train.py:21", "torch"), "per epoch")


def head(name: str = "log_softmax") -> SimpleNamespace:
    return SimpleNamespace(head=name)


def recovered(**fields: object) -> RecoveredTraining:
    return RecoveredTraining((replace(SESSION, **fields),), 0, "It was seen.", 1.0)


def loading(**fields: object) -> dict[str, object]:
    return {"training": replace(SESSION.training, **fields)}


def made(spec=S4, *, output: str = "log_softmax", lane: str = "fast", **fields: object):
    return recipe_for(spec, recovered(**fields), head(output), DATA, lane=lane)


def test_all_that_is_covered_is_the_students():
    recipe = made()
    assert (recipe.source, recipe.lane) == ("student", "fast")
    assert recipe.optimizer == SESSION.optimizer
    assert recipe.schedules == recipe.stated_schedules == SESSION.schedules
    assert (recipe.loss, recipe.batch_size, recipe.shuffled) == ("nll_loss", 128, True)
    assert recipe.transforms == SESSION.training.transforms
    assert [one.name for one in recipe.evaluated_with] == ["ToTensor", "Normalize"]
    assert recipe.reason == (
        "Optimizer, schedule, loss, batch size and transforms are those of train.py:30, "
        "seen while your code ran with stand-ins."
    )
    assert dict(recipe.parts)["optimizer"] == "your code (train.py:20)"


def test_the_plan_is_plain_and_whole():
    betas = (("lr", 0.001), ("betas", "(0.9, 0.99)"), ("foreach", "None"))
    plan = plan_of(made(optimizer=Call("Adam", betas, "train.py:20", "torch")))
    assert plan["optimizer"] == {"name": "Adam", "arguments": {"lr": 0.001, "betas": (0.9, 0.99)}}
    assert plan["schedules"] == [
        {
            "name": "OneCycleLR",
            "arguments": {"max_lr": 0.05, "total_steps": 469},
            "steps": "per batch",
        }
    ]
    assert plan["loss"] == {"name": "nll_loss", "arguments": {}}
    assert plan["transforms"][0] == {
        "name": "RandomRotation",
        "arguments": [["degrees", 7.0]],
        "library": "torchvision",
    }


ROWS = SimpleNamespace(**{**DATA.__dict__, "input_shape": (784,)})
COLUMNS = SimpleNamespace(
    train_images=range(120),
    task_images=120,
    input_shape=(4,),
    picture_shape=None,
    inputs="features",
    second=None,
    channel_means=(5.8, 3.1, 3.7, 1.2),
    channel_stds=(0.8, 0.4, 1.8, 0.8),
)


def test_rows_of_pixels_without_transforms_are_scaled_like_everybodys():
    recipe = recipe_for(S4, recovered(**loading(transforms=())), head(), ROWS)
    assert [one.name for one in recipe.transforms] == ["ToTensor"]
    assert recipe.evaluated_with == recipe.transforms
    assert (recipe.source, recipe.lane) == ("student", "fast")
    assert "everybody's table" in dict(recipe.parts)["transforms"]


def test_rows_of_pixels_keep_the_transforms_that_the_student_has():
    recipe = recipe_for(S4, recovered(), head(), ROWS)
    assert recipe.transforms == SESSION.training.transforms
    assert dict(recipe.parts)["transforms"].startswith("your code")


@pytest.mark.parametrize("transforms", [(), SESSION.training.transforms], ids=["none", "of images"])
def test_columns_are_standardised_with_the_training_parts_own_figures(transforms):
    recipe = recipe_for(S4, recovered(**loading(transforms=transforms)), head(), COLUMNS)
    (only,) = recipe.transforms
    assert (only.name, dict(only.arguments)["mean"]) == ("Normalize", "(5.8, 3.1, 3.7, 1.2)")
    assert recipe.evaluated_with == recipe.transforms
    assert recipe.source == "student"


def test_a_table_that_nothing_is_known_of_is_trained_with_the_default():
    recipe = recipe_for(S4, Absent("skipped", "Nothing was seen."), head(), COLUMNS)
    assert (recipe.source, [one.name for one in recipe.transforms]) == ("default", ["Normalize"])


def test_fewer_epochs_rebuild_the_schedule_and_both_are_shown():
    stated = (
        Schedule(Call("OneCycleLR", (("max_lr", 0.1), ("total_steps", 7035)), "a", "torch"), "per batch"),
    )
    recipe = made(epochs=15, schedules=stated)
    assert (recipe.epochs, recipe.stated_epochs) == (1, 15)
    assert dict(recipe.schedules[0].call.arguments)["total_steps"] == 469
    assert recipe.stated_schedules == stated
    assert "your training has 15" in dict(recipe.parts)["epochs"]


@pytest.mark.parametrize(("stated", "trained"), [(10, 10), (20, 15), (0, 15)])
def test_at_most_is_the_students_number_up_to_the_limit(stated, trained):
    assert made(AT_MOST_15, epochs=stated).epochs == trained


def test_transforms_that_this_machine_does_in_another_way_go_to_the_students_loop_or_to_the_default():
    odd = "in batches, 3 of 24 images differ"
    recipe = recipe_for(S4, recovered(), head("log_softmax"), DATA, lane="auto", differs=odd)
    assert (recipe.lane, recipe.source) == ("faithful", "student")
    assert odd in recipe.lane_reason
    recipe = recipe_for(S4, recovered(), head("log_softmax"), DATA, lane="fast", differs=odd)
    assert (recipe.lane, recipe.source) == ("fast", "mixed")
    assert [one.name for one in recipe.transforms] == ["ToTensor", "Normalize"]
    assert odd in dict(recipe.parts)["transforms"]


# --- what the fast lane does not cover --------------------------------------------------------------------------

GAPS = {
    "optimizer of their own": (
        {"optimizer": Call("Lion", (("lr", 0.1),), "a", "")},
        "optimizer",
        "Lion is no",
    ),
    "LBFGS": ({"optimizer": Call("LBFGS", (("lr", 0.1),), "a", "torch")}, "optimizer", "LBFGS is no"),
    "groups": ({"parameter_groups": 2}, "optimizer", "in 2 groups"),
    "kept gradients": ({"zeroes_gradients": False}, "optimizer", "not set back"),
    "rate of a finder": (
        {
            "optimizer": Call("SGD", (("lr", "from a finder, not recoverable"),), "a", "torch"),
            "rate_finder": "The rate comes from a learning-rate finder.",
        },
        "optimizer",
        "The rate comes from a learning-rate finder",
    ),
    "rate that was not read": (
        {"way": "read", "unknown": (("optimizer.lr", "it is only known at run time"),)},
        "optimizer",
        "optimizer.lr is not known: it is only known at run time",
    ),
    "lambda": ({"schedules": (LAMBDA,)}, "schedule", "LambdaLR is no schedule"),
    "plateau": ({"schedules": (PLATEAU,)}, "schedule", "acts on what your own loop measures"),
    "unclear steps": (
        {"schedules": (replace(SESSION.schedules[0], steps="unclear"),)},
        "schedule",
        "when OneCycleLR is stepped",
    ),
    "loss of their own": ({"loss": ""}, "loss", "could not be told"),
    "mse": ({"loss": "mse_loss"}, "loss", "mse_loss is no loss"),
    "regularised": ({"loss_is_plain": False}, "loss", "something is added to nll_loss"),
    "weights of classes": ({"loss_arguments": (("weight", "tensor([1., 2.])"),)}, "loss", "is given weight"),
    "batch size": (loading(batch_size=0), "batch size", "could not be told"),
    "huge batch": (loading(batch_size=70_000), "batch size", "could not be told"),
    "transform of their own": (
        loading(transforms=(Call("Mine", (), "a", ""),)),
        "transforms",
        "Mine",
    ),
    "order of a set": (
        {"unknown": (("transforms", "the pipeline is given as a set"),)},
        "transforms",
        "given as a set",
    ),
}


@pytest.mark.parametrize("name", GAPS)
def test_a_part_that_is_not_covered_comes_from_the_default_and_is_named(name):
    fields, part, said = GAPS[name]
    recipe = made(**fields)
    default = default_recipe(S4, DATA, "log_softmax")
    assert (recipe.source, recipe.lane) == ("mixed", "fast")
    assert said in dict(recipe.parts)[part]
    assert said in recipe.reason
    assert said in recipe.lane_reason
    plan_of(recipe)
    own = {
        "optimizer": recipe.optimizer == SESSION.optimizer,
        "loss": (recipe.loss, recipe.loss_arguments) == ("nll_loss", ()),
        "batch size": recipe.batch_size == 128,
        "transforms": recipe.transforms == SESSION.training.transforms,
    }
    assert own.pop(part, False) is (part == "batch size")  # the default's is 128 as well
    if part == "schedule" and name != "plateau":
        assert not own.pop("optimizer")
    assert all(own.values())
    if part == "optimizer":
        assert (recipe.optimizer, recipe.schedules) == (default.optimizer, default.schedules)


@pytest.mark.parametrize("name", GAPS)
def test_it_goes_to_the_faithful_lane_where_that_may_run_and_the_training_was_seen(name):
    fields, _, said = GAPS[name]
    recipe = made(lane="auto", **fields)
    if fields.get("way") == "read":
        assert (recipe.source, recipe.lane) == ("mixed", "fast")
        return
    assert (recipe.source, recipe.lane) == ("student", "faithful")
    assert said in recipe.lane_reason
    assert recipe.stated_schedules == recipe.schedules


def test_what_is_covered_stays_in_the_fast_lane():
    assert made(lane="auto").lane == "fast"


def test_the_rate_stays_constant_where_a_schedule_acts_on_what_is_measured():
    recipe = made(schedules=(PLATEAU,))
    assert (recipe.optimizer, recipe.schedules) == (SESSION.optimizer, ())
    assert dict(recipe.parts)["schedule"].startswith("none, the rate stays")


def test_an_optimizer_from_the_default_takes_the_schedule_along():
    parts = dict(made(parameter_groups=2).parts)
    assert parts["schedule"] == "the assignment's default: optimizer and schedule belong together"


def test_nothing_of_the_students_is_the_default():
    recipe = made(
        optimizer=Call("Mine", (), "a", ""),
        loss="",
        training=Absent("skipped", "Nobody knows."),
    )
    assert recipe.source == "default"


@pytest.mark.parametrize(
    ("loss", "output", "covered"),
    [
        ("cross_entropy", "logits", True),
        ("cross_entropy", "log_softmax", True),
        ("cross_entropy", "probabilities", True),
        ("nll_loss", "log_softmax", True),
        ("nll_loss", "logits", False),
    ],
)
def test_the_students_own_loss_is_followed_where_it_takes_what_the_model_returns(loss, output, covered):
    recipe = made(output=output, loss=loss)
    assert (recipe.source == "student") is covered
    assert recipe.loss == (loss if covered else "cross_entropy")


# --- the default ------------------------------------------------------------------------------------------------


def test_without_a_recovered_training_it_is_the_default_and_says_why():
    recipe = recipe_for(S4, Absent("skipped", "No training code was found."), head("logits"), DATA)
    assert recipe.source == "default"
    assert recipe.reason == "Your own recipe could not be recovered: No training code was found."
    assert recipe.optimizer.text == "SGD(lr=0.05, momentum=0.9)"
    assert dict(recipe.schedules[0].call.arguments) == {"max_lr": 0.05, "total_steps": 469}
    assert recipe.transforms[1].text == "Normalize(mean='(0.1307,)', std='(0.3081,)')"
    plan_of(recipe)


def test_the_assignment_may_ask_for_its_default():
    block = S4.training.model_copy(update={"recipe": "default"})
    recipe = made(S4.model_copy(update={"training": block}))
    assert recipe.source == "default"
    assert recipe.reason == "The assignment trains every model with its default recipe."


@pytest.mark.parametrize(
    ("output", "loss"),
    [("logits", "cross_entropy"), ("log_softmax", "cross_entropy"), ("probabilities", "nll_loss_of_log")],
)
def test_the_defaults_loss_follows_the_output(output, loss):
    assert default_recipe(S4, DATA, output).loss == loss


# --- the test images --------------------------------------------------------------------------------------------


def test_test_images_get_what_is_not_random_in_the_students_test_transforms():
    resize = Call("Resize", (("size", "(28, 28)"),), "a", "torchvision")
    crop = Call("RandomRotation", (("degrees", 9),), "a", "torchvision")
    theirs = replace(SESSION.evaluations[0].loading, transforms=(crop, resize, *records.RECIPE.transforms))
    recipe = made(evaluations=(Evaluating(theirs, 1, "eval", False),))
    assert [one.name for one in recipe.evaluated_with] == ["Resize", "ToTensor", "Normalize"]


def test_without_test_transforms_they_get_those_of_the_training():
    recipe = made(evaluations=())
    assert recipe.evaluated_with == SESSION.training.transforms[1:]


def test_where_neither_can_be_used_they_are_scaled_and_normalised():
    mine = (Call("Mine", (), "a", ""),)
    recipe = made(evaluations=(), **loading(transforms=mine))
    assert [one.name for one in recipe.evaluated_with] == ["ToTensor", "Normalize"]
    assert recipe.transforms == recipe.evaluated_with


@pytest.mark.parametrize(
    ("loss", "beside", "own"),
    [
        ("cross_entropy", (), True),
        ("cross_entropy + binary_cross_entropy_with_logits", (), True),
        ("mse_loss + cross_entropy", (), False),
        ("cross_entropy", ("the loss is computed of something else than what the model returns",), False),
    ],
)
def test_two_losses_that_are_added_are_those_of_two_outputs(loss, beside, own):
    two = SimpleNamespace(**{**vars(DATA), "second": object()})
    training = recovered(loss=loss, loss_is_plain=False, beside=beside)
    found = recipe_for(S4, training, head("logits"), two, lane="fast")
    assert dict(found.parts)["loss"].startswith("your code") is own
    assert found.loss == "cross_entropy"
    alone = recipe_for(S4, training, head("logits"), DATA, lane="fast")
    assert dict(alone.parts)["loss"].startswith("the assignment's default")
