"""``bundle install`` that no lock file binds: the gems that a Gemfile names, written as ``name:requirement``.

A Gemfile is a program. Its usual lines are read; one that decides what is installed and is none of these
makes the packages unknown. Options: ``source``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.locks.bundler_settings import MIRRORS, configurations, values_of
from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.discover.syntaxes.settings_files import why_not_known
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    gemfile= jobs,j= path= retry= without= with= binstubs= standalone= shebang= trust-policy= target-rbconfig=
    system deployment frozen local quiet full-index force redownload clean no-cache no-prune no-clean
    prefer-local no-color verbose,V
    """
)
_TEXT = r"(?:\"([^\"\\#]*)\"|'([^'\\]*)')"
_GEM = compiled(rf"gem[ (]\s*{_TEXT}(.*)")
_SOURCE = compiled(rf"source[ (]\s*(?:{_TEXT}|(:rubygems))(?>(?:\s*+\))?)(\s++do)?\s*+")
_ARGUMENT = compiled(rf",\s*{_TEXT}\s*(?=,|$)")
_SEVERAL = compiled(r",\s*\[([^\]]*)\]\s*(?=,|$)")
_QUOTED = compiled(_TEXT)
_OPTION = compiled(
    r",\s*(?::(\w+)\s*=>|(\w+):)\s*(\[[^\]]*\]|%[iw]\[[^\]]*\]|\"[^\"]*\"|'[^']*'|:\w+|true|false|nil)\s*(?=,|$)"
)
_WORD = compiled(r"\w+")
_GROUP = compiled(r"groups?[ (]\s*((?::\w+|\"\w+\"|'\w+'|[\s,])+)(,\s*optional:\s*true)?\s*\)?\s+do")
_PLATFORM = compiled(r"platforms?[ (](.+)\sdo")
_ELSEWHERE = compiled(rf"(git|github|path)[ (]\s*{_TEXT}.*\sdo")
_STORE = compiled(r"git_source[ (].*\bdo\b.*")
_NEEDLESS = compiled(r"(?:ruby|require|puts)\b[^;]*|git_source[ (][^;]*\{[^;]*\}|")
_CODE = compiled(r"(?:\"[^\"]*\"|'[^']*'|[^\"'#])*")
_RUBY = re.compile(r"(?:ruby|mri)(?:_\d+)?$")
_LOCKED = compiled(r"(?m)^ {4}([\w.-]+) \((\d[^\s)-]*)(?:-[^)\n]*)?\)$")
_DEPENDENCIES = compiled(r"(?ms)^DEPENDENCIES\n(.*?)(?:^\S|\Z)")
_DEPENDENCY = compiled(r"(?m)^ {2}([\w.-]+)!?(?: \(([^)\n]*)\))?!?$")
_MIRROR = compiled(r"(?m)^BUNDLE_MIRROR__")
_RUBYGEMS = "https://rubygems.org"
_MOST_LINES = 5000
_LONGEST = 80


class _Block(Struct, frozen=True):
    """what the blocks around a line state of the gems in it."""

    groups: tuple[str, ...] = ()
    optional: bool = False
    source: str = ""
    counts: bool = True
    elsewhere: str = ""


class _Stated(Struct, frozen=True):
    name: str
    requirement: str
    source: str


class _NotReadError(ValueError):
    """A line that is not read, and that may decide what is installed."""


