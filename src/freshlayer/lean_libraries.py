"""Libraries without what they load and we don't use: half of what a start would load.

``inspect`` and ``dataclasses`` alone take as long as the interpreter. A stand-in for a module is there only
while the library loads; other code that imports the module gets the module itself. A library that does not
load so is loaded as it is. So with a name of a module that is loaded already.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib._bootstrap import module_from_spec  # importlib.util would load contextlib
from importlib.machinery import PathFinder
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


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


def _compiled(*given: object, **named: object) -> object:
    return import_module("re").compile(*given, **named)


def _quoted(*given: object, **named: object) -> object:
    return import_module("urllib.parse").quote_from_bytes(*given, **named)


class _Reference:
    """In place of a reference to a type by its name, which is a text that Python compiles."""

    def __init__(self, *_given: object, **_named: object) -> None:
        pass


class StrEnumType(type):
    """In place of ``enum.EnumType``, for ``model.str_enum``: each attribute that is a text is a member."""

    _value2member_map_: dict[object, str]

    def __init__(cls, name: str, bases: tuple[type, ...], names: dict[str, object]) -> None:
        super().__init__(name, bases, names)
        cls._value2member_map_ = {}
        for key, value in names.items():
            if isinstance(value, str) and not key.startswith("_"):
                member = super().__call__(value)
                member.name, member.value, member._value_ = key, value, value
                cls._value2member_map_[value] = member
                setattr(cls, key, member)

    def __call__(cls, value: object) -> str:
        """The member with this value. Raises ValueError."""
        try:
            return cls._value2member_map_[value]
        except (KeyError, TypeError):
            raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

    def __iter__(cls) -> Iterator[str]:
        return iter(cls._value2member_map_.values())

    def __len__(cls) -> int:
        return len(cls._value2member_map_)

    def __contains__(cls, value: object) -> bool:
        return value in cls._value2member_map_


class _TupleLater:
    """In place of a named tuple, whose class is compiled from text: it is made with the first tuple."""

    def __init__(self, *described: str) -> None:
        self._described = described
        self._made: Callable[..., object] | None = None

    def __call__(self, *values: object) -> object:
        if self._made is None:
            self._made = import_module("collections").namedtuple(*self._described)
        return self._made(*values)


class _Refused:
    """In place of a type that no value of ours has: msgspec refuses the type itself, with a message."""

    int = 0
    unknown = 0


def _of_patterns() -> Mapping[str, type]:
    """The types of ``re``, which takes longer to load than typing does; none where only ``re`` has them."""
    if "re" in sys.modules:
        return {}
    try:
        # Arguments of this module's own: pattern, flags, code, groups, their names. 1 is "success".
        pattern = import_module("_sre").compile("", 0, [1], 0, {}, ())
        return {"Pattern": type(pattern), "Match": type(pattern.match(""))}
    except Exception:  # noqa: BLE001 - it is not documented, and may be another one
        return {}


def _one_line(text: str) -> str:
    """``inspect.cleandoc``, whose module a single line does not need."""
    if "\n" not in text:
        return text.expandtabs().lstrip()
    return str(import_module("inspect").cleandoc(text))


def _annotations(owner: object, **named: object) -> object:
    """``inspect.get_annotations``, whose module a class does not need."""
    if named or not isinstance(owner, type):
        return import_module("inspect").get_annotations(owner, **named)
    return dict(vars(owner).get("__annotations__", {}))


# From 3.12 on pathlib makes a pattern while it loads.
_PATTERNS: Mapping[str, Mapping[str, object]] = (
    {"fnmatch": {}, "re": {}} if sys.version_info < (3, 12) else {}
)

_WITHOUT: dict[str, Mapping[str, Mapping[str, object] | str | None]] = {
    # The module in C that has the same functions; typing loads collections, which takes two of them.
    "typing": {"re": _of_patterns(), "operator": "_operator"},
    # No catalogue of translations has its messages.
    "click": {"inspect": {"cleandoc": _one_line}, "gettext": {"gettext": _as_it_is, "ngettext": _of_number}},
    "msgspec": {
        # typing has all that msgspec looks for there first.
        "typing_extensions": None,
        # For constraints, which no type of ours has.
        "re": {"compile": _compiled, **_of_patterns()},
        # The module in C that has the same types.
        "datetime": "_datetime",
        # The type of our own enumerations (model.str_enum).
        "enum": {"EnumMeta": StrEnumType},
        # No module of ours has values of these types.
        "decimal": {"Decimal": _Refused},
        "uuid": {"UUID": _Refused, "SafeUUID": _Refused},
        # Schemas of types, and types as values.
        "msgspec._json_schema": {"schema": _json_schema, "schema_components": _json_schemas},
        "msgspec.inspect": {},
        # Formats that are read by other means.
        "msgspec.toml": {},
        "msgspec.yaml": {},
    },
    # Names of other systems, addresses of files, and patterns.
    "pathlib": {
        "operator": "_operator",
        "ntpath": {},
        "urllib.parse": {"quote_from_bytes": _quoted},
        **_PATTERNS,
    },
    "pycurl": {"datetime": "_datetime"},
    # The text of a query for editors.
    "tree_sitter_bash": {"importlib.resources": {"files": _nothing}},
    "tree_sitter_powershell": {"importlib.resources": {"files": _nothing}},
    # dataclasses writes docstrings with it, and finds fields with it in 3.12 and 3.13.
    "e2b_dockerfile_utils": {"inspect": {"signature": _nothing, "get_annotations": _annotations}},
}
"""Library → module that it loads → the names of it that have a stand-in, or the module that is used in its
place; None: the library does without the module where it is not installed."""

_INNER = {"pycurl": "pycurl._pycurl"}
"""Package → the module of it that has all of its names. The package itself copies them one by one, and adds
an interface for asyncio, made of dataclasses."""

_IN_PLACE: Mapping[str, tuple[str, str, object]] = {
    # Tuples of callbacks of which we have one at most.
    "pycurl": ("collections", "namedtuple", _TupleLater),
    # It tries what a reference takes. The first text that is compiled so makes all types of syntax trees.
    "msgspec": ("typing", "ForwardRef", _Reference),
}
"""Library → a name of a module that it is loaded with: the module, the name, and what has it meanwhile."""


class _StandIn(ModuleType):
    """A module for one library. The names that it does not have are those of the module itself.

    Those that do nothing are there only while the library loads.
    """

    def __getattr__(self, name: str) -> object:
        # While the library loads there is no other module of this name: it is then loaded as it is.
        if name.startswith("__") or sys.modules.get(self.__name__) is self:
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


_lean: dict[str, frozenset[str]] = {}


def is_without(library: str, module: str) -> bool:
    """Whether the library was loaded with a stand-in for this module."""
    return module in _lean.get(library, ())


def load_lean(library: str) -> None:
    """Load a library before it is imported; nothing where it is loaded already."""
    if library in sys.modules:
        return
    modules = {
        name: _stand_in(name, names) for name, names in _WITHOUT[library].items() if name not in sys.modules
    }
    try:
        # None stands for a module that is not installed.
        sys.modules.update(modules)  # type: ignore[arg-type]
        _import(library)
        _lean[library] = frozenset(modules)
    except (ImportError, AttributeError):
        sys.modules.pop(library, None)
    finally:
        for name, module in modules.items():
            _take_away(name, module)
    import_module(library)


def _import(library: str) -> None:
    if library not in _IN_PLACE:
        _import_inner(library)
        return
    place, name, meanwhile = _IN_PLACE[library]
    module = import_module(place)
    itself = getattr(module, name)
    setattr(module, name, meanwhile)
    try:
        _import_inner(library)
    finally:
        setattr(module, name, itself)


def _import_inner(library: str) -> None:
    """A package by the module that has its names, where there is one; else as it is. Raises ImportError."""
    if library not in _INNER:
        import_module(library)
        return
    spec = PathFinder.find_spec(library)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(library)
    package = sys.modules[library] = module_from_spec(spec)
    names = vars(import_module(_INNER[library]))
    vars(package).update({**names, **vars(package)})


def _stand_in(name: str, names: Mapping[str, object] | str | None) -> ModuleType | None:
    if names is None:
        return None
    if isinstance(names, str):
        return import_module(names)
    module = _StandIn(name)
    module.__dict__.update(names)
    return module


def _take_away(name: str, module: ModuleType | None) -> None:
    sys.modules.pop(name, None)
    if isinstance(module, _StandIn):
        for known in [key for key, value in module.__dict__.items() if value is _nothing]:
            del module.__dict__[known]
