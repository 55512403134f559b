"""What the user typed after ``build``: read as the docker client reads it (spf13/pflag), kept as typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

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
# Options that make docker do something else than build.
_NO_BUILD = {"help", "call", "print", "check"}


@dataclass(frozen=True, slots=True)
class Option:
    """``start`` and ``end``: the places in the argument vector that it takes up. A switch has no value.

    ``before``: the switches that share its word, as ``q`` in ``-qf FILE``.
    """

    name: str
    value: str | None
    start: int
    end: int
    known: bool = True
    before: str = ""


@dataclass(frozen=True, slots=True)
class Operand:
    """The context, or one word too many."""

    value: str
    start: int


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
    items = list(_items(words))
    options = [item for item in items if isinstance(item, Option)]
    operands = [item for item in items if isinstance(item, Operand)]
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
    """A switch may be told its value (``--quiet=false``)."""
    return name in last and last[name].value not in {"0", "f", "F", "false", "FALSE", "False"}


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


def _items(words: list[str]) -> Iterator[Option | Operand]:
    place = 0
    while place < len(words):
        word = words[place]
        if word == "--":
            yield from (Operand(rest, place + 1 + n) for n, rest in enumerate(words[place + 1 :]))
            return
        if word == "-" or not word.startswith("-"):
            yield Operand(word, place)
            place += 1
            continue
        found = _long(words, place) if word.startswith("--") else _short(words, place)
        yield from found
        place = found[-1].end


def _long(words: list[str], place: int) -> list[Option]:
    name, equals, value = words[place][2:].partition("=")
    known = name in _VALUED or name in _SWITCHES
    if equals:
        return [Option(name, value, place, place + 1, known)]
    if name in _VALUED and place + 1 < len(words):
        return [Option(name, words[place + 1], place, place + 2)]
    return [Option(name, None, place, place + 1, known)]


def _short(words: list[str], place: int) -> list[Option]:
    """``-t x``, ``-tx``, ``-t=x``, and switches run together: ``-qt x``."""
    found: list[Option] = []
    letters = words[place][1:]
    for at, letter in enumerate(letters):
        rest = letters[at + 1 :]
        if letter in _LETTERS:
            attached = rest.removeprefix("=") or None
            follows = words[place + 1] if place + 1 < len(words) else None
            end = place + (1 if rest else 2)
            value = attached if rest else follows
            found.append(Option(_LETTERS[letter], value, place, end, before=letters[:at]))
            return found
        name = _SWITCH_LETTERS.get(letter, letter)
        found.append(Option(name, None, place, place + 1, letter in _SWITCH_LETTERS))
        if rest.startswith("="):
            return found
    return found
