"""What can be known of a submission without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent, Scalar
from grader.records.method import Session
from grader.records.submission import LeftOut


@dataclass(frozen=True)
class Section:
    """A section of a README: a heading and what stands below it, up to the next heading of any level."""

    title: str
    level: int  # 1 to 6; 0 for text before the first heading
    line: int
    prose: tuple[str, ...]  # one text per paragraph or list item, outside of code blocks
    table_rows: tuple[tuple[str, ...], ...]  # all rows of all tables, header rows too
    code: tuple[str, ...]  # the fenced and indented blocks, each as one text


@dataclass(frozen=True)
class LogLine:
    """One epoch's result as the student shows it: a claim, not a measurement."""

    place: str  # "README.md:41" or "train.ipynb, cell 12"
    text: str
    epoch: int  # counted from 1; 0 where the line does not say
    test_accuracy: float  # 0 to 1; -1 where the line shows none
    test_images: int  # the denominator where one is shown ("9855/10000"); 0 else
    train_accuracy: float = -1.0  # 0 to 1; -1 where the line shows none
    loss: float = -1.0  # training loss; -1 where the line shows none
    learning_rate: float = -1.0


@dataclass(frozen=True)
class Claim:
    """A number that the student states: parameters, accuracy (0 to 1), epochs, or pixels of a receptive field."""

    name: Literal["parameters", "test_accuracy", "epochs", "receptive_field"]
    value: float
    place: str
    text: str


@dataclass(frozen=True)
class ModelSummary:
    """A table of the model by its layers, as the student shows it: a claim, not a measurement."""

    place: str  # of its heading: "README.md:41" or "train.ipynb, cell 12"
    layers: int  # rows of the table
    parameters: int  # the total that it states; -1 where it states none


@dataclass(frozen=True)
class Link:
    """A picture or a relative link in the README; `fault` is "" where its target is in the submission."""

    target: str
    line: int
    kind: Literal["picture", "link"]
    fault: str = ""


@dataclass(frozen=True)
class Readme:
    path: str
    size_bytes: int
    title: str  # the first heading of level 1, "" if there is none
    sections: tuple[Section, ...]
    links: tuple[Link, ...]
    logs: tuple[LogLine, ...]  # in the README itself and in the saved outputs of notebooks that it links
    log_pictures: tuple[str, ...]  # pictures that seem to show a log: "logs.png (line 40)"
    claims: tuple[Claim, ...]
    loose_lines: tuple[
        int, ...
    ]  # lines of code or log that stand in plain text, outside of fences and tables


@dataclass(frozen=True)
class Candidate:
    """A class that is, as far as its source says, an `nn.Module`."""

    file: str
    cell: int  # counted from 1; 0 for a plain Python file
    line: int  # in the file or in the cell
    class_name: str
    required_arguments: tuple[str, ...]  # of the constructor, without a default value
    has_forward: bool
    used_by: tuple[str, ...]  # other candidates that build it: then it is a part, not the model
    built_at: tuple[str, ...]  # places outside of any model class that build it: "train.py:44"
    built_with: tuple[tuple[str, Scalar], ...] = ()  # literal arguments of the student's own likeliest call

    @property
    def place(self) -> str:
        return f"{self.file}, cell {self.cell}" if self.cell else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class RepositoryLink:
    """Another repository that the submission's own code fetches, or that it only links to."""

    url: str  # as a person would paste it
    place: str  # "S8.ipynb, cell 3" or "README.md:12"
    kind: Literal["cloned", "installed", "linked", "notebook"]  # notebook: kept elsewhere, such as Colab
    committed_at: str = ""  # ISO 8601: when the file that names it was last committed, where it is known


@dataclass(frozen=True)
class Experiment:
    """One step of the work as the student describes it: target, result, analysis. A part that is missing is ""."""

    place: str
    target: str = ""
    result: str = ""
    analysis: str = ""

    @property
    def is_complete(self) -> bool:
        return bool(self.target and self.result and self.analysis)


