"""Options of pip and uv that variables of the environment set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from freshlayer.masking.logins import without_login

_FALSE = frozenset({"", "0", "n", "no", "f", "false", "off"})
_PIP = {
    "INDEX_URL": "index-url",
    "EXTRA_INDEX_URL": "extra-index-url",
    "CONSTRAINT": "constraint",
    "REQUIREMENT": "requirement",
    "ONLY_BINARY": "only-binary",
    "NO_BINARY": "no-binary",
    "PYTHON_VERSION": "python-version",
    "PRE": "pre",
    "NO_DEPS": "no-deps",
    "NO_INDEX": "no-index",
}
"""pip: ``PIP_`` and the name of any option; those that decide what is installed."""
_UV = {
    "UV_INDEX_URL": "index-url",
    "UV_DEFAULT_INDEX": "index-url",
    "UV_EXTRA_INDEX_URL": "extra-index-url",
    "UV_INDEX": "extra-index-url",
    "UV_CONSTRAINT": "constraint",
    "UV_NO_INDEX": "no-index",
    "UV_PRERELEASE": "prerelease",
    "UV_RESOLUTION": "resolution",
    "UV_EXCLUDE_NEWER": "exclude-newer",
    "UV_OVERRIDE": "override",
}
_USUAL = {
    **dict.fromkeys(
        """
        UV_EXCLUDE_NEWER UV_OVERRIDE UV_CONSTRAINT UV_NO_GROUP UV_FIND_LINKS UV_PROJECT
        UV_WORKING_DIR UV_WORKING_DIRECTORY UV_NO_BINARY_PACKAGE UV_NO_BUILD_PACKAGE
        """.split(),
        frozenset({""}),
    ),
    **dict.fromkeys(
        """
        UV_NO_DEV UV_NO_DEFAULT_GROUPS UV_NO_BINARY UV_NO_BUILD UV_NO_SOURCES UV_FROZEN UV_LOCKED UV_NO_INDEX
        """.split(),
        _FALSE,
    ),
    "UV_RESOLUTION": frozenset({"", "highest"}),
    "UV_PRERELEASE": frozenset({"", "allow", "if-necessary-or-explicit"}),
    "UV_FORK_STRATEGY": frozenset({"", "requires-python"}),
    "UV_INDEX_STRATEGY": frozenset({"", "first-index"}),
}
"""Variable of a project of uv → values with which its usual choice stays; what others do is not computed."""
_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "uv": _UV,
    **{program: {f"PIP_{name}": option for name, option in _PIP.items()} for program in ("pip", "pipx")},
}
"""Program → variable → option; of two variables for one option the last counts."""
_SWITCHES = frozenset({"pre", "no-deps", "no-index"})
_SEVERAL = frozenset({"extra-index-url", "constraint", "requirement"})
_PRE_RELEASES = frozenset({"allow"})


def from_environment(program: str, variable: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    """(option, value), without credentials; before the options of the command line."""
    for name, option in _VARIABLES.get(program, {}).items():
        value = without_login(variable(name).strip())
        if option == "prerelease":
            yield from [("pre", "")] if value in _PRE_RELEASES else []
        elif option in _SWITCHES:
            yield from [(option, "")] if value.lower() not in _FALSE else []
        elif value:
            every = value.split() if option in _SEVERAL else [value]
            yield from ((option, _without_name(it) if name == "UV_INDEX" else it) for it in every)


def not_computed(variable: Callable[[str], str]) -> Iterator[str]:
    """Variables that decide which packages of a project uv installs, and that are not computed."""
    return (name for name, usual in _USUAL.items() if variable(name).strip().lower() not in usual)


def _without_name(index: str) -> str:
    """``NAME=URL`` of uv."""
    name, equals, url = index.partition("=")
    return url if equals and "://" not in name else index
