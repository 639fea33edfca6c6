"""What is handed in beside a model: pictures, workbooks, addresses on the web, annotation files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent
from grader.records.submission import LeftOut


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
