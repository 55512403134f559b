"""Which variables an instruction sees (Dockerfile reference: "Scope", "Using ARG variables").

What has no value at Dockerfile level stays a marker with its reason, never an empty string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from e2b_dockerfile_utils import ShellLex
from msgspec import Struct, field

from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.reach import parent_stage
from freshlayer.lazy import compiled

PREDEFINED = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
)
"""Build args that need no ARG."""

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKER = compiled(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_MEANS_SOMETHING = compiled(r"""["'$<]""")
_LONGEST_VALUE = 100_000


class Unknown(Struct, frozen=True):
    """The reason why a value is not known before the build; ``unset``: the build itself finds it unset."""

    reason: str
    unset: bool = False


Value = str | Unknown


class Environment(Struct, frozen=True):
    """Variables with known values, and names that are declared but have none, with the reason."""

    known: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, Unknown] = field(default_factory=dict)
    inherited: bool = True

    def lookup(self, name: str) -> Value | None:
        """The value, the reason why there is none, or None where the name was never declared."""
        if name in self.known:
            return self.known[name]
        return self.unknown.get(name)

    def expand(self, text: str, escape: str = "\\") -> Value:
        """Expand ``$X`` and ``${X…}`` in a word of an instruction as BuildKit does; quotes are removed."""
        if escape not in text and not _MEANS_SOMETHING.search(text) and len(text) <= _LONGEST_VALUE:
            return text
        marked = self._mark(text, escape)
        lexer = ShellLex(escape, env=self.known, skip_unset_env=False)
        try:
            value = lexer.process_word(marked)
        except ValueError as error:
            return Unknown(f"can't be expanded: {error}")
        missing = _MARKER.search(value)
        if missing:
            unset = missing[1] in self.unknown and self.unknown[missing[1]].unset and missing[0] == value
            return Unknown(self.why(missing[1]), unset)
        return value if len(value) <= _LONGEST_VALUE else Unknown("its value is too long")

    def why(self, name: str) -> str:
        """Why a name has no value."""
        if name in self.unknown:
            return self.unknown[name].reason
        return f"{name} needs the base image's environment" if self.inherited else f"{name} is not set"

    def _mark(self, text: str, escape: str) -> str:
        """Mark where a name without a value is used bare, so that ``${X:-d}`` still takes its default.

        Not behind an escape character, and not in single quotes, which mean nothing inside double ones.
        """
        marked: list[str] = []
        quote = ""
        for match in _tokens(escape).finditer(text):
            token, name = match[0], match["plain"] or match["braced"]
            if token == '"' and quote != "'":
                quote = "" if quote else '"'
            elif token == "'" and quote != '"':
                quote = "" if quote else "'"
            elif name and quote != "'" and name not in self.known:
                token = f"{_OPEN}{name}{_CLOSE}"
            marked.append(token)
        return "".join(marked)


@cache
def _tokens(escape: str) -> re.Pattern[str]:
    return re.compile(
        rf"{re.escape(escape)}."
        r"|\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:[#%/][^}]*)?\})|.",
        re.DOTALL,
    )


def environments(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str],
    platform: str,
    *,
    host: str = "",
    classic: bool = False,
    inherits: bool = True,
) -> dict[int, Environment]:
    """Instruction number → the environment that it sees.

    ``platform`` is the target's, ``os/arch[/variant]``; ``host`` the builder's, where it is another. The
    ``classic`` builder knows no TARGET* and BUILD*. ``inherits``: whether a stage sees the ARGs of the
    one that it continues; for classic, buildah and podman they end with it (measured, 20.10, 1.28 to 5.4).
    """
    automatic = (
        {} if classic else {**_platform_args("TARGET", platform), **_platform_args("BUILD", host or platform)}
    )
    return _Scopes(dockerfile, build_args, automatic, inherits=inherits and not classic).all()


