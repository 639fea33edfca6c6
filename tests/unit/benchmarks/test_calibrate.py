"""The calibration tables are what the committed measurements give, and nothing else gets into them."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from grader.bench.records import BENCH_SCHEMA, Assignment, Bench, Conditions, Series, Subject, TrialResult
from grader.bench.trials import write
from grader.evaluation.calibration.honest_ranges import HONEST
from grader.evaluation.probes import FEW_IMAGES
from grader.records import Absent

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "grader" / "evaluation" / "calibration"
NONE = Absent("skipped", "No counter.")


@pytest.fixture
def root(tmp_path):
    """The measurements alone, to change them."""
    (tmp_path / "benchmarks").mkdir()
    shutil.copytree(ROOT / "benchmarks" / "results", tmp_path / "benchmarks" / "results")
    shutil.copy(ROOT / "benchmarks" / "calibration.toml", tmp_path / "benchmarks")
    shutil.copytree(ROOT / "reports" / "reference", tmp_path / "reports" / "reference")
    (tmp_path / "reports" / "reference" / "bench" / "noise.json").unlink(missing_ok=True)
    return tmp_path


@pytest.fixture
def asked():
    return tomllib.loads((ROOT / "benchmarks" / "calibration.toml").read_text("utf-8"))


def trial(seed: int, accuracy: float | Absent) -> TrialResult:
    return TrialResult(seed, accuracy, "", (), 60_000, 9.0, 9.0, 1.0, 1.0, NONE, 0.0016, (), "", "")


def series(spec: str, accuracies: list[float | Absent], model: str = "reference", **data: bool) -> Series:
    seen = {"official": True, "stand_in": False, **data}
    assignment = Assignment(
        spec, 1, "", "", "", 0.95, "MNIST", **seen, data_digest="", train_images=1, test_images=1
    )
    subject = Subject(model, "", "", False, "", "", 1, 1, False, "student", 1, 128, "fast")
    return Series(assignment, subject, tuple(trial(n, one) for n, one in enumerate(accuracies, 1)))


def bench(root: Path, *found: Series) -> None:
    here = Conditions("cpu", "cpu", "A processor", 2, "Linux", (("torch", "2.15.0"),), 1, 2, "auto", "auto")
    made = Bench(BENCH_SCHEMA, "0.1.0", 4, "grader bench", "2026-11-22", here, (), found)
    write(root / "reports" / "reference" / "bench" / "noise.json", made)


def spread_out(mean: float, half: float, seeds: int) -> list[float | Absent]:
    return [mean + (half if n % 2 else -half) for n in range(seeds)]


# --- the committed ones -------------------------------------------------------------------------------------


def test_the_code_uses_what_the_command_generates_from_the_committed_measurements(script):
    made = script("calibrate").generated()
    assert set(made) == {"noise_table.py", "honest_ranges.py", "reference_steps.py"}
    for name, text in made.items():
        assert (PACKAGE / name).read_text("utf-8") == text, "run `python benchmarks/calibrate.py`"
        assert "`python benchmarks/calibrate.py`" in text


def test_check_says_which_table_is_another_one_and_writes_nothing(script, monkeypatch, tmp_path, capsys):
    calibrate = script("calibrate")
    shutil.copytree(PACKAGE, tmp_path, dirs_exist_ok=True)
    other = tmp_path / "noise_table.py"
    other.write_text(other.read_text("utf-8").replace("sd=0.0057", "sd=0.0056"), "utf-8")
    monkeypatch.setattr(calibrate, "PLACE", tmp_path)
    monkeypatch.setattr("sys.argv", ["calibrate.py", "--check"])
    assert calibrate.main() == 1
    said = capsys.readouterr().out
    assert "noise_table.py: other than before" in said
    assert "honest_ranges.py: unchanged" in said
    assert "raise MEASURING_VERSION" in said
    assert "sd=0.0056" in other.read_text("utf-8")
    monkeypatch.setattr("sys.argv", ["calibrate.py"])
    assert calibrate.main() == 0
    assert other.read_bytes() == (PACKAGE / "noise_table.py").read_bytes()


def test_a_share_needs_as_many_images_here_as_in_a_probe(asked):
    assert asked["honest"]["enough_images"] == FEW_IMAGES


# --- noise --------------------------------------------------------------------------------------------------


def rows(script, root, asked, task="mnist"):
    return [row.known for row in script("calibrate_noise").noise_rows(asked, root) if row.task == task]


def test_without_a_benchmark_the_stated_figures_stay(script, root, asked):
    found = [(one.near, one.sd) for one in rows(script, root, asked)]
    assert found == [(0.964, 0.0057), (0.983, 0.0046), (0.99, 0.0016), (0.994, 0.0006)]
    found = [(one.near, one.sd, one.source) for one in rows(script, root, asked, "cifar10")]
    assert found == [(0.85, 0.0027, "derived"), (0.94, 0.0015, "published")]


def test_many_seeds_take_the_place_of_a_stated_figure(script, root, asked):
    bench(
        root,
        series("s4", spread_out(0.9894, 0.001, 20)),
        series("s4", spread_out(0.5, 0.1, 20), model="small"),
        series("eva8_s4", [*spread_out(0.9951, 0.0004, 12), NONE]),
    )
    found = {one.near: one for one in rows(script, root, asked)}
    assert list(found) == [0.964, 0.983, 0.989, 0.995]
    assert (found[0.989].sd, found[0.989].source) == (0.0011, "measured")  # 0.1026 points, rounded up
    assert found[0.989].what == "MNIST after one epoch near 98.9 %: 0.11 points over 20 seeds"
    assert found[0.995].what == "MNIST after 15 epochs near 99.5 %: 0.05 points over 12 seeds"
    text = script("calibrate_noise").noise_table(asked, root)
    assert "s4 in noise.json, A processor, torch 2.15.0, measuring version 4" in text


@pytest.mark.parametrize(("half", "near", "sd"), [(0.0002, 0.994, 0.0006), (0.001, 0.995, 0.0012)])
def test_of_few_seeds_the_larger_figure_counts(script, root, asked, half, near, sd):
    bench(root, series("eva8_s4", spread_out(0.9951, half, 4)))
    last = rows(script, root, asked)[-1]
    assert (last.near, last.sd) == (near, sd)
    assert ("over 4 seeds, which are few" in script("calibrate_noise").noise_table(asked, root)) == (
        near == 0.994
    )


def test_a_worse_model_is_never_taken_for_a_steadier_one(script, root, asked):
    bench(root, series("s4", spread_out(0.9894, 0.0003, 20)))
    worse, better = rows(script, root, asked)[-2:]
    assert (worse.near, worse.sd, better.sd) == (0.989, 0.0006, 0.0006)
    assert worse.what.endswith("0.04 points over 20 seeds, taken as the 0.06 points of better models")


def test_generated_data_tells_nothing_of_noise(script, root, asked):
    bench(root, series("s4", spread_out(0.9894, 0.001, 20), stand_in=True))
    with pytest.raises(
        script("calibrate_sources").CalibrationError, match="s4 was trained on generated data"
    ):
        rows(script, root, asked)


def test_a_benchmark_that_cannot_be_read_is_no_benchmark_that_is_missing(script, root, asked):
    place = root / "reports" / "reference" / "bench" / "noise.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text("{}", "utf-8")
    with pytest.raises(script("calibrate_sources").CalibrationError, match=r"noise\.json"):
        rows(script, root, asked)


def test_two_rows_at_one_accuracy_are_refused(script, root, asked):
    bench(root, series("s4", spread_out(0.9831, 0.001, 20)))
    with pytest.raises(script("calibrate_sources").CalibrationError, match=r"mnist has two rows at 98\.3"):
        rows(script, root, asked)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("| B |", "| Z |", "there is no row B"),
        ("96.39 (0.57)", "96.39", "row B has no deviation"),
        ("| submission |", "| who |", "no table has the columns submission"),
    ],
)
def test_a_measurement_that_is_gone_is_named(script, root, asked, old, new, fault):
    place = root / "benchmarks" / "results" / "lanes-2026-11-21.md"
    place.write_text(place.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(script("calibrate_sources").CalibrationError, match=fault):
        rows(script, root, asked)


# --- honest ranges ------------------------------------------------------------------------------------------


def ranges(script, root, asked):
    return script("calibrate_honest").ranges(asked["honest"], root)


def test_the_ranges_are_those_of_both_sources(script, root, asked):
    assert ranges(script, root, asked) == HONEST
    assert HONEST["untrained accuracy"].most == 0.342  # the highest of `Grouped` over 20 seeds
    assert HONEST["perturbed images"].most == 0.027  # the reference of eva8_s6
    assert HONEST["scrambled state"].most == 0.023  # the reference of bh_lenet5


def test_a_model_with_a_mistake_is_left_out_of_what_mentions_it_alone(script, root, asked):
    shown = ranges(script, root, asked)
    assert shown["start and seed"].models + 1 == shown["steps"].models
    asked["honest"]["mistakes"]["Seeded"] = ["start and seed", "steps"]
    assert ranges(script, root, asked)["steps"].models + 1 == shown["steps"].models


def test_an_honest_model_that_raises_a_probe_stops_the_calibration(script, root, asked):
    error = script("calibrate_sources").CalibrationError
    del asked["honest"]["mistakes"]["Squeezed"]
    with pytest.raises(error, match="Squeezed is honest and raises batch sizes"):
        ranges(script, root, asked)
    asked["honest"]["mistakes"]["Squeezed"] = ["batch sizes"]
    place = root / "reports" / "reference" / "s4.json"
    place.write_text(place.read_text("utf-8").replace('"weight": "clean"', '"weight": "flag"', 1), "utf-8")
    with pytest.raises(error, match=r"s4\.json: the reference is honest and raises \w+"):
        ranges(script, root, asked)


def test_a_sentence_without_its_figure_is_an_error_and_no_gap(script, root, asked):
    place = root / "reports" / "reference" / "s4.json"
    place.write_text(place.read_text("utf-8").replace("the accuracy goes from", "it goes from"), "utf-8")
    with pytest.raises(script("calibrate_sources").CalibrationError, match='no figure of "perturbed images"'):
        ranges(script, root, asked)


def test_few_images_are_no_share(script, root, asked):
    """The reference of bh_iris is looked at with 1 to 6 rows of the test split."""
    few = replace(HONEST["scrambled state"], models=HONEST["scrambled state"].models + 1)
    asked["honest"]["enough_images"] = 1
    assert ranges(script, root, asked)["scrambled state"] == few


# --- reference steps ----------------------------------------------------------------------------------------

STEP = "| device | task | fastest | spread of the middle half |\n| --- | --- | ---: | ---: |\n"


def test_a_device_is_added_by_its_result(script, root, asked):
    place = root / "benchmarks" / "results" / "reference-step-t4.md"
    place.write_text(f"{STEP}| t4 | mnist | 4.125 | 2.0 % |\n| t4 | cifar10 | 5.5 | 1.0 % |\n", "utf-8")
    text = script("calibrate_steps").reference_steps(asked, root)
    assert '("cifar10", "t4"): 0.0055,' in text
    assert '("mnist", "t4"): 0.004125,' in text
    assert '("mnist", "epyc-core"): 0.0361,' in text


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| t4 | mnist | 4.1 | 12.0 % |", "the rounds of t4 spread by 12.0 %: measure again"),
        ("| epyc-core | mnist | 4.1 | 1.0 % |", "mnist on epyc-core stands in another result"),
        ("| t4 | mnist | fast | 1.0 % |", '"fast" is no number'),
    ],
)
def test_a_step_that_limits_cannot_hang_on_is_refused(script, root, asked, row, fault):
    (root / "benchmarks" / "results" / "reference-step-x.md").write_text(f"{STEP}{row}\n", "utf-8")
    with pytest.raises(script("calibrate_sources").CalibrationError, match=fault):
        script("calibrate_steps").reference_steps(asked, root)
