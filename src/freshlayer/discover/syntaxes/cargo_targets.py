"""Conditions on a target in Cargo.toml: ``cfg(all(unix, target_arch = "x86_64"))``, or its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from freshlayer.lazy_regex import compiled

_TOKEN = compiled(r'\s*([A-Za-z_][A-Za-z0-9_-]*|"[^"]*"|[(),=])')
_ARCHITECTURES = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "386": "x86",
    "arm": "arm",
    "ppc64le": "powerpc64",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
_SYSTEMS = ("windows", "darwin", "wasm32", "wasm64", "android", "freebsd", "none")
_LONGEST = 2000
_DEEPEST = 50

Known = Mapping[str, str]


def holds(condition: str, target: str, platform: str) -> bool:
    """Whether it holds for a target, or without one for the platform. What is not known holds."""
    if not condition.startswith("cfg("):
        return condition == target if target else _is_triple(condition, platform)
    if len(condition) > _LONGEST:
        return True
    tokens = list(_tokens(condition[3:]))
    try:
        found, _ = _expression(tokens, 1, _known(target, platform), 0)
    except (IndexError, ValueError):
        return True
    return found is not False


def _is_triple(triple: str, platform: str) -> bool:
    architecture = _ARCHITECTURES.get(platform.split("/")[1] if "/" in platform else "", "")
    return triple.startswith(f"{architecture}-") and "-linux-" in triple


def _known(target: str, platform: str) -> dict[str, str]:
    """``target_os`` and the like. A variable with the value ``?`` is not known."""
    parts = platform.split("/")
    architecture = _ARCHITECTURES.get(parts[1] if len(parts) > 1 else "", "?")
    found = {"target_os": "linux", "target_family": "unix", "target_arch": architecture, "target_env": "?"}
    if not target:
        return found
    found["target_arch"] = target.partition("-")[0]
    words = target.split("-")
    found["target_env"] = next((it for it in ("gnu", "musl", "msvc") if it in words[-1]), "")
    other = next((it for it in _SYSTEMS if it in words or target.startswith(it)), "")
    if other:
        system = {"darwin": "macos", "wasm32": "unknown", "wasm64": "unknown"}.get(other, other)
        family = {"windows": "windows", "unknown": "wasm", "none": ""}.get(system, "unix")
        found |= {"target_os": "wasi" if "wasi" in target else system, "target_family": family}
    return found


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while match := _TOKEN.match(text, place):
        yield match[1]
        place = match.end()


def _expression(tokens: list[str], place: int, known: Known, depth: int) -> tuple[bool | None, int]:
    """The value of an expression, None where it is not known; and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("too deep")
    name, following = tokens[place], tokens[place + 1 : place + 2]
    if following == ["("]:
        return _list(name, tokens, place + 2, known, depth)
    if following == ["="]:
        return _equals(name, tokens[place + 2].strip('"'), known), place + 3
    if name in {"unix", "windows"}:
        return known["target_family"] == name, place + 1
    return {"test": False, "miri": False}.get(name), place + 1


def _equals(name: str, value: str, known: Known) -> bool | None:
    found = known.get(name, "?")
    return None if found == "?" else found == value


def _list(name: str, tokens: list[str], place: int, known: Known, depth: int) -> tuple[bool | None, int]:
    values: list[bool | None] = []
    while tokens[place] != ")":
        value, place = _expression(tokens, place, known, depth + 1)
        values.append(value)
        place += tokens[place] == ","
    if name == "not":
        (value,) = values
        return None if value is None else not value, place + 1
    decisive = name == "any"
    if decisive in values:
        return decisive, place + 1
    return None if None in values else not decisive, place + 1