def bundler(_name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing of a Gemfile that is known."""
    line = divided(arguments, _TABLE, _NAMES)
    options = dict(line.options)
    if line.verb not in {"", "install"} or "local" in options:
        return None
    file = options.get("gemfile") or files.variable("BUNDLE_GEMFILE") or "Gemfile"
    text = files.read(file)
    if isinstance(text, Reason):
        return None if text.code == "no-manifest" else LanguageLine(unknown=text)
    texts = dict(files.texts(map(files.path, configurations(files.variable))))
    configured = list(texts.values())
    if (unknown := why_not_known(texts)) is not None:
        return LanguageLine(unknown=unknown)
    by_variable = (files.variable(f"BUNDLE_{it}") for it in MIRRORS)
    if any(map(_MIRROR.search, configured)) or any(by_variable):
        return LanguageLine(unknown=Reason("package-source-unknown", detail="bundler is given a mirror"))
    try:
        without, wanted = (_groups(it, options, configured, files) for it in ("without", "with"))
        gemfile = _Gemfile(without - wanted, wanted)
        gemfile.read(text)
    except _NotReadError as error:
        detail = f"{file}: {str(error)[:_LONGEST]}"
        return LanguageLine(unknown=Reason("requirements-not-stated", detail=detail))
    return _line(gemfile, files.text(f"{file}.lock") or "")


def _groups(
    name: str, options: Mapping[str, str], configured: Sequence[str], files: ProjectFiles
) -> frozenset[str]:
    """Of the option, else of the settings. Raises _NotReadError."""
    if options.get(name):
        return frozenset(_WORD.findall(options[name]))
    stated = values_of(name.upper(), configured, files.variable)
    found = {frozenset(_WORD.findall(it)) for it in stated}
    if len(found) > 1 or "?" in stated:
        raise _NotReadError(f"which groups bundler is to install ({name})")
    return next(iter(found), frozenset())


class _Gemfile:
    """Collects the gems of a Gemfile. ``without``: groups that are left out; ``wanted``: optional ones."""

    def __init__(self, without: frozenset[str], wanted: frozenset[str]) -> None:
        self._without = without
        self._wanted = wanted
        self.sources: list[str] = []
        self.stated: dict[_Stated, None] = {}
        self.listed: dict[Listed, None] = {}
        self.remotes: dict[str, None] = {}

    def read(self, text: str) -> None:
        """Raises _NotReadError."""
        blocks = [_Block()]
        lines = iter(_joined(text))
        for line in lines:
            if _NEEDLESS.fullmatch(line):
                continue
            if line == "end" and len(blocks) > 1:
                blocks.pop()
            elif _STORE.fullmatch(line):
                _skip(lines)
            elif (gem := _GEM.fullmatch(line)) is not None:
                self._gem(gem[1] or gem[2], gem[3].strip().removesuffix(")").strip(), blocks[-1])
            elif (source := _SOURCE.fullmatch(line)) is not None:
                self._source(source[1] or source[2] or _RUBYGEMS, blocks, within=bool(source[4]))
            else:
                blocks.append(_block(line, blocks[-1]))

    def _source(self, url: str, blocks: list[_Block], *, within: bool) -> None:
        if within:
            blocks.append(replace(blocks[-1], source=url))
        else:
            self.sources.append(url)

    def _gem(self, name: str, rest: str, block: _Block) -> None:
        requirement, options = _arguments(rest, f"gem {name} {rest}")
        groups = (*block.groups, *_words(options, "group", "groups")) or ("default",)
        is_left_out = set(groups) <= self._without or (block.optional and not self._wanted & set(groups))
        on = _words(options, "platform", "platforms")
        is_other = not block.counts or (on and not any(_RUBY.match(it) for it in on))
        if is_left_out or is_other:
            return
        git = _quoted(options, "git")
        if git or _quoted(options, "github"):
            self.remotes[f"git+{git}" if git else f"github:{_quoted(options, 'github')}"] = None
        elif block.elsewhere or options.keys() & {"path", "gist", "bitbucket", "gitlab"}:
            self.listed[Listed(f"gem {name}"[:_LONGEST], Reason("requirements-not-stated"))] = None
        else:
            self.stated[_Stated(name, requirement, _quoted(options, "source") or block.source)] = None


def _joined(text: str) -> Iterator[str]:
    """The statements, without comments: a line that ends in a comma goes on."""
    kept = ""
    for line in text.splitlines()[:_MOST_LINES]:
        code = _CODE.match(line)
        known = code[0] if code and line[code.end() : code.end() + 1] == "#" else line
        kept = f"{kept} {known.strip()}".strip()
        if not kept.endswith(","):
            yield kept
            kept = ""


def _skip(lines: Iterator[str]) -> None:
    """The block that states how a short name of a repository becomes a URL."""
    for line in lines:
        if line == "end":
            return


def _block(line: str, above: _Block) -> _Block:
    """What a line that opens a block states. Raises _NotReadError."""
    if (group := _GROUP.fullmatch(line)) is not None:
        groups = (*above.groups, *_WORD.findall(group[1]))
        return replace(above, groups=groups, optional=above.optional or bool(group[2]))
    if (platform := _PLATFORM.fullmatch(line)) is not None:
        is_ruby = any(_RUBY.match(it) for it in _WORD.findall(platform[1]))
        return replace(above, counts=above.counts and is_ruby)
    if (elsewhere := _ELSEWHERE.fullmatch(line)) is not None:
        return replace(above, elsewhere=elsewhere[2] or elsewhere[3])
    raise _NotReadError(line)


def _arguments(rest: str, line: str) -> tuple[str, Mapping[str, str]]:
    """Requirement and options of a gem. Raises _NotReadError."""
    clauses: list[str] = []
    options: dict[str, str] = {}
    while rest:
        if (found := _ARGUMENT.match(rest) or _SEVERAL.match(rest)) is not None:
            clauses += [first or second for first, second in _QUOTED.findall(found[0])]
        elif (found := _OPTION.match(rest)) is not None:
            options[found[1] or found[2]] = found[3]
        else:
            raise _NotReadError(line)
        rest = rest[found.end() :]
    return ", ".join(clauses), options


def _words(options: Mapping[str, str], *names: str) -> list[str]:
    return [word for name in names for word in _WORD.findall(options.get(name, "").removeprefix("%i"))]


def _quoted(options: Mapping[str, str], name: str) -> str:
    return options.get(name, "").strip("\"'")


def _line(gemfile: _Gemfile, lock: str) -> LanguageLine:
    """A line for the gems of each source. What the lock file has of an unchanged wish is what is taken."""
    section = _DEPENDENCIES.search(lock)
    known = {name: _clauses(text) for name, text in _DEPENDENCY.findall(section[1] if section else "")}
    versions: dict[str, str] = dict(_LOCKED.findall(lock))
    usual = tuple(dict.fromkeys(gemfile.sources)) or (_RUBYGEMS,)
    words: dict[tuple[str, ...], list[str]] = {}
    for it in gemfile.stated:
        is_kept = it.name in versions and known.get(it.name) == _clauses(it.requirement)
        requirement = f"= {versions[it.name]}" if is_kept else it.requirement
        word = f"{it.name}:{requirement}" if requirement else it.name
        words.setdefault((it.source,) if it.source else usual, []).append(word)
    lines = [LanguageLine(tuple(it), tuple(("source", url) for url in at)) for at, it in words.items()]
    first = lines[0] if lines else LanguageLine()
    return replace(first, also=tuple(lines[1:]), listed=tuple(gemfile.listed), remotes=tuple(gemfile.remotes))


def _clauses(text: str) -> frozenset[str]:
    """In one spelling: ``5.0`` is ``= 5.0``; nothing is ``>= 0``."""
    return frozenset(_clause(it) for it in text.split(",") if it.strip()) or frozenset({">= 0"})


def _clause(text: str) -> str:
    version = text.strip().lstrip("<>=!~")
    operator = text.strip().removesuffix(version) or "="
    return f"{operator} {version.strip()}"
