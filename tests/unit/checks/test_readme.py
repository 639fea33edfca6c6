"""The README check, on pages that are read by the real reader."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from grader.checks.interface import run
from grader.checks.readme import Rule
from grader.reading.read import read_submission
from grader.records import Absent, Recipe, Submission, SubmittedFile

FIXTURES = Path(__file__).parents[2] / "fixtures" / "reading"
HONEST = sorted(place.name for place in FIXTURES.glob("honest_*.md"))
POINTS = {"architecture": 20.0, "training log": 20.0, "well formatted": 10.0}
KINDS = (
    "convolution", "batch norm", "relu", "max pool", "dropout", "global average pool", "linear", "log softmax"
)  # fmt: skip


def rule(**more):
    fields = {
        "explains": ("architecture",),
        "shows": ("training log",),
        "well_formatted": True,
        "part_points": POINTS,
    }
    return Rule(id="explained", check="readme", points=50, **{**fields, **more})


@pytest.fixture
def judged(tmp_path, example_records):
    """Read a page as a submission's README beside its files, and judge it."""

    def judge(text, files=(), spec=None, parameters=5_142, subfolder="", **evidence):
        pages = {"README.md": text, "model.py": "", **dict(files)}
        for path, content in pages.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        handed_in = tuple(SubmittedFile(path, 1, "") for path in pages if path.startswith(subfolder))
        submission = Submission("x", "folder", "x", subfolder, "", "", "", False, "", handed_in)
        found = example_records["full_marks"].evidence
        model = replace(
            found.model, parameters=parameters, trainable=parameters, buffer_elements=80, layer_kinds=KINDS
        )
        reading = read_submission(tmp_path, submission)
        found = replace(found, submission=submission, reading=reading, model=model)
        return run(spec or rule(), replace(found, **evidence))

    return judge


def page(name: str) -> str:
    return (FIXTURES / name).read_text()


def part(outcome, name):
    (found,) = [part for part in outcome.parts if part.name == name]
    return found


def own_count(name: str) -> int:
    return 4_994 if "table" in name else 5_142


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_readme_gets_all_points(judged, name):
    outcome = judged(page(name), parameters=own_count(name))
    assert [(p.name, p.status) for p in outcome.parts] == [(p, "passed") for p in POINTS], outcome.parts
    assert (outcome.status, outcome.points, outcome.open_points) == ("passed", 50, 0)


# --- model summary ------------------------------------------------------------------------------------------

SUMMARY = """\
Layer (type)               Output Shape         Param #
Conv2d-1           [-1, 16, 26, 26]             144
ReLU-2             [-1, 16, 26, 26]               0
Linear-3                   [-1, 10]           4,998
Total params: 5,142
"""


def summarised(judged, text, files=(), **more):
    spec = Rule(id="summary", check="readme", points=10, shows=("model summary",))
    outcome = judged(text, files, spec=spec, **more)
    assert len(outcome.parts) == 1
    return outcome.status, outcome.parts[0].finding


def test_a_summary_in_the_readme(judged):
    status, finding = summarised(judged, f"# Net\n\n```text\n{SUMMARY}```\n")
    assert (status, finding.measured) == ("passed", "README.md:4: 3 rows, 5,142 parameters")


def test_a_summary_of_another_model_goes_to_a_person(judged):
    status, finding = summarised(judged, f"# Net\n\n```text\n{SUMMARY}```\n", parameters=7_000)
    assert (status, finding.rationale[:31]) == ("review", "Measured are 7,000 parameters. ")


def test_one_of_several_summaries_is_enough(judged):
    text = f"# Net\n\n```text\n{SUMMARY.replace('5,142', '9,000')}{SUMMARY}```\n"
    assert summarised(judged, text)[0] == "passed"


def test_a_summary_counts_where_the_model_does_not_run(judged):
    model = Absent("failed", "It does not import.")
    assert summarised(judged, f"# Net\n\n```text\n{SUMMARY}```\n", model=model)[0] == "passed"


