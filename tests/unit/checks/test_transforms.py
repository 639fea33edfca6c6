"""The transforms: every name that a thing goes by, its size and fill, the library, and what goes to a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.transforms import Rule
from grader.records import Absent, Call, Evidence, Outcome, Scalar

MEAN, STD = "(0.4914, 0.4822, 0.4465)", "(0.247, 0.243, 0.261)"
IN_BYTES = "(125.31, 122.96, 113.86)"


def call(name: str, library: str = "albumentations", **arguments: Scalar) -> Call:
    return Call(name, tuple(arguments.items()), "data.py:12", library)


NORMALIZE = call("Normalize", mean=MEAN, std=STD)
TORCH_NORMALIZE = call("Normalize", "torchvision", mean=MEAN, std=STD)
TO_TENSOR = call("ToTensor", "torchvision")


@pytest.fixture
def evidence(example_records) -> Evidence:
    """A training on CIFAR-10; each test gives it its transforms."""
    found = example_records["full_marks"].evidence
    session = found.training.sessions[0]
    loading = replace(session.training, data_set="CIFAR10", images=50_000, transforms=(), randomness="random")
    return replace(found, training=replace(found.training, sessions=(replace(session, training=loading),)))


def judged(
    evidence: Evidence, applies: list[object], *calls: Call, library: str = "", **changes: object
) -> Outcome:
    session = evidence.training.sessions[0]
    loading = replace(session.training, transforms=calls, **changes.pop("loading", {}))
    training = replace(evidence.training, sessions=(replace(session, training=loading, **changes),))
    keys = {"library": library} if library else {}
    rule = Rule.model_validate(
        {"id": "more", "check": "transforms", "points": 12.0, "applies": applies} | keys
    )
    return run(rule, replace(evidence, training=training))


def status(evidence: Evidence, entry: object, *calls: Call, **changes: object) -> str:
    return judged(evidence, [entry], *calls, **changes).parts[0].status


# --- each thing under its names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "made"),
    [
        ("horizontal flip", call("HorizontalFlip", p=0.5)),
        ("horizontal flip", call("RandomHorizontalFlip", "torchvision")),
        ("horizontal flip", call("RandomHorizontalFlip", "torchvision.v2")),
        ("vertical flip", call("VerticalFlip")),
        ("shift scale rotate", call("ShiftScaleRotate")),
        (
            "shift scale rotate",
            call("Affine", translate_percent="{'x': 0.06}", scale="(0.9, 1.1)", rotate="(-15, 15)"),
        ),
        (
            "shift scale rotate",
            call("RandomAffine", "torchvision", degrees=7, translate="(0.1, 0.1)", scale="(0.9, 1.1)"),
        ),
        ("rotation", call("RandomRotation", "torchvision", degrees=7)),
        ("rotation", call("Rotate")),
        ({"transform": {"name": "ColorJitter"}}, call("ColorJitter", "torchvision")),
    ],
    ids=lambda value: value.name if isinstance(value, Call) else str(value),
)
def test_a_thing_under_each_of_its_names(evidence, entry, made):
    outcome = judged(evidence, [entry], made, NORMALIZE)
    assert (outcome.status, outcome.points) == ("passed", 12)
    assert outcome.parts[0].finding.measured.startswith(made.name)
    assert outcome.parts[0].finding.measured.endswith("(data.py:12, seen while it ran)")


@pytest.mark.parametrize(
    "entry",
    ["horizontal flip", "vertical flip", "shift scale rotate", "rotation", "cutout", "random crop",
     {"transform": {"name": "ColorJitter"}}],
    ids=str,
)  # fmt: skip
def test_a_thing_that_is_not_there_fails_and_says_what_is(evidence, entry):
    outcome = judged(evidence, [entry], call("GaussianBlur", "torchvision"), TO_TENSOR)
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert outcome.parts[0].finding.rationale == "The training images go through: GaussianBlur, ToTensor."


def test_one_that_never_acts_is_not_there(evidence):
    assert status(evidence, "horizontal flip", call("HorizontalFlip", p=0.0), call("Blur")) == "failed"


def test_an_affine_transform_that_does_not_do_all_three(evidence):
    made = call("RandomAffine", "torchvision", degrees=0, translate="(0.1, 0.1)", scale="(1, 1)")
    part = judged(evidence, ["shift scale rotate"], made).parts[0]
    assert (part.status, part.finding.rationale) == ("failed", "RandomAffine does not scale or rotate.")


# --- rotation and crop ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("degrees", "limits", "expected"),
    [
        (7, {"at_most": 10}, "passed"),
        ("(-7.0, 7.0)", {"at_least": 5, "at_most": 7}, "passed"),
        (15, {"at_most": 10}, "failed"),
        (3, {"at_least": 5}, "failed"),
        ("by the config", {"at_most": 10}, "review"),
        ("by the config", {}, "passed"),
    ],
)
def test_how_far_it_rotates(evidence, degrees, limits, expected):
    made = call("RandomRotation", "torchvision", degrees=degrees)
    assert status(evidence, {"rotation": limits}, made) == expected


def test_a_rotation_by_default_and_one_by_nothing(evidence):
    assert status(evidence, {"rotation": {"at_most": 45}}, call("ShiftScaleRotate")) == "passed"
    assert status(evidence, {"rotation": {"at_most": 44}}, call("ShiftScaleRotate")) == "failed"
    still = call("RandomAffine", "torchvision", degrees=0, translate="(0.1, 0.1)")
    assert status(evidence, "rotation", still) == "failed"


CROP = {"random crop": {"size": 32, "padding": 4}}


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((call("RandomCrop", "torchvision", size=32, padding=4),), "passed"),
        ((call("RandomCrop", "torchvision", size="(32, 32)", padding="(4, 4, 4, 4)"),), "passed"),
        ((call("Pad", "torchvision", padding=4), call("RandomCrop", "torchvision", size=32)), "passed"),
        (
            (
                call("Pad", "torchvision", padding="(4, 4)"),
                TO_TENSOR,
                call("RandomCrop", "torchvision", size=32),
            ),
            "passed",
        ),
        (
            (call("Pad", "torchvision", padding="(4, 4, 4, 2)"), call("RandomCrop", "torchvision", size=32)),
            "review",
        ),
        (
            (call("PadIfNeeded", min_height=40, min_width=40), call("RandomCrop", height=32, width=32)),
            "passed",
        ),
        ((call("RandomCrop", "torchvision", size=28, padding=4),), "failed"),
        ((call("RandomCrop", "torchvision", size=32, padding=2),), "failed"),
        ((call("RandomCrop", "torchvision", size=32),), "failed"),
        (
            (call("PadIfNeeded", min_height=36, min_width=36), call("RandomCrop", height=32, width=32)),
            "failed",
        ),
        ((call("PadIfNeeded", min_height=40), call("RandomCrop", height=32, width=32)), "review"),
        ((call("RandomCrop", "torchvision", size="side", padding=4),), "review"),
        ((call("RandomCrop", "torchvision", size=32, padding="pad"),), "review"),
    ],
)
def test_a_padded_crop_as_one_call_or_two(evidence, calls, expected):
    assert status(evidence, CROP, *calls, NORMALIZE) == expected


def test_a_padding_without_a_size(evidence):
    """What PadIfNeeded adds depends on the size of the crop."""
    calls = (call("PadIfNeeded", min_height=40, min_width=40), call("RandomCrop", height="side", width=32))
    assert status(evidence, {"random crop": {"padding": 4}}, *calls) == "review"
    assert status(evidence, "random crop", *calls) == "passed"


def test_what_a_crop_does_is_said(evidence):
    part = judged(evidence, [CROP], call("RandomCrop", "torchvision", size=32, padding=2)).parts[0]
    assert part.finding.rationale == (
        "The padding is 2 above and below and 2 left and right; asked for are 4 pixels on each side."
    )
    part = judged(evidence, [CROP], call("RandomCrop", "torchvision", size=28)).parts[0]
    assert part.finding.rationale == "It crops to 28x28; asked for is 32x32."


# --- holes ------------------------------------------------------------------------------------------------------

SAME = dict.fromkeys(("max_height", "max_width", "min_height", "min_width"), 16)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (call("CoarseDropout", max_holes=1, **SAME), "passed"),
        (call("CoarseDropout", max_holes=1, max_height=16, max_width=16), "passed"),
        (call("CoarseDropout", num_holes_range="(1, 1)", hole_height_range="(16, 16)", hole_width_range="(16, 16)"), "passed"),
        (call("CoarseDropout", num_holes_range="(1, 1)", hole_height_range="(0.5, 0.5)", hole_width_range="(0.5, 0.5)"), "passed"),
        (call("Cutout", num_holes=1, max_h_size=16, max_w_size=16), "passed"),
        (call("RandomErasing", "torchvision", scale="(0.25, 0.25)", ratio="(1, 1)"), "passed"),
        (call("Cutout", "", n_holes=1, length=16), "passed"),
        (call("CoarseDropout", max_holes=1, max_height=8, max_width=8), "failed"),
        (call("CoarseDropout", max_holes=1, max_height=16, max_width=16, min_height=4), "failed"),
        (call("CoarseDropout"), "failed"),
        (call("Cutout", num_holes=1, max_h_size=16), "failed"),
        (call("RandomErasing", "torchvision"), "failed"),
        (call("CoarseDropout", max_holes=1, max_height="size", max_width=16), "review"),
        (call("Cutout", ""), "review"),
    ],
)  # fmt: skip
def test_a_hole_of_one_size_under_each_name(evidence, made, expected):
    assert status(evidence, {"cutout": {"size": "16x16"}}, made, NORMALIZE) == expected


def test_shares_of_an_image_of_unknown_size_go_to_a_person(evidence):
    made = call(
        "CoarseDropout",
        num_holes_range="(1, 1)",
        hole_height_range="(0.5, 0.5)",
        hole_width_range="(0.5, 0.5)",
    )
    erasing = call("RandomErasing", "torchvision", scale="(0.25, 0.25)", ratio="(1, 1)")
    for one in (made, erasing):
        assert status(evidence, {"cutout": {"size": 16}}, one, loading={"data_set": "Mine"}) == "review"


def test_the_slip_of_the_course_is_the_specs(evidence):
    slip = call(
        "CoarseDropout", max_holes=1, max_height=16, max_width=1, min_holes=1, min_height=16, min_width=16
    )
    assert status(evidence, {"cutout": {"size": "16x16"}}, slip) == "failed"
    part = judged(evidence, [{"cutout": {"size": "16x16", "or_width": 1}}], slip).parts[0]
    assert (part.status, part.finding.rationale) == ("passed", "A width of 1 counts as 16 here.")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (call("CoarseDropout", max_holes=1), "passed"),
        (call("CoarseDropout", max_holes=3, min_holes=1), "failed"),
        (call("CoarseDropout"), "failed"),
        (call("CoarseDropout", max_holes="many"), "review"),
        (call("RandomErasing", "torchvision"), "passed"),
    ],
)
def test_the_number_of_holes(evidence, made, expected):
    assert status(evidence, {"cutout": {"holes": 1}}, made) == expected


FILLED = {"cutout": {"fill": "dataset mean"}}


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (IN_BYTES, "passed"),
        ("[125, 122, 113]", "passed"),
        (MEAN, "passed"),
        (0.4734, "passed"),
        (121, "passed"),
        ("(114, 123, 125)", "failed"),
        (0, "failed"),
        (128.0, "failed"),
        ("(0.1, 0.2)", "failed"),
        ("mean of the data", "review"),
    ],
)
def test_a_fill_on_either_scale(evidence, fill, expected):
    assert status(evidence, FILLED, call("CoarseDropout", fill_value=fill), NORMALIZE) == expected


def test_a_fill_by_default_is_called_one(evidence):
    part = judged(evidence, [FILLED], call("CoarseDropout"), NORMALIZE).parts[0]
    assert part.finding.rationale == (
        "Its holes are filled with 0, the default; the mean is (0.4914, 0.4822, 0.4465), or 255 times that."
    )


def test_after_normalize_zero_is_the_mean(evidence):
    zero = call("RandomErasing", "torchvision")
    mean = call("RandomErasing", "torchvision", value=MEAN)
    assert status(evidence, FILLED, TO_TENSOR, TORCH_NORMALIZE, zero) == "passed"
    assert status(evidence, FILLED, TO_TENSOR, TORCH_NORMALIZE, mean) == "failed"
    assert status(evidence, FILLED, TO_TENSOR, mean, TORCH_NORMALIZE) == "passed"


def test_a_mean_of_the_specs_own(evidence):
    half = call("Normalize", mean="(0.5, 0.5, 0.5)", std="(0.5, 0.5, 0.5)")
    made = call("CoarseDropout", fill_value=IN_BYTES)
    assert status(evidence, FILLED, made, half) == "failed"
    own = {"cutout": {"fill": "dataset mean", "dataset_mean": [0.4914, 0.4822, 0.4465]}}
    assert status(evidence, own, made, half) == "passed"
    assert status(evidence, FILLED, made) == "review"


def test_one_channel_and_the_librarys_own_mean(evidence):
    grey = call("Normalize", "torchvision", mean="(0.1307,)", std="(0.3081,)")
    assert status(evidence, FILLED, call("RandomErasing", "torchvision", value=0.13), grey) == "passed"
    default = call("Normalize")
    assert (
        status(evidence, FILLED, call("CoarseDropout", fill_value="(0.485, 0.456, 0.406)"), default)
        == "passed"
    )


def test_the_best_of_several_counts(evidence):
    wrong, right = call("CoarseDropout", max_height=8), call("Cutout", max_h_size=16, max_w_size=16)
    assert status(evidence, {"cutout": {"size": 16}}, wrong, right) == "passed"


# --- the library, other transforms, and what is not sure ----------------------------------------------------------


def test_the_library_that_is_asked_for(evidence):
    entries = ["horizontal flip", "rotation"]
    calls = (call("HorizontalFlip"), call("RandomRotation", "torchvision.v2", degrees=7))
    outcome = judged(evidence, entries, *calls, library="albumentations")
    assert (outcome.status, outcome.points) == ("partial", 6)
    assert "It comes from torchvision.v2; asked for is albumentations." in outcome.parts[1].finding.rationale
    assert judged(evidence, entries, *calls, library="torchvision").parts[1].status == "passed"
    own = call("Cutout", "", length=16)
    assert (
        judged(evidence, [{"cutout": {"size": 16}}], own, library="albumentations").parts[0].status
        == "review"
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"brightness": 0.1}, "passed"),
        ({"brightness": {"at_least": 0.2}}, "failed"),
        ({"hue": 0.1}, "review"),
    ],
)
def test_the_arguments_of_any_other(evidence, asked, expected):
    made = call("ColorJitter", "torchvision", brightness=0.1)
    assert status(evidence, {"transform": {"name": "ColorJitter", "arguments": asked}}, made) == expected


def test_inside_of_a_container_goes_to_a_person(evidence):
    made = call("OneOf", transforms="[HorizontalFlip(p=1), Blur()]", p=0.5)
    part = judged(evidence, ["horizontal flip"], made).parts[0]
    assert part.status == "review"
    assert "inside of OneOf" in part.finding.measured
    assert status(evidence, "vertical flip", made) == "failed"


def test_a_class_of_the_students_own_leaves_it_open(evidence):
    part = judged(evidence, ["horizontal flip"], call("Augment", ""), TO_TENSOR).parts[0]
    assert (part.status, part.points) == ("review", 0)
    assert "Augment" in part.finding.rationale


def test_randomness_that_nothing_explains_leaves_it_open(evidence):
    assert status(evidence, "horizontal flip", TO_TENSOR) == "review"
    assert status(evidence, "horizontal flip", TO_TENSOR, loading={"randomness": "fixed"}) == "failed"
    assert status(evidence, "horizontal flip", loading={"randomness": "unclear"}) == "review"


@pytest.mark.parametrize("name", ["training", "training.transforms", "training.data_set"])
def test_transforms_that_could_not_be_found_out(evidence, name):
    unknown = ((name, "It is chosen while the code runs."),)
    part = judged(evidence, ["horizontal flip"], TO_TENSOR, unknown=unknown).parts[0]
    assert (part.status, part.finding.rationale) == ("review", "It is chosen while the code runs.")


@pytest.mark.parametrize("name", ["max_height", "**"])
def test_a_lost_argument_has_no_default(evidence, name):
    unknown = ((f"training.transforms.{name}", "It is computed."),)
    made = call("CoarseDropout", max_width=16, min_width=16)
    assert status(evidence, {"cutout": {"size": 16}}, made, unknown=unknown) == "review"


def test_a_training_that_may_not_be_the_models_costs_nothing(evidence):
    outcome = judged(evidence, ["horizontal flip"], call("Blur"), confidence="low")
    assert (outcome.status, outcome.open_points) == ("review", 12)


def test_what_was_only_read_says_so(evidence):
    part = judged(evidence, ["horizontal flip"], call("Blur"), way="read").parts[0]
    assert part.status == "failed"
    assert part.finding.measured == "no horizontal flip (train.py:15, read in the source, not seen to run)"


@pytest.mark.parametrize(("stage", "expected"), [("capture", "review"), ("", "skipped")])
def test_a_training_that_was_not_recovered(evidence, stage, expected):
    rule = Rule.model_validate({"id": "a", "check": "transforms", "points": 1.0, "applies": ["rotation"]})
    gone = Absent("skipped", "Nothing trains.", stage=stage)
    assert run(rule, replace(evidence, training=gone)).status == expected
    nothing = replace(evidence, training=replace(evidence.training, sessions=()))
    assert run(rule, nothing).status == "review"


def test_a_loader_that_was_not_seen(evidence):
    session = replace(evidence.training.sessions[0], training=Absent("review", "No loader was seen."))
    rule = Rule.model_validate({"id": "a", "check": "transforms", "points": 1.0, "applies": ["rotation"]})
    outcome = run(rule, replace(evidence, training=replace(evidence.training, sessions=(session,))))
    assert (outcome.status, outcome.parts[0].finding.rationale) == ("review", "No loader was seen.")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("flip", 'got "flip", which is not known. Known are horizontal flip'),
        ("horizontal flop", 'Did you mean "horizontal flip"'),
        ("transform", "expected the class beside it"),
        (7, "an entry is one transform"),
        ({}, "an entry is one transform"),
        ({"rotation": {}, "cutout": {}}, "an entry is one transform"),
        ({"cutout": {"size": "16"}}, 'expected a size such as "16x16"'),
        ({"cutout": {"colour": "red"}}, 'got the option "colour"'),
        ({"transform": {}}, "Field required"),
    ],
)
def test_a_wrong_entry_is_refused(entry, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "transforms", "points": 1.0, "applies": [entry]})


def test_the_requirement_is_said_and_the_rule_written_again():
    entries = ["horizontal flip", {"cutout": {"size": 16, "fill": "dataset mean"}}, CROP]
    keys = {"id": "a", "check": "transforms", "points": 1.0, "applies": entries, "library": "albumentations"}
    rule = Rule.model_validate(keys)
    assert rule.requirement() == (
        "The training images go through, by albumentations: horizontal flip, "
        "cutout (16x16, filled with the dataset mean), random crop (32x32, padding 4)."
    )
    assert Rule.model_validate(rule.model_dump()) == rule
    assert Rule.model_validate_json(rule.model_dump_json()) == rule
