"""What the project files of Python share, whichever program reads them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from posixpath import basename

from freshlayer.discover.locks.project import canonical, table
from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, names_nothing, not_followed
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_MOST_GROUPS = 100
_NAME = compiled(r"[A-Za-z0-9][\w.-]*(?![\w+.-]*:|[\w.-]*/)")
_BOUND = compiled(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?([^;@()/:]*)\)?\s*")
"""A requirement without a marker."""


class NotReadError(ValueError):
    """What decides the packages, and is not computed."""


Reader = Callable[[Mapping[str, object]], tuple[Iterable[str], Iterable[tuple[str, str]]]]
"""A document → (requirements, options)."""


def refuse_unread(
    options: Sequence[tuple[str, str]], names: Mapping[str, str], others: Iterable[str] = ()
) -> None:
    """An option that is in no table may decide versions. ``others``: what else does. Raises NotReadError."""
    unknown = sorted({name for name, _ in options} - set(names.values()))
    unread = [*(f"--{it}" if it[1:] else f"-{it}" for it in unknown), *others]
    if unread:
        raise NotReadError(", ".join(unread))


def items(value: object) -> list[object]:
    """The items of a list; nothing where it is none."""
    return value if isinstance(value, list) else []


def of_group(name: str, groups: Mapping[str, object], seen: set[str]) -> Iterator[str]:
    """A dependency group with the groups that it includes (PEP 735). ``seen`` grows."""
    if name in seen or len(seen) > _MOST_GROUPS:
        return
    seen.add(name)
    for item in items(groups.get(name)):
        included = table(item).get("include-group")
        if isinstance(item, str):
            yield item
        elif isinstance(included, str):
            yield from of_group(included, groups, seen)


def bounds_of_others(whole: Iterable[str], words: Collection[str]) -> Iterator[tuple[str, str]]:
    """Options: what a program keeps to that resolves the whole project, and installs these words alone.

    ``left-out``: a requirement of the others, whose own requirements count in a closure, and add nothing to
    it. Raises NotReadError.
    """
    named = {canonical(found[0]) for word in words if (found := _NAME.match(word)) is not None}
    for other in dict.fromkeys(it for it in whole if it not in words):
        yield "left-out", other
        bound, name = _BOUND.fullmatch(other), _NAME.match(other)
        if bound is not None and bound[2].strip():
            yield "constraint", f"{bound[1]}{bound[2].strip()}"
        elif bound is None and (name is None or canonical(name[0]) in named):
            raise NotReadError(f"{other}, which is left out")


def by_canonical_name(groups: Mapping[str, object]) -> dict[str, object]:
    """Groups and extras are compared as names of packages are."""
    return {canonical(name): value for name, value in groups.items()}


def stated_by(text: str, manifest: str, command: str, read: Reader) -> LanguageLine:
    """The line of a command whose packages a TOML file states; ``read`` may raise NotReadError."""
    try:
        wanted, decided = read(tomllib.loads(text))
        words, options = tuple(wanted), tuple(decided)
    except (NotReadError, tomllib.TOMLDecodeError, RecursionError) as error:
        detail = f"{basename(manifest)}: {str(error)[:80]}"
        return LanguageLine(unknown=Reason("requirements-not-stated", detail=detail), manager="pypi")
    return line_of_project(words, options, command, manifest)


def line_of_project(
    words: Iterable[str], options: Iterable[tuple[str, str]], command: str, manifest: str
) -> LanguageLine:
    """Requirements of a project: those of an index are watched, a URL is an input by itself.

    A path of the build context is a package whose own requirements are not followed.
    """
    every = tuple(dict.fromkeys(words))
    if not every:
        return LanguageLine(listed=(names_nothing(command, manifest),))
    remotes = tuple(it for it in every if "://" in it)
    paths = tuple(it for it in every if it.startswith((".", "/")))
    listed = [not_followed(it) for it in (*remotes, *paths)]
    listed += [Listed(it, Reason("file-named")) for it in paths]
    named = tuple(it for it in every if it not in remotes and it not in paths)
    return LanguageLine(named, tuple(options), remotes=remotes, listed=tuple(listed), program="pip")
