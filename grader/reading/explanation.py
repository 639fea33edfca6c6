"""Whether a README explains the architecture that was measured: the best of its sections decides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from grader.reading.layer_words import kinds_measured, kinds_named
from grader.reading.prose import statements, words
from grader.reading.word_order import order
from grader.records import Claim, ModelFacts, Readme, Section

FEWEST_WORDS = 60
FEWEST_KINDS = 3
TOLERANCE = 0.01

_ABOUT_MODEL = re.compile(
    r"architectur|\b(?:models?|networks?|layers?|cnn)\b|\bstructure of the (?:net|model)",
    re.IGNORECASE,
)
_ABOUT_OTHER = re.compile(
    r"artifact|performance|saving|loading|(?:project|folder|file|repo\w*|directory) structure|training"
    r"|results?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Explanation:
    """What was found; no faults means that the architecture is explained."""

    measured: str
    faults: tuple[str, ...]
    hint: str = ""


@dataclass(frozen=True)
class _Group:
    """Sections that are read together: a heading and what stands below it, or all that are on the model."""

    sections: tuple[Section, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for section in self.sections for text in section.prose)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        return tuple(row for section in self.sections for row in section.table_rows)

    @property
    def name(self) -> str:
        title = self.sections[0].title
        return f'the section "{title}" (line {self.sections[0].line})' if title else "the text"


def explain(readme: Readme, model: ModelFacts) -> Explanation:
    """Judge every section with its sub-sections, and those on the model together; the best one counts."""
    ran = [layer.kind for layer in model.layers if layer.output_shape and layer.name]
    kinds = kinds_measured(model.layer_kinds, ran)
    judged = [_judged(group, kinds) for group in _groups(readme)]
    if not judged:
        hint = f"Write a section on the architecture that says what these layers do: {', '.join(kinds)}."
        return Explanation("no text", ("No section is about the architecture.",), hint)
    return min(judged, key=lambda one: one[0])[1]


def _groups(readme: Readme) -> Iterator[_Group]:
    sections = readme.sections
    groups = [_Group(sections[index : _end(sections, index)]) for index in range(len(sections))]
    about = [index for index, section in enumerate(sections) if _is_about_model(section)]
    joined = sorted({inner for index in about for inner in range(index, _end(sections, index))})
    if joined:
        yield _Group(tuple(sections[index] for index in joined))
    yield from groups


def _is_about_model(section: Section) -> bool:
    is_title = section.level <= 1
    return (
        not is_title and bool(_ABOUT_MODEL.search(section.title)) and not _ABOUT_OTHER.search(section.title)
    )


def _end(sections: tuple[Section, ...], start: int) -> int:
    """Behind a section's sub-sections; the title has none, else the whole page would be one section."""
    level = sections[start].level
    if level <= 1 and not re.search("architectur", sections[start].title, re.IGNORECASE):
        return start + 1
    for index in range(start + 1, len(sections)):
        if sections[index].level <= level:
            return index
    return len(sections)


def _judged(group: _Group, kinds: tuple[str, ...]) -> tuple[tuple[int, int, int], Explanation]:
    """(rank: fewer faults, more kinds, more words come first; the explanation)."""
    prose = " ".join(group.texts)
    cells = " ".join(cell for row in group.rows for cell in row)
    count = len(words(prose)) + len(words(cells))
    everything = kinds_named(f"{prose} {cells}")
    named = [kind for kind in kinds if kind in everything]
    said = statements(group.texts, group.rows)
    stated = {kind for statement in said for kind in kinds_named(statement) if kind in kinds}
    seen = order(group.texts)
    least = min(FEWEST_KINDS, len(kinds))  # a perceptron has two kinds of layers in all
    faults = []
    if count < FEWEST_WORDS:
        faults.append(f"It has {count} words outside of code blocks; {FEWEST_WORDS} are asked.")
    if len(named) < least:
        faults.append(f"It names {_listed(named)} of the model's layer kinds; {least} are asked.")
    elif len(said) < FEWEST_KINDS or len(stated) < least:
        faults.append(
            f"It names {_listed(named)}, and {len(said)} statements on {_listed(sorted(stated))} say what "
            f"such a layer does or how large it is; {FEWEST_KINDS} on {least} kinds are asked."
        )
    if not seen.reads_like_sentences:
        faults.append(
            f"Its words do not read like sentences: {seen.impossible} of {seen.pairs} neighbouring words "
            "cannot stand side by side."
        )
    measured = f"{count} words that name {len(named)} layer kinds{_in_brackets(named)}, in {group.name}"
    if faults:
        faults[0] = f"Closest is {group.name}. {faults[0]}"
    return (len(faults), -len(named), -count), Explanation(
        measured, tuple(faults), _hint(faults, kinds, named)
    )


