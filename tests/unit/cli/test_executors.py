"""Where attempts run, as it is asked for on the command line."""

from __future__ import annotations

import pytest

from grader.cli._executors import JOBS_AT_ONCE, elsewhere, here
from grader.errors import UsageError
from grader.spec.load import load_spec

ASKED = {
    "executor": "local",
    "sbatch": (),
    "ray_address": "",
    "gpus_each": None,
    "slots": None,
    "device": "cpu",
}


@pytest.fixture
def commands(tmp_path, monkeypatch):
    for name in ("sbatch", "squeue", "scancel"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_here_each_attempt_has_a_core_and_no_token():
    assert elsewhere(ASKED, load_spec("s4").spec) is None
    local = here({**ASKED, "slots": 3}, ("TOKEN",))
    assert (local.slots, local.hidden) == (3, ("TOKEN",))


def test_jobs_of_slurm(commands):
    spec = load_spec("s4").spec
    asked = {**ASKED, "executor": "slurm", "sbatch": ("--partition=gpu --account='a b'", "--mem=6G")}
    found = elsewhere({**asked, "device": "cuda"}, spec)
    assert (found.slots, found.engine.gpus) == (JOBS_AT_ONCE, 1)
    assert found.engine.more == ["--partition=gpu", "--account=a b", "--mem=6G"]
    assert elsewhere({**asked, "slots": 50}, spec).slots == 50
    assert elsewhere(asked, spec).engine.gpus == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sbatch": ("--time=1",)}, "is for --executor slurm alone"),
        ({"executor": "slurm", "ray_address": "head:6379"}, "is for --executor ray alone"),
        ({"gpus_each": 0.0}, "is for --executor ray alone"),
        ({"executor": "slurm", "sbatch": ("--account='a",)}, "--sbatch: No closing quotation"),
    ],
    ids=["of another", "of Ray", "a share of a GPU", "a quotation mark"],
)
def test_what_cannot_be(commands, asked, said):
    with pytest.raises(UsageError, match=said):
        elsewhere({**ASKED, **asked}, load_spec("s4").spec)
