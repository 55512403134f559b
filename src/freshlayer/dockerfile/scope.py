"""Which variables an instruction sees (Dockerfile reference: "Scope", "Using ARG variables").

A name without a value at Dockerfile level is a marker with its reason, never an empty string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from functools import cache, lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.dockerfile.library import ShellLex
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.dockerfile.reach import parent_stage
from freshlayer.dockerfile.triggers import triggers
from freshlayer.dockerfile.variables import Names
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_script
from freshlayer.model.base_image import ImageConfig
from freshlayer.model.reasons import Reason

PREDEFINED = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
)
"""Build args that need no ARG."""

_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKER = compiled(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_VARIABLE = r"\$(?:[A-Za-z_]\w*+|\{[A-Za-z_]\w*+\}|(?![\w{@*#?$!-]))"
"""Also a dollar that begins no name, which stays."""
_NAMES = rf"(?>(?:[^$`\\\"'<]++|{_VARIABLE})*)"
_QUOTED = rf'"(?>(?:[^$`\\"]++|\\[^`]|{_VARIABLE})*)"'
_ONLY_NAMES = compiled(rf"{_NAMES}(?>(?:{_QUOTED}{_NAMES})*)", re.ASCII)
"""Text and plain names, also between double quotes, where a backslash may be the escape character."""
_REFERENCE = compiled(r'"|\$(?:(\w+)|\{(\w+)\})|\\([\s\S])', re.ASCII)
_NAME = compiled(r"\$\{?([A-Za-z_]\w*)")
_PATTERN = compiled(r"\$\{\w+([#%/])")
_LONGEST_VALUE = 100_000
_MOST_OF_IMAGE = 2_000
"""Variables of a base image."""
_MOST_TRIES = 1_000_000


class Unknown(Struct, frozen=True):
    """Why a value is not known before the build. ``unset``: the build itself finds the name unset."""

    reason: Reason
    unset: bool = False


Value = str | Unknown


class Work(Struct):
    """How many characters may still be expanded in a file: what it takes does not grow with the square.

    ``not_here``: names that were looked up, and that an image which is not known may set.
    """

    left: int = 10_000_000
    not_here: set[str] = field(default_factory=set)


class Environment(Struct, frozen=True):
    """Variables with their values, or with the reason why they have none. ``env`` beats ``args``.

    Under BuildKit an ARG that has a value replaces that of an ENV before it, or of the base image; under
    classic, buildah and podman the ENV stays (measured, 20.10, 26, 1.28).
    """

    env: Names[Value] = field(default_factory=Names)
    args: Names[Value] = field(default_factory=Names)
    inherited: bool = True
    work: Work = field(default_factory=Work)

    def lookup(self, name: str) -> Value | None:
        """The value, the reason why there is none, or None where the name was never declared."""
        value = self.env.get(name)
        value = value if value is not None else self.args.get(name)
        if value is None and self.inherited:
            self.work.not_here.add(name)
        return value

    def having(self, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Those of the names whose value is known and not empty, with it."""
        declared = [name for name in names if name in self.env.places or name in self.args.places]
        if self.inherited:
            self.work.not_here.update(set(names).difference(declared) if declared else names)
        values = [(name, self.lookup(name)) for name in declared]
        return tuple([(name, value) for name, value in values if isinstance(value, str) and value])

    def expand(self, text: str, escape: str = "\\") -> Value:
        """Expand ``$X`` and ``${X…}`` in a word of an instruction as BuildKit does; quotes are removed."""
        has_quote = '"' in text or "'" in text
        if not (has_quote or "$" in text or escape in text or "<" in text or len(text) > _LONGEST_VALUE):
            return text
        names = _NAME.findall(text)
        found = {name: self.lookup(name) for name in dict.fromkeys(names)}
        known = {name: value for name, value in found.items() if isinstance(value, str)}
        too_much = self._too_much(text, [known[name] for name in names if name in known])
        if too_much:
            return too_much
        if text.isascii() and (escape == "\\" or "\\" not in text) and _ONLY_NAMES.fullmatch(text):
            # What the library does character by character.
            value = _REFERENCE.sub(lambda match: _replaced(match, known), text)
            if len(known) == len(found):
                return value
        elif text[:1] == "'" and text.find("'", 1) == len(text) - 1:
            value = text[1:-1]
        else:
            lexer = ShellLex(escape, env=known, skip_unset_env=False)
            try:
                value = lexer.process_word(_marked(text, escape, known))
            except ValueError as error:
                return Unknown(
                    Reason("not-computed", detail=f"can't be expanded: {masked_script(str(error))}")
                )
        missing = _MARKER.search(value)
        if missing:
            reason = found.get(missing[1])
            unset = isinstance(reason, Unknown) and reason.unset and missing[0] == value
            return Unknown(self.why(missing[1]), unset)
        return value if len(value) <= _LONGEST_VALUE else _limit("its value is too long")

    def _too_much(self, text: str, values: list[str]) -> Unknown | None:
        """Why it is not expanded: the library tries a pattern at each character and each length."""
        length = len(text) + sum(map(len, values))
        if length > _LONGEST_VALUE:
            return _limit("its value is too long")
        tries = 0
        operator = _PATTERN.search(text)
        if operator:
            stars = sum(value.count("*") for value in (text, *values)) + (operator[1] == "/")
            tries = max(map(len, values), default=0) ** min(stars, 9)
        if tries > _MOST_TRIES:
            return _limit("its pattern takes too long")
        if length + tries // 10 > self.work.left:
            return _limit("the values of this Dockerfile are too long to be expanded")
        self.work.left -= length + tries // 10
        return None

    def why(self, name: str) -> Reason:
        """Why a name has no value."""
        value = self.lookup(name)
        return value.reason if isinstance(value, Unknown) else self.why_unset(name)

    def why_unset(self, name: str) -> Reason:
        """Why a name that was never declared has no value."""
        return Reason("needs-base-image" if self.inherited else "not-set", name)


