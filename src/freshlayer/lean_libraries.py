"""Libraries without what they load and we don't use: half of what a start would load.

``inspect`` and ``dataclasses`` alone take as long as the interpreter. A stand-in for a module is there only
while the library loads; other code that imports the module gets the module itself. A library that does not
load so is loaded as it is.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _nothing(*_given: object) -> str:
    return ""


def _system() -> str:
    """``platform.system``, by what the interpreter was built for."""
    return "Linux" if sys.platform == "linux" else str(import_module("platform").system())


def _as_it_is(message: str) -> str:
    return message


def _of_number(one: str, several: str, number: int) -> str:
    return one if number == 1 else several


def _json_schema(*given: object, **named: object) -> object:
    return import_module("msgspec._json_schema").schema(*given, **named)


def _json_schemas(*given: object, **named: object) -> object:
    return import_module("msgspec._json_schema").schema_components(*given, **named)


def _one_line(text: str) -> str:
    """``inspect.cleandoc``, whose module a single line does not need."""
    if "\n" not in text:
        return text.expandtabs().lstrip()
    return str(import_module("inspect").cleandoc(text))


_WITHOUT: dict[str, Mapping[str, Mapping[str, Callable[..., object]] | None]] = {
    # No catalogue of translations has its messages.
    "click": {"inspect": {"cleandoc": _one_line}, "gettext": {"gettext": _as_it_is, "ngettext": _of_number}},
    "msgspec": {
        # typing has all that msgspec looks for there first.
        "typing_extensions": None,
        # uuid looks for the libraries of each system with it.
        "platform": {"system": _system},
        # Schemas of types, and types as values.
        "msgspec._json_schema": {"schema": _json_schema, "schema_components": _json_schemas},
        "msgspec.inspect": {},
    },
    # An interface for asyncio, made of dataclasses.
    "pycurl": {"pycurl.async_multi": {"AsyncCurlMulti": _nothing}},
    # The text of a query for editors.
    "tree_sitter_bash": {"importlib.resources": {"files": _nothing}},
    "tree_sitter_powershell": {"importlib.resources": {"files": _nothing}},
    # dataclasses writes docstrings with it.
    "e2b_dockerfile_utils": {"inspect": {"signature": _nothing}},
}
"""Library → module that it loads → the names of it that have a stand-in; None: the library does without the
module where it is not installed."""


class _StandIn(ModuleType):
    """A module for one library. The names that it does not have are those of the module itself.

    Those that do nothing are there only while the library loads.
    """

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


def load_lean(library: str) -> None:
    """Load a library before it is imported; nothing where it is loaded already."""
    if library in sys.modules:
        return
    modules: dict[str, _StandIn | None] = {}
    for name, names in _WITHOUT[library].items():
        if name not in sys.modules:
            modules[name] = _stand_in(name, names) if names is not None else None
    try:
        # None stands for a module that is not installed.
        sys.modules.update(modules)  # type: ignore[arg-type]
        import_module(library)
    except (ImportError, AttributeError):
        sys.modules.pop(library, None)
    finally:
        for name, module in modules.items():
            _take_away(name, module)
    import_module(library)


def _stand_in(name: str, names: Mapping[str, Callable[..., object]]) -> _StandIn:
    module = _StandIn(name)
    module.__dict__.update(names)
    return module


def _take_away(name: str, module: _StandIn | None) -> None:
    sys.modules.pop(name, None)
    if module is not None:
        for known in [key for key, value in module.__dict__.items() if value is _nothing]:
            del module.__dict__[known]
