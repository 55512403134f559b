"""Commands that an option or a variable forbids to read from the network. What is in doubt is not one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from freshlayer.discover.locks.offline_pip import reads_local_files
from freshlayer.discover.locks.project import from_json, table
from freshlayer.discover.syntaxes.language_lines import ProjectFiles

_ON = frozenset({"1", "true", "yes", "on"})
_OFF = frozenset({"0", "false", "no", "off"})
_RUNS = frozenset({"run"})
_ELSEWHERE = ("://", "git+", "git@", "github:", "gitlab:", "bitbucket:", "gist:")
Variable = Callable[[str], str | None]
"""The value of a variable: empty where it is not set, None where it is not known."""


class _Offline(Struct, frozen=True):
    """``flags``: options; ``variables``: those that are set to a truth value. ``verbs``: empty for any.

    ``against``: options that may take it back.
    """

    flags: frozenset[str]
    variables: tuple[str, ...] = ()
    verbs: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset()


def _row(flags: str, *variables: str, verbs: str = "", against: str = "") -> _Offline:
    words = (frozenset(text.split()) for text in (verbs, against))
    return _Offline(frozenset(flags.split()), variables, *words)


_NODE = "install i ci clean-install add update up upgrade rebuild"
_NPM = _row("--offline", "npm_config_offline", "NPM_CONFIG_OFFLINE", verbs=_NODE)
_CARGO = "build b check c test t run r bench rustc doc d clippy fetch install update vendor metadata"
_OFFLINE: Mapping[str, _Offline] = {
    "cargo": _row("--offline --frozen", "CARGO_NET_OFFLINE", verbs=_CARGO, against="--config"),
    **dict.fromkeys(("npm", "pnpm"), _NPM),
    **dict.fromkeys(("yarn", "yarnpkg"), _row("--offline", verbs=_NODE)),
    "uv": _row("--offline", "UV_OFFLINE", verbs="pip sync add lock venv"),
    **dict.fromkeys(("bundle", "bundler"), _row("--local", verbs="install i update")),
    "gem": _row("--local -l", verbs="install i update", against="--remote -r --both -b"),
    **dict.fromkeys(("mvn", "mvnd"), _row("--offline -o")),
    "gradle": _row("--offline", against="--args"),
    "dotnet": _row("--no-restore", verbs="build publish test pack run"),
    "go": _row("-mod=vendor --mod=vendor", verbs="build install run test vet"),
    **dict.fromkeys(
        ("conda", "mamba", "micromamba"),
        _row("--offline", verbs="install create update", against="--file -f"),
    ),
    "dart": _row("--offline", verbs="pub"),
}
"""Program → what forbids it to read from the network. A wrapper (``mvnw``) reads its program from there."""


def is_offline(program: str, words: Sequence[str | None], files: ProjectFiles, variable: Variable) -> bool:
    """Whether a command requests nothing. ``words``: None for one that is not known."""
    known = [word for word in words if word is not None]
    joined = "\n".join(known)
    if len(known) < len(words) or any(mark in joined for mark in _ELSEWHERE):
        return False
    if program == "pip" or (program == "uv" and known[:1] == ["pip"]):
        own = known[1:] if program == "uv" else known
        if reads_local_files(program, own, files, variable):
            return True
    row = _OFFLINE.get(program)
    if row is None:
        return False
    options = list(_own(known))
    verb = next((word for word in options if not word.startswith("-")), "install")
    if (row.verbs and verb not in row.verbs) or not row.against.isdisjoint(_names(options)):
        return False
    if program == "go":
        return _of_go(row, options, known, variable)
    if program in {"npm", "pnpm", "yarn", "yarnpkg"} and not _from_registry(known, files):
        return False
    return _is_set(row, options, variable)


def _own(words: Sequence[str]) -> Iterator[str]:
    """The words of the program itself: not those of a program that it runs."""
    runs = False
    for word in words:
        if word == "--" or (runs and not word.startswith("-") and word.lower() not in _ON | _OFF):
            return
        runs = runs or word in _RUNS
        yield word


def _names(options: Sequence[str]) -> Iterator[str]:
    return (word.partition("=")[0] for word in options)


def _is_set(row: _Offline, options: Sequence[str], variable: Variable) -> bool:
    """The last option counts, then the variables, all of which have to agree."""
    negative = {f"--no-{flag.removeprefix('--')}" for flag in row.flags}
    found: bool | None = None
    for word, following in zip(options, (*options[1:], ""), strict=False):
        name, equals, value = word.replace(":", "=", 1).partition("=")
        if name in negative:
            found = False
        elif name in row.flags:
            value = value if equals else following
            found = value.lower() in _ON if equals else value.lower() not in _OFF
    if found is not None:
        return found
    values = [variable(name) for name in row.variables]
    given = [value for value in values if value != ""]
    return bool(given) and all(value is not None and value.lower() in _ON for value in given)


def _of_go(row: _Offline, options: Sequence[str], words: Sequence[str], variable: Variable) -> bool:
    """Modules of ``vendor``, or no proxy at all. A module at a version is never one of ``vendor``."""
    if variable("GOPROXY") == "off":
        return all(variable(name) == "" for name in ("GOPRIVATE", "GONOPROXY"))
    if any("@" in word for word in words):
        return False
    modes = [word for word in options if word.lstrip("-").startswith("mod")]
    modes = modes or [word for word in (variable("GOFLAGS") or "").split() if "mod=" in word]
    return bool(modes) and modes[-1] in row.flags


def _from_registry(words: Sequence[str], files: ProjectFiles) -> bool:
    """Whether no package is one of git or of a URL, which are read in spite of the option."""
    names = [word for word in words if "/" in word and not word.startswith(("-", "@", ".", "/"))]
    manifest = files.text("package.json")
    marks = ("git", "://")
    if names or manifest is None:
        return False
    return not any(mark in line.partition(":")[2] for line in _dependencies(manifest) for mark in marks)


def _dependencies(manifest: str) -> Iterator[str]:
    """``name:range`` of all sections of a package.json; a text that is none is in doubt."""
    try:
        sections = from_json(manifest)
    except ValueError:
        yield ":://"
        return
    for section, found in sections.items():
        if "ependencies" in section or section in {"overrides", "resolutions"}:
            for name, spec in table(found).items():
                text = str(spec)
                is_short = "/" in text and not text.startswith(("npm:", "file:", "workspace:", "link:"))
                yield f"{name}:{'://' if is_short else text}"
