"""The s4 reference submission and its variants, by their text alone: nothing of them is imported here."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]


def module_at(path: Path) -> ModuleType:
    name = f"grader_test_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


variants: Any = module_at(TESTS / "submissions" / "s4_variants.py")
attacks: Any = module_at(TESTS / "attacks" / "s4_attacks.py")
REFERENCE: Path = variants.REFERENCE
NOTEBOOK: str = variants.NOTEBOOK
ALL = {**variants.VARIANTS, **attacks.ATTACKS}


def made(name: str, folder: Path) -> Path:
    built: Path = variants.write(ALL[name], folder / "submission")
    return built


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def sources(folder: Path) -> dict[str, str]:
    """Every Python source of a submission: files, and the notebook's code cells as one."""
    found = {path.name: path.read_text() for path in folder.glob("*.py")}
    for path in folder.glob("*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        found[path.name] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return found


def model_classes(folder: Path) -> dict[str, list[str]]:
    """By file, the names of the classes that derive from nn.Module."""
    return {
        file: [
            node.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "nn.Module" for base in node.bases)
        ]
        for file, source in sources(folder).items()
    }


def counted(folder: Path) -> int:
    """Parameters as the calls in DigitNet.__init__ say: 3x3 convolutions with batch norm, and a linear layer."""
    tree = ast.parse((folder / "model.py").read_text())
    (digit_net,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "DigitNet"
    )
    total = 0
    for call in (node for node in ast.walk(digit_net) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        if name in ("conv_block", "nn.Linear"):
            inputs, outputs = (size(argument) for argument in call.args)
            total += 9 * inputs * outputs + 2 * outputs if name == "conv_block" else (inputs + 1) * outputs
    return total


def size(expression: ast.expr) -> int:
    if isinstance(expression, ast.BinOp):
        assert isinstance(expression.op, ast.Mult)
        return size(expression.left) * size(expression.right)
    assert isinstance(expression, ast.Constant)
    assert isinstance(expression.value, int)
    return expression.value


def table_of_layers(readme: str) -> tuple[list[int], int]:
    """(parameters by row, the total) of the README's table of layers."""
    table = readme[readme.index("| Layer |") :]
    rows = re.findall(r"^\| [^|]+ \| [^|]+ \| ([\d,]+) \|$", table, re.MULTILINE)
    total = re.search(r"^\| \*\*Total\*\* \| \| \*\*([\d,]+)\*\* \|$", readme, re.MULTILINE)
    assert total
    return [int(row.replace(",", "")) for row in rows], int(total[1].replace(",", ""))


def outputs(folder: Path) -> str:
    cells = json.loads((folder / NOTEBOOK).read_text())["cells"]
    return "".join("".join(output["text"]) for cell in cells for output in cell.get("outputs", []))


# --- the reference ------------------------------------------------------------------------------------------


def test_the_claims_agree_with_the_code() -> None:
    readme = (REFERENCE / "README.md").read_text()
    rows, total = table_of_layers(readme)
    assert len(rows) == 13
    assert sum(rows) == total == counted(REFERENCE) < 25_000
    assert f"{total:,} parameters" in ast.get_docstring(
        ast.parse((REFERENCE / "model.py").read_text()), clean=True
    )
    assert f"Total params: {total:,}\n" in outputs(REFERENCE)


def test_logs_are_whole_and_agree_with_themselves() -> None:
    line = re.compile(r"^Epoch 1/1: .* test accuracy ([\d.]+)% \((\d+)/10000\), \d+ s$", re.MULTILINE)
    readme = (REFERENCE / "README.md").read_text()
    for text in (readme, outputs(REFERENCE)):
        ((share, correct),) = line.findall(text)
        assert float(share) == int(correct) / 100 >= 98.5
    best_and_worst = sorted(re.findall(r"^\| \d \| [\d.]+ \| [\d.]+ \| ([\d.]+) % \|$", readme, re.MULTILINE))
    assert len(best_and_worst) == 5
    assert f"{best_and_worst[0]} % to {best_and_worst[-1]} %" in readme


def test_the_notebook_is_one_and_ran_in_order() -> None:
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(REFERENCE / NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    ran = [cell["execution_count"] for cell in notebook.cells if cell.cell_type == "code"]
    assert ran == list(range(1, len(ran) + 1))


def test_relative_links_lead_somewhere() -> None:
    readme = (REFERENCE / "README.md").read_text()
    targets = re.findall(r"\]\(([^)]+)\)", readme)
    assert {"model.py", "train.py", NOTEBOOK} <= set(targets)
    assert all((REFERENCE / target).is_file() for target in targets)


def test_it_holds_what_is_handed_in_and_no_path_of_a_machine() -> None:
    assert set(contents(REFERENCE)) == {"README.md", "model.py", "train.py", NOTEBOOK, "requirements.txt"}
    for name, data in contents(REFERENCE).items():
        assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr|mnt|Users)/", data.decode()), name


# --- variants -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_variant_is_built_the_same_each_time_and_differs(name: str, tmp_path: Path) -> None:
    first, second = made(name, tmp_path / "a"), made(name, tmp_path / "b")
    assert contents(first) == contents(second)
    assert contents(first) != contents(REFERENCE)
    assert ALL[name].description


@pytest.mark.parametrize("name", sorted(set(ALL) - {"does_not_import"}))
def test_its_sources_parse_and_hold_the_model(name: str, tmp_path: Path) -> None:
    found = [one for classes in model_classes(made(name, tmp_path)).values() for one in classes]
    expected = {
        "no_model": [],
        "several_models": ["DigitNet", "FlatNet"],
        "hides_in_statistics": ["DigitNet", "Norm"],
    }
    assert sorted(found) == expected.get(name, ["DigitNet"])


@pytest.mark.parametrize("name", ALL)
def test_the_expected_grade_adds_up(name: str) -> None:
    variant = ALL[name]
    total = sum(variant.points.values())
    assert 0 <= total <= 250
    for part, most in zip(variant.parts, (20, 20, 10), strict=True):
        assert part in (0, most)
    if variant.status == "complete":
        assert variant.exit_code == (0 if total >= 0.7 * 250 else 3)
    else:
        codes = {"ungradable": 4, "needs_review": 6}
        assert variant.exit_code == codes[variant.status]
        assert variant.learns_fast == 0


@pytest.mark.parametrize(
    ("name", "parameters"), [("thirty_thousand", 30_658), ("wrong_output_shape", 13_197)]
)
def test_another_size_is_claimed_as_it_is(name: str, parameters: int, tmp_path: Path) -> None:
    folder = made(name, tmp_path)
    rows, total = table_of_layers((folder / "README.md").read_text())
    assert sum(rows) == total == counted(folder) == parameters
    assert "14,642" not in "".join(data.decode() for data in contents(folder).values())


@pytest.mark.parametrize("name", ["cannot_learn", "nan_output", "forward_raises", "patches_eq", "reads_data"])
def test_only_the_model_file_is_edited_and_keeps_its_size(name: str, tmp_path: Path) -> None:
    folder = made(name, tmp_path)
    edited = {file for file, data in contents(folder).items() if data != contents(REFERENCE)[file]}
    assert edited == {"model.py"}
    assert counted(folder) == counted(REFERENCE)


def statements_in(folder: Path, name: str) -> list[str]:
    """The statements of a function of DigitNet, or of its body (`class`)."""
    tree = ast.parse((folder / "model.py").read_text())
    (digit_net,) = (
        node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "DigitNet"
    )
    if name == "class":
        return [ast.unparse(one) for one in digit_net.body]
    (function,) = (one for one in digit_net.body if isinstance(one, ast.FunctionDef) and one.name == name)
    return [ast.unparse(one) for one in function.body]


@pytest.mark.parametrize(
    ("name", "where", "statement"),
    [
        ("sleeps_at_import", "class", "time.sleep(1000000)"),
        ("sleeps_in_init", "__init__", "time.sleep(1000000)"),
        ("sleeps_in_forward", "forward", "time.sleep(1000000)"),
        ("exits", "__init__", "os._exit(0)"),
        ("sys_exits", "__init__", "sys.exit(0)"),
        ("segfaults", "forward", "ctypes.string_at(0)"),
        ("forward_raises", "forward", "raise ValueError('images of 32 x 32 are needed')"),
        ("cannot_learn", "forward", "return self.classifier(features * 0)"),
        ("nan_output", "forward", "return self.classifier(features) * float('nan')"),
        ("writes_result_file", "__init__", "steal()"),
        ("opens_socket", "__init__", "reach_out()"),
        ("forges_frames", "__init__", "forge()"),
        ("reads_data", "__init__", "self.answers = stolen_answers()"),
    ],
)
def test_the_fault_stands_where_it_is_meant(name: str, where: str, statement: str, tmp_path: Path) -> None:
    assert statement in statements_in(made(name, tmp_path), where)
    assert statement not in statements_in(REFERENCE, where)


def test_a_syntax_error_and_no_notebook(tmp_path: Path) -> None:
    folder = made("does_not_import", tmp_path)
    with pytest.raises(SyntaxError):
        ast.parse((folder / "model.py").read_text())
    assert not (folder / NOTEBOOK).exists()
    assert NOTEBOOK not in (folder / "README.md").read_text()


def test_the_model_is_only_in_the_notebook(tmp_path: Path) -> None:
    folder = made("notebook_only", tmp_path)
    assert model_classes(folder) == {NOTEBOOK: ["DigitNet"]}
    targets = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert set(targets) == {NOTEBOOK}


def test_an_argument_without_a_value(tmp_path: Path) -> None:
    folder = made("needs_arguments", tmp_path)
    begin = next(one for one in statements_in(folder, "class") if one.startswith("def __init__"))
    assert begin.startswith("def __init__(self, width: int, dropout: float=0.05)")
    assert not any("DigitNet()" in source for source in sources(folder).values())


def test_the_shuffled_readme_has_the_same_words(tmp_path: Path) -> None:
    def words(folder: Path) -> list[str]:
        return sorted(re.findall(r"\w+", (folder / "README.md").read_text()))

    folder = made("shuffled_readme", tmp_path)
    assert words(folder) == words(REFERENCE)
    assert "| Layer |" not in (folder / "README.md").read_text()


def test_readmes_of_all_sizes(tmp_path: Path) -> None:
    assert not (made("no_readme", tmp_path / "1") / "README.md").exists()
    assert not (made("empty_readme", tmp_path / "2") / "README.md").read_text().strip()
    assert (made("huge_readme", tmp_path / "3") / "README.md").stat().st_size > 5_000_000 * 0.98
    html = made("html_readme", tmp_path / "4")
    assert all("<script>" in (html / name).read_text() for name in ("README.md", "model.py"))


def test_an_edit_that_no_longer_fits_is_said(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("x = 1\n")
    with pytest.raises(ValueError, match=r"model\.py does not contain 'y = 2'"):
        variants.replace(path, ("y = 2", "y = 3"))
