"""Frozen records that cross stage borders.

Every stage gives one of these, built once and complete. A part that is not there is an `Absent` with its
reason, never `None`, zero or NaN. Ratios are 0 to 1; seconds end in `_seconds`, bytes in `_bytes`.
Strings that come from a student were cleaned by `grader.text.clean` before they got here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RESULT_SCHEMA = "grader/result/1"
"""Name and major version of the stored result; it is raised when a key changes its meaning or goes away."""

MEASURING_VERSION = 4
"""Raised whenever a measured number can change: evidence with another number is not reused."""

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Absent:
    """Evidence that is not there, and why.

    `cause` says whose doing it is: `failed` the student's shortfall, `errored` the grader's or the machine's,
    `skipped` nobody's (it was not asked for, or nothing further depended on it), `review` a person must look.
    """

    cause: Literal["failed", "errored", "skipped", "review"]
    reason: str
    hint: str = ""
    stage: str = ""
    kind: Literal["absent"] = "absent"


# --- what was handed in -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SubmittedFile:
    path: str  # relative to the submission's root, with forward slashes
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class LeftOut:
    """A file that was handed in but not taken or not understood, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class SecondRepository:
    """Another repository that the submission's code imports, staged as a folder inside of the submission's root."""

    source: str  # as it was given, without credentials
    kind: Literal["git", "folder", "archive"]
    name: str
    folder: str  # where it lies, relative to the submission's root: "pytorch-main-eva8"
    ref: str  # branch or tag that its link names; "" for the default branch
    commit: str  # 40 hex digits; "" where there is none
    committed_at: str  # ISO 8601; "" where there is no commit
    tree_digest: str  # of this repository alone, paths as in it
    files: tuple[SubmittedFile, ...]  # all of it; paths relative to the submission's root
    earlier_commits: int = 0  # how far it can be walked back; 0 where its commit is not the grader's choice
    steps_back: int = 0  # commits that were stepped over because the submission's code does not fit them
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Submission:
    """What was handed in, as it was found. The staged files themselves lie outside of this record."""

    source: str  # as it was given, without credentials
    kind: Literal["git", "folder", "archive"]
    name: str  # short name for people and for the run's folder: "ada/mnist-one-epoch"
    subfolder: str  # "" or a path inside of the repository that was handed in: "S4"
    ref: str  # branch or tag as asked for; "" for the default branch
    commit: str  # 40 hex digits; "" where there is none
    committed_at: str  # ISO 8601; "" where there is no commit
    dirty: bool  # a folder that differs from its own commit
    tree_digest: str  # "sha256:..." over the sorted paths and contents of `files`, and over `also`
    files: tuple[SubmittedFile, ...]  # below `subfolder` only
    left_out: tuple[LeftOut, ...] = ()
    readme_path: str = ""  # the README that the link itself named, relative to the root
    notes: tuple[str, ...] = ()
    also: tuple[SecondRepository, ...] = ()  # their files are not among `files`
    named_file: str = ""  # the notebook or Python file that the link itself named, relative to the root


# --- what can be known without running it -------------------------------------------------------------------


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


@dataclass(frozen=True)
class Picture:
    """A picture of the submission, as a worker decoded it: testimony."""

    place: str  # "images/loss.png" or "S5.ipynb, cell 12"
    width: int  # 0 where it could not be decoded
    height: int
    common_share: float  # of the most frequent colour among its pixels, 0 to 1
    thumbnail: str  # 16 x 16 greys, a hex digit each, row by row; "" where it could not be decoded
    fault: str = ""  # why it could not be decoded, as part of a sentence


@dataclass(frozen=True)
class PictureCopy:
    """A picture as a report shows it to who decides: scaled down, of few colours, and encoded by the grader itself."""

    place: str  # of the picture that it is a copy of
    width: int
    height: int
    png: str  # base64


@dataclass(frozen=True)
class Pictures:
    """The pictures of a submission: its files, and those in saved outputs of its notebooks."""

    pictures: tuple[Picture, ...]
    cut: str = ""  # why these are not all, as a sentence; "" where they are
    copies: tuple[PictureCopy, ...] = ()  # of those that a person is to look at


