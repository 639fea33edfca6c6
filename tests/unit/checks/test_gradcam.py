"""Grad-CAM pictures and the map that they were made on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.checks.gradcam import Rule
from grader.checks.interface import run
from grader.records import Absent, Evidence, GradCam, Layer, LeftOut, Outcome, Picture, Pictures, TargetLayer

CALL = "cam = GradCAM(model, [{}])"
LAYERS = (
    Layer("", "Net", (10,), 0),
    Layer("layer3", "Sequential", (32, 8, 8), 0),
    Layer("layer3.0", "Conv2d", (32, 8, 8), 9),
    Layer("layer4", "Sequential", (64, 4, 4), 0),
    Layer("layer4.0", "Conv2d", (64, 5, 5), 9),
    Layer("layer4.1", "Conv2d", (64, 4, 4), 9),
    Layer("never", "Conv2d", (), 9),
    Layer("fc", "Linear", (10,), 9),
)


def pictures(count: int, name: str = "images/gradcam_{}.png", **changes: object) -> tuple[Picture, ...]:
    """Pictures that look different."""
    return tuple(
        replace(Picture(name.format(n), 300, 200, 0.5, f"{n:02x}" * 128), **changes) for n in range(count)
    )


@pytest.fixture
def judged(handed_in):
    def judge(
        *cells: str, shown: tuple[Picture, ...] = pictures(10), cut: str = "", second=None, **changes: object
    ) -> Outcome:
        evidence: Evidence = handed_in({"README.md": "# T\n\nWords.\n", "S7.ipynb": list(cells)}, second)
        assert not isinstance(evidence.model, Absent)
        model = replace(evidence.model, layers=LAYERS)
        evidence = replace(evidence, model=model, pictures=Pictures(shown, cut))
        rule = Rule(id="a", check="gradcam", points=20.0)
        return run(rule, replace(evidence, **changes))

    return judge


def parts(outcome: Outcome) -> dict[str, str]:
    return {part.name: part.status for part in outcome.parts}


def test_ten_pictures_of_a_large_enough_map(judged):
    outcome = judged(CALL.format("model.layer3[-1]"))
    assert (outcome.status, outcome.points) == ("passed", 20)
    assert outcome.parts[0].finding.measured.startswith("10 Grad-CAM pictures: images/gradcam_0.png, ")
    assert outcome.parts[1].finding.measured == "model.layer3[-1] (S7.ipynb, cell 1): 8 x 8 px"


@pytest.mark.parametrize(
    ("layer", "status"),
    [
        ("model.layer3", "passed"),
        ("model.layer4[0]", "passed"),
        ("model.layer4", "failed"),
        ("model.layer4[-1]", "failed"),
        ("self.model.layer4[1]", "failed"),
        ("model.module.layer3[0]", "passed"),
        ("list(model.children())[0]", "passed"),
        ("list(model.children())[1]", "failed"),
        ("model.layer4[-3]", "review"),
        ("model.layer5", "review"),
        ("model.never", "review"),
        ("model.fc", "review"),
        ("pick(model)", "review"),
    ],
)
def test_the_map_of_the_layer_decides(judged, layer, status):
    outcome = judged(CALL.format(layer))
    assert parts(outcome) == {"pictures": "passed", "feature map": status}
    assert outcome.open_points == (10 if status == "review" else 0)


def test_the_limit_is_the_specs(judged, handed_in):
    outcome = judged(CALL.format("model.layer4"))
    assert outcome.parts[1].finding.hint == "Take an earlier layer, whose map is larger."
    assert Rule(id="a", check="gradcam", points=1.0, map_at_least=4).requirement().endswith("at least 4 px.")


def test_layers_on_both_sides_go_to_a_person(judged):
    assert parts(judged(CALL.format("model.layer3, model.layer4")))["feature map"] == "review"


def test_enlarged_pictures_may_have_a_larger_map(judged):
    outcome = judged("t = transforms.Resize(224)", CALL.format("model.layer4"))
    assert parts(outcome)["feature map"] == "review"
    assert "S7.ipynb, cell 1 brings pictures to another size" in outcome.parts[1].finding.rationale


@pytest.mark.parametrize("cause", ["failed", "skipped", "review", "errored"])
def test_a_network_of_a_library_goes_to_a_person(judged, cause):
    outcome = judged(CALL.format("model.layer4"), model=Absent(cause, "There is no model class."))
    assert parts(outcome)["feature map"] == ("errored" if cause == "errored" else "review")
    assert outcome.points == 10


def test_no_sign_of_it_at_all(judged):
    outcome = judged("x = 1", shown=())
    assert (outcome.status, outcome.points, outcome.open_points) == ("failed", 0, 0)
    assert outcome.parts[1].finding.measured == "no Grad-CAM in the source"


def test_pictures_whose_code_is_not_there(judged):
    assert parts(judged("x = 1")) == {"pictures": "passed", "feature map": "review"}


def test_code_that_names_no_layer(judged):
    assert parts(judged("import x\nx.plot_gradcam(model)", shown=()))["feature map"] == "review"


def test_source_that_cannot_be_read(judged, handed_in):
    reading = handed_in({"README.md": "# T\n"}).reading
    reading = replace(reading, unreadable=(LeftOut("S7.ipynb, cell 4", "line 1: bad"),))
    assert parts(judged("x = 1", shown=(), reading=reading))["feature map"] == "review"


def test_source_that_was_cut_goes_to_a_person(judged, handed_in):
    layer = TargetLayer("S7.ipynb, cell 1", "model.layer3", "layer3")
    cut = GradCam(("S7.ipynb, cell 1",), (layer,), "", "Not all was looked at.")
    reading = replace(handed_in({"README.md": "# T\n"}).reading, grad_cam=cut)
    assert parts(judged("x = 1", reading=reading))["feature map"] == "review"


# --- the pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (pictures(9), "review"),
        (pictures(1), "review"),
        (pictures(10, width=20), "failed"),
        (pictures(10, common_share=1.0), "failed"),
        (pictures(10, width=0, height=0, thumbnail="", fault="cannot be decoded"), "failed"),
        (pictures(10, "images/{}.png"), "review"),
        (pictures(10, "S7.ipynb, cell {}"), "review"),
        (pictures(10, "images/cam{}.png"), "passed"),
        (pictures(10, "images/camera{}.png"), "review"),
        ((), "failed"),
    ],
    ids=[
        "nine",
        "gallery",
        "small",
        "blank",
        "broken",
        "other names",
        "other cells",
        "cam",
        "camera",
        "none",
    ],
)
def test_how_many_there_are(judged, shown, status):
    assert parts(judged(CALL.format("model.layer3"), shown=shown))["pictures"] == status


def test_the_same_picture_ten_times(judged):
    same = tuple(replace(one, thumbnail="0f" * 128) for one in pictures(10))
    assert parts(judged(CALL.format("model.layer3"), shown=same))["pictures"] == "review"


def test_pictures_below_a_heading_or_in_the_cell_that_makes_them(judged):
    ten = pictures(10, "S7.ipynb, cell 3")
    heading = {"cell_type": "markdown", "source": "## Grad-CAM"}
    assert parts(judged("x = 1", heading, "show()", shown=ten))["pictures"] == "passed"
    cells = ("x = 1", "y = 1", CALL.format("model.layer3"))
    assert parts(judged(*cells, shown=ten))["pictures"] == "passed"


def test_pictures_that_were_not_all_decoded(judged):
    assert (
        parts(judged(CALL.format("model.layer3"), shown=(), cut="There was no more time."))["pictures"]
        == "review"
    )