def _limit(detail: str) -> Unknown:
    return Unknown(Reason("limit-reached", detail=detail))


def _replaced(match: re.Match[str], known: Mapping[str, str]) -> str:
    """A quote is removed, and a backslash before what it escapes between quotes."""
    escaped = match[3]
    if escaped:
        return escaped if escaped in '"$\\' else match[0]
    name = match[1] or match[2]
    return _value_of(name, known) if name else ""


def _value_of(name: str, known: Mapping[str, str]) -> str:
    """The value, or the mark of a name without one."""
    return known.get(name, f"{_OPEN}{name}{_CLOSE}")


def _marked(text: str, escape: str, known: Container[str]) -> str:
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
        elif name and quote != "'" and name not in known:
            token = _value_of(name, {})
        marked.append(token)
    return "".join(marked)


@cache
def _tokens(escape: str) -> re.Pattern[str]:
    return re.compile(
        rf"{re.escape(escape)}."
        r"|\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?:[#%/][^}]*)?\})|.",
        re.DOTALL,
    )


ConfigOf = Callable[[Stage, Environment], ImageConfig | None]
"""The configuration of the image that a stage starts from; its FROM sees that environment."""


def _not_known(_stage: Stage, _outer: Environment) -> ImageConfig | None:
    return None


def environments(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str],
    platform: str,
    *,
    host: str = "",
    classic: bool = False,
    inherits: bool = True,
    config: ConfigOf | None = None,
) -> dict[int, Environment]:
    """Instruction number → the environment that it sees.

    ``config`` finds the configuration of the image that a stage starts from.

    ``platform`` is the target's, ``os/arch[/variant]``; ``host`` the builder's, where it is another. The
    ``classic`` builder knows no TARGET* and BUILD*. ``inherits``: whether a stage sees the ARGs of the
    one that it continues; for classic, buildah and podman they end with it (measured, 20.10, 1.28 to 5.4).
    """
    automatic = {} if classic else _automatic(platform, host or platform)
    inherits = inherits and not classic
    return _Scopes(dockerfile, build_args, automatic, inherits=inherits, config=config or _not_known).all()