def test_no_summary(judged):
    status, finding = summarised(judged, "# Net\n\nfrom torchsummary import summary\n")
    assert (status, finding.measured) == ("failed", "no table of the layers")
    assert "summary(model" in finding.hint


def test_a_picture_of_a_summary_goes_to_a_person(judged):
    status, finding = summarised(
        judged, "# Net\n\n![The layers](model_summary.png)\n", [("model_summary.png", "")]
    )
    assert (status, finding.measured) == ("review", "a picture")


# --- architecture -------------------------------------------------------------------------------------------


def shuffled(text: str, seed: int, keep_lines: bool) -> str:
    """The page with the words of its section on the architecture in random order."""
    head, section, rest = re.split(
        r"(?<=\n\n)((?:(?!\n## (?:Log|Training|Result|📈)).)*)", text, maxsplit=1, flags=re.DOTALL
    )
    lines = section.split("\n")
    chance = random.Random(seed)
    every = [word for line in lines if not line.startswith("#") for word in line.lstrip("- ").split()]
    chance.shuffle(every)
    mixed = [
        " ".join(every.pop() for _ in line.lstrip("- ").split()) for line in lines if not line.startswith("#")
    ]
    body = "\n".join(mixed) if keep_lines else " ".join(mixed)
    return f"{head}## Architecture\n\n{body}\n{rest}"


@pytest.mark.parametrize("keep_lines", [True, False])
@pytest.mark.parametrize("name", ["honest_prose.md", "honest_list.md", "honest_second_language.md"])
def test_the_right_words_in_random_order_fail(judged, name, keep_lines):
    for seed in range(10):
        found = part(judged(shuffled(page(name), seed, keep_lines)), "architecture")
        assert found.status == "failed", (seed, found.finding)
        assert "convolution" in found.finding.measured


@pytest.mark.parametrize(
    "bag",
    [
        "convolution batch norm relu max pool dropout linear " * 20,
        "convolution 3x3, batch norm 8, relu, max pool 2x2, dropout 0.1, linear 10. " * 20,
        "The convolution is used. The batch norm is used. " * 20,
        "- convolution\n- batch norm\n- relu\n- max pool\n- dropout\n" * 20,
    ],
)
def test_the_same_words_over_and_over_fail(judged, bag):
    found = part(judged(f"# T\n\n## Architecture\n\n{bag}\n"), "architecture")
    assert found.status == "failed"
    assert found.finding.hint


def test_an_explanation_inside_of_a_code_block_does_not_count(judged):
    inside = re.sub(
        r"(## Architecture\n\n)(.*?)(\n## )", r"\1```\n\2```\n\3", page("honest_prose.md"), flags=re.DOTALL
    )
    found = part(judged(inside), "architecture")
    assert found.status == "failed"


def test_a_short_section_says_how_many_words_are_missing(judged):
    found = part(
        judged("# T\n\n## Architecture\n\nA convolution with 8 channels, batch norm, ReLU.\n"), "architecture"
    )
    assert 'the section "Architecture" (line 3)' in found.finding.rationale
    assert "8 words outside of code blocks; 60 are asked" in found.finding.rationale
    assert "dropout" in found.finding.hint


def test_layers_that_the_model_does_not_have_do_not_count(judged, example_records):
    model = replace(example_records["full_marks"].evidence.model, layer_kinds=("linear", "tanh"), layers=())
    found = part(judged(page("honest_prose.md"), model=model), "architecture")
    assert found.status == "failed"
    assert "It names 1 (linear) of the model's layer kinds; 2 are asked" in found.finding.rationale


PERCEPTRON = """# T

## Architecture

{prose}
"""


