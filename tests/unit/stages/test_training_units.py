"""In which order notebooks and scripts are run."""

from __future__ import annotations

import json
from pathlib import Path

from grader.records import (
    Absent,
    Entrypoint,
    ModelFacts,
    Reading,
    Readme,
    Section,
    Submission,
    SubmittedFile,
)
from grader.stages.training_units import TrainingUnit, training_units

NO_MODEL = Absent("skipped", "Nobody looked.")
TRAIN = "optimizer = optim.SGD(net.parameters(), lr=0.1)\nloss.backward()\n"


def notebook(source: str, output: str = "") -> str:
    outputs = [{"output_type": "stream", "text": output}] if output else []
    return json.dumps({"cells": [{"cell_type": "code", "source": source, "outputs": outputs}], "nbformat": 4})


def submission(root: Path, files: dict[str, str]) -> Submission:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    listed = tuple(SubmittedFile(name, len(text), "0") for name, text in files.items())
    return Submission("x", "folder", "x", "", "", "", "", False, "sha256:0", listed)


def reading(code: str = "") -> Reading:
    section = Section("Run", 1, 1, (), (), (code,))
    readme = Readme("README.md", 10, "Run", (section,), (), (), (), (), ())
    return Reading(readme=readme, candidates=(), choice="", unreadable=())


def model(file: str) -> ModelFacts:
    return ModelFacts(Entrypoint(file, 1, "Net", (), ""), 1, 1, 0, (), (), "", (1,), (10,), "logits")


def test_the_notebook_with_model_optimizer_and_logs_goes_first(tmp_path):
    files = {
        "a.ipynb": notebook(TRAIN),
        "b.ipynb": notebook("from model import Net\n" + TRAIN, "Epoch 1 Loss=0.2"),
        "c.ipynb": notebook("class Net: pass\n" + TRAIN, "Epoch 1 Loss=0.2"),
        "plots.ipynb": notebook("plot()"),
        "train.py": TRAIN,
    }
    found = training_units(tmp_path, submission(tmp_path, files), reading(), model("c.ipynb"))
    assert [unit.path for unit in found] == ["c.ipynb", "b.ipynb", "a.ipynb", "train.py"]


def test_the_readmes_arguments_go_before_none(tmp_path):
    files = {"src/train.py": TRAIN, "utils.py": "x = 1", "other.py": TRAIN}
    shown = reading(
        "pip install torch\npython src/train.py --lr 0.1 --name 'a b'  # fast\npython train.py 'open"
    )
    found = training_units(tmp_path, submission(tmp_path, files), shown, NO_MODEL)
    assert found == [
        TrainingUnit("src/train.py", ("--lr", "0.1", "--name", "a b")),
        TrainingUnit("src/train.py"),
        TrainingUnit("other.py"),
    ]


def test_what_cannot_be_read_is_no_unit(tmp_path):
    files = {"broken.ipynb": "{", ".ipynb_checkpoints/a.ipynb": notebook(TRAIN), "notes.txt": TRAIN}
    assert training_units(tmp_path, submission(tmp_path, files), reading(), NO_MODEL) == []


def test_a_script_that_imports_its_loop_is_run_after_the_loop_itself(tmp_path):
    step = "from model import Net\nfrom lib.engine import run\nif __name__ == '__main__':\n    run(Net)\n"
    files = {
        "lib/engine.py": TRAIN,
        "model.py": "class Net: pass",
        "step1.py": step,
        "step2.py": step,
        "other.py": step.replace("Net", "Skeleton"),
        "library.py": "from lib.engine import run\ndef go(): run(Net)\n",
        "plots.py": "from model import Net\nif __name__ == '__main__':\n    plot(Net)\n",
    }
    found = training_units(tmp_path, submission(tmp_path, files), reading(), model("model.py"))
    assert [unit.path for unit in found] == ["lib/engine.py", "step2.py", "step1.py"]


def test_a_notebook_that_calls_an_imported_fit_is_run(tmp_path):
    files = {
        "train.py": "def fit(net):\n    " + TRAIN.replace("\n", "\n    "),
        "report.ipynb": notebook("from train import fit\nfit(net)"),
    }
    found = training_units(tmp_path, submission(tmp_path, files), reading(), NO_MODEL)
    assert [unit.path for unit in found] == ["report.ipynb", "train.py"]
