"""What was asked for, and what a trial's key hangs on."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from grader.bench.assigned import assigned
from grader.bench.conditions import TrialKey, conditions, conditions_digest, processor
from grader.bench.wanted import Wanted, references, specs_asked
from grader.errors import UsageError

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
