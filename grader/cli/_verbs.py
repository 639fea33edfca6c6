"""A group whose commands are the files of a folder: each defines `command`; a name's underscore is a dash."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Any

import click


class Verbs(click.Group):
    """The files of one package of commands, each imported when it is asked for.

    Args:
        package: its dotted name.
        path: its folders.
    """

    def __init__(self, *given: Any, package: str, path: Sequence[str], **options: Any) -> None:
        super().__init__(*given, **options)
        self._package, self._path = package, tuple(path)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx  # every verb is always there
        found = (info.name for info in pkgutil.iter_modules(self._path))
        return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command
