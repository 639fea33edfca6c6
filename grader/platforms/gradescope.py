"""The package of `grader export gradescope-package`: a zip that Gradescope unpacks, sets up, and runs.

What it does on a platform's machine stands in its three texts (`templates/`); here they are put together with the
spec and the grader. The same spec and grader give the same bytes.
"""

from __future__ import annotations

import re
import shlex
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from grader import __version__
from grader.errors import UsageError
from grader.platforms.budget import minutes
from grader.platforms.wheel import built_wheel, zipped
from grader.spec.load import Loaded
from grader.text import clean

PROGRAMS = frozenset({"setup.sh", "run_autograder"})
_WHEEL_NAME = r"grader-[A-Za-z0-9_.+!-]+\.whl"
_REQUIREMENT = r"[A-Za-z0-9_.][A-Za-z0-9_.,:/@+=~!<>\[\] -]{0,299}"
_MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Choice:
    """What an instructor decides about a package. At most one of `wheel` and `requirement` is given."""

    wheel: Path | None = None  # of the grader; without it one is made of what is installed
    requirement: str = ""  # that pip installs the grader from: the machine has to find it
    allow_plain: bool = False  # run student code without isolation where there is none
    stand_in: bool = False  # train on generated data: to try the package out


def package(loaded: Loaded, spec_text: bytes, choice: Choice) -> bytes:
    """The zip.

    Raises:
        UsageError: the grader cannot be packed as it was asked for.
    """
    wheel = _wheel(choice)
    members = {wheel[0]: wheel[1]} if wheel else {}
    members |= {
        f"{loaded.spec.id}.yaml": spec_text,
        "package.env": _settings(loaded, choice, wheel[0] if wheel else "").encode(),
        "README.md": _readme(loaded, choice).encode(),
        "setup.sh": _template("setup.sh").encode(),
        "run_autograder": _template("run_autograder").encode(),
    }
    return zipped(members, PROGRAMS)


def _wheel(choice: Choice) -> tuple[str, bytes] | None:
    """Name and content of the wheel to pack; None where the machine finds the grader by itself."""
    if choice.requirement:
        if not re.fullmatch(_REQUIREMENT, choice.requirement):
            raise UsageError(
                f'--requirement "{clean(choice.requirement, 80)}" is nothing that pip could install.',
                f"Give one such as grader=={__version__}, or an address.",
            )
        return None
    return _given(choice.wheel) if choice.wheel else built_wheel()


def _given(path: Path) -> tuple[str, bytes]:
    fault = ""
    try:
        if not re.fullmatch(_WHEEL_NAME, path.name):
            fault = "its name is not that of a wheel of the grader"
        elif path.stat().st_size > _MOST_BYTES:
            fault = "it is too large"
        elif not _holds_the_grader(path):
            fault = "the grader is not in it"
        content = b"" if fault else path.read_bytes()
    except (OSError, zipfile.BadZipFile) as error:
        fault = clean(str(error), 120)
    if fault:
        raise UsageError(
            f"--wheel {clean(str(path))} cannot be packed: {fault}.", "Build one: `pip wheel --no-deps .`"
        )
    return path.name, content


def _holds_the_grader(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return {"grader/__init__.py", "grader/platforms/handed_in.py"} <= set(archive.namelist())


def _settings(loaded: Loaded, choice: Choice, wheel: str) -> str:
    """What the two programs read, as assignments of the shell."""
    chosen = {"--trust-this-code": choice.allow_plain, "--stand-in": choice.stand_in}
    options = " ".join(option for option, wanted in chosen.items() if wanted)
    trains = loaded.spec.training is not None
    values = {
        "spec": f"{loaded.spec.id}.yaml",
        "task": loaded.spec.task or "" if trains and not choice.stand_in else "",
        "wheel": wheel,
        "requirement": choice.requirement,
        "plain": "yes" if choice.allow_plain else "no",
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in values.items()]
    return "\n".join([*lines, f"run_options=({options})"]) + "\n"


def _readme(loaded: Loaded, choice: Choice) -> str:
    plain = "plain-allowed.md" if choice.allow_plain else "plain-refused.md"
    data = "**Generated data: a package to try out. It gives no grades.**\n\n" if choice.stand_in else ""
    filled = {
        "{title}": re.sub(r"[^\w ,.()%-]", " ", loaded.spec.title),
        "{id}": loaded.spec.id,
        "{edition}": str(loaded.spec.edition),
        "{version}": __version__,
        "{points}": f"{loaded.spec.points:g}",
        "{minutes}": str(minutes(loaded.spec, training=True)),
        "{isolation}": _template(plain).strip(),
        "{data}": data,
    }
    text = _template("gradescope.md")
    for name, value in filled.items():
        text = text.replace(name, value)
    return text


def _template(name: str) -> str:
    return (files("grader.platforms") / "templates" / name).read_text(encoding="utf-8")
