"""Points for the receptive field and the input channels in the comments of layers."""

from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest

from grader.checks.interface import run
from grader.checks.layer_comments import Rule
from grader.records import Absent, Axis, Evidence, Layer, LayerComments, Operator, Outcome, Structure

SIZES = {
    "conv1": ("convolution", 3, (8, 28, 28), 3),
    "conv2": ("convolution", 3, (16, 28, 28), 5),
    "pool": ("max pool", 2, (16, 14, 14), 6),
    "conv3": ("convolution", 3, (32, 14, 14), 10),
    "gap": ("global average pool", 14, (32, 1, 1), 0),
    "fc": ("linear", 0, (10,), 0),
}
"""Kind, kernel, output and exact field of each layer of a network. By the class's rule it is 3, 5, 10, 12."""

GOOD = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)    # input 28x28x1, RF 3x3
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)   # input 28x28x8, RF 5x5
        self.pool = nn.MaxPool2d(2)                   # input 28x28x16, RF 10x10
        self.conv3 = nn.Conv2d(16, 32, 3, padding=1)  # input 14x14x16, RF 12x12
        self.gap = nn.AvgPool2d(14)                   # input 14x14x32, RF: the whole image
        self.fc = nn.Linear(32, 10)                   # input 32

    def forward(self, x):
        return self.fc(self.gap(self.conv3(self.pool(self.conv2(self.conv1(x))))).flatten(1))
"""


def structure(whole: Structure, plain: frozenset[str] = frozenset()) -> Structure:
    """What ran; the modules in `plain` were plain functions in the model's own forward."""
    ran = []
    for index, (name, (kind, kernel, shape, field)) in enumerate(SIZES.items()):
        stride = kernel if "pool" in kind else 1
        details = (("kernel", f"{kernel}x{kernel}"), ("stride", f"{stride}x{stride}")) if kernel else ()
        axes = (Axis("known", field, 1.0),) * 2 if field else (Axis("global"),) * 2
        module = "" if name in plain else name
        ran.append(Operator(index, kind, kind, module, (index - 1,), shape, 1, axes, details))
    return replace(whole, operators=tuple(ran))


@pytest.fixture
def known(handed_in):
    def read(source: str = GOOD, plain: frozenset[str] = frozenset(), **more: str) -> Evidence:
        files = {"README.md": "# T\n", "net.ipynb": [textwrap.dedent(source)], **more}
        evidence = handed_in(files)
        whole = evidence.model
        entry = replace(whole.entrypoint, file="net.ipynb", cell=1, class_name="Net")
        layers = (Layer("", "Net", (10,), 0), *(Layer(name, "X", (), 0) for name in SIZES))
        ran = structure(whole.structure, plain)
        model = replace(whole, entrypoint=entry, layers=layers, structure=ran, input_shape=(1, 28, 28))
        return replace(evidence, model=model)

    return read


@pytest.fixture
def judged(known):
    def judge(source: str = GOOD, plain: frozenset[str] = frozenset(), **keys: object) -> Outcome:
        return run(rule(**keys), known(source, plain))

    return judge


def rule(**keys: object) -> Rule:
    return Rule.model_validate({"id": "a", "check": "layer_comments", "points": 60.0} | keys)


def parts(outcome: Outcome) -> dict[str, str]:
    return {part.name: part.status for part in outcome.parts}


def test_every_layer_states_both(judged):
    outcome = judged()
    assert (outcome.status, outcome.points, outcome.notes) == ("passed", 60, ())
    assert outcome.finding.measured == (
        "receptive fields right for 5 of 5 layers, input channels right for 6 of 6 layers"
    )


def test_a_wrong_field_costs_its_layers_share(judged):
    outcome = judged(GOOD.replace("RF 12x12", "RF 28x28"))
    assert (outcome.status, outcome.points, outcome.open_points) == ("partial", 54, 0)
    assert outcome.parts[0].finding.rationale == (
        "conv3: 28 stated, 12 by the class's rule, 10 exactly; net.ipynb, cell 1, line 8."
    )
    assert parts(outcome) == {"receptive fields": "partial", "input channels": "passed"}


def test_the_exact_field_counts_with_a_note(judged):
    source = GOOD.replace("RF 12x12", "RF 10x10").replace(
        "RF 10x10\n        self.conv3", "RF 6\n        self.conv3"
    )
    outcome = judged(source)
    assert outcome.status == "passed"
    assert outcome.notes[0].endswith("which counts as well: pool, conv3.")
    assert judged(source, pooling="exact").notes == ()