@pytest.mark.parametrize(
    ("prose", "status"),
    [
        (
            "The network is small. It begins with a linear layer that takes all 784 pixels of an image and has 256 "
            "units. Each unit draws a line through the space of images, and ReLU behind it leaves only one side of "
            "that line. A second linear layer adds the units up and has ten outputs, one score for each digit. There "
            "is nothing else in it, because two layers are enough for digits.",
            "passed",
        ),
        (
            "The network is small. It begins with a linear layer that takes all 784 pixels of an image and has 256 "
            "units. Each unit draws a line through the space of images. A second linear layer adds the units up and "
            "has ten outputs, one score for each digit. A third linear layer would change nothing here, which was "
            "tried, and so there is nothing else in it at all.",
            "failed",
        ),
    ],
)
def test_a_model_with_two_kinds_of_layers_is_explained_by_both(judged, example_records, prose, status):
    model = replace(example_records["full_marks"].evidence.model, layer_kinds=("linear", "relu"), layers=())
    found = part(judged(PERCEPTRON.format(prose=prose), model=model), "architecture")
    assert found.status == status, found.finding


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("5,142 parameters", "passed"),
        ("5.1k parameters", "passed"),
        ("5,180 parameters", "passed"),
        ("5,222 parameters", "passed"),  # with the running averages of batch norm
        ("6,142 parameters", "failed"),
        ("51,420 parameters", "failed"),
        ("4.1k parameters", "failed"),
        ("fewer than 25,000 parameters", "passed"),
        ("6,142 parameters less than the baseline", "passed"),
    ],
)
def test_the_claimed_number_of_parameters(judged, said, status):
    text = page("honest_prose.md").replace("5,142 parameters", said)
    found = part(judged(text), "architecture")
    assert found.status == status
    if status == "failed":
        assert "README.md:3 says" in found.finding.rationale
        assert "measured are 5,142" in found.finding.rationale


def test_the_count_of_one_layer_is_no_claim_about_the_model(judged):
    text = page("honest_prose.md").replace("At the end", "Layer conv2 alone has 1,168 parameters. At the end")
    assert part(judged(text), "architecture").status == "passed"


def test_the_count_of_a_layer_that_is_not_there_is_no_claim_either(judged):
    said = "A fully connected layer on the last map would take 7,850 parameters by itself. At the end"
    text = page("honest_prose.md").replace("At the end", said)
    assert part(judged(text), "architecture").status == "passed"


@pytest.mark.parametrize(
    ("cause", "status", "open_points"),
    [("failed", "failed", 0), ("errored", "errored", 20), ("skipped", "skipped", 20)],
)
def test_without_a_model_only_the_architecture_cannot_be_judged(judged, cause, status, open_points):
    outcome = judged(page("honest_prose.md"), model=Absent(cause, "There is no model.", "Add one."))
    found = part(outcome, "architecture")
    assert (found.status, found.finding.rationale) == (status, "There is no model.")
    assert (outcome.points, outcome.open_points) == (30, open_points)


# --- training log -------------------------------------------------------------------------------------------


def with_epochs(example_records, epochs: int) -> Recipe:
    return replace(example_records["full_marks"].evidence.recipe, epochs=epochs)


def test_a_line_for_each_trained_epoch(judged, example_records):
    outcome = judged(page("honest_prose.md"), recipe=with_epochs(example_records, 3))
    found = part(outcome, "training log")
    assert found.status == "failed"
    assert found.finding.rationale == "A test accuracy is missing for 2 epochs, the first is 2, of 3."
    log = "".join(f"Epoch {epoch} test accuracy: 98.{epoch} %\n" for epoch in (1, 2, 3))
    text = page("honest_prose.md") + f"\n```\n{log}```\n"
    assert part(judged(text, recipe=with_epochs(example_records, 3)), "training log").status == "passed"


def test_a_picture_of_a_log_goes_to_a_person(judged):
    outcome = judged("# T\n\n## Training log\n\n![log](log.png)\n", {"log.png": ""})
    found = part(outcome, "training log")
    assert found.status == "review"
    assert "log.png (line 5)" in found.finding.rationale
    assert (outcome.status, outcome.open_points) == ("review", 20)


def test_training_accuracy_alone_is_named_as_such(judged):
    found = part(judged("# T\n\n```\nEpoch 1: train accuracy: 97.1 %\n```\n"), "training log")
    assert found.finding.rationale == "README.md:4 shows a training accuracy; no line shows a test accuracy."


