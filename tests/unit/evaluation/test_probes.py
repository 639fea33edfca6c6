"""What a probe's number comes to: weights from the table, with the number, the threshold and the honest range."""

from __future__ import annotations

import pytest

from grader.evaluation import probes
from grader.evaluation.probes import LIMITS, concerns
from grader.evaluation.probes_repository import repository
from grader.records import Probe


@pytest.mark.parametrize(
    ("accuracy", "weight"), [(0.11, "clean"), (0.163, "clean"), (0.17, "void"), (0.98, "void")]
)
def test_a_shuffled_state_falls_to_chance_and_five_points_or_the_number_is_gone(accuracy, weight):
    probe = probes.scrambled(accuracy, 0.114, 400, 5)
    assert probe.weight == weight
    assert f"{100 * accuracy:.1f} %" in probe.detail
    assert "chance 11.4 %" in probe.detail


@pytest.mark.parametrize(
    ("after", "weight"), [(0.98, "clean"), (0.935, "clean"), (0.92, "flag"), (0.1, "flag")]
)
def test_a_fall_under_faint_noise_goes_to_a_person(after, weight):
    assert probes.perturbed(0.98, after, 2000).weight == weight


def test_a_better_accuracy_under_noise_is_nothing():
    assert probes.perturbed(0.90, 0.97, 2000).weight == "clean"


def test_other_answers_in_another_order_are_worded_as_a_mistake():
    assert probes.two_orders(0.0, 0.0, 2000, None).weight == "clean"
    probe = probes.two_orders(0.2, 0.05, 10_000, 0.931)
    assert probe.weight == "note"
    assert "batch norm that stays in train mode" in probe.detail
    assert "judged: 93.1 %" in probe.detail
    assert probe.detail.index("mistake") < probe.detail.index("lowest")


def test_one_image_that_does_not_work_costs_nothing_and_names_the_squeeze():
    assert probes.batch_sizes({}).weight == "clean"
    alone = probes.batch_sizes({1: "For 1 images the model returns scores of the shape (10)."})
    assert (alone.weight, "squeeze" in alone.detail, "costs nothing" in alone.detail) == ("note", True, True)
    several = probes.batch_sizes({1: "a", 32: "b"})
    assert (several.weight, "squeeze" in several.detail) == ("note", False)


@pytest.mark.parametrize(
    ("statistics", "parameters", "answers_change", "name", "weight"),
    [
        (0, 0, False, "state while predicting", "clean"),
        (0, 0, True, "state while predicting", "clean"),
        (32, 0, True, "state while predicting", "note"),
        (0, 900, False, "state while predicting", "note"),
        (32, 900, True, "learning while predicting", "flag"),
    ],
)
def test_what_changed_while_predicting(statistics, parameters, answers_change, name, weight):
    probe = probes.state_while_predicting(statistics, parameters, answers_change)
    assert (probe.name, probe.weight) == (name, weight)


@pytest.mark.parametrize(
    ("same", "seed", "weights", "weight"),
    [
        (0, "", "", "clean"),
        (0, "model.py:4", "best.pth", "clean"),
        (90, "", "best.pth", "note"),  # some fixed filters
        (1000, "model.py:4", "", "note"),  # manual_seed(0)
        (1000, "", "", "flag"),
        (1000, "model.py:4", "best.pth", "flag"),
    ],
)
def test_a_start_that_no_seed_changes(same, seed, weights, weight):
    probe = probes.start_and_seed(1000, same, seed_in_code=seed, weights=weights)
    assert probe.weight == weight
    assert f"{same:,}" in probe.detail


def test_a_model_without_drawn_values_has_no_start_to_compare():
    assert probes.start_and_seed(0, 0, seed_in_code="", weights="").weight == "clean"


@pytest.mark.parametrize(("accuracy", "weight"), [(0.21, "clean"), (0.5, "clean"), (0.51, "flag")])
def test_an_untrained_model_that_knows_the_classes(accuracy, weight):
    assert probes.untrained(accuracy, 1000).weight == weight


def test_values_that_operators_take_from_elsewhere_are_a_flag_with_their_places():
    assert probes.hidden_values(1000, ()).weight == "clean"
    probe = probes.hidden_values(5_000, ("self.table", "global LOOKUP"))
    assert probe.weight == "flag"
    assert "self.table, global LOOKUP" in probe.detail


def test_what_the_training_worker_says_is_never_more_than_a_note():
    assert [probes.outside(size).weight for size in (0, 1 << 20, 1 << 24)] == ["clean", "clean", "note"]
    assert [probes.writes(times, 469).weight for times in (1.0, 4.0, 4.1)] == ["clean", "clean", "note"]


def test_a_probe_that_could_not_be_run_is_not_a_clean_one():
    assert probes.unfinished("The process crashed.").weight == "flag"


def test_the_table_allows_a_milder_weight_and_no_heavier_one():
    assert probes.raised("start and seed", "x", "note").weight == "note"
    with pytest.raises(AssertionError):
        probes.raised("two orders", "x", "flag")


def test_a_probe_acts_on_the_checks_of_its_own_number():
    assert concerns(Probe("perturbed images", "flag", "x")) == {"test_accuracy", "train_accuracy"}
    assert concerns(Probe("buffers", "flag", "x")) == {"model"}
    assert concerns(Probe("of another version", "void", "x")) == {"model", "test_accuracy", "train_accuracy"}


@pytest.mark.parametrize(("images", "weight"), [(49, "clean"), (50, "flag")])
def test_shares_of_few_images_tell_nothing(images, weight):
    assert probes.untrained(0.9, images).weight == weight
    assert probes.perturbed(0.98, 0.8, images).weight == weight
    assert ("so few cannot tell" in probes.untrained(0.9, images).detail) == (weight == "clean")


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_every_limit_says_what_honest_models_show(name):
    assert LIMITS[name].honest
    assert LIMITS[name].weight in ("note", "flag", "void")


def test_committed_weights_alone_are_a_note_and_unreadable_data_is_a_flag():
    nothing = {
        "weight_files": (),
        "tables": (),
        "long_literals": (),
        "numbers": 12,
        "shadows": (),
        "links": (),
    }
    assert [p.weight for p in repository(**nothing)] == ["clean"]
    (note,) = repository(
        **{**nothing, "weight_files": ("best.pth",), "links": ("data",), "shadows": ("torch.py",)}
    )
    assert note.weight == "note"
    assert all(word in note.detail for word in ("best.pth", "data", "torch.py"))
    (flag,) = repository(**{**nothing, "long_literals": ("a literal of 40,000 characters in model.py:3",)})
    assert flag.weight == "flag"
