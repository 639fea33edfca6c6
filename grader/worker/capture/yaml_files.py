"""A stand-in for the package `yaml` where it is not installed: plain data in and out, by `ruamel.yaml`."""

from __future__ import annotations

import importlib
import importlib.machinery
import io
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any


def libraries() -> dict[str, Callable[[str], ModuleType]]:
    """The stand-in by its name; nothing where the real package is installed.

    What it needs is imported here, before student code runs: no file of theirs can take its place.
    """
    if importlib.machinery.PathFinder.find_spec("yaml") is not None:
        return {}
    try:
        importlib.import_module("ruamel.yaml")
    except ImportError:
        return {}
    return {"yaml": module}


def module(name: str) -> ModuleType:
    """The package as student code imports it. Every loader is the safe one: no tag builds an object."""
    from ruamel.yaml.error import YAMLError

    made = ModuleType(name)
    loaders = ("Loader", "SafeLoader", "FullLoader", "UnsafeLoader", "BaseLoader", "CLoader", "CSafeLoader")
    made.__dict__.update({one: type(one, (), {}) for one in (*loaders, "Dumper", "SafeDumper")})
    made.__dict__.update(
        __path__=[],
        load=load, safe_load=load, full_load=load, unsafe_load=load,
        load_all=load_all, safe_load_all=load_all, full_load_all=load_all,
        dump=dump, safe_dump=dump,
        YAMLError=YAMLError,
    )  # fmt: skip
    return made


def load(stream: Any, *_: Any, **__: Any) -> Any:
    """The first document, None for an empty text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _reader().load(stream)


def load_all(stream: Any, *_: Any, **__: Any) -> Iterator[Any]:
    """All documents."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return iter(list(_reader().load_all(stream)))


def dump(value: Any, stream: Any = None, *_: Any, default_flow_style: bool | None = False, **__: Any) -> Any:
    """Write to the stream; without one, give the text."""
    from ruamel.yaml import YAML

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = default_flow_style
    text = io.StringIO()
    writer.dump(value, text)
    return text.getvalue() if stream is None else stream.write(text.getvalue())


def _reader() -> Any:
    """The package reads YAML 1.1, where `yes` is a truth value."""
    from ruamel.yaml import YAML

    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 1)
    return reader