@dataclass(frozen=True)
class SheetFacts:
    """One sheet of a workbook of the submission."""

    file: str
    name: str
    formulas: int  # cells with a formula that reads others
    numbers: int  # cells that hold a number and no formula
    charts: int
    pictures: int
    hidden: bool = False


@dataclass(frozen=True)
class Quantity:
    """One quantity of the class network as a workbook has it, one value for each iteration.

    Each value is held against what follows from those that stand before it: a mistake elsewhere does not count here.
    """

    name: str  # "h1", "E_total", "w5", "dE/dw5"
    place: str  # "backprop.xlsx, Sheet1!AD6:AD106"
    found_by: Literal["value", "header"]
    formulas: int  # of its cells
    numbers: int  # cells with a number and no formula; a first weight is one
    first: float
    deviation: float  # the largest from what was worked out; -1 where nothing was
    wrong_at: str = ""  # the first cell that is off; "" where none is
    wrong: float = 0.0  # what stands there
    expected: float = 0.0  # what should


@dataclass(frozen=True)
class ErrorSeries:
    """The total error over the iterations, for one learning rate."""

    rate: float  # -1 where it could not be told
    place: str
    values: int
    formulas: int  # of its cells
    first: float
    last: float
    rises_at: str = ""  # the first cell that is larger than the one before; "" where it falls throughout


@dataclass(frozen=True)
class Workbook:
    """What the submission's workbooks hold of the back-propagation of the class network."""

    sheets: tuple[SheetFacts, ...]
    quantities: tuple[Quantity, ...]  # of the one table that has most of them
    error: ErrorSeries | Absent  # the total error in that table
    series: tuple[
        ErrorSeries, ...
    ]  # total errors anywhere that follow from the network at some learning rate
    unreadable: tuple[LeftOut, ...] = ()  # files that were not opened here; another program may open them
    broken: tuple[LeftOut, ...] = ()  # files that hold no workbook, whatever their name says
    others: tuple[str, ...] = ()  # spreadsheets in another form, and links to ones that are kept elsewhere
    notes: tuple[str, ...] = ()
    cut: str = ""  # why this is not all, as a sentence; "" where it is


@dataclass(frozen=True)
class WebAnswer:
    """An address that the submission gives for its own service, and what it answered to plain GET requests."""

    url: str  # without user name and query
    place: str  # where it stands: "README.md:12"
    host: str  # in ASCII, as it was looked up; "" where the address is no web address
    tries: int = 0  # requests that were begun; 0 where it was not asked
    status: int = 0  # of HTTP, of the last redirect's target; 0 where nothing answered
    seconds: float = 0.0  # from the look-up of the name to the end of the body, of the fastest good try
    content_type: str = ""
    size_bytes: int = 0  # of the body that was read
    text: str = ""  # its first characters
    json_keys: tuple[str, ...] = ()  # where it is a JSON object
    is_json: bool = False
    redirects: tuple[str, ...] = ()  # addresses that were followed
    fault: str = ""  # why there is no good answer, as part of a sentence; "" where there is one
    # `network`: nothing is there, unless this machine's network is to blame
    whose: Literal["nobody", "submission", "network", "machine", "unclear"] = "nobody"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WebAnswers:
    """The addresses in a README that may be the student's own service."""

    answers: tuple[WebAnswer, ...]
    passed_over: tuple[LeftOut, ...] = ()  # addresses that are something else, and what
    cut: str = ""  # why these are not all, as a sentence; "" where they are
    reached_the_web: bool = False  # this machine connected to one of them, so that its network works


@dataclass(frozen=True)
class ClassCount:
    """A category of an annotation file."""

    name: str
    boxes: int  # that can be used
    annotations: int  # all that name it, also those that were left out


@dataclass(frozen=True)
class Clustering:
    """What k-means finds in the widths and heights of the boxes, as shares of their images."""

    k: int
    mean_iou: float  # over all boxes, with the anchor that fits each one best, both at one centre
    anchors: tuple[tuple[float, float], ...]  # width, height; the smallest area first


