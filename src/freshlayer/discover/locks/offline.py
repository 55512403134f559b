"""Commands that an option or a variable forbids to read from the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

_ON = frozenset({"1", "true", "yes", "on"})


class _Offline(Struct, frozen=True):
    """``flags``: words of the command line; ``variables``: those that are set to a truth value."""

    flags: frozenset[str]
    variables: tuple[str, ...] = ()


def _row(flags: str, *variables: str) -> _Offline:
    return _Offline(frozenset(flags.split()), variables)


_NPM = _row("--offline", "npm_config_offline", "NPM_CONFIG_OFFLINE")
_OFFLINE: Mapping[str, _Offline] = {
    "cargo": _row("--offline --frozen", "CARGO_NET_OFFLINE"),
    **dict.fromkeys(("npm", "pnpm"), _NPM),
    **dict.fromkeys(("yarn", "yarnpkg"), _row("--offline")),
    "pip": _row("--no-index", "PIP_NO_INDEX"),
    "uv": _row("--offline --no-index", "UV_OFFLINE", "UV_NO_INDEX"),
    **dict.fromkeys(("bundle", "bundler"), _row("--local")),
    "gem": _row("--local -l"),
    **dict.fromkeys(("mvn", "mvnw", "mvnd"), _row("--offline -o")),
    **dict.fromkeys(("gradle", "gradlew"), _row("--offline")),
    "dotnet": _row("--no-restore"),
    "go": _row("-mod=vendor --mod=vendor"),
    **dict.fromkeys(("conda", "mamba", "micromamba"), _row("--offline")),
    **dict.fromkeys(("dart", "flutter"), _row("--offline")),
}
"""Program → what forbids it to request its indexes."""


def is_offline(program: str, words: Sequence[str], variable: Callable[[str], str]) -> bool:
    """Whether a command requests nothing. One that is given a URL does, whatever its options are."""
    row = _OFFLINE.get(program)
    if row is None or any("://" in word for word in words):
        return False
    if program == "go" and (variable("GOPROXY") == "off" or "-mod=vendor" in variable("GOFLAGS").split()):
        return True
    return not row.flags.isdisjoint(words) or any(variable(it).lower() in _ON for it in row.variables)