def test_where_only_the_exact_field_counts(judged):
    outcome = judged(pooling="exact")
    assert parts(outcome)["receptive fields"] == "partial"
    assert "pool: 10 stated, 6 exactly" in outcome.parts[0].finding.rationale


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("input 14x14x16", "input 14x14", "conv3: 14x14 without channels stated, 14x14x16 goes in"),
        ("input 14x14x16, ", "", "conv3: no input channels, 14x14x16 goes in"),
        ("input 14x14x16", "input 14x14x8", "conv3: 14x14x8 stated, 14x14x16 goes in"),
        ("input 14x14x16", "12x12, 16 channels", ""),
        (
            "input 14x14x16",
            "input size 12x12, channels 16",
            "conv3: 16 channels at 12x12 stated, 14x14x16 goes in",
        ),
        ("input 28x28x8", "28x28x16", "conv2: 28x28x16 is what comes out, 28x28x8 goes in"),
        ("# input 14x14x16, RF 12x12", "", "conv3: no comment"),
        ("input 14x14x16", "in: 16x14x14", ""),
        ("input 14x14x16", "channels 16 -> 32", ""),
        ("input 14x14x16", "16 -> 32", ""),
        ("input 14x14x16", "channels 32 -> 16", "conv3: 32 channels stated, 14x14x16 goes in"),
        ("# input 32", "# input 32x1x1", ""),
        ("# input 32", "# 32 features", ""),
    ],
)
def test_the_stated_input(judged, old, new, why):
    outcome = judged(GOOD.replace(old, new), states=["input channels"])
    assert (outcome.status == "passed") == (not why)
    assert outcome.finding.measured == f"input channels right for {5 if why else 6} of 6 layers"
    if why:
        assert outcome.parts[0].finding.rationale.startswith(why)
        assert outcome.open_points == 0


def test_no_layer_is_commented(judged):
    source = "\n".join(line.partition("#")[0] for line in GOOD.split("\n"))
    outcome = judged(source)
    assert (outcome.status, outcome.points, outcome.open_points) == ("failed", 0, 0)
    assert outcome.parts[1].finding.hint.startswith("Write what goes in beside each layer")


def test_bare_numbers_under_a_heading(judged):
    source = (
        GOOD.replace(", RF ", " -> ").replace("input ", "").replace("super().__init__()", "# input -> RF")
    )
    assert judged(source).status == "passed"
    wrong = source.replace("-> 12x12", "-> 99x99")
    outcome = judged(wrong)
    assert parts(outcome)["receptive fields"] == "review"
    assert "conv3: 99 stands there, which may be its RF" in outcome.parts[0].finding.rationale
    assert 0 < outcome.open_points <= 12


def test_a_plain_function_has_its_comment_in_forward(judged):
    source = GOOD.replace("self.pool(", "F.max_pool2d(").replace(
        "        return self.fc(self.gap(self.conv3(F.max_pool2d(self.conv2(self.conv1(x))))).flatten(1))",
        "        x = F.max_pool2d(self.conv2(self.conv1(x)))  # RF 10, input 28x28x16\n        return x",
    )
    source = source.replace(
        "self.pool = nn.MaxPool2d(2)                   # input 28x28x16, RF 10x10", "pass"
    )
    assert judged(source, frozenset({"pool"})).status == "passed"
    outcome = judged(source.replace("# RF 10", "# RF 9"), frozenset({"pool"}))
    assert "max pool in forward: 9 stated, 10 by the class's rule, 6 exactly" in (
        outcome.parts[0].finding.rationale
    )


def test_a_layer_whose_line_is_not_found_goes_to_a_person(known):
    evidence = known()
    none = replace(evidence, reading=replace(evidence.reading, layer_comments=LayerComments()))
    outcome = run(rule(), none)
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 0, 60)
    assert "conv1: its line in the source was not found" in outcome.parts[0].finding.rationale


def test_source_that_was_not_all_read_goes_to_a_person(known):
    evidence = known(GOOD.replace(", RF 12x12", ""))
    cut = replace(evidence.reading.layer_comments, cut="There is too much.")
    outcome = run(rule(), replace(evidence, reading=replace(evidence.reading, layer_comments=cut)))
    assert (outcome.status, outcome.points, outcome.open_points) == ("review", 54, 6)


def test_the_class_in_the_models_cell_counts(known):
    other = GOOD.replace("RF ", "RF 9")
    assert run(rule(), known(GOOD, **{"a_copy.py": other})).status == "passed"


def test_a_model_without_layers_goes_to_a_person(known):
    evidence = known()
    bare = replace(evidence.model, structure=replace(evidence.model.structure, operators=()))
    assert run(rule(), replace(evidence, model=bare)).status == "review"


def test_an_unknown_structure_is_absent_evidence(known):
    evidence = known()
    gone = replace(evidence.model, structure=Absent("errored", "It is gone."))
    assert run(rule(), replace(evidence, model=gone)).status == "errored"


def test_what_the_requirement_says():
    assert rule().requirement() == (
        "Each layer carries its input channels and its receptive field (pooling doubles the field) as a comment."
    )
    assert "(the exact field)" in rule(states=["receptive field"], pooling="exact").requirement()