@dataclass(frozen=True)
class StatedAnchors:
    """Anchor boxes for one k as the submission states them, and what the grader makes of them."""

    k: int
    place: str  # of the anchors, or of the IoU where only that is stated
    anchors: tuple[tuple[float, float], ...]  # width, height as written; () where none are listed
    scale: tuple[float, float] = (
        1.0,
        1.0,
    )  # that they are divided by: the pixels of the picture they are in;
    # (0, 0) where they are in pixels and no size is stated
    mean_iou: float = -1.0  # as stated, 0 to 1; -1 where it is not
    iou_place: str = ""
    measured_iou: float = -1.0  # of these anchors, on the boxes; -1 where it could not be computed
    exchanged_iou: float = -1.0  # the same with width and height exchanged


@dataclass(frozen=True)
class StatedClass:
    """A row of the class distribution, as the submission states it."""

    name: str
    value: float
    is_share: bool  # `value` is a share of all boxes, 0 to 1; else a count
    place: str


@dataclass(frozen=True)
class Annotations:
    """The boxes that anchors were made for, and what the submission states of them."""

    place: str  # "B/annotations.json", "COCO 2017, instances_val2017.json"; "" where there is no such file
    fault: str  # why nothing could be computed, as a sentence; "" where it could
    official: bool  # the published file, which the submission only names
    images: int
    boxes: int  # that can be used
    classes: tuple[ClassCount, ...]
    left_out: tuple[LeftOut, ...]  # boxes that cannot be used: where the first one is, and how many
    clusters: tuple[Clustering, ...]  # for each k from 2 to 9
    stated: tuple[StatedAnchors, ...]
    stated_classes: tuple[StatedClass, ...]
    loose_iou: str = ""  # where an IoU is stated that belongs to no k; "" where there is none
    others: tuple[str, ...] = ()  # further annotation files, which were not looked at
    cut: str = ""  # why not all that is stated was read, as a sentence; "" where it was


# --- what the model is --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entrypoint:
    file: str
    cell: int
    class_name: str
    arguments: tuple[tuple[str, Scalar], ...]  # what the constructor was called with
    found_by: str  # a sentence

    @property
    def call(self) -> str:
        return f"{self.class_name}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"

    @property
    def place(self) -> str:
        return f"{self.file}, cell {self.cell}" if self.cell else self.file


@dataclass(frozen=True)
class Layer:
    name: str  # path in the model: "features.0"; "" for the model itself
    kind: str  # class name: "Conv2d"
    output_shape: tuple[int, ...]  # of the last call; () where it was never called
    parameters: int  # registered on this very module, shared ones counted where they are first seen


@dataclass(frozen=True)
class Axis:
    """What one output position of an operator sees of the input image along one spatial axis.

    `known`: `size` input positions, `jump` input positions from one output position to the next (Araujo et al.,
    "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019). `global`: the whole axis.
    `unknown`: an operator on the way has no rule; never a guess. `none`: not derived from the image along it.
    """

    state: Literal["known", "global", "unknown", "none"]
    size: int = 0
    jump: float = 0.0


@dataclass(frozen=True)
class Operator:
    """One operator that really ran, module or functional call, in the order of execution."""

    index: int  # its place in `Structure.operators`
    kind: str  # "convolution", "max pool", "add", ...: the words of grader.inspection.kinds
    name: str  # the operator below autograd: "aten.convolution"
    module: str  # path of the innermost module that was running; "" in the model's own forward
    inputs: tuple[int, ...]  # indices of the operators whose outputs it takes; -1 is the model's input
    output_shape: tuple[int, ...]  # without the batch
    parameters: int  # elements of the parameters that it takes
    axes: tuple[Axis, ...]  # height, width; () where the output is not spatial
    details: tuple[
        tuple[str, Scalar], ...
    ] = ()  # "kernel": "3x3", "stride": "1x1", "groups": 1, "p": 0.1, ...

    def detail(self, name: str, default: Scalar = "") -> Scalar:
        return dict(self.details).get(name, default)


@dataclass(frozen=True)
class Structure:
    """What ran in one forward pass of the model at its native input size."""

    operators: tuple[Operator, ...]
    receptive_field: tuple[Axis, ...]  # height, width: before the global pooling that feeds the head
    global_pool: int  # index of that pooling operator; -1 where there is none
    map_before_pool: tuple[int, ...]  # (height, width) of the map that it pools, else of the last spatial map
    flops: int  # of one image; multiplications and additions counted apart
    flops_partial: bool  # an operator ran that the counter does not know
    unused_layers: tuple[str, ...]  # modules with parameters that no operator took: "never (Linear)"
    unused_parameters: int
    ungraded_parameters: int  # require a gradient and got none in a backward pass
    hidden_elements: int  # of tensors outside of parameters and buffers that operators took
    hidden_places: tuple[str, ...]  # where they are, as far as it can be told: "self.table", "global LOOKUP"
    unknown_operators: tuple[str, ...]  # spatial operators without a rule: "aten.grid_sampler_2d"


