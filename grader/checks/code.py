"""Whether the code has the classes, functions and imports that the assignment asks for, and none that it forbids.

Read in the source, which is parsed and never run. A name counts wherever it is defined; a file that cannot be parsed
may hold it, so then a person looks.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from grader.checks import interface
from grader.checks.interface import Verdict, combine
from grader.evaluation.second_repository import not_given
from grader.reading.patterns import Where, looked_at, named
from grader.reading.pieces import stops_there
from grader.records import Definition, Evidence, Finding, Import, Part, Status, Submission
from grader.text import clean_path, counted

SHOWN = 3

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_*?][\w*?]*$", max_length=80)]
Module = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_*?.][\w*?.]*$", max_length=120)]
FilePattern = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Wanted(BaseModel):
    """An import, and the files in one of which it must stand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    module: Module = Field(
        description="What is imported: `models`, `models.custom_resnet`, `albumentations`."
    )
    into: FilePattern = Field("*", description="The files that may import it: `*.ipynb`.")

    def __str__(self) -> str:
        return f"import of {self.module}" + (f" in {self.into}" if self.into != "*" else "")


class Rule(interface.Rule):
    """The code has the classes, functions and imports that the assignment asks for."""

    check: Literal["code"]
    classes: tuple[Name, ...] = Field((), max_length=30, description="Classes that must be defined.")
    no_classes: tuple[Name, ...] = Field((), max_length=30, description="Classes that must not be defined.")
    functions: tuple[Name, ...] = Field(
        (), max_length=30, description="Functions that must be defined; a method of that name is one, too."
    )
    no_functions: tuple[Name, ...] = Field(
        (), max_length=30, description="Functions that must not be defined."
    )
    imports: tuple[Wanted, ...] = Field(
        (), max_length=30, description="Imports that must be there, and where."
    )
    file: FilePattern | None = Field(
        None, description="The file that classes and functions are looked for in: `models/resnet.py`."
    )
    where: Where = Field(
        "anywhere", description="Which repository is looked at; `second repository` is the one it imports."
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        names = (*self.classes, *self.no_classes, *self.functions, *self.no_functions)
        if not names and not self.imports:
            raise ValueError("ask for at least one of classes, no_classes, functions, no_functions, imports")
        if self.file and not names:
            raise ValueError("file is for classes and functions; imports say with into where they must stand")
        return self

    def requirement(self) -> str:
        has = [f"the class {name}" for name in self.classes]
        has += [f"the function {name}" for name in self.functions]
        has += [f"the {one}" for one in self.imports]
        lacks = [f"class {name}" for name in self.no_classes] + [f"function {n}" for n in self.no_functions]
        said = ([f"has {_listed(has)}"] if has else []) + (
            [f"has no {_listed(lacks, 'or')}"] if lacks else []
        )
        return f"The code{f' in {self.file}' if self.file else ''} {' and '.join(said)}."


def _listed(names: list[str], word: str = "and") -> str:
    """The first ones: a requirement is one readable sentence."""
    if len(names) > SHOWN + 1:
        names = [*names[:SHOWN], f"{len(names) - SHOWN} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def judge(rule: Rule, evidence: Evidence) -> Verdict:
    look = _Look(rule, evidence)
    names = (*rule.classes, *rule.no_classes, *rule.functions, *rule.no_functions)
    share = rule.points / (len(names) + len(rule.imports))
    parts = [_present(look, "class", name, share) for name in rule.classes]
    parts += [_present(look, "function", name, share) for name in rule.functions]
    parts += [_lacking(look, "class", name, share) for name in rule.no_classes]
    parts += [_lacking(look, "function", name, share) for name in rule.no_functions]
    parts += [_imported(look, wanted, share) for wanted in rule.imports]
    return combine(tuple(parts), rule.points, rule.requirement())


Kind = Literal["class", "function"]


class _Look:
    """The part of the source that a rule is about."""

    def __init__(self, rule: Rule, evidence: Evidence) -> None:
        self._submission: Submission = evidence.submission
        self._where = rule.where
        self._file = rule.file or ""
        self._outline = evidence.reading.outline
        self._not_given = not_given(evidence) if rule.where != "submission" else ""
        self._unreadable = [
            (left.path.partition(", cell ")[0], stops_there(left)) for left in evidence.reading.unreadable
        ]
        self.definitions = [d for d in self._outline.definitions if self._is_about(d.file, self._file)]

    def _is_about(self, path: str, pattern: str) -> bool:
        return looked_at(path, self._submission, self._where, pattern)

    def defined(self, kind: Kind, name: str) -> list[Definition]:
        """Definitions with this name; a function may be a method, of which the class is no part of the name."""
        kinds = ("class",) if kind == "class" else ("function", "method")
        return [
            one for one in self.definitions if one.kind in kinds and named(one.name.rpartition(".")[2], name)
        ]

    def elsewhere(self, kind: Kind, name: str) -> list[Definition]:
        known = ("class",) if kind == "class" else ("function", "method")
        return [
            d for d in self._outline.definitions if d.kind in known and named(d.name.rpartition(".")[2], name)
        ]

    def imports(self, wanted: Wanted) -> list[Import]:
        return [
            one
            for one in self._outline.imports
            if _brings(one, wanted.module)
            and self._is_about(one.file, "" if wanted.into == "*" else wanted.into)
        ]

    def doubt(self, pattern: str = "") -> str:
        """Why something could be there that was not seen; "" where all of the source was read.

        A repository that is fetched and was not given may hold what no file of the submission has.
        """
        wanted = pattern or self._file
        unread = [path for path, whole in self._unreadable if whole or self._is_about(path, wanted)]
        if unread:
            return f"{clean_path(unread[0])} could not be read, or not all of it: a person looks."
        if self._not_given and (self._where == "second repository" or not self.definitions):
            return self._not_given
        return f"{self._outline.cut} A person looks." if self._outline.cut else ""

    def no_file(self) -> str:
        """Why there is nothing to look at: no such file, or no source at all."""
        files = [file.path for file in self._submission.files]
        files += [file.path for other in self._submission.also for file in other.files]
        about = [
            path
            for path in files
            if path.lower().endswith((".py", ".ipynb")) and self._is_about(path, self._file)
        ]
        if about or self.definitions:
            return ""
        return f"There is no {self._file}." if self._file else "There is no Python file and no notebook."


def _brings(one: Import, module: str) -> bool:
    """`models.resnet` is brought by `import models.resnet`, `from models.resnet import X`, `from models import resnet`.

    `models` is brought by anything that begins with it.
    """
    start = one.module.lstrip(".")
    whole = [f"{start}.{name}".lstrip(".") for name in one.names if name != "*"]
    above = [".".join(path.split(".")[:count]) for path in (start, *whole) for count in range(1, 6)]
    return any(path and named(path, module) for path in (start, *whole, *above))


def _part(name: str, status: Status, share: float, finding: Finding) -> Part:
    return Part(name, status, share if status == "passed" else 0.0, share, finding)


def _present(look: _Look, kind: Kind, name: str, share: float) -> Part:
    expected, found = f"{kind} {name}", look.defined(kind, name)
    if found:
        return _part(expected, "passed", share, Finding(_places(found), expected))
    if doubt := look.doubt():
        return _part(expected, "review", share, Finding("not seen", expected, doubt))
    other = look.elsewhere(kind, name)
    why = f"It is in {_places(other)}." if other else look.no_file() or f"Nothing defines {name}."
    return _part(expected, "failed", share, Finding("not there", expected, why, f"Define the {kind} {name}."))


def _lacking(look: _Look, kind: Kind, name: str, share: float) -> Part:
    expected, found = f"no {kind} {name}", look.defined(kind, name)
    if found:
        hint = f"Take {found[0].name} out: the assignment asks for code without it."
        return _part(expected, "failed", share, Finding(_places(found), expected, "", hint))
    if doubt := look.doubt():
        return _part(expected, "review", share, Finding("not seen", expected, doubt))
    if gone := look.no_file():
        return _part(expected, "failed", share, Finding("nothing to look at", expected, gone))
    return _part(expected, "passed", share, Finding("not there", expected))


def _imported(look: _Look, wanted: Wanted, share: float) -> Part:
    name, found = str(wanted), look.imports(wanted)
    if found:
        shown = f"{_statement(found[0])} in {found[0].place}"
        more = f" and {counted(len(found) - 1, 'other', 'others')}" if found[1:] else ""
        return _part(name, "passed", share, Finding(shown + more, name))
    if doubt := look.doubt("" if wanted.into == "*" else wanted.into):
        return _part(name, "review", share, Finding("not seen", name, doubt))
    hint = f"Keep the code in {wanted.module} and import it from there."
    return _part(name, "failed", share, Finding("not there", name, f"Nothing imports {wanted.module}.", hint))


def _statement(one: Import) -> str:
    names = ", ".join(one.names[:3]) + (", ..." if one.names[3:] else "")
    return f"from {one.module} import {names}" if one.names else f"import {one.module}"


def _places(found: list[Definition]) -> str:
    shown = ", ".join(f"{one.name} in {one.place}" for one in found[:SHOWN])
    more = len(found) - SHOWN
    return f"{shown} and {counted(more, 'other', 'others')}" if more > 0 else shown
