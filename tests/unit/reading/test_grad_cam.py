"""Where the source makes Grad-CAM pictures, and of which layer."""

from __future__ import annotations

import time

import pytest

from grader.reading import grad_cam as module
from grader.reading.grad_cam import grad_cam
from grader.reading.pieces import Piece
from grader.records import GradCam


def read(*cells: str) -> GradCam:
    return grad_cam([Piece("S7.ipynb", number, cell) for number, cell in enumerate(cells, 1)])


def paths(*cells: str) -> list[str]:
    return [layer.path for layer in read(*cells).layers]


@pytest.mark.parametrize(
    "call",
    [
        "GradCAM(model=model, target_layers=[model.layer4[-1]], use_cuda=True)",
        "GradCAM(model, [model.layer4[-1]])",
        "GradCAMPlusPlus(model, target_layers=[model.layer4[-1]])",
        "GradCAM(model, target_layer=model.layer4[-1])",
        "SmoothGradCAMpp(model, 'layer4.1')",
        "LayerGradCam(forward, model.layer4[-1])",
        "pytorch_grad_cam.EigenCAM(model, [model.layer4[-1]])",
        "GradCam.from_config(model_type='resnet', arch=model, layer_name='layer4.1')",
    ],
)
def test_classes_of_libraries_and_of_ones_own(call):
    found = read(f"cam = {call}")
    assert [layer.path for layer in found.layers] in (["layer4.-1"], ["layer4.1"])
    assert found.places == ("S7.ipynb, cell 1",)


def test_it_says_what_is_written_and_where():
    found = read(
        "def get_cam(model, layers):\n    return GradCAM(model, layers)", "get_cam(net, [net.layer2[1]])"
    )
    (layer,) = found.layers
    assert (layer.text, layer.path, layer.place) == ("net.layer2[1]", "layer2.1", "S7.ipynb, cell 2")
    assert found.places == ("S7.ipynb, cell 1", "S7.ipynb, cell 2")


def test_a_hook_in_code_that_speaks_of_cam():
    hook = "model.layer3.register_forward_hook(keep)\n"
    assert paths(f"# Grad-CAM by hand\n{hook}") == ["layer3"]
    assert paths(hook) == []


def test_a_class_of_ones_own_with_a_hook():
    own = (
        "class GradCAM:\n    def __init__(self, model, layer):\n"
        "        layer.register_forward_hook(self.keep)\n"
    )
    assert paths(own, "cam = GradCAM(model, model.layer2[-1])") == ["layer2.-1"]
    assert paths(own) == []


def test_a_layer_that_cannot_be_told_is_named_without_a_path():
    (layer,) = read("GradCAM(model, target_layers=[pick(model)])").layers
    assert (layer.text, layer.path) == ("pick(model)", "")


def test_pictures_without_a_named_layer():
    found = read("import x\nx.plot_gradcam(model, images)")
    assert (found.places, found.layers) == (("S7.ipynb, cell 1",), ())


@pytest.mark.parametrize(
    "text", ["model.layer4", "camera = Camera(1)", "became(2)", "def f():\n    GradCAM(m, m.a)"]
)
def test_what_is_no_grad_cam(text):
    assert read(text) == GradCam()


@pytest.mark.parametrize(
    "line",
    ["t = transforms.Resize(224)", "A.RandomResizedCrop(224, 224)", "weights.transforms()"],
)
def test_pictures_brought_to_another_size(line):
    found = read("import a\n", f"import a\n{line}", "GradCAM(m, m.a)")
    assert found.resized_at == "S7.ipynb, cell 2"
    assert read("GradCAM(m, m.a)").resized_at == ""


def test_texts_are_cleaned():
    long = "a" * 3_000
    (layer,) = read(f"GradCAM(m, [m.{long}\n.b])").layers
    assert len(layer.text) <= module.LIMIT_TEXT
    assert len(layer.path) <= 2 * module.LIMIT_TEXT


def test_the_place_in_a_file_has_a_line():
    (layer,) = grad_cam([Piece("cam.py", 0, "\n\nGradCAM(m, m.a)")]).layers
    assert layer.place == "cam.py:3"


@pytest.mark.parametrize(
    "text",
    [
        "m.a.register_forward_hook(cam)\n" * 12_000,
        "GradCAM(m, m.a)\n" * 20_000,
        "".join(f"def cam_{i}_(x):\n    cam_{i + 1}_(x)\n" for i in range(8_000)),
        "cam = [" + "GradCAM(m, m.a), " * 20_000 + "]",
    ],
    ids=["hooks", "calls", "chain", "list"],
)
def test_hostile_source_has_an_end(text):
    begin = time.process_time()
    found = grad_cam([Piece("a.py", 0, text)])
    assert time.process_time() - begin < 20
    assert len(found.layers) <= module.LIMIT_LAYERS
    assert len(found.places) <= module.LIMIT_PLACES
    assert found.cut.startswith("Not all source")


def test_too_much_source_is_said():
    found = grad_cam([Piece("a.py", 0, "cam = 1\n" * 60_000), Piece("b.py", 0, "GradCAM(m, m.a)")])
    assert found.cut.startswith("Not all source")


def test_a_whole_reading_has_it(stage):
    from grader.reading.read import read_submission

    reading = read_submission(*stage({"n.ipynb": ("GradCAM(m, [m.layer4])",)}))
    assert [layer.path for layer in reading.grad_cam.layers] == ["layer4"]