@dataclass(frozen=True)
class PairForm:
    """How a model takes an image and a digit, and gives the image's class and a sum: found out by trying.

    The outputs are the tensors that forward gives, in their order. -1 stands for an output that is not there; where
    both are the same one, its first numbers are the class scores.
    """

    image_first: bool
    digit: (
        str  # the form in which it takes the digit: "one_hot", "index", "column", ...; "" where it takes none
    )
    outputs: tuple[tuple[int, ...], ...]  # their shapes, without the batch
    image_output: int  # which of them has a score for each class of the image
    sum_output: int  # which of them is the sum
    sum_width: int  # numbers that the sum is given as: 19 classes, 5 bits, 1 number; 0 where there is no sum
    sum_head: Literal["logits", "log_softmax", "probabilities"]

    @property
    def is_whole(self) -> bool:
        """Whether both inputs and both outputs are there."""
        return bool(self.digit) and self.image_output >= 0 and self.sum_output >= 0


@dataclass(frozen=True)
class ModelFacts:
    """What the worker measured of the model. Testimony, except for what the trained state confirms."""

    entrypoint: Entrypoint
    parameters: int  # elements of unique storage over all registered parameters
    trainable: int
    buffer_elements: int
    layers: tuple[Layer, ...]
    layer_kinds: tuple[
        str, ...
    ]  # operator kinds that ran in a forward pass: "convolution", "batch norm", ...
    table: str  # torchinfo's, as text
    input_shape: tuple[int, ...]  # without the batch
    output_shape: tuple[int, ...]  # without the batch
    head: Literal["logits", "log_softmax", "probabilities"]
    notes: tuple[str, ...] = ()
    structure: Structure | Absent = Absent("skipped", "The operators were not recorded.")
    pair: PairForm | Absent = Absent("skipped", "The assignment's models take one image.")


@dataclass(frozen=True)
class Use:
    """A feature that a model shows in its forward pass, or may show."""

    feature: str  # "group norm": the words of grader.architecture.features
    count: int  # operators that show it
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()  # operators without a rule that may show more of it


@dataclass(frozen=True)
class Variant:
    """What one call of the submission's model built and ran, with one argument varied: testimony."""

    entrypoint: Entrypoint  # the class or function with all arguments; `found_by`: where the value was found
    argument: str  # the one that is varied; "" where there is none that could be
    value: Scalar  # of that argument
    origin: Literal["called", "named", "other"]  # other: a value that the code does not name
    uses: tuple[Use, ...] = ()
    parameters: int = 0
    fault: str = ""  # why it could not be built or run, as a sentence; "" where it could
    member: bool = False  # the value is a member of an enumeration, and stands there as its name

    @property
    def call(self) -> str:
        return (
            self.entrypoint.call.replace(repr(self.value), str(self.value))
            if self.member
            else self.entrypoint.call
        )


@dataclass(frozen=True)
class Variants:
    """The models that the submission's own code builds for different values of an argument."""

    builds: tuple[Variant, ...]
    open_builders: tuple[str, ...] = ()  # take *args or **kwargs: what they can be called with is not known
    cut: str = ""  # why these are not all, as a sentence; "" where they are


# --- how the student trains it --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """Something that the student's own code builds: its class or function, and the arguments that it was given.

    A value that is no scalar stands there as the text that Python would show.
    """

    name: str  # "SGD", "OneCycleLR", "RandomRotation"
    arguments: tuple[tuple[str, Scalar], ...] = ()
    place: str = ""  # "train.ipynb, cell 21" or "train.py:44"
    library: str = ""  # "torch", "torchvision", "torchvision.v2", "albumentations"; "" for the student's own

    @property
    def text(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments)})"


@dataclass(frozen=True)
class Schedule:
    """A learning-rate schedule, and when its `step` was called after its construction."""

    call: Call
    steps: Literal["per batch", "per epoch", "never", "unclear"]


@dataclass(frozen=True)
class Loading:
    """A data set as the student's code loads it."""

    data_set: str  # "MNIST", "CIFAR10"; the class's name for one of the student's own
    split: Literal["train", "test", "part of train", "part of test", "unclear"]
    images: int  # 0 where it is not known
    batch_size: int  # 0 where it is not known
    shuffled: bool
    transforms: tuple[Call, ...]  # in their order
    randomness: Literal["fixed", "random", "unclear"]  # random: the same index gave different tensors
    place: str = ""


