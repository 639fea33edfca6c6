"""The repository that the references of later sessions import: its README describes every file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2] / "reference_models" / "eva8_models"
NOTEBOOKS = sorted(REPOSITORY.parent.glob("eva8_s[78]/*.ipynb"))


def test_the_readme_describes_every_file_and_no_other() -> None:
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    described = set(re.findall(r"^\| \[[^\]]+\]\(([^)]+)\) \| \S", readme, re.MULTILINE))
    files = {
        path.relative_to(REPOSITORY).as_posix()
        for path in REPOSITORY.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert described == files - {"README.md"}


def test_it_holds_resnets_of_basic_blocks_alone() -> None:
    tree = ast.parse((REPOSITORY / "models" / "resnet.py").read_text("utf-8"))
    built = {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert built == {"BasicBlock", "ResNet", "_layer", "ResNet18", "ResNet34"}


def test_a_reference_that_was_not_trained_shows_no_result() -> None:
    assert len(NOTEBOOKS) == 2
    for notebook in NOTEBOOKS:
        readme = (notebook.parent / "README.md").read_text("utf-8")
        assert "**Not yet trained.**" in readme
        assert not re.search(r"epoch\s*\d+\s*[/:]", readme + notebook.read_text("utf-8"), re.IGNORECASE)
        assert "(https://github.com/your-name/pytorch-cifar-models)" in readme
