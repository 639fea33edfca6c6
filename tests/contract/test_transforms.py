"""What every batched transform keeps to: found by walking the folders, so a new file is tried at once."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from grader.training.transforms.interface import FOLDERS, Form, NotCovered, Stated, readers, starting

DOCUMENT = Path(__file__).parents[2] / "docs" / "transforms.md"

MODULES = sorted(
    f"grader.training.transforms.{folder}.{info.name}"
    for folder in set(FOLDERS.values())
    for info in pkgutil.iter_modules(importlib.import_module(f"grader.training.transforms.{folder}").__path__)
)
NAMED = sorted((library, name) for library in FOLDERS for name in readers(library))

LEAST: dict[str, dict[str, str | int | float | bool]] = {
    "RandomRotation": {"degrees": 5},
    "RandomAffine": {"degrees": 5},
    "CenterCrop": {"size": 20},
    "Resize": {"size": 40},
    "Pad": {"padding": 2},
    "Normalize": {"mean": "(0.5, 0.5, 0.5)", "std": "(0.5, 0.5, 0.5)"},
    "ToDtype": {"dtype": "torch.float32", "scale": True},
    "PadIfNeeded": {"min_height": 40, "min_width": 40, "border_mode": 0},
}


def least(library: str, name: str) -> Stated:
    """The call with the fewest arguments."""
    if name == "RandomCrop":
        crop = {"height": 20, "width": 20} if FOLDERS[library] == "of_albumentations" else {"size": 20}
        return Stated(name, tuple(crop.items()), library)
    if name == "CoarseDropout":
        return Stated(name, (), library)
    return Stated(name, tuple(LEAST.get(name, {}).items()), library)


def forms(library: str) -> list[Form]:
    start = starting(library, (3, 32, 32))
    tensors = [Form("tensor", 3, 32, 32, values) for values in ("bytes", "floats")]
    return [start, *tensors] if FOLDERS[library] == "of_torchvision" else [start]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_names_a_reader_and_known_libraries(name):
    module = importlib.import_module(name)
    assert module.NAMES
    assert callable(module.read)
    assert set(getattr(module, "LIBRARIES", ())) <= set(FOLDERS)
    assert module.__doc__


@pytest.mark.parametrize(("library", "name"), NAMED)
def test_a_step_takes_some_form_is_comparable_and_gives_a_form(library, name):
    taken = []
    for form in forms(library):
        try:
            step = readers(library)[name](least(library, name), form)
            taken.append((step, step.after(form)))
        except NotCovered:
            continue
        assert step == readers(library)[name](least(library, name), form)
        assert isinstance(step.words(form), int)
        assert step.exactness in ("same draws", "same distribution")
    assert taken, "it takes nothing at all"
    assert all(after.channels == 3 and min(after.size) > 0 for _, after in taken)


@pytest.mark.parametrize(("library", "name"), NAMED)
def test_an_argument_that_it_does_not_know_is_refused(library, name):
    call = least(library, name)
    with pytest.raises(NotCovered, match="'surprise'"):
        readers(library)[name](
            Stated(name, (*call.arguments, ("surprise", 1)), library), starting(library, (3, 32, 32))
        )


@pytest.mark.parametrize("name", sorted({name for _, name in NAMED} | {"RandomApply"}))
def test_it_is_in_the_document(name):
    assert f"`{name}`" in DOCUMENT.read_text("utf-8")