@dataclass(frozen=True)
class Evaluating:
    """Passes over data without training, within one training session."""

    loading: Loading
    passes: int
    mode: Literal["eval", "train", "unclear"]
    gradients: bool  # whether they were on
    place: str = ""


@dataclass(frozen=True)
class Session:
    """One training run in the student's code: seen while it ran with stand-ins, or read in the source.

    What could not be found out is "", 0 or (); `unknown` lists the names of those fields, each with its reason.
    """

    way: Literal["captured", "read"]
    unit: str  # the notebook or the script
    place: str  # of the training: "train.ipynb, cell 21"
    model: Call  # the class, with the constructor's arguments
    trainable: int  # parameters of the model that require a gradient
    optimizer: Call
    parameter_groups: int
    schedules: tuple[Schedule, ...]
    loss: str  # "nll_loss", "cross_entropy", ...
    loss_is_plain: bool  # nothing is added to it
    training: Loading | Absent
    evaluations: tuple[Evaluating, ...]
    epochs: int  # as the loop's bound says
    passes: int  # over the training data, as seen; less than `epochs` where the loop ends early
    first_rate: float
    last_rate: float
    zeroes_gradients: bool
    rate_finder: str = ""  # where the learning rate came from a finder: how, as a sentence
    at_import: bool = False  # the training runs when a module is imported
    loss_arguments: tuple[
        tuple[str, Scalar], ...
    ] = ()  # those that are not the default: label_smoothing, ...
    clipping: tuple[Call, ...] = ()  # of the gradients, before each step
    beside: tuple[str, ...] = ()  # what its steps do beside that: parts of sentences
    confidence: Literal["high", "medium", "low"] = "medium"
    unknown: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class RecoveredTraining:
    """What was recovered of the student's own training."""

    sessions: tuple[Session, ...]
    chosen: int  # index in `sessions` of the one that made the model handed in
    reason: str  # why this one, as a sentence; or how a value was recovered
    seconds: float  # that running the student's code with stand-ins took
    output_tail: str = ""  # the last lines that the code printed
    notes: tuple[str, ...] = ()
    unused: tuple[Loading, ...] = ()  # loaders that the code builds and never takes a batch of
    arguments: tuple[str, ...] = ()  # of the command line that the script was run with


@dataclass(frozen=True)
class Remark:
    """One thing in the method that an experienced teaching assistant would point out. It accuses nobody."""

    name: str  # "measured on the training set"
    place: str
    quote: str  # the student's own line, "" where there is none to show
    why: str  # one sentence why it matters
    seen: Literal["behaviour", "log", "source"]
    harmless: bool = False  # legitimate, or without effect: said so that nobody has to wonder


@dataclass(frozen=True)
class Comparison:
    """A number that the student states, held against the measured one."""

    claim: Claim
    measured: str  # as people read it, "" where nothing was measured
    verdict: Literal["agrees", "cannot tell", "differs"]
    reason: str


# --- training and scoring -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipe:
    """How the model is trained, and where each part came from."""

    source: Literal["default", "student", "mixed"]
    optimizer: Call
    schedules: tuple[Schedule, ...]  # as they are built for `epochs`; () for a constant rate
    loss: str  # "cross_entropy", "nll_loss", ...; "nll_loss_of_log" where the output is probabilities
    batch_size: int
    epochs: int  # that are trained
    transforms: tuple[Call, ...]  # of the training images, in their order
    evaluated_with: tuple[Call, ...]  # of the test images: nothing random
    reason: str  # why this source, as a sentence
    stated_schedules: tuple[Schedule, ...] = ()  # as the student's code has them
    stated_epochs: int = 0  # 0 where it is not known
    loss_arguments: tuple[tuple[str, Scalar], ...] = ()
    shuffled: bool = True
    clipping: tuple[Call, ...] = ()  # of gradients, before each step
    lane: Literal["fast", "faithful"] = "fast"
    lane_reason: str = ""
    parts: tuple[tuple[str, str], ...] = ()  # each part, and where it came from
    epochs_capped: bool = (
        False  # the grader's cap, and no limit of the assignment, ends it before the student's own
    )


