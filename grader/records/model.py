"""What the model is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grader.records.basic import Absent, Scalar


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
