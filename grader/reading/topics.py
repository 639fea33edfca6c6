"""Whether a README says something on a topic that an assignment asks for, by the words that nobody can do without.

A topic is explained where one paragraph or list item names its subject and says something of it; a heading above it may
name the subject. Where the subject is only named, a person has to read it. The right words in random order explain
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.reading.prose import words
from grader.reading.word_order import order
from grader.records import Readme
from grader.text import clean

TopicName = Literal[
    "data representation",
    "random numbers",
    "combined inputs",
    "evaluation",
    "results",
    "choice of the loss",
    "forward pass",
    "chain rule",
    "weight update",
    "augmentation",
]
Answer = Literal["explained", "named", "missing"]

FEWEST_WORDS = 5
_QUOTED = 160
_LONGEST = 4_000
"""Characters of one text that are looked at."""


@dataclass(frozen=True)
class Topic:
    """`said`: patterns that all must be in the text that explains it."""

    asked: str  # what the README has to say, as the end of a sentence
    hint: str
    subject: re.Pattern[str]
    said: tuple[re.Pattern[str], ...]
    in_tables: bool = False  # whether a row of a table can say it


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE)


_TEST_SET = _any(
    r"test(?:ing)?[- ](?:set|images|pictures|data|pairs|samples|loader)",
    r"validation",
    r"unseen",
    r"held[- ]out",
)
_LOSSES = _any(
    *(
        r"\w*cross[- ]?entropy",
        r"\w*nll",
        r"\w*log[- ]?likelihood",
        r"\w*mse",
        r"\w*squared[- ]error",
        r"\w*bce",
    ),
    *(r"l1[- ]?loss", r"smooth[- ]?l1", r"huber", r"absolute error", r"focal"),
)

TOPICS: dict[TopicName, Topic] = {
    "data representation": Topic(
        "in which form the model takes its inputs and gives its outputs",
        "Say what an image, a digit, a label and a sum are as tensors: their shape, one-hot or not.",
        _any(r"represent", r"encod", r"one[- ]?hot", r"format", r"tensor", r"vector", r"binary"),
        (
            _any(r"one[- ]?hot", r"shape", r"vector", r"tensor", r"bits?\b", r"binary", r"integer", r"embed"),
            _any(r"digit", r"number", r"label", r"sum", r"target"),
        ),
        in_tables=True,
    ),
    "random numbers": Topic(
        "how the random numbers are generated",
        "Name the function that draws them, their range, and when they are drawn.",
        _any(r"random", r"rand\w*\("),
        (_any(r"rand\w*\(", r"randint", r"draw", r"generat", r"sampl", r"uniform", r"seed", r"evenly"),),
    ),
    "combined inputs": Topic(
        "how and in which layer the two inputs are combined",
        "Say what is joined with what, and in front of which layer: `torch.cat`, addition, ...",
        _any(
            r"concat",
            r"combin",
            r"join",
            r"merg",
            r"side by side",
            r"fus(?:ed|ion)",
            r"(?:torch\.)?cat\b",
            r"append",
        ),
        (
            _any(
                r"layer",
                r"linear",
                r"fully[- ]connected",
                r"fc\d?\b",
                r"flatten",
                r"features?\b",
                r"convolution",
            ),
        ),
    ),
    "evaluation": Topic(
        "how the results are evaluated",
        "Say on which images, and what counts as a right answer.",
        _any(
            r"evaluat", r"accurac", r"tested\b", r"test(?:ing)?[- ](?:set|images|pictures|data)", r"validat"
        ),
        (
            _TEST_SET,
            _any(r"accurac", r"argmax", r"highest", r"correct", r"right\b", r"compar", r"share", r"loss"),
        ),
    ),
    "results": Topic(
        "what the results are, in numbers",
        "Give the accuracy of both outputs on the test images.",
        _any(r"result", r"accurac", r"right\b", r"correct", r"reach"),
        (re.compile(r"\d(?:\.\d+)? ?%|\b0\.\d{2,}|\d ?/ ?10,?000"),),
        in_tables=True,
    ),
    "choice of the loss": Topic(
        "which loss was picked and why",
        "Name the loss of each output, and give the reason.",
        _LOSSES,
        (
            _LOSSES,
            _any(
                *(
                    r"because",
                    r"since",
                    r"so that",
                    r"therefore",
                    r"hence",
                    r"reason",
                    r"due to",
                    r"suit",
                    r"fits?\b",
                ),
                *(
                    r"as (?:it|they|both|the|this|each)\b",
                    r"why\b",
                    r"allows?\b",
                    r"appropriate",
                    r"classification",
                ),
            ),
        ),
    ),
    "forward pass": Topic(
        "how the outputs and the error come from the inputs and the weights",
        "Say how a neuron gets its value from the ones before it, what the activation does to it, and how the error "
        "comes from outputs and targets.",
        _any(r"forward", r"hidden", r"neuron", r"sigmoid", r"activation", r"weighted sum", r"h1\b", r"o1\b"),
        (
            _any(r"sigmoid", r"activat", r"weighted sum", r"exp\b", r"squash"),
            _any(r"inputs?\b", r"outputs?\b", r"weights?\b", r"error", r"loss", r"w\d"),
        ),
    ),
    "chain rule": Topic(
        "how the gradient of the error for a weight is derived",
        "Say which partial derivatives the chain rule multiplies on the way from the error back to the weight.",
        re.compile(r"chain[- ]rule|derivativ|gradients?\b|backwards?\b|[∂δ]", re.IGNORECASE),
        (
            re.compile(
                r"chain[- ]rule|partial(?:ly)? d|with respect to|[∂δ]|\bd\w{1,8} ?/ ?d\w", re.IGNORECASE
            ),
            _any(r"weights?\b", r"w\d", r"layer", r"activation", r"sigmoid"),
        ),
    ),
    "weight update": Topic(
        "how a gradient changes its weight",
        "Say what is subtracted from each weight, and what the learning rate has to do with it.",
        _any(r"updat", r"learning rate", r"gradient descent", r"new weight", r"step\b"),
        (
            _any(r"learning rate", r"lr\b", r"eta\b", r"η"),
            _any(r"weights?\b", r"w\d"),
            _any(r"gradient", r"derivative", r"subtract", r"minus", r"updat", r"slope"),
        ),
    ),
    "augmentation": Topic(
        "how the training images are augmented",
        "Name each transform with its numbers: how far it moves, turns, cuts or colours an image, and how often.",
        _any(r"augment", r"transforms?\b", r"transformations?\b"),
        (
            _any(
                *(
                    r"crop",
                    r"flip",
                    r"mirror",
                    r"rotat",
                    r"eras",
                    r"cut[- ]?out",
                    r"drop[- ]?out",
                    r"mix[- ]?up",
                ),
                *(
                    r"cut[- ]?mix",
                    r"jitter",
                    r"affine",
                    r"shift",
                    r"scal",
                    r"pad",
                    r"gr[ae]y",
                    r"blur",
                    r"noise",
                ),
                *(
                    r"shear",
                    r"perspective",
                    r"auto[- ]?augment",
                    r"rand[- ]?augment",
                    r"brightness",
                    r"colou?r",
                ),
            ),
        ),
        in_tables=True,
    ),
}


@dataclass(frozen=True)
class Said:
    answer: Answer
    quote: str = ""  # the text that decided, cut


def said_on(readme: Readme, name: TopicName) -> Said:
    """What the README says on a topic."""
    topic, named = TOPICS[name], ""
    for heading, text in _texts(readme, topic):
        if not topic.subject.search(f"{heading} {text}"):
            continue
        reads_well = len(words(text)) >= FEWEST_WORDS and order([text]).reads_like_sentences
        if reads_well and all(pattern.search(text) for pattern in topic.said):
            return Said("explained", clean(text, _QUOTED))
        named = named or text
    return Said("named", clean(named, _QUOTED)) if named else Said("missing")


def _texts(readme: Readme, topic: Topic) -> Iterator[tuple[str, str]]:
    """Every paragraph and list item with the heading above it, then what stands below a heading that names the subject
    as one text; the page's own title is no heading. Table rows where they can say it."""
    for section in readme.sections:
        heading = section.title if section.level > 1 else ""
        for text in section.prose:
            yield heading, text[:_LONGEST]
        if topic.in_tables:
            for row in section.table_rows:
                yield heading, " | ".join(cell for cell in row if cell.strip())[:_LONGEST]
        if section.prose and topic.subject.search(heading):
            yield heading, " ".join(section.prose)[:_LONGEST]