@dataclass(frozen=True)
class CurvePoint:
    samples: int
    loss: float  # mean training loss since the point before, as the worker says
    rate: float = (
        -1.0
    )  # learning rate of the last step before it, as the worker says; -1 where it is not known


@dataclass(frozen=True)
class EpochPoint:
    """The model after an epoch, which is counted in samples."""

    epoch: int  # counted from 1
    samples: int
    accuracy: float  # of the test images, 0 to 1; -1 where it was not measured


@dataclass(frozen=True)
class Measurement:
    """A number with its unit, its split, its n and its spread."""

    name: str
    value: float  # the mean over `values`
    unit: str
    split: str
    n: int  # examples each value was measured on
    values: tuple[float, ...]  # one per seed
    spread: float  # sample standard deviation over the seeds; the table's where there is one seed
    spread_source: str


@dataclass(frozen=True)
class TimeLimit:
    """How long one trial may train: counted time, which is CPU time per core."""

    seconds: float  # on this machine
    factor: float  # that the assignment's limit was multiplied by; 1 or more
    sentence: str
    stated_seconds: float  # the assignment's, on the device that it names
    reference_device: str
    step_seconds: float = 0.0  # of the reference step on this machine; 0 where it was not timed
    reference_step_seconds: float = 0.0  # of the same step on the named device; 0 where nobody measured it

    @property
    def compared(self) -> bool:
        """Whether this machine was held against the named device, so that using the limit up says something."""
        return self.step_seconds > 0 and self.reference_step_seconds > 0


@dataclass(frozen=True)
class Projection:
    """What a training would take here, from its first steps."""

    steps_measured: int
    steps_needed: int
    seconds: float


@dataclass(frozen=True)
class Trial:
    """One training with one seed. A half-finished one is still a trial, with its stop reason."""

    seed: int
    status: Literal["finished", "stopped"]
    stop_reason: str
    steps: int
    samples: int
    curve: tuple[CurvePoint, ...]
    wall_seconds: float
    cpu_seconds: float
    state_elements: int  # elements of the state that crossed the border, without batch-norm statistics
    state_digest: str
    correct: int  # of the test images; -1 where nothing was predicted
    accuracy: Measurement | Absent
    confusion: tuple[tuple[int, ...], ...] = ()  # rows: true class, columns: predicted class
    epochs: tuple[EpochPoint, ...] = ()  # one per epoch that was trained to its end
    notes: tuple[str, ...] = ()  # what stood out, as sentences; no points hang on it
    evaluate_seconds: float = 0.0  # wall clock of scoring and probing, which no limit counts
    time_limit: TimeLimit | Absent = Absent("skipped", "No training was begun.")
    projection: Projection | Absent = Absent(
        "skipped", "It was over, or far from its limit, before one was due."
    )
    train_accuracy: Measurement | Absent = Absent("skipped", "No check asks for the training accuracy.")
    beside: tuple[Measurement, ...] = ()  # what else the same predictions show; no points hang on it


@dataclass(frozen=True)
class ClassMap:
    """What in an image speaks for a class: Grad-CAM on the last map that has height and width.

    An explanation for the reader and testimony of a worker: no points hang on it.
    """

    class_id: int
    rows: tuple[str, ...]  # one text per row of the map, two hex digits a place: 00 nothing, ff the strongest
    strongest: float  # the value that ff stands for; 0 where nothing speaks for the class


@dataclass(frozen=True)
class ExplainedImage:
    """A test image, the answer, and where the answer came from."""

    index: int  # in the test set's own order, counted from 0
    true_class: int
    answer: int
    answer_share: float  # of the answer in the softmax of the scores, 0 to 1
    true_share: float  # of the true class
    channels: int  # 1 or 3
    rows: tuple[str, ...]  # one text per row of pixels, two hex digits per channel and pixel
    maps: tuple[ClassMap, ...] = ()  # of the answer, then of the true class where that is another one