class _Scopes:
    """Walks the file once, top to bottom."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        build_args: Mapping[str, str],
        automatic: Mapping[str, str],
        *,
        inherits: bool,
    ) -> None:
        self._inherits = inherits
        self._dockerfile = dockerfile
        self._build_args = build_args
        self._automatic: dict[str, Value] = {
            name: build_args.get(name, value) for name, value in automatic.items()
        }
        self._predefined: dict[str, Value] = {
            name: build_args[name] for name in sorted(PREDEFINED & build_args.keys())
        }
        self._global: dict[str, Value] = {}
        self._ends: dict[int, _Frame] = {}
        self._bases: dict[int, str] = {}

    def all(self) -> dict[int, Environment]:
        found: dict[int, Environment] = {}
        self._before_first_from(found)
        for stage in self._dockerfile.stages:
            self._stage(stage, found)
        return found

    def _before_first_from(self, found: dict[int, Environment]) -> None:
        frame = _Frame({}, dict(self._automatic), inherited=False)
        for instruction in self._dockerfile.arguments:
            found[instruction.number] = frame.environment()
            for name, default in _declared(instruction):
                value = self._value(name, default, frame.environment())
                if value is not None:
                    frame.args[name] = value
                    self._global[name] = value
                else:
                    self._global.setdefault(name, Unknown(f"{name} needs a build arg", unset=True))

    def _stage(self, stage: Stage, found: dict[int, Environment]) -> None:
        outer = _Frame({}, {**self._automatic, **self._global}, inherited=False).environment()
        found[stage.start.number] = outer
        base = outer.expand(stage.base, self._dockerfile.escape)
        self._bases[stage.number] = base if isinstance(base, str) else ""
        parent = parent_stage(self._dockerfile, stage, lambda other: self._bases.get(other.number, ""))
        if parent:
            frame = self._ends[parent.number].copy()
            frame.args = frame.args if self._inherits else dict(self._predefined)
        else:
            frame = _Frame({}, dict(self._predefined), self._bases[stage.number] != "scratch")
        for instruction in stage.instructions:
            found[instruction.number] = frame.environment()
            if instruction.name == "ARG":
                self._declare(frame, instruction)
            elif instruction.name == "ENV":
                _set(frame, instruction, self._dockerfile.escape)
        self._ends[stage.number] = frame

    def _declare(self, frame: _Frame, instruction: Instruction) -> None:
        before = frame.environment()
        for name, default in _declared(instruction):
            value = self._value(name, default, before)
            if value is None:
                value = self._global.get(name, self._automatic.get(name))
            frame.args[name] = (
                value if value is not None else Unknown(f"{name} needs a build arg", unset=True)
            )

    def _value(self, name: str, default: str | None, before: Environment) -> Value | None:
        if name in self._build_args:
            return self._build_args[name]
        return None if default is None else before.expand(default, self._dockerfile.escape)


class _Frame(Struct):
    """What is set so far in a stage: ENV beats ARG."""

    env: dict[str, Value]
    args: dict[str, Value]
    inherited: bool

    def copy(self) -> _Frame:
        return _Frame(dict(self.env), dict(self.args), self.inherited)

    def environment(self) -> Environment:
        both = {**self.args, **self.env}
        return Environment(
            known={name: str(value) for name, value in both.items() if isinstance(value, str)},
            unknown={name: value for name, value in both.items() if isinstance(value, Unknown)},
            inherited=self.inherited,
        )


def _declared(instruction: Instruction) -> Iterator[tuple[str, str | None]]:
    for word in instruction.words:
        name, equals, default = word.partition("=")
        yield name.strip("\"'"), default if equals else None


def _set(frame: _Frame, instruction: Instruction, escape: str) -> None:
    """ENV sees what was set before it, not what it sets itself."""
    before = frame.environment()
    for key, value in zip(instruction.words[::3], instruction.words[1::3], strict=False):
        name = before.expand(key, escape)
        if isinstance(name, str):
            frame.env[name] = before.expand(value, escape)


def _platform_args(prefix: str, platform: str) -> dict[str, str]:
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    parts = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return {prefix + name: value for name, value in parts.items()}
