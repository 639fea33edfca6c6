"""Classes, functions and imports that the assignment asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from grader.checks.code import Rule
from grader.checks.interface import run
from grader.records import LeftOut, Outcome

RESNET = "class BasicBlock: pass\nclass ResNet:\n    def make(self): pass\ndef ResNet18(): return ResNet()\n"


def judged(evidence, **keys: object) -> Outcome:
    return run(Rule.model_validate({"id": "a", "check": "code", "points": 12.0} | keys), evidence)


def test_classes_and_functions_are_there(handed_in):
    outcome = judged(
        handed_in({"models/resnet.py": RESNET}),
        classes=["ResNet", "basicblock"],
        functions=["ResNet18", "make"],
    )
    assert (outcome.status, outcome.points) == ("passed", 12)
    assert outcome.parts[0].finding.measured == "ResNet in models/resnet.py:2"
    assert outcome.parts[3].finding.measured == "ResNet.make in models/resnet.py:3"


def test_what_is_missing_costs_its_share(handed_in):
    outcome = judged(handed_in({"a.py": RESNET}), classes=["ResNet", "ResBlock"])
    assert (outcome.status, outcome.points) == ("partial", 6)
    assert outcome.parts[1].finding.rationale == "Nothing defines ResBlock."


def test_a_class_is_no_function_and_the_other_way_round(handed_in):
    evidence = handed_in({"a.py": RESNET})
    assert judged(evidence, functions=["ResNet"]).status == "failed"
    assert judged(evidence, classes=["ResNet18"]).status == "failed"


def test_what_must_not_be_there(handed_in):
    clean = handed_in({"models/resnet.py": RESNET})
    assert judged(clean, no_classes=["Bottleneck*"], no_functions=["resnet50"]).status == "passed"
    full = handed_in({"models/resnet.py": RESNET + "class BottleNeck: pass\n"})
    outcome = judged(full, no_classes=["Bottleneck*"])
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert outcome.parts[0].finding.measured == "BottleNeck in models/resnet.py:5"


def test_a_class_that_a_function_hides_is_there(handed_in):
    hidden = handed_in({"a.py": "def f():\n    class Bottleneck: pass\n"})
    assert judged(hidden, no_classes=["Bottleneck"]).status == "failed"


def test_in_one_file(handed_in):
    evidence = handed_in({"models/resnet.py": "x = 1\n", "main.py": RESNET})
    outcome = judged(evidence, classes=["ResNet"], file="models/resnet.py")
    assert outcome.status == "failed"
    assert outcome.parts[0].finding.rationale == "It is in ResNet in main.py:2."
    assert judged(evidence, classes=["ResNet"], file="main.py").status == "passed"
    assert judged(evidence, no_classes=["ResNet"], file="models/resnet.py").status == "passed"


def test_without_the_file_nothing_is_given_for_what_it_lacks(handed_in):
    outcome = judged(handed_in({"main.py": RESNET}), no_classes=["Bottleneck"], file="models/resnet.py")
    assert outcome.status == "failed"
    assert outcome.parts[0].finding.rationale == "There is no models/resnet.py."
    nothing = judged(handed_in({"README.md": "# T"}), no_classes=["Bottleneck"])
    assert nothing.parts[0].finding.rationale == "There is no Python file and no notebook."


@pytest.mark.parametrize(
    "keys", [{"classes": ["Gone"]}, {"no_classes": ["Gone"]}, {"imports": [{"module": "gone"}]}]
)
def test_a_file_that_cannot_be_read_may_hold_it(handed_in, keys):
    outcome = judged(handed_in({"a.py": RESNET, "broken.py": "def f(:\n"}), **keys)
    assert (outcome.status, outcome.open_points) == ("review", 12)
    assert outcome.parts[0].finding.rationale.startswith("broken.py could not be read")


@pytest.mark.parametrize("keys", [{"classes": ["Gone"]}, {"no_classes": ["Gone"]}])
def test_source_that_was_not_all_looked_at_may_hold_it(handed_in, keys):
    evidence = handed_in({"a.py": RESNET})
    cut = replace(evidence.reading.outline, cut="Only the first 3,000 definitions are looked at.")
    evidence = replace(evidence, reading=replace(evidence.reading, outline=cut))
    outcome = judged(evidence, **keys)
    assert outcome.status == "review"
    assert outcome.parts[0].finding.rationale == f"{cut.cut} A person looks."


@pytest.mark.parametrize(
    "reason",
    [
        "not read, like all files after it: there is too much source code",
        "only the first 20,000 files and cells are read",
    ],
)
def test_reading_that_stopped_at_another_file_leaves_a_doubt(handed_in, reason):
    evidence = handed_in({"models/resnet.py": RESNET})
    stopped = replace(evidence.reading, unreadable=(LeftOut("a.py", reason),))
    outcome = judged(replace(evidence, reading=stopped), no_classes=["Gone"], file="models/resnet.py")
    assert outcome.status == "review"


def test_another_file_that_cannot_be_read_is_no_doubt(handed_in):
    evidence = handed_in({"models/resnet.py": RESNET, "broken.py": "def f(:\n"})
    assert judged(evidence, no_classes=["Bottleneck"], file="models/resnet.py").status == "passed"


@pytest.mark.parametrize(
    ("line", "module", "status"),
    [
        ("from models import custom_resnet", "models.custom_resnet", "passed"),
        ("from models.custom_resnet import *", "models", "passed"),
        ("import models.custom_resnet as m", "models.custom_resnet", "passed"),
        ("from models import Net", "models.custom_resnet", "failed"),
        ("from torchvision import models", "models", "failed"),
        ("from pytorch_main.models import Net", "*.models", "passed"),
        ("x = 'import models'", "models", "failed"),
    ],
)
def test_imports(handed_in, line, module, status):
    wanted = [{"module": module, "into": "*.ipynb"}]
    assert judged(handed_in({"S8.ipynb": [line], "a.py": "x = 1"}), imports=wanted).status == status


def test_an_import_in_another_file_does_not_count(handed_in):
    evidence = handed_in({"S8.ipynb": ["x = 1"], "a.py": "import models"})
    assert judged(evidence, imports=[{"module": "models", "into": "*.ipynb"}]).status == "failed"
    assert judged(evidence, imports=[{"module": "models"}]).status == "passed"


def test_the_second_repository(handed_in):
    evidence = handed_in({"S8.ipynb": ["import models"]}, second={"models/resnet.py": RESNET})
    keys = {"classes": ["ResNet"], "file": "models/resnet.py"}
    assert judged(evidence, **keys).status == "passed"
    assert judged(evidence, **keys, where="second repository").status == "passed"
    assert judged(evidence, **keys, where="submission").status == "failed"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "ask for at least one"),
        ({"imports": [{"module": "a"}], "file": "b.py"}, "file is for classes"),
        ({"classes": ["os.system('x')"]}, "pattern"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Rule.model_validate({"id": "a", "check": "code", "points": 1.0} | keys)


def test_what_a_repository_may_hold_that_was_not_given_goes_to_a_person(handed_in):
    cloning = handed_in({"S8.ipynb": ["!git clone https://github.com/ada/nets\nimport nets"]})
    asked = {"classes": ["*"], "file": "custom_resnet.py"}
    outcome = judged(cloning, **asked)
    assert outcome.status == "review"
    assert "--also https://github.com/ada/nets" in outcome.parts[0].finding.rationale
    assert judged(cloning, **asked, where="submission").status == "failed"
    assert judged(handed_in({"S8.ipynb": ["import nets"]}), **asked).status == "failed"
    given = handed_in({"S8.ipynb": ["!git clone https://github.com/ada/nets"]}, second={"a.py": RESNET})
    assert judged(given, **asked).status == "failed"


def test_a_library_that_is_cloned_hides_no_class_of_the_submission(handed_in):
    evidence = handed_in({"a.ipynb": ["!git clone https://github.com/ada/finder"], "b.py": RESNET})
    assert judged(evidence, no_classes=["Bottleneck"]).status == "passed"
    assert judged(evidence, classes=["Missing"]).status == "failed"