@dataclass(frozen=True)
class Explanations:
    """Where one trained model goes wrong, on images that show it."""

    seed: int  # of the trial
    wrong: int  # mistakes in the whole test set
    images: tuple[ExplainedImage, ...]  # mistakes first, the most confident one first; then right answers
    map_size: tuple[int, ...] = ()  # height and width of the maps; () where there are none
    without_maps: str = ""  # why there are no maps, as a sentence
    class_names: tuple[str, ...] = ()  # () where the number is the name


@dataclass(frozen=True)
class DataFacts:
    name: str  # "MNIST"
    official: bool
    stand_in: bool
    digest: str
    train_images: int
    test_images: int
    place: str  # which of the search order's places it came from, in words


@dataclass(frozen=True)
class Isolation:
    level: str  # "3", "2", "1"
    name: str
    memory_limit: Literal["cgroup", "polling", "none"]
    canary: tuple[tuple[str, str], ...]  # probe and what came out, as seen inside of the real sandbox


@dataclass(frozen=True)
class Probe:
    """One integrity probe. `note` has no effect, `flag` goes to a person, `void` takes the number away."""

    name: str
    weight: Literal["clean", "note", "flag", "void"]
    detail: str


@dataclass(frozen=True)
class Integrity:
    isolation: Isolation | Absent
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """All that is known of one submission. Judging needs nothing else but the spec."""

    submission: Submission
    reading: Reading
    model: ModelFacts | Absent
    recipe: Recipe | Absent
    data: DataFacts | Absent
    trials: tuple[Trial, ...]
    projection: Projection | Absent
    test_accuracy: Measurement | Absent
    integrity: Integrity
    training: RecoveredTraining | Absent = Absent("skipped", "The student's own training was not looked at.")
    remarks: tuple[Remark, ...] = ()  # what an experienced teaching assistant would point out in the method
    comparisons: tuple[Comparison, ...] = ()  # what the student states, beside what was measured
    explanations: Explanations | Absent = Absent("skipped", "The trained model was not explained.")
    pictures: Pictures | Absent = Absent("skipped", "No check asks for pictures.")
    train_accuracy: Measurement | Absent = Absent("skipped", "No check asks for the training accuracy.")
    variants: Variants | Absent = Absent("skipped", "No check asks for variants of the model.")
    workbook: Workbook | Absent = Absent("skipped", "No check asks for a workbook.")
    web: WebAnswers | Absent = Absent("skipped", "No check asks for an address on the web.")
    annotations: Annotations | Absent = Absent("skipped", "No check asks for anchors.")


# --- judgement ----------------------------------------------------------------------------------------------

Status = Literal["passed", "partial", "failed", "borderline", "review", "skipped", "errored"]


@dataclass(frozen=True)
class Finding:
    """What a check saw: requirement, measured and expected as the student reads them, why, and what to try."""

    measured: str
    expected: str
    rationale: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Part:
    """One of the countable parts of a check."""

    name: str
    status: Status
    points: float
    max_points: float
    finding: Finding


@dataclass(frozen=True)
class Exhibit:
    """A piece of the evidence as it is laid out for who decides."""

    name: str  # "readme", "pictures", "steps", "model", "claims", "log", "files", "links"
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """One check's verdict. `points` are certain; up to `max_points` are open while borderline or in review."""

    id: str
    check: str
    requirement: str
    status: Status
    points: float
    max_points: float
    open_points: float  # points that a person, or a retry, may still add
    finding: Finding
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    exhibits: tuple[Exhibit, ...] = ()  # what a person who decides is shown beside it


@dataclass(frozen=True)
class Adjustment:
    """A bonus, a multiplier or a penalty of the assignment, and whether it counts.

    `open`: a person, or another run, still decides. A penalty that is `proposed` counts only once a person has
    confirmed it.
    """

    kind: Literal["bonus", "multiplier", "penalty", "percentage"]
    amount: float  # points of a bonus or a penalty; the factor; the share that a percentage takes, 0 to 1
    state: Literal["counts", "does not count", "open", "not judged"]
    outcome: Outcome  # of what it hangs on: a bonus is earned where it passed, a penalty where it did not
    proposed: bool = False
    decided: bool = False  # a person has confirmed or dismissed it

    @property
    def id(self) -> str:
        return self.outcome.id


