"""What was asked for, and what a trial's key hangs on."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from grader.bench.assigned import Assigned, assigned
from grader.bench.conditions import TrialKey, conditions, conditions_digest, processor
from grader.bench.jobs import job_of
from grader.bench.plan import cells
from grader.bench.wanted import Wanted, references, specs_asked
from grader.course.batch.clones import Clones
from grader.errors import UsageError
from grader.spec.load import load_spec

KEY = TrialKey("tree", "plan", 1, 4, "data", "cpu", "here")


@pytest.mark.parametrize("name", [field.name for field in fields(TrialKey)])
def test_each_part_of_a_key_counts(name):
    other = replace(KEY, **{name: getattr(KEY, name) + type(getattr(KEY, name))(1)})
    assert other.name != KEY.name
    assert replace(KEY).name == KEY.name


def test_conditions_name_this_machine_and_their_digest_hangs_on_all_of_them():
    here = conditions("cpu", threads=1, slots=2, lane="auto", isolation="auto")
    assert dict(here.versions)["torch"]
    assert here.cores >= 1
    assert here.device_class == "cpu"
    assert conditions_digest(replace(here, processor="another")) != conditions_digest(here)
    assert conditions_digest(replace(here, versions=(("torch", "1.0"),))) != conditions_digest(here)


def test_the_processor_has_its_name_or_the_architectures(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel name\t: A \x1b processor\n")
    assert processor(file).startswith("A ")
    assert "\x1b" not in processor(file)
    assert processor(tmp_path / "none")


def test_a_spec_may_have_its_own_number_of_seeds():
    assert specs_asked(("s4:5", "eva8_s4", "./a:b.yaml:2"), 3) == (
        ("s4", 5),
        ("eva8_s4", 3),
        ("./a:b.yaml", 2),
    )
    for wrong in ("s4:0", "s4:x", "s4:", "s4:9999"):
        with pytest.raises(UsageError, match="number of seeds"):
            specs_asked((wrong,), 3)


def test_without_a_spec_all_that_train_and_have_a_reference():
    found = dict(specs_asked((), 2))
    assert {"s4", "eva8_s4", "bh_iris"} <= set(found)
    assert "eva8_s3_1" not in found  # a spreadsheet
    assert set(found.values()) == {2}
    assert all((references() / name).is_dir() for name in found)


def test_a_spec_that_trains_nothing_is_refused(tmp_path):
    wanted = Wanted((("eva8_s3_1", 2),), (), True, tmp_path, "grader bench eva8_s3_1")
    with pytest.raises(UsageError, match="No check of eva8_s3_1 needs a training"):
        assigned(wanted)


def test_a_reference_comes_with_the_repository_that_it_imports_and_names_the_command_that_grades_it(tmp_path):
    loaded = load_spec("eva8_s8")
    here = conditions("cpu", threads=1, slots=1, lane="fast", isolation="auto")
    spec = Assigned(loaded, tmp_path / "eva8_s8.yaml", 2, (), "sha256:data", False, here, ("cifar10", 0.0))
    wanted = Wanted((("eva8_s8", 2),), (), True, tmp_path, "grader bench eva8_s8", stand_in=True, lane="fast")
    first, second = cells(wanted, (spec,), Clones(tmp_path / "clones"))
    assert (first.seed, second.seed) == (1, 2)
    assert first.key != second.key
    assert (first.clone / "tree" / "pytorch-cifar-models" / "models").is_dir()
    job = job_of(wanted, second, tmp_path / "runs")
    assert job.command == (
        "grader run eva8_s8 --repo reference_models/eva8_s8 "
        "--also pytorch-cifar-models=reference_models/eva8_models --lane fast --stand-in"
    )
    assert (job.seed, job.name, job.stand_in) == (2, "reference", True)