def _hint(faults: list[str], kinds: tuple[str, ...], named: list[str]) -> str:
    if not faults:
        return ""
    missing = [kind for kind in kinds if kind not in named]
    also = f" Not named yet: {', '.join(missing)}." if missing else ""
    return f"Say in sentences or a table, outside of code, what each layer does and its sizes.{also}"


def _in_brackets(kinds: list[str]) -> str:
    return f" ({', '.join(kinds)})" if kinds else ""


def _listed(kinds: list[str]) -> str:
    return f"{len(kinds)} ({', '.join(kinds)})" if kinds else "none"


# --- the number of parameters -------------------------------------------------------------------------------

_OTHER_VERSION = re.compile(
    r"baseline|previous|initial|original|first (?:model|version|attempt)|earlier|reduc\w* from|instead of"
    r"|compared|(?:step|model|version|attempt|v)[ _#-]?\d\b|would (?:be|have|take|need|cost|add)|standard|by itself",
    re.IGNORECASE,
)
_ONE_LAYER = re.compile(
    r"\b(?:conv|fc|bn|linear|layer|block|dense)[\d_ ]?\d*\b.{0,40}(?:\b(?:has|have|adds|with)\b|[:=])"
    r"|\b(?:per|each|this) layer\b",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"\btotal\b|\bmodel\b|\bnetwork\b|^\W*(?:number of )?(?:trainable )?param", re.IGNORECASE)


def wrong_counts(readme: Readme, model: ModelFacts) -> tuple[Claim, ...]:
    """Claims about the whole model's parameters that are off by more than one per cent."""
    parts = {layer.parameters for layer in model.layers if layer.parameters}
    return tuple(
        claim
        for claim in readme.claims
        if claim.name == "parameters"
        and claim.value not in parts
        and _is_about_whole(claim, readme)
        and not _is_right(claim, model)
    )


def _is_about_whole(claim: Claim, readme: Readme) -> bool:
    if _OTHER_VERSION.search(claim.text):
        return False
    if _WHOLE.search(claim.text):
        return True
    return not _ONE_LAYER.search(claim.text) and _is_prominent(claim, readme)


def _is_prominent(claim: Claim, readme: Readme) -> bool:
    """It stands in the page's first section or in one on the model."""
    number = claim.place.rpartition(":")[2]
    line = int(number) if number.isdigit() else 0
    holding = [section for section in readme.sections if section.line <= line]
    return bool(holding) and (holding[-1] is readme.sections[0] or _is_about_model(holding[-1]))


def _is_right(claim: Claim, model: ModelFacts) -> bool:
    """Within one per cent of what can be meant; a rounded count (`24.9k`) within its last digit."""
    rounding = 0.0
    rounded = re.search(r"\d+(?:\.(\d+))?\s?([kKmM])(?![a-zA-Z])", claim.text)
    if rounded and claim.value % 10 == 0:
        unit = 1e3 if rounded[2] in "kK" else 1e6
        rounding = unit / 10 ** len(rounded[1] or "")
    meant = (model.parameters, model.trainable, model.parameters + model.buffer_elements)
    return any(abs(claim.value - count) <= max(TOLERANCE * count, rounding) for count in meant)