@dataclass(frozen=True)
class Step:
    """One line of the grade's arithmetic: a change, or what all changes above it add up to."""

    text: str
    points: float
    kind: Literal["change", "sum"] = "change"


@dataclass(frozen=True)
class Grade:
    """Points. `points` counts nothing that is open: no open check or bonus, and no open penalty."""

    status: Literal["complete", "needs_review", "ungradable", "infrastructure"]
    points: float
    highest: float  # if all that is open were granted
    max_points: float  # of the checks that were judged
    spec_points: float  # of the whole assignment
    pass_mark: float  # 0 to 1
    passed: bool  # reaches the pass mark of what was judged, whatever a person decides
    steps: tuple[Step, ...]
    reason: str  # the status in one sentence
    at_risk: float = 0.0  # points that penalties may take which are still open
    adjustments: tuple[Adjustment, ...] = ()

    @property
    def lowest(self) -> float:
        """The points if nothing that is open were granted and every open penalty were taken."""
        return round(self.points - self.at_risk, 2)


@dataclass(frozen=True)
class Decision:
    """What a person decided about something that was open. The last one about an id counts; none is ever removed."""

    id: str  # of the check, bonus, multiplier or penalty
    points: float  # of a check, all its points; 0 for what only counts or does not
    counts: bool  # of a bonus, multiplier or penalty; False for a check
    reason: str
    who: str
    decided_at: str  # ISO 8601, UTC
    was: str  # the status or state that it had: "review", "borderline", "open"
    lowest: float  # points of the check that were certain; 0 for the others
    highest: float  # points of the check if all that was open were granted; 0 for the others
    open_parts: tuple[str, ...] = ()  # parts of the check that were open


@dataclass(frozen=True)
class Provenance:
    """What is needed to get the same result again."""

    grader_version: str
    measuring_version: int
    command: str
    started_at: str  # ISO 8601, UTC
    finished_at: str
    wall_seconds: float
    spec_id: str
    spec_edition: int
    spec_digest: str
    evidence_plan_digest: str
    seeds: tuple[int, ...]
    device: str
    platform: str
    versions: tuple[tuple[str, str], ...]  # python, torch, torchvision, torchinfo, numpy
    secret: int = (
        0  # permuted class ids and test order for this run; with the seeds it gives the same numbers again
    )
    train_seconds: float = 0.0  # of `wall_seconds`: training, over all trials
    evaluate_seconds: float = 0.0  # scoring and probing
    overhead_seconds: float = 0.0  # all the rest: fetching, reading, starts of workers
    threads: int = 0  # of each training; another number gives other last digits. 0 where it is not known
    evidence_of: str = ""  # run that measured the evidence, where this one only judged it again


@dataclass(frozen=True)
class RunRecord:
    """One run, as it is stored: `result.json` is this record and nothing else."""

    schema: str
    run_id: str
    title: str  # the assignment's
    course: str
    not_a_grade: tuple[str, ...]  # reasons why this result must not be used as a grade; () if it may
    evidence: Evidence
    outcomes: tuple[Outcome, ...]
    grade: Grade
    provenance: Provenance
    decisions: tuple[
        Decision, ...
    ] = ()  # in the order in which they were taken; `outcomes` and `grade` follow them


# --- a look without a grade -----------------------------------------------------------------------------------

INSPECTION_SCHEMA = "grader/inspection/1"
"""Name and major version of what `grader inspect --json` prints."""


@dataclass(frozen=True)
class Inspection:
    """What the grader sees of a submission's model. It is shown and not stored; no spec and no data take part."""

    schema: str
    submission: Submission
    candidates: tuple[Candidate, ...]  # the most likely first
    choice: str  # why the first is the most likely, as a sentence
    unreadable: tuple[LeftOut, ...]  # files and cells that could not be parsed
    model: ModelFacts | Absent
    classes: int  # that the output was held against
    obstacles: tuple[Absent, ...]  # why a measured model cannot be trained for so many classes; () if it can
    isolation: Isolation
    training: RecoveredTraining | Absent = Absent("skipped", "The student's own training was not looked at.")
    remarks: tuple[Remark, ...] = ()  # what can be said of the method without an assignment's limits
    comparisons: tuple[Comparison, ...] = ()