def test_a_loss_alone_is_named_as_such(judged):
    found = part(judged("# T\n\n```\nEpoch 1: train loss: 0.31\n```\n"), "training log")
    assert found.finding.rationale == "README.md:4 shows a loss; no line shows a test accuracy."


def test_a_log_of_the_training_images_passes_with_a_note(judged):
    outcome = judged("# T\n\n```\nEpoch 1\nTest set: Accuracy: 57150/60000 (95.25%)\n```\n")
    assert part(outcome, "training log").status == "passed"
    assert "README.md:5 counts 60,000 images" in outcome.notes[0]


# --- well formatted -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("## A\n\n## B\n\n## C\n", "There is no title"),
        ("# T\n\n## A\n", "Beside the title there is 1 heading; 2 are asked."),
        ("# T\n", "Beside the title there are no headings; 2 are asked."),
        ("# T\n\n## A\n\n## B\n\nimport torch\n", "Code or log stands in running text in line 7."),
        (
            "# T\n\n## A\n\n## B\n\n![p](Model.py)\n",
            'Line 7: the picture "Model.py" is not in the submission; model.py differs',
        ),
        ("# T\n\n## A\n\n## B\n\n[p](gone.md)\n", 'Line 7: the link "gone.md" is not in the submission.'),
    ],
)
def test_each_fault_of_the_form_is_said_with_its_line(judged, text, fault):
    found = part(judged(text), "well formatted")
    assert found.status == "failed"
    assert fault in found.finding.rationale


# --- the whole check ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   \n", "x" * 5_000_000])
def test_without_a_readme_all_parts_fail_with_the_reason(judged, text):
    outcome = judged(text)
    assert (outcome.status, outcome.points) == ("failed", 0)
    assert {part.status for part in outcome.parts} == {"failed"}
    assert all("README.md" in part.finding.rationale for part in outcome.parts)


def test_html_and_scripts_are_just_text(judged):
    outcome = judged(page("hostile.md"))
    assert part(outcome, "architecture").status == "failed"
    assert part(outcome, "training log").status == "passed"


def test_a_readme_of_the_root_is_said_so(judged):
    outcome = judged(page("honest_prose.md"), {"S4/model.py": ""}, subfolder="S4")
    assert outcome.notes == ("The README that was read is README.md; S4 has none.",)


def test_equal_shares_without_part_points():
    spec = rule(part_points=None)
    assert [spec.points_of(name) for name in spec.parts] == [pytest.approx(50 / 3)] * 3


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (
            {"part_points": {"architecture": 50.0}},
            "must name exactly: architecture, training log, well formatted",
        ),
        ({"part_points": {**POINTS, "architecture": 21.0}}, "add up to 51, and the check has 50 points"),
        ({"explains": (), "shows": (), "well_formatted": False, "part_points": None}, "ask for at least one"),
        ({"explains": ("weather",)}, "architecture"),
    ],
)
def test_a_rule_that_does_not_fit_is_refused(more, fault):
    with pytest.raises(ValidationError, match=fault):
        rule(**more)


def test_the_requirement_as_the_student_reads_it():
    assert (
        rule().requirement()
        == "The README explains the architecture, shows the training log and is well formatted."
    )
    alone = rule(explains=(), shows=(), part_points=None)
    assert alone.requirement() == "The README is well formatted."


TOPIC_PAGE = """# Sums

## Loss
Both outputs have CrossEntropyLoss, because both are classes.

## Inputs
The other input is a random number.
"""


def test_topics_are_parts_of_their_own(judged):
    asked = ("choice of the loss", "random numbers", "combined inputs")
    points = {"choice of the loss": 20.0, "random numbers": 20.0, "combined inputs": 10.0}
    outcome = judged(
        TOPIC_PAGE, spec=rule(explains=asked, shows=(), well_formatted=False, part_points=points)
    )
    assert [part.status for part in outcome.parts] == ["passed", "review", "failed"]
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 20.0, 20.0)
    assert "classes" in outcome.parts[0].finding.measured
    assert "a person reads it" in outcome.parts[1].finding.rationale
    assert outcome.requirement == ("The README explains choice of the loss, random numbers, combined inputs.")
