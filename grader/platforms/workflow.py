"""The workflow file of `grader new-workflow`: GitHub checks a repository on each push."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import PurePosixPath

from grader import __version__
from grader.errors import UsageError
from grader.platforms.budget import minutes
from grader.spec.load import Loaded, shipped_specs
from grader.text import clean

_PLACE = r"[A-Za-z0-9_.][A-Za-z0-9_./-]{0,199}"
_WHAT = r"[A-Za-z0-9_.][A-Za-z0-9_.,:/@+=~!<>\[\] -]{0,299}"
"""A requirement, an address or a wheel's path; it is written into the file inside of double quotes."""
_VARIABLE = "${{ vars.GRADER_INSTALL }}"
_ONLY_CHECKED = ("# >>> training\n", "# <<< training\n")


def workflow_text(loaded: Loaded, given: str, *, training: bool, install: str = "") -> str:
    """The file, ready to be committed.

    Args:
        given: the spec as it was named: a shipped one by its name, or a file's path inside of the repository.
        training: whether each push trains, too.
        install: what pip installs the grader from; "": the repository's variable GRADER_INSTALL says it.

    Raises:
        UsageError: the spec's file lies outside of the repository, or a text cannot stand in the file.
    """
    if install and not re.fullmatch(_WHAT, install):
        raise UsageError(
            f'--install "{clean(install, 80)}" cannot stand in a workflow.',
            "Give a requirement, an address or a wheel, such as git+https://github.com/OWNER/grader@v1.",
        )
    text = (files("grader.platforms") / "templates" / "workflow.yml").read_text(encoding="utf-8")
    filled = {
        "{version}": __version__,
        "{command}": f"grader new-workflow {given}{' --train' if training else ''}",
        "{title}": re.sub(r"[^\w ,.()%-]", " ", loaded.spec.title, flags=re.ASCII)[:100],
        "{spec}": _spec(given),
        "{install}": install or _VARIABLE,
        "{minutes}": str(minutes(loaded.spec, training=training)),
        "{train}": " --train" if training else "",
        "{task}": loaded.spec.task or "",
    }
    for name, value in filled.items():
        text = text.replace(name, value)
    return _with_training(text) if training and loaded.spec.task else _without_training(text)


def _spec(given: str) -> str:
    """How the workflow names the spec, from another folder than the repository's."""
    if given in shipped_specs():
        return given
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts or not re.fullmatch(_PLACE, given):
        raise UsageError(
            f'The workflow cannot name the spec "{clean(given, 80)}".',
            "Commit the spec, and give its path inside of the repository in plain letters: specs/mine.yaml.",
        )
    return "${{ github.workspace }}/" + str(path)


def _with_training(text: str) -> str:
    for mark in _ONLY_CHECKED:
        text = re.sub(rf"^ *{re.escape(mark)}", "", text, flags=re.MULTILINE)
    return text


def _without_training(text: str) -> str:
    begin, end = map(re.escape, _ONLY_CHECKED)
    return re.sub(rf"^ *{begin}.*?^ *{end}", "", text, flags=re.MULTILINE | re.DOTALL)
