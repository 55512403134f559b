"""What the user typed after ``build``: read as the docker client reads it (spf13/pflag), kept as typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from freshlayer.builders.pflag import Grammar, Operand, Option, items

_VALUED = frozenset(
    """
    add-host allow annotation attest build-arg build-context builder cache-from cache-to call cgroup-parent
    cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems file iidfile isolation label memory memory-swap
    metadata-file network no-cache-filter output platform policy print progress provenance sbom secret
    security-opt shm-size ssh tag target ulimit
    """.split()
)
_SWITCHES = frozenset(
    """
    check compress debug disable-content-trust force-rm help load no-cache pull push quiet rm squash stream
    """.split()
)
_LETTERS = {"c": "cpu-shares", "f": "file", "m": "memory", "o": "output", "t": "tag"}
_SWITCH_LETTERS = {"q": "quiet", "D": "debug", "h": "help"}
_GRAMMAR = Grammar(_VALUED, _SWITCHES, _LETTERS, _SWITCH_LETTERS)
# Options that make docker do something else than build.
_NO_BUILD = {"help", "call", "print", "check"}


@dataclass(frozen=True, slots=True)
class BuildCommand:
    """``words``: everything after ``build``, untouched. ``unclear``: why it can't be told what is built."""

    words: tuple[str, ...]
    context: str
    file: str | None = None
    target: str = ""
    platforms: tuple[str, ...] = ()
    network: str = ""
    progress: str = ""
    quiet: bool = False
    no_cache: bool = False
    build_args: Mapping[str, str] = field(default_factory=dict)
    unclear: str = ""
    _file: Option | None = None
    _context: int = -1

    def with_file(self, path: str, *, context: str | None = None) -> list[str]:
        """The words with another Dockerfile, and with another context where one is given.

        The last ``--file`` wins, so that one is replaced where it stands; without one ours comes first.
        """
        words = list(self.words)
        if context is not None:
            words[self._context] = context
        if self._file is None:
            return ["--file", path, *words]
        before = [f"-{self._file.before}"] if self._file.before else []
        words[self._file.start : self._file.end] = [*before, "--file", path]
        return words


def read(words: list[str], environ: Mapping[str, str]) -> BuildCommand:
    """Read the few options that matter here. Never fails: what docker has to complain about is docker's."""
    found = list(items(words, _GRAMMAR))
    options = [item for item in found if isinstance(item, Option)]
    operands = [item for item in found if isinstance(item, Operand)]
    last = {option.name: option for option in options}
    platform = _value(last, "platform")
    return BuildCommand(
        words=tuple(words),
        context=operands[0].value if operands else "",
        file=last["file"].value if "file" in last else None,
        target=_value(last, "target"),
        platforms=tuple(name.strip() for name in platform.split(",") if name.strip()),
        network=_value(last, "network"),
        progress=_value(last, "progress"),
        quiet=_switched(last, "quiet"),
        no_cache=_switched(last, "no-cache"),
        build_args=build_args(
            [o.value for o in options if o.name == "build-arg" and o.value is not None], environ
        ),
        unclear=_unclear(options, operands),
        _file=last.get("file"),
        _context=operands[0].start if operands else -1,
    )


def _value(last: Mapping[str, Option], name: str) -> str:
    return (last[name].value or "") if name in last else ""


def _switched(last: Mapping[str, Option], name: str) -> bool:
    return name in last and last[name].is_on


def _unclear(options: list[Option], operands: list[Operand]) -> str:
    other = [option.name for option in options if option.name in _NO_BUILD]
    if other:
        return f"--{other[0]} asks for no build"
    unknown = [option.name for option in options if not option.known]
    if len(operands) == 1:
        return ""
    if unknown:
        return f"freshlayer does not know the option --{unknown[0]}"
    return "no context is given" if not operands else "more than one context is given"


def build_args(given: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """``K=V``, or ``K`` with its value from the environment; unset there, docker passes nothing."""
    found: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if equals:
            found[name] = value
        elif name in environ:
            found[name] = environ[name]
    return found