class _Scopes:
    """Walks the file once, top to bottom."""

    def __init__(
        self,
        dockerfile: Dockerfile,
        build_args: Mapping[str, str],
        automatic: Mapping[str, str],
        *,
        inherits: bool,
        config: ConfigOf,
    ) -> None:
        self._inherits = inherits
        self._config = config
        self._dockerfile = dockerfile
        self._build_args = build_args
        self._work = Work()
        nothing: Names[Value] = Names()
        if build_args:
            automatic = {name: build_args.get(name, value) for name, value in automatic.items()}
        self._automatic = _with(nothing, automatic)
        self._predefined = _with(nothing, _proxies(build_args, both_cases=inherits))
        self._global = nothing
        self._outer = self._automatic
        self._ends: dict[int, _Frame] = {}
        self._bases: dict[int, str] = {}

    def all(self) -> dict[int, Environment]:
        found: dict[int, Environment] = {}
        self._before_first_from(found)
        for stage in self._dockerfile.stages:
            self._stage(stage, found)
        return found

    def _before_first_from(self, found: dict[int, Environment]) -> None:
        """``args`` see each other; a stage may declare one that has no value, too."""
        args = self._automatic
        for instruction in self._dockerfile.arguments:
            found[instruction.number] = Environment(args=args, inherited=False, work=self._work)
            for name, default in _declared(instruction):
                before = Environment(args=args, inherited=False, work=self._work)
                value = self._value(name, default, before)
                if value is not None:
                    args = args.put(name, value)
                elif self._global.get(name) is None:
                    value = Unknown(Reason("needs-build-arg", name), unset=True)
                if value is not None:
                    self._global = self._global.put(name, value)
                    self._outer = self._outer.put(name, value)

    def _stage(self, stage: Stage, found: dict[int, Environment]) -> None:
        outer = Environment(args=self._outer, inherited=False, work=self._work)
        found[stage.start.number] = outer
        base = outer.expand(stage.base, self._dockerfile.escape)
        self._bases[stage.number] = base if isinstance(base, str) else ""
        parent = parent_stage(self._dockerfile, stage, lambda other: self._bases.get(other.number, ""))
        config = None if parent else self._config(stage, outer)
        if parent:
            frame = self._ends[parent.number].copy()
            frame.args = frame.args if self._inherits else self._predefined
        else:
            frame = self._first_frame(stage, config)
        seen = frame.environment()
        for instruction in (*triggers(stage, parent, config.triggers if config else ()), *stage.instructions):
            found[instruction.number] = seen
            if instruction.name == "ARG":
                self._declare(frame, instruction)
                seen = frame.environment()
            elif instruction.name == "ENV":
                _set(frame, instruction, self._dockerfile.escape)
                seen = frame.environment()
        self._ends[stage.number] = frame

    def _first_frame(self, stage: Stage, config: ImageConfig | None) -> _Frame:
        """A stage starts with the variables of its image."""
        if config is not None:
            nothing: Names[Value] = Names()
            known = {name: _of_image(value) for name, value in config.environment[:_MOST_OF_IMAGE]}
            return _Frame(_with(nothing, known), self._predefined, False, self._work)
        return _Frame(Names(), self._predefined, self._bases[stage.number] != "scratch", self._work)

    def _declare(self, frame: _Frame, instruction: Instruction) -> None:
        before = frame.environment()
        for name, default in _declared(instruction):
            value = self._value(name, default, before)
            if value is None:
                value = self._outer.get(name)
            if value is not None and self._inherits and frame.env.get(name) is not None:
                frame.env = frame.env.put(name, value)
            if value is None:
                value = Unknown(Reason("needs-build-arg", name), unset=True)
            frame.args = frame.args.put(name, value)

    def _value(self, name: str, default: str | None, before: Environment) -> Value | None:
        if name in self._build_args:
            return self._build_args[name]
        return None if default is None else before.expand(default, self._dockerfile.escape)


def _of_image(value: str) -> Value:
    return value if len(value) <= _LONGEST_VALUE else _limit("its value is too long")


def _proxies(build_args: Mapping[str, str], *, both_cases: bool) -> dict[str, str]:
    """The build args that need no ARG. BuildKit sets each in small letters and in capitals."""
    if not build_args:
        return {}
    given = {name: build_args[name] for name in sorted(PREDEFINED & build_args.keys())}
    other = {name.swapcase(): value for name, value in given.items()} if both_cases else {}
    return {**other, **given}


class _Frame(Struct):
    """What is set so far in a stage. Instructions between which nothing is set see one environment."""

    env: Names[Value]
    args: Names[Value]
    inherited: bool
    work: Work
    seen: Environment | None = None

    def copy(self) -> _Frame:
        return replace(self)

    def environment(self) -> Environment:
        if self.seen is None or self.seen.env is not self.env or self.seen.args is not self.args:
            self.seen = Environment(self.env, self.args, self.inherited, self.work)
        return self.seen


def _with(names: Names[Value], more: Mapping[str, Value]) -> Names[Value]:
    return names.put_all(more)


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
            frame.env = frame.env.put(name, before.expand(value, escape))


@lru_cache(maxsize=64)
def _automatic(platform: str, host: str) -> Mapping[str, str]:
    """The ARGs that a builder sets itself."""
    return {**_platform_args("TARGET", platform), **_platform_args("BUILD", host)}


def _platform_args(prefix: str, platform: str) -> dict[str, str]:
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    parts = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return {prefix + name: value for name, value in parts.items()}
