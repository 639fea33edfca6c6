"""Broken variants of the s4 reference submission, and what each of them must lose.

A variant is a fresh copy of `reference_models/s4` with a few edits of its text. An edit whose old text is not
there raises, so that a variant cannot quietly become the reference again when the reference changes.

    from grader's checkout:  build("thirty_thousand", folder)  ->  folder, ready to be graded
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "reference_models" / "s4"
NOTEBOOK = "mnist_one_epoch.ipynb"

FORWARD = "        features = self.shapes(self.strokes(self.edges(images)))\n"
INIT = "        super().__init__()\n"
RETURN = "        return self.classifier(features)\n"


@dataclass(frozen=True)
class Variant:
    """What is wrong with a variant, and what a full run on MNIST must come to.

    `small`, `learns_fast` and `explained` are the points of the checks of specs/s4.yaml; the last is the sum
    of `parts`: architecture, training log, well formatted. `says` stands somewhere in the report.
    """

    description: str
    edit: Callable[[Path], None]
    small: float = 75
    learns_fast: float = 125
    parts: tuple[float, float, float] = (20, 20, 10)
    status: str = "complete"
    exit_code: int = 0
    says: str = ""

    @property
    def explained(self) -> float:
        return sum(self.parts)

    @property
    def points(self) -> dict[str, float]:
        """Points by check id."""
        return {"small": self.small, "learns-fast": self.learns_fast, "explained": self.explained}


def build(name: str, dest: Path) -> Path:
    """Write the variant `name` into the folder `dest`, which is made, and return it."""
    return write(VARIANTS[name], dest)


def write(variant: Variant, dest: Path) -> Path:
    """A fresh copy of the reference with the variant's edits."""
    shutil.copytree(REFERENCE, dest, ignore=shutil.ignore_patterns("__pycache__", "data"), dirs_exist_ok=True)
    variant.edit(dest)
    return dest


def replace(path: Path, *pairs: tuple[str, str]) -> None:
    """Replace each old text, everywhere in the file; ValueError if it is not there."""
    text = path.read_text("utf-8")
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"{path.name} does not contain {old!r}: the variant must follow the reference.")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")


def in_init(line: str, imports: str = "") -> Callable[[Path], None]:
    """An edit that puts a line at the beginning of `DigitNet.__init__`."""
    return _in_model((INIT, f"{INIT}        {line}\n"), imports)


def in_forward(line: str, imports: str = "") -> Callable[[Path], None]:
    """An edit that puts a line at the beginning of `DigitNet.forward`."""
    return _in_model((FORWARD, f"        {line}\n{FORWARD}"), imports)


def in_class_body(line: str, imports: str = "") -> Callable[[Path], None]:
    """An edit that puts a line into the body of `DigitNet`: it runs when the class is defined."""
    begin = "    def __init__(self, dropout: float = 0.05) -> None:\n"
    return _in_model((begin, f"    {line}\n\n{begin}"), imports)


