"""The order of model candidates: which class a person would take for the submission's model, and why."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from grader.records import Candidate
from grader.text import clean, clean_path

_FAMILIAR = ("net", "model", "mnistnet", "mnist_net", "mnistmodel", "cnn", "network", "mnist", "classifier")


@dataclass(frozen=True)
class Pool:
    """What the rules need to know of the submission as a whole."""

    training_files: frozenset[str] = frozenset()
    names_in_files: frozenset[str] = frozenset()  # classes that stand in a plain Python file
    built: frozenset[tuple[str, int, int, str]] = frozenset()  # classes that the code was seen to build
    trained: Mapping[tuple[str, int, int, str], str] = field(
        default_factory=dict
    )  # class → where it is built
    second_files: frozenset[str] = frozenset()  # of repositories that the submission only imports
    named_file: str = ""  # that the link itself leads to
    final_words: frozenset[str] = frozenset()  # of the README where it speaks of its final model

    def in_training(self, candidate: Candidate) -> bool:
        return self.is_trained(candidate) or any(
            _file_of(p) in self.training_files for p in candidate.built_at
        )

    def is_trained(self, candidate: Candidate) -> bool:
        return key_of(candidate) in self.trained

    def is_built(self, candidate: Candidate) -> bool:
        """Somewhere outside of tests."""
        seen = key_of(candidate) in self.built
        return seen or any(not is_test(_file_of(place)) for place in candidate.built_at)

    def in_own_file(self, candidate: Candidate) -> bool:
        """Not a notebook's copy of a class that a Python file has as well."""
        return not candidate.cell or candidate.class_name not in self.names_in_files

    def is_final(self, candidate: Candidate) -> bool:
        """The README calls this class, or its file, the final or best one."""
        stem = posixpath.splitext(posixpath.basename(candidate.file))[0]
        return (
            candidate.class_name.lower() in self.final_words
            or stem.lower() in self.final_words - _PLAIN_STEMS
        )


_PLAIN_STEMS = frozenset({"model", "models", "net", "network", "train", "main", "notebook"})


def key_of(candidate: Candidate) -> tuple[str, int, int, str]:
    return (candidate.file, candidate.cell, candidate.line, candidate.class_name)


def is_test(path: str) -> bool:
    """A file of tests, by its name or its folder."""
    parts = path.lower().split("/")
    return bool(re.fullmatch(r"(test_.*|.*_test|conftest|tests?)\.py", parts[-1])) or any(
        part in ("test", "tests") for part in parts[:-1]
    )


_Rule = tuple[Callable[[Candidate], Any], str]


def ordered(candidates: tuple[Candidate, ...], pool: Pool) -> tuple[tuple[Candidate, ...], str]:
    """(candidates with the most likely first, one sentence that says why it is the first)."""
    rules = _rules(pool)
    first_to_last = tuple(sorted(candidates, key=lambda c: tuple(rule(c) for rule, _ in rules)))
    return first_to_last, _choice(first_to_last, rules, pool)


def _rules(pool: Pool) -> list[_Rule]:
    """The strongest rule first: a key that is smallest for the likelier class, and how to say it."""
    return [
        (lambda c: c.class_name.lower().endswith("loss"), "is no loss"),
        (lambda c: is_test(c.file), "is in no test file"),
        (lambda c: not c.has_forward, "has a forward method"),
        (
            lambda c: c.file in pool.second_files and key_of(c) not in pool.built,
            "is what the submission's own code builds",
        ),
        (lambda c: bool(c.used_by), "is no part of another"),
        (
            lambda c: c.file != pool.named_file if pool.named_file else False,
            "is in the file that the link names",
        ),
        (lambda c: not pool.is_trained(c), "is built and trained in {trained}"),
        (lambda c: not pool.is_final(c), "is the one that the README calls final or best"),
        (
            lambda c: bool(set(c.required_arguments) - set(dict(c.built_with))),
            "needs no arguments that are not known",
        ),
        (lambda c: not pool.in_training(c), "is built in {built}"),
        (lambda c: not pool.is_built(c), "is built in {built}"),
        (lambda c: not pool.in_own_file(c), "is in a Python file, not only in a notebook"),
        (lambda c: -_step(c.class_name), "is the latest step by its name"),
        (lambda c: tuple(-step for step in _steps(c.file)), "is the latest step by its file's name"),
        (lambda c: _familiar(c.class_name), "has the name that a model usually has"),
        (lambda c: c.file, "is in the first file by name"),
        (lambda c: (-c.cell, -c.line), "is defined last"),
    ]


def _choice(candidates: tuple[Candidate, ...], rules: list[_Rule], pool: Pool) -> str:
    if not candidates:
        return "No class of the submission is an nn.Module as far as its source says."
    first = candidates[0]
    name = clean(first.class_name, 60)
    if len(candidates) == 1:
        return f"{name} in {clean_path(first.place)} is the only model class in the submission."
    reasons: list[str] = []
    rivals = list(candidates[1:])
    for rule, reason in rules:
        left = [rival for rival in rivals if rule(rival) == rule(first)]
        if len(left) < len(rivals):
            trained = clean_path(pool.trained.get(key_of(first), ""))
            reasons.append(reason.format(built=_built(first, pool.training_files), trained=trained))
        rivals = left
    why = _listed(list(dict.fromkeys(reasons)))
    return f"{len(candidates)} model classes; {name} in {clean_path(first.place)} {why}."


def _listed(reasons: list[str]) -> str:
    if not reasons:
        return "comes first"
    return reasons[0] if len(reasons) == 1 else f"{', '.join(reasons[:-1])} and {reasons[-1]}"


def _built(candidate: Candidate, training_files: frozenset[str]) -> str:
    training = [place for place in candidate.built_at if _file_of(place) in training_files]
    return clean_path((training or list(candidate.built_at) or [candidate.place])[0])


def _file_of(place: str) -> str:
    return re.split(r":\d+$|, cell \d+$", place)[0]


def _step(name: str) -> int:
    """The step that a name says: `Model_3` is 3, `FinalNet` comes after all of them, `Net` is 0."""
    if re.search(r"final|best", name, re.IGNORECASE):
        return 100
    numbers = [
        int(number)
        for number in re.findall(r"(?<!\d)\d{1,2}(?!\d|[kKmM](?![a-z]))", re.sub(r"[123]d\b", "", name))
    ]
    return numbers[-1] if numbers else 0


def _steps(path: str) -> tuple[int, ...]:
    """Steps by folder and by file, the nearest to the class first: `S5/4_drill.ipynb` gives (4, 5, ...)."""
    folder, name = posixpath.split(path)
    return (_step(posixpath.splitext(name)[0]), _step(folder))


def _familiar(name: str) -> int:
    lowered = name.lower()
    return _FAMILIAR.index(lowered) if lowered in _FAMILIAR else len(_FAMILIAR)
