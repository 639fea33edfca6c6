"""Claims against measurements: rounding, noise, other models; only what is clear `differs`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.evaluation.comparisons import MOST_CLAIMS, comparisons
from grader.records import (
    Absent,
    Axis,
    Candidate,
    Comparison,
    Entrypoint,
    Evidence,
    LogLine,
    Measurement,
    ModelFacts,
    Reading,
    Recipe,
    RunRecord,
    Section,
)

NOTHING = Absent("skipped", "It was not asked for.")
WHOLE = "The model has {} parameters in total"


@pytest.fixture
def evidence(example_records: dict[str, RunRecord]) -> Evidence:
    """A model of 6,330 parameters that sees 10 x 10 pixels."""
    return example_records["full_marks"].evidence


@pytest.fixture
def model(evidence: Evidence) -> ModelFacts:
    assert isinstance(evidence.model, ModelFacts)
    return evidence.model


def accuracy(value: float = 0.99, spread: float = 0.001, seeds: int = 3) -> Measurement:
    return Measurement("test_accuracy", value, "ratio", "test", 10_000, (value,) * seeds, spread, "table")


def with_others(reading: Reading, *others: str) -> Reading:
    classes = [Candidate("model.py", 0, 8, "Net", (), True, (), ("train.py:12",))]
    classes += [Candidate("model.py", 0, 80 + i, name, (), True, (), ()) for i, name in enumerate(others)]
    return replace(reading, candidates=tuple(classes))


def only(found: tuple[Comparison, ...]) -> Comparison:
    (one,) = found
    return one


# --- parameters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text", "verdict"),
    [
        (6330, WHOLE.format("6,330"), "agrees"),
        (6000, WHOLE.format("6k"), "agrees"),
        (6300, WHOLE.format("6.3K"), "agrees"),
        (6338, WHOLE.format("6,338"), "differs"),
        (5000, WHOLE.format("5,000"), "differs"),
        (12_000, WHOLE.format("12k"), "differs"),
        (6500, WHOLE.format("6500"), "differs"),
        (6000, WHOLE.format("6,000"), "differs"),
        (80, "conv1 has 80 parameters", "agrees"),
        (96, "first block: 96 parameters", "cannot tell"),
        (5000, "a layer with 5,000 parameters", "cannot tell"),
        (5000, "Baseline model: 5,000 parameters", "cannot tell"),
        (5000, "5,000 parameters", "cannot tell"),
    ],
)
def test_stated_parameters(made, model, value, text, verdict):
    reading = with_others(made.reading(claims=(made.claim("parameters", value, text),)))
    found = only(comparisons(reading, model, NOTHING, NOTHING))
    assert (found.verdict, found.measured) == (verdict, "6,330")
    assert found.reason.endswith(".")


@pytest.mark.parametrize(("line", "verdict"), [(2, "differs"), (40, "cannot tell")])
def test_the_first_section_of_the_readme_is_about_the_model(made, model, line, verdict):
    claims = (made.claim("parameters", 5000, "5,000 parameters", f"README.md:{line}"),)
    reading = with_others(made.reading(claims=claims))
    sections = (Section("Title", 1, 1, (), (), ()), Section("Ideas", 2, 30, (), (), ()))
    reading = replace(reading, readme=replace(reading.readme, sections=sections))
    assert only(comparisons(reading, model, NOTHING, NOTHING)).verdict == verdict


@pytest.mark.parametrize(("value", "verdict"), [(6330, "agrees"), (6000, "agrees"), (5000, "differs")])
def test_trainable_or_total_both_agree(made, model, value, verdict):
    frozen = replace(model, trainable=6000)
    reading = with_others(made.reading(claims=(made.claim("parameters", value, WHOLE.format(value)),)))
    found = only(comparisons(reading, frozen, NOTHING, NOTHING))
    assert (found.verdict, found.measured) == (verdict, "6,330 (6,000 trainable)")


def test_the_parameters_that_are_used_agree_and_say_so(made, model):
    unused = replace(model, structure=replace(model.structure, unused_parameters=330))
    reading = with_others(made.reading(claims=(made.claim("parameters", 6000, WHOLE.format("6,000")),)))
    found = only(comparisons(reading, unused, NOTHING, NOTHING))
    assert (found.verdict, found.reason) == ("agrees", "The forward pass uses 6,000 parameters.")


def test_another_model_of_the_submission_may_be_meant(made, model):
    reading = with_others(
        made.reading(claims=(made.claim("parameters", 99_000, WHOLE.format("99,000")),)), "Large"
    )
    found = only(comparisons(reading, model, NOTHING, NOTHING))
    assert found.verdict == "cannot tell"
    assert "another model that was not measured" in found.reason
    several = with_others(reading, "Large", "Larger")
    assert "2 other models that were" in only(comparisons(several, model, NOTHING, NOTHING)).reason
    named = with_others(
        made.reading(claims=(made.claim("parameters", 99_000, "The model Large has 99,000 parameters"),)),
        "Large",
    )
    assert "names Large" in only(comparisons(named, model, NOTHING, NOTHING)).reason


def test_a_part_of_the_model_is_no_other_model(made, model):
    reading = with_others(
        made.reading(claims=(made.claim("parameters", 99_000, WHOLE.format("99,000")),)), "B"
    )
    part = replace(reading.candidates[1], used_by=("Net",))
    reading = replace(reading, candidates=(reading.candidates[0], part))
    assert only(comparisons(reading, model, NOTHING, NOTHING)).verdict == "differs"


def test_the_model_of_another_training_may_be_meant(made, model):
    claims = (made.claim("parameters", 99_000, WHOLE.format("99,000")),)
    training = made.recovered(made.session(), made.session(trainable=99_000))
    found = only(comparisons(with_others(made.reading(claims=claims)), model, training, NOTHING))
    assert (found.verdict, "Another training" in found.reason) == ("cannot tell", True)


def test_a_file_that_also_states_the_measured_number_gets_the_doubt(made, model):
    claims = (
        made.claim("parameters", 6330, WHOLE.format("6,330")),
        made.claim("parameters", 4100, WHOLE.format("4,100"), "README.md:70"),
    )
    found = comparisons(with_others(made.reading(claims=claims)), model, NOTHING, NOTHING)
    assert [one.verdict for one in found] == ["agrees", "cannot tell"]


def test_without_a_model_nothing_can_be_told(made):
    gone = Absent("failed", "No class is an nn.Module.")
    claims = tuple(
        made.claim(name, 20, "20", f"README.md:{line}")
        for line, name in enumerate(("parameters", "receptive_field"))
    )
    for one in comparisons(made.reading(claims=claims), gone, NOTHING, NOTHING):
        assert (one.verdict, one.measured) == ("cannot tell", "")
        assert "No class is an nn.Module." in one.reason


# --- receptive field --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(10, "agrees"), (28, "cannot tell"), (5, "cannot tell"), (12, "differs"), (45, "differs")],
)
def test_stated_receptive_fields(made, model, value, verdict):
    """10 before the pooling, 28 = 10 + 9 * 2 behind it, 5 after the second convolution."""
    reading = with_others(made.reading(claims=(made.claim("receptive_field", value, f"field of {value}"),)))
    found = only(comparisons(reading, model, NOTHING, NOTHING))
    assert (found.verdict, found.measured) == (verdict, "10")


@pytest.mark.parametrize(("value", "verdict"), [(10, "agrees"), (28, "cannot tell")])
@pytest.mark.parametrize(("pool", "has"), [(3, True), (-1, False)])
def test_a_pooling_is_named_only_where_there_is_one(made, model, value, verdict, pool, has):
    bare = replace(model, structure=replace(model.structure, global_pool=pool))
    reading = with_others(made.reading(claims=(made.claim("receptive_field", value, f"field of {value}"),)))
    found = only(comparisons(reading, bare, NOTHING, NOTHING))
    assert (found.verdict, "global pooling" in found.reason) == (verdict, has)
    assert ("last map" in found.reason) != has


def test_either_axis_agrees(made, model):
    axes = (Axis("known", 10, 2), Axis("known", 14, 2))
    wide = replace(model, structure=replace(model.structure, receptive_field=axes))
    reading = with_others(made.reading(claims=(made.claim("receptive_field", 14, "field of 14"),)))
    found = only(comparisons(reading, wide, NOTHING, NOTHING))
    assert (found.verdict, found.measured) == ("agrees", "10 × 14")


@pytest.mark.parametrize("state", ["global", "unknown", "none"])
def test_a_field_that_is_not_known_in_pixels(made, model, state):
    lost = replace(model, structure=replace(model.structure, receptive_field=(Axis(state),) * 2))
    reading = with_others(made.reading(claims=(made.claim("receptive_field", 45, "field of 45"),)))
    assert only(comparisons(reading, lost, NOTHING, NOTHING)).verdict == "cannot tell"


# --- epochs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "logged", "verdict"),
    [
        ("trained for 15 epochs", 15, 0, "agrees"),
        ("trained for 3 epochs", 3, 3, "agrees"),
        ("trained for 20 epochs", 20, 15, "differs"),
        ("trained for 20 epochs", 20, 9, "cannot tell"),
        ("trained for 20 epochs", 20, 0, "cannot tell"),
        ("the rate drops every 6 epochs", 6, 15, "cannot tell"),
        ("trained with augmentation; 99 % was reached in 6 epochs", 6, 15, "cannot tell"),
        ("we trained the model for a total of 20 epochs", 20, 15, "differs"),
        ("Number of epochs: 20", 20, 15, "differs"),
        ("- Epochs: 20", 20, 15, "differs"),
        ("- Epochs: 200", 20, 15, "cannot tell"),
    ],
)
def test_stated_epochs(made, model, text, value, logged, verdict):
    reading = with_others(made.reading(made.log((0.98,) * logged), (made.claim("epochs", value, text),)))
    found = comparisons(reading, model, made.recovered(), NOTHING)
    assert found[0].verdict == verdict
    assert found[0].measured.startswith("15 in the loop")


def test_epochs_without_loop_and_log(made, model):
    reading = made.reading(claims=(made.claim("epochs", 20, "20 epochs"),))
    assert only(comparisons(reading, model, NOTHING, NOTHING)).verdict == "cannot tell"


NO_LOOP = (("epochs", "No loop with a known bound is around the training: the passes were counted."),)


@pytest.mark.parametrize(
    ("stated", "passes", "verdict", "word"),
    [(1, 1, "agrees", "1 pass "), (3, 3, "agrees", "3 passes "), (2, 1, "cannot tell", "1 pass ")],
)
@pytest.mark.parametrize("confidence", ["medium", "low"])
def test_passes_without_a_loop_are_held_against_the_stated_epochs(
    made, model, stated, passes, verdict, word, confidence
):
    claims = (made.claim("epochs", stated, f"Epochs: {stated}"),)
    session = made.session(epochs=passes, passes=passes, unknown=NO_LOOP, confidence=confidence)
    found = only(comparisons(made.reading(claims=claims), model, made.recovered(session), NOTHING))
    assert (found.verdict, word in found.reason) == (verdict, True)
    assert found.measured == f"{word}seen"


@pytest.mark.parametrize("change", [{"way": "read"}, {"passes": 0}])
def test_passes_that_were_not_seen_say_nothing(made, model, change):
    claims = (made.claim("epochs", 1, "Epochs: 1"),)
    session = made.session(**{"epochs": 1, "passes": 1, "unknown": NO_LOOP} | change)
    found = only(comparisons(made.reading(claims=claims), model, made.recovered(session), NOTHING))
    assert (found.verdict, found.measured) == ("cannot tell", "")


@pytest.mark.parametrize(
    ("logged", "verdict", "word"),
    [(15, "agrees", "as many"), (9, "cannot tell", "stopped early"), (20, "cannot tell", "changed after")],
)
def test_the_log_is_held_against_the_loop(made, model, logged, verdict, word):
    found = only(comparisons(made.reading(made.log((0.98,) * logged)), model, made.recovered(), NOTHING))
    assert (found.claim.name, found.claim.value, found.verdict) == ("epochs", logged, verdict)
    assert word in found.reason


@pytest.mark.parametrize(
    "change", [{"confidence": "low"}, {"unknown": (("epochs", "a while loop"),)}, {"epochs": 0}]
)
def test_a_loop_that_is_not_known_is_not_compared(made, model, change):
    training = made.recovered(made.session(**change))
    assert comparisons(made.reading(made.log((0.98,) * 9)), model, training, NOTHING) == ()


# --- accuracy ---------------------------------------------------------------------------------------------------


def stated_accuracy(made, value: float, place: str = "README.md:9") -> Reading:
    text = f"test accuracy of {100 * value:.2f} %"
    return with_others(made.reading(claims=(made.claim("test_accuracy", value, text, place),)))


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (0.99, "agrees"),
        (0.992, "agrees"),
        (0.988, "agrees"),
        (0.9935, "cannot tell"),
        (0.9865, "cannot tell"),
        (0.998, "differs"),
        (0.97, "differs"),
    ],
)
def test_stated_accuracies_of_one_epoch(made, model, value, verdict):
    """The noise is 0.1 * sqrt(1 + 1/3) = 0.115 points: agrees within 0.24, differs beyond 0.47."""
    training = made.recovered(made.session(epochs=1))
    found = only(comparisons(stated_accuracy(made, value), model, training, accuracy()))
    assert (found.verdict, found.measured) == (verdict, "99.00 % ± 0.10 (3 seeds)")


def test_the_best_of_many_epochs_lies_higher_by_chance(made, model):
    reading = stated_accuracy(made, 0.9935)
    one, many = (
        only(comparisons(reading, model, made.recovered(made.session(epochs=n)), accuracy())).verdict
        for n in (1, 20)
    )
    assert (one, many) == ("cannot tell", "agrees")


def test_an_accuracy_on_training_images_cannot_be_compared(made, model):
    careless = made.session(evaluations=(replace(made.TEST_PASS, loading=made.TRAINING),))
    found = only(comparisons(stated_accuracy(made, 0.999), model, made.recovered(careless), accuracy(0.95)))
    assert found.verdict == "cannot tell"
    assert "training images" in found.reason


def test_under_the_graders_default_no_accuracy_differs(made, model, evidence):
    assert isinstance(evidence.recipe, Recipe)
    reading = stated_accuracy(made, 0.999)
    default = comparisons(reading, model, NOTHING, accuracy(0.95), recipe=evidence.recipe)
    own = replace(evidence.recipe, source="student")
    assert (only(default).verdict, "default recipe" in only(default).reason) == ("cannot tell", True)
    assert only(comparisons(reading, model, NOTHING, accuracy(0.95), recipe=own)).verdict == "differs"
    shorter = only(comparisons(reading, model, made.recovered(), accuracy(0.95), recipe=own))
    assert (shorter.verdict, "for 1 epoch" in shorter.reason) == ("cannot tell", True)


def test_without_a_measurement_the_reason_is_given(made, model):
    found = only(comparisons(stated_accuracy(made, 0.999), model, NOTHING, NOTHING))
    assert (found.verdict, "It was not asked for." in found.reason) == ("cannot tell", True)


def test_epochs_on_the_way_are_no_results(made, model):
    log = made.log((0.5, 0.8, 0.99))
    claims = tuple(made.claim("test_accuracy", line.test_accuracy, line.text, line.place) for line in log)
    cell = tuple(made.claim("test_accuracy", v, f"test acc {v}", "train.ipynb, cell 3") for v in (0.4, 0.99))
    found = comparisons(made.reading(log, claims, cell), model, NOTHING, accuracy())
    assert [(one.claim.value, one.verdict) for one in found] == [(0.99, "agrees"), (0.99, "agrees")]


OWN_LOG = ((0.95, 0.94), (0.988, 0.971), (0.9931, 0.9702))


def own_log(made, pairs=OWN_LOG):
    """Epochs with their training and test accuracies; -1 where a line shows none."""
    return tuple(
        LogLine(f"README.md:{40 + epoch}", f"epoch {epoch}: train acc {train:.4f} test acc {test:.4f}", epoch, test, 0, train)
        for epoch, (train, test) in enumerate(pairs, 1)
    )  # fmt: skip


FINAL = "Final test accuracy: 99.31%"


def held_against_log(made, model, value, text=FINAL, logs=OWN_LOG, measured=NOTHING, **session):
    claims = (made.claim("test_accuracy", value, text),)
    reading = with_others(made.reading(own_log(made, logs), claims))
    training = made.recovered(made.session(epochs=len(logs)) if not session else made.session(**session))
    return next(
        one for one in comparisons(reading, model, training, measured) if one.claim.name == "test_accuracy"
    )  # fmt: skip


def test_a_training_accuracy_stated_as_one_on_the_test_set_differs(made, model):
    found = held_against_log(made, model, 0.9931)
    assert (found.verdict, found.measured) == ("differs", "97.10 % in the log")
    assert found.reason == (
        "The log has this number as the accuracy on training images (epoch 3, README.md:43); its highest "
        "one on test images is 97.10 % (epoch 2, README.md:42)."
    )


def test_a_log_that_differs_counts_beside_a_measurement_that_cannot_tell(made, model, evidence):
    measured = accuracy(0.97)
    shorter = held_against_log(made, model, 0.9931, measured=measured, epochs=3)
    assert shorter.verdict == "differs"
    assert held_against_log(made, model, 0.9931, measured=accuracy(0.993)).verdict == "agrees"
    doubtful = replace(evidence.recipe, source="default")
    claims = (made.claim("test_accuracy", 0.9931, "Final test accuracy: 99.31%"),)
    reading = with_others(made.reading(own_log(made), claims))
    found = only(comparisons(reading, model, NOTHING, measured, recipe=doubtful))
    assert (found.verdict, "README.md:43" in found.reason) == ("differs", True)
    assert found.measured == "97.00 % ± 0.10 (3 seeds)"


@pytest.mark.parametrize(
    ("value", "text", "logs"),
    [
        (0.9931, "Final train accuracy: 99.31%, test accuracy 97.02%", OWN_LOG),
        (0.9931, "Baseline model, test accuracy: 99.31%", OWN_LOG),
        (0.9955, "Final test accuracy: 99.55%", OWN_LOG),
        (0.9931, "Final test accuracy: 99.31%", ((0.9931, 0.9930),)),
        (0.9931, "Final test accuracy: 99.31%", ((0.9931, -1.0),)),
        (0.9931, "Final test accuracy: 99.31%", ((0.9931, 0.97), (0.98, 0.9931))),
    ],
    ids=["training", "another version", "no such number", "a last digit", "no test", "tested too"],
)
def test_what_the_log_does_not_contradict_cannot_be_told(made, model, value, text, logs):
    assert held_against_log(made, model, value, text, logs).verdict == "cannot tell"


def test_a_log_of_a_part_of_the_training_contradicts_nothing(made, model):
    assert held_against_log(made, model, 0.9931, epochs=20).verdict == "cannot tell"


@pytest.mark.parametrize(("value", "line"), [(0.971, 42), (0.9702, 43)])
def test_an_accuracy_of_the_log_agrees_with_it_and_cannot_be_told(made, model, value, line):
    found = held_against_log(made, model, value, f"Final test accuracy: {100 * value:.2f}%")
    assert (found.verdict, found.measured) == ("cannot tell", "")
    assert f"agrees with the student's own log (epoch {line - 40}, README.md:{line})" in found.reason
    assert "It was not asked for." in found.reason
    early = held_against_log(made, model, 0.94, "Final test accuracy: 94.00%")
    assert (early.verdict, "agrees" in early.reason) == ("cannot tell", False)


def test_a_line_of_the_log_is_not_held_against_itself(made, model):
    (line,) = own_log(made, ((0.9, 0.97),))
    claims = (made.claim("test_accuracy", 0.97, line.text, line.place),)
    found = only(comparisons(with_others(made.reading((line,), claims)), model, NOTHING, NOTHING))
    assert (found.verdict, "agrees" in found.reason) == ("cannot tell", False)


# --- all of them --------------------------------------------------------------------------------------------------


def test_many_claims_are_cut(made, model):
    claims = tuple(made.claim("parameters", n, f"{n} parameters", f"README.md:{n}") for n in range(1000))
    assert len(comparisons(made.reading(claims=claims), model, NOTHING, NOTHING)) == MOST_CLAIMS


def test_what_stands_twice_is_compared_once(made, model):
    twice = (made.claim("parameters", 6330, WHOLE.format("6,330")),) * 2
    assert len(comparisons(made.reading(claims=twice), model, NOTHING, NOTHING)) == 1


@given(
    mean=st.floats(0.9, 0.995),
    sd=st.floats(0.0006, 0.003),
    luck=st.floats(-1.9, 1.9),
    epochs=st.integers(1, 60),
    count=st.integers(1000, 500_000),
    rounded=st.sampled_from(["exact", "k", "tenths of k"]),
)
def test_an_honest_claim_never_differs(made, mean, sd, luck, epochs, count, rounded):
    model = replace(MODEL, parameters=count, trainable=count)
    words = {
        "exact": f"{count:,}",
        "k": f"{round(count / 1000)}k",
        "tenths of k": f"{round(count / 1000, 1)}K",
    }[rounded]
    value = {"exact": count, "k": round(count / 1000) * 1000, "tenths of k": round(count / 1000, 1) * 1000}
    stated = round(mean + luck * sd, 4)
    claims = (
        made.claim("parameters", value[rounded], WHOLE.format(words)),
        made.claim("test_accuracy", stated, f"test accuracy {100 * stated:.2f} %", "README.md:12"),
        made.claim("epochs", epochs, f"trained for {epochs} epochs", "README.md:13"),
    )
    training = made.recovered(made.session(epochs=epochs))
    measured = accuracy(round(mean, 4), sd)
    found = comparisons(with_others(made.reading(claims=claims)), model, training, measured)
    assert [one.verdict for one in found] == ["agrees"] * 3


MODEL = ModelFacts(
    entrypoint=Entrypoint("model.py", 0, "Net", (), "It is the only one."),
    parameters=0,
    trainable=0,
    buffer_elements=0,
    layers=(),
    layer_kinds=(),
    table="",
    input_shape=(1, 28, 28),
    output_shape=(10,),
    head="logits",
)