@dataclass(frozen=True)
class Definition:
    """A class or a function that the source defines: in a file or cell, or as a method of a class in it."""

    kind: Literal["class", "function", "method"]
    name: str  # of a method with its class: "Trainer.fit"
    file: str
    cell: int  # counted from 1; 0 for a plain Python file
    line: int  # in the file or in the cell

    @property
    def place(self) -> str:
        return f"{self.file}, cell {self.cell}" if self.cell else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Import:
    """What one import statement brings in."""

    module: str  # as written: "torch.nn", ".resnet"
    names: tuple[str, ...]  # that `from` takes, "*" among them; () for a plain `import`
    file: str
    cell: int
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}, cell {self.cell}" if self.cell else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Outline:
    """What the source defines and imports, second repositories too; it is parsed, never run."""

    definitions: tuple[Definition, ...] = ()
    imports: tuple[Import, ...] = ()
    cut: str = ""  # why it is not all there, as a sentence; "" where it is


@dataclass(frozen=True)
class CellComments:
    """How a code cell of a notebook is commented; it is parsed, never run."""

    cell: int  # counted from 1 over all cells, text cells too
    words: int  # of its comments and docstrings; code that was commented out has none
    text: str = ""  # what they say, its first part
    commented_out: bool = False  # it has code that was commented out
    exempt: str = ""  # why it needs no comment, as part of a sentence; "" where it needs one
    text_above: bool = False  # the cell before it is a text cell
    fault: str = ""  # why not all of it could be read, as part of a sentence; "" where it could


@dataclass(frozen=True)
class NotebookFacts:
    """What a notebook of the submission holds."""

    path: str
    code_cells: int  # that are not empty
    text_cells: int
    cells_with_output: int  # code cells with a saved output, pictures too
    pictures: int  # in saved outputs
    logs: tuple[int, ...]  # epochs of each training log in the saved outputs, in their order
    clones: tuple[str, ...]  # repositories that its code clones, the submission's own too
    headings: tuple[tuple[int, str], ...] = ()  # (cell, a heading in it), in their order
    comments: tuple[CellComments, ...] = ()  # of each code cell that is not empty


@dataclass(frozen=True)
class TargetLayer:
    """A layer whose map Grad-CAM shows, as the source gives it."""

    place: str  # where it is given: "S7.ipynb, cell 15"
    text: str  # as written: "model.layer4[-1]"
    path: str = ""  # steps below the model, joined by dots: "layer4.-1"; "" where they cannot be followed


@dataclass(frozen=True)
class GradCam:
    """Where the source makes Grad-CAM pictures, and of which layers; it is parsed, never run."""

    places: tuple[str, ...] = ()  # cells and lines that make or show them
    layers: tuple[TargetLayer, ...] = ()
    resized_at: str = ""  # the first place that brings pictures to another size; "" where none does
    cut: str = ""  # why this is not all, as a sentence; "" where it is


@dataclass(frozen=True)
class LayerComment:
    """A place in a class that builds or applies a layer, and the comment there."""

    file: str
    cell: int  # counted from 1; 0 for a plain Python file
    line: int  # in the file or in the cell
    class_name: str  # the class that it stands in
    path: (
        str  # of the layer below that class: "conv1", "block.3"; "" for a plain function such as F.max_pool2d
    )
    kind: str  # "convolution", "max pool", "average pool" or "linear"; "" where the name does not say it
    beside: str  # the comment on its lines, joined by " | "; "" where there is none
    above: str = ""  # the comment directly above
    shared: int = 1  # layers that these comments are for: all of a statement, or of a line
    applied: bool = False  # where it is applied, in forward; else where it is built

    @property
    def place(self) -> str:
        return f"{self.file}, cell {self.cell}, line {self.line}" if self.cell else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class LayerComments:
    """The comments of the layers of all classes in the source; it is parsed, never run."""

    lines: tuple[LayerComment, ...] = ()
    cut: str = ""  # why these are not all, as a sentence; "" where they are


@dataclass(frozen=True)
class Reading:
    readme: Readme | Absent
    candidates: tuple[Candidate, ...]  # the most likely first
    choice: str  # why the first is the most likely, as a sentence
    unreadable: tuple[LeftOut, ...]  # files and cells that could not be parsed
    claims: tuple[Claim, ...] = ()  # from notebooks' saved outputs
    repositories: tuple[RepositoryLink, ...] = ()  # other repositories that the submission fetches or names
    sessions: tuple[Session, ...] = ()  # training runs as the source has them, nothing executed
    experiments: tuple[Experiment, ...] = ()  # steps with a target, a result and an analysis
    outline: Outline = Outline()  # classes, functions and imports of all source
    notebooks: tuple[NotebookFacts, ...] = ()
    summaries: tuple[ModelSummary, ...] = ()  # in the README, and in the notebooks whose logs count
    grad_cam: GradCam = GradCam()
    layer_comments: LayerComments = LayerComments()
