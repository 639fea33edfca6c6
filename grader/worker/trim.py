"""A stand-in for `torch._dynamo`, which half of a worker's start is spent on and which hardly any work uses.

`torchvision.ops` imports the package for one helper, and the first optimizer for two functions that do nothing
outside of `torch.compile`. The stand-in has these; whatever else is asked of it brings in the real package and puts it
in its place, as if it had been there from the start. It rests on private names of torch: it is used for the releases
only for which `tests/unit/worker/test_trim.py` compared results with an untrimmed process bit by bit.

It must be installed before torch is imported. This module imports nothing but the standard library.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

RELEASES = ((2, 15), (2, 16))
"""The first release of torch that was compared, and the first one that was not."""

_PACKAGE, _UTILS = "torch._dynamo", "torch._dynamo.utils"
_KEPT = "__dynamo_disable"  # where `torch._compile` keeps what `disable` gave it


def install(releases: tuple[tuple[int, int], tuple[int, int]] = RELEASES) -> bool:
    """Put the stand-in in place, if torch is of a known release and not imported yet.

    Returns:
        Whether it is in place. If not, everything is as it was.
    """
    if "torch" in sys.modules or not releases[0] <= torch_release() < releases[1]:
        return False
    stand_in = _StandIn()
    sys.modules[_PACKAGE] = stand_in.package
    sys.modules[_UTILS] = stand_in.utils
    sys.meta_path.insert(0, stand_in)
    return True


def torch_release() -> tuple[int, int]:
    """Major and minor number of the installed torch, read without importing it; (0, 0) where it cannot be told."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin:
        return 0, 0
    try:
        text = Path(spec.origin).with_name("version.py").read_text("utf-8")
    except (OSError, ValueError):
        return 0, 0
    found = re.search(r"^__version__ = '(\d+)\.(\d+)\.", text, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else (0, 0)


class _StandIn(MetaPathFinder, Loader):
    """Two modules in one: the package and its `utils`. As a finder it waits for imports of what lies below them."""

    def __init__(self) -> None:
        self._real: ModuleType | None = None
        self._disabled: list[tuple[Callable[..., Any], bool]] = []
        self._specs: dict[str, ModuleSpec | None] = {}
        self.package = _Module(_PACKAGE, lambda name: getattr(self.real(), name))
        self.utils = _Module(_UTILS, lambda name: getattr(self.real().utils, name))
        vars(self.package).update(
            __path__=[], utils=self.utils, disable=self._disable, graph_break=_graph_break
        )

        def is_compile_supported(device_type: Any) -> Any:
            return self.real().utils.is_compile_supported(device_type)

        # As torch marks its own: compiled code takes the answer as a constant.
        is_compile_supported._dynamo_marked_constant = True  # type: ignore[attr-defined]
        vars(self.utils).update(is_compile_supported=is_compile_supported)

    def real(self) -> Any:
        """The real package, in its place from now on."""
        if self._real is None:
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            for name, module in ((_PACKAGE, self.package), (_UTILS, self.utils)):
                if sys.modules.get(name) is module:
                    del sys.modules[name]
            real = importlib.import_module(_PACKAGE)
            self._real = real
            self._hand_over(real)
        return self._real

    def _hand_over(self, real: ModuleType) -> None:
        """What torch remembered of the stand-in becomes what the real package would have given it."""
        for module in (self.package, self.utils):
            for name in [name for name in vars(module) if not name.startswith("__")]:
                delattr(module, name)
        for function, recursive in self._disabled:
            if getattr(function, _KEPT, None) is function:
                setattr(function, _KEPT, real.disable(function, recursive, wrapping=False))
        roi_align = sys.modules.get("torchvision.ops.roi_align")
        if hasattr(roi_align, "is_compile_supported"):
            vars(roi_align)["is_compile_supported"] = real.utils.is_compile_supported

    def _disable(
        self,
        fn: Callable[..., Any] | None = None,
        recursive: bool = True,
        *,
        reason: str | None = None,
        wrapping: bool = True,
    ) -> Any:
        """`torch._compile._disable_dynamo` asks in this one way, and keeps the answer with the function."""
        if fn is None or wrapping or reason is not None:
            return self.real().disable(fn, recursive, reason=reason, wrapping=wrapping)
        self._disabled.append((fn, recursive))
        return fn

    # --- imports of modules below the package ----------------------------------------------------------------------

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if not fullname.startswith(f"{_PACKAGE}."):
            return None
        self.real()
        if fullname not in sys.modules:  # the package itself did not import it
            return importlib.util.find_spec(fullname)
        self._specs[fullname] = sys.modules[fullname].__spec__
        return ModuleSpec(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module that the real package has imported: nothing is loaded twice."""
        return sys.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """It was executed already; the import has only put our spec on it."""
        spec = self._specs.pop(module.__name__)
        module.__spec__ = spec
        if spec is not None:
            module.__loader__ = spec.loader


class _Module(ModuleType):
    """Asks elsewhere for every attribute that it does not have. Names of Python itself it does not have."""

    def __init__(self, name: str, ask: Callable[[str], Any]) -> None:
        super().__init__(name)
        vars(self)["__ask"] = ask

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return vars(self)["__ask"](name)


def _graph_break(msg: str = "") -> None:
    """Does nothing outside of `torch.compile`, as the real one."""
    del msg