def _in_model(pair: tuple[str, str], imports: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        replace(folder / "model.py", pair)
        if imports:
            replace(folder / "model.py", ("import torch\n", f"import {imports}\n\nimport torch\n"))

    return edit


# --- the model ----------------------------------------------------------------------------------------------


def learn_nothing(folder: Path) -> None:
    """The answer does not depend on the image: at best it is the most frequent class, 11.35 % of MNIST."""
    replace(folder / "model.py", (RETURN, RETURN.replace("(features)", "(features * 0)")))


def _thirty_thousand(folder: Path) -> None:
    replace(
        folder / "model.py",
        ("14,642", "30,658"),
        ("conv_block(24, 32)", "conv_block(24, 84)"),
        ("32 * 3 * 3", "84 * 3 * 3"),
    )
    replace(
        folder / "README.md",
        ("14,642", "30,658"),
        ("has 32 channels", "has 84 channels"),
        ("288", "756"),
        ("| 32 x 7 x 7 | 6,912 |", "| 84 x 7 x 7 | 18,144 |"),
        ("| 32 x 7 x 7 | 64 |", "| 84 x 7 x 7 | 168 |"),
        ("2,890", "7,570"),
    )
    replace(folder / NOTEBOOK, ("14,642", "30,658"))


def _five_classes(folder: Path) -> None:
    replace(folder / "model.py", ("14,642", "13,197"), ("3 * 3, 10)", "3 * 3, 5)"))
    replace(
        folder / "README.md",
        ("14,642", "13,197"),
        ("2,890", "1,445"),
        ("| Fully connected | 10 |", "| Fully connected | 5 |"),
        ("ten outputs, one for each digit", "five outputs, one for each pair of digits"),
    )
    replace(folder / NOTEBOOK, ("14,642", "13,197"))


def _no_model(folder: Path) -> None:
    (folder / "model.py").write_text('"""Where the model should be."""\n\nCLASSES = 10\nSIDE = 28\n')


def _several_models(folder: Path) -> None:
    with (folder / "model.py").open("a") as file:
        file.write(
            "\n\nclass FlatNet(nn.Module):\n"
            '    """A first try without convolutions: 15,910 parameters."""\n\n'
            "    def __init__(self) -> None:\n        super().__init__()\n"
            "        self.hidden, self.scores = nn.Linear(784, 20), nn.Linear(20, 10)\n\n"
            "    def forward(self, images: torch.Tensor) -> torch.Tensor:\n"
            "        return self.scores(self.hidden(images.flatten(1)).relu())\n"
        )


def _does_not_import(folder: Path) -> None:
    replace(folder / "model.py", ("class DigitNet(nn.Module):", "class DigitNet(nn.Module)"))
    _drop_notebook(folder)


def _drop_notebook(folder: Path) -> None:
    (folder / NOTEBOOK).unlink()
    replace(
        folder / "README.md",
        (f"is in the notebook\n[{NOTEBOOK}]({NOTEBOOK}).", "was in a notebook that is lost."),
    )


def _import_raises(folder: Path) -> None:
    with (folder / "model.py").open("a") as file:
        file.write(
            '\n\nimages = torch.load("/content/drive/MyDrive/images.pt")\n'
            "model = DigitNet()\n"
            "for step in range(1_000_000):\n    model(images).sum().backward()\n"
            'raise RuntimeError("this must never run")\n'
        )


def _needs_arguments(folder: Path) -> None:
    replace(
        folder / "model.py",
        ("self, dropout: float = 0.05)", "self, width: int, dropout: float = 0.05)"),
        ("conv_block(24, 32)", "conv_block(24, width)"),
        ("32 * 3 * 3", "width * 3 * 3"),
    )
    for name in ("train.py", NOTEBOOK):
        replace(folder / name, ("DigitNet()", "DigitNet(width_of_the_day())"))


def _notebook_only(folder: Path) -> None:
    """The sources become the notebook's first cells; only what ran as a script is left behind."""
    sources = [(folder / name).read_text().split("\n\n\ndef main()")[0] for name in ("model.py", "train.py")]
    code = "\n\n".join(sources).replace("from __future__ import annotations\n", "")
    for name in ("model.py", "train.py"):
        (folder / name).unlink()
    cell = {"cell_type": "code", "execution_count": 1, "id": "sources", "metadata": {}, "outputs": []}
    notebook = json.loads((folder / NOTEBOOK).read_text())
    notebook["cells"].insert(1, {**cell, "source": code.replace("from model import DigitNet\n", "")})
    (folder / NOTEBOOK).write_text(json.dumps(notebook))
    replace(
        folder / NOTEBOOK,
        ("from model import DigitNet\\n", ""),
        ("from train import fit, make_loaders\\n", ""),
    )
    link = f"[{NOTEBOOK}]({NOTEBOOK})"
    replace(folder / "README.md", ("[model.py](model.py)", link), ("[train.py](train.py)", link))


# --- the README ---------------------------------------------------------------------------------------------


def _no_readme(folder: Path) -> None:
    (folder / "README.md").unlink()


def _empty_readme(folder: Path) -> None:
    (folder / "README.md").write_text("\n \n")


def _huge_readme(folder: Path) -> None:
    with (folder / "README.md").open("a") as file:
        file.write("\nThe log goes on and on.\n" * 200_000)


def _shuffled_readme(folder: Path) -> None:
    """All words of the architecture's section, its table too, in random order."""
    text = (folder / "README.md").read_text()
    begin, end = text.index("## Architecture\n") + len("## Architecture\n"), text.index("## Training\n")
    words = re.sub(r"\*\*|\||---:?|^- ", " ", text[begin:end], flags=re.MULTILINE).split()
    random.Random(4).shuffle(words)
    paragraphs = [" ".join(words[i : i + 40]) for i in range(0, len(words), 40)]
    (folder / "README.md").write_text(text[:begin] + "\n" + "\n\n".join(paragraphs) + "\n\n" + text[end:])


def _html_readme(folder: Path) -> None:
    """Markup that would run in a careless report: in the title, in prose, in a table, in a layer's name."""
    script = "<script>window.readmeRan = 1</script>"
    replace(
        folder / "README.md",
        ("# DigitNet: MNIST in one epoch", f"# DigitNet: MNIST in one epoch {script}"),
        ("## Training\n", f'## Training\n\n{script}\n\n<iframe src="https://example.invalid/"></iframe>\n'),
        ("| Input |", '| Input <b onclick="window.readmeRan = 1">here</b> |'),
        ("The loss is", "The loss </p></section></body><style>* {display: none}</style> is"),
    )
    replace(
        folder / "model.py",
        (
            "def conv_block(",
            "def renamed(block: type) -> type:\n"
            '    block.__name__ = "<script>window.layerRan = 1</script>"\n'
            "    return block\n\n\n"
            "@renamed\nclass Block(nn.Sequential):\n"
            '    """A block with a name that no report may run."""\n\n\n'
            "def conv_block(",
        ),
        ("    return nn.Sequential(\n        nn.Conv2d", "    return Block(\n        nn.Conv2d"),
    )


# --- the table ----------------------------------------------------------------------------------------------

_NOT_RUN = {"small": 0.0, "learns_fast": 0.0, "parts": (0, 20, 10), "status": "ungradable", "exit_code": 4}
"""No measured model: what needs one is lost, the log and the form of the README stay."""

_NOT_TRAINED = {"learns_fast": 0.0, "status": "ungradable", "exit_code": 4}
"""A measured model that cannot be trained for this task."""

VARIANTS: dict[str, Variant] = {
    "thirty_thousand": Variant(
        "30,658 parameters, and the README says so", _thirty_thousand, small=0, says="30,658"
    ),
    "cannot_learn": Variant(
        "The output ignores the image; parameters and layers stay", learn_nothing, learns_fast=0, exit_code=3
    ),
    "no_readme": Variant("No README at all", _no_readme, parts=(0, 0, 0), says="There is no README"),
    "empty_readme": Variant(
        "A README of white space", _empty_readme, parts=(0, 0, 0), says="README.md is empty"
    ),
    "huge_readme": Variant("A README of 5 MB", _huge_readme, parts=(0, 0, 0), says="README.md"),
    "shuffled_readme": Variant("The right words in random order", _shuffled_readme, parts=(0, 20, 10)),
    "html_readme": Variant("HTML and scripts in the README and in a layer's name", _html_readme),
    "no_model": Variant("No class is a model", _no_model, **_NOT_RUN, says="No model was found"),
    "several_models": Variant(
        "Two models; the README's count tells which",
        _several_models,
        says="models were found with different parameter",
    ),
    "notebook_only": Variant("The model is only in the notebook", _notebook_only),
    "does_not_import": Variant(
        "A syntax error in the only model file", _does_not_import, **_NOT_RUN, says="model.py"
    ),
    "import_raises": Variant("Training code at import; definitions alone load", _import_raises),
    "needs_arguments": Variant(
        "A constructor argument that nobody can guess",
        _needs_arguments,
        **_NOT_RUN,
        says="its constructor needs width",
    ),
    "forward_raises": Variant(
        "forward raises",
        in_forward('raise ValueError("images of 32 x 32 are needed")'),
        **_NOT_RUN,
        says="images of 32 x 32 are needed",
    ),
    "wrong_output_shape": Variant(
        "Five classes", _five_classes, **_NOT_TRAINED, says="(batch, 5), not (batch, 10)"
    ),
    "nan_output": Variant(
        "Every score is NaN",
        _in_model((RETURN, RETURN.replace("(features)\n", '(features) * float("nan")\n')), ""),
        **_NOT_TRAINED,
        says="NaN or infinity",
    ),
    "sleeps_at_import": Variant(
        "Sleeps for ever while the class is defined",
        in_class_body("time.sleep(1_000_000)", "time"),
        **_NOT_RUN,
        says="while the definitions of model.py were loaded",
    ),
    "sleeps_in_init": Variant(
        "Sleeps for ever in __init__",
        in_init("time.sleep(1_000_000)", "time"),
        **_NOT_RUN,
        says="while DigitNet() was built",
    ),
    "sleeps_in_forward": Variant(
        "Sleeps for ever in forward",
        in_forward("time.sleep(1_000_000)", "time"),
        **_NOT_RUN,
        says="in the forward pass of DigitNet()",
    ),
    "exits": Variant(
        "Ends the process in __init__",
        in_init("os._exit(0)", "os"),
        **_NOT_RUN,
        says="The process ended early",
    ),
    "sys_exits": Variant(
        "Raises SystemExit in __init__",
        in_init("sys.exit(0)", "sys"),
        **_NOT_RUN,
        says="while DigitNet() was built",
    ),
    "segfaults": Variant(
        "Reads address 0 in forward",
        in_forward("ctypes.string_at(0)", "ctypes"),
        **_NOT_RUN,
        says="The process crashed",
    ),
    "floods_stdout": Variant(
        "Prints without end in forward",
        in_forward('while True: print("flood" * 10_000)'),
        **_NOT_RUN,
        says="Output flood",
    ),
}
