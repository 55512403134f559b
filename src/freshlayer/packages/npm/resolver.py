"""The member of ``PackageManager`` for JavaScript: one version for each package that a command names.

Under the policy ``closure``, all versions that npm would install for it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    NPM_REGISTRY,
    ChosenPackage,
    Entries,
    IndexAnswers,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.in_step import Steps, in_step
from freshlayer.packages.named.member import resolution
from freshlayer.packages.npm.choose import NPM as NPM_RULES
from freshlayer.packages.npm.choose import RULES, Rules, choose, dated, is_range, runs
from freshlayer.packages.npm.closure import Conditions, closure
from freshlayer.packages.npm.documents import TAGS, VERSIONS, read_document, releases_of, tags_of
from freshlayer.packages.npm.manifests import edge_of, libc_of
from freshlayer.packages.npm.words import Wish, wish_of
from freshlayer.packages.published import UNTIL, until_of

_USUAL = "usual:"
"""Before an option that counts where no configuration file states it."""
_LONG = "application/json"
_SHORT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
_ABSENT = frozenset({"http-not-found", "http-gone"})
_PROCESSORS = {"amd64": "x64", "386": "ia32", "ppc64le": "ppc64"}
_SETTING = compiled(r"(?m)^[ \t]*((?:@[\w.~-]+:)?registry)[ \t]*=[ \t]*[\"']?([^\s\"'#;]+)")


class _Wanted(Struct, frozen=True):
    """``document``: what decides. ``others``: the list of all versions."""

    word: str
    wish: Wish
    document: IndexFile
    others: IndexFile
    rules: Rules


class Npm:
    """npm, and yarn, pnpm and bun where they do as npm does."""

    name = "npm"

    def resolve(
        self, chain: PackageChain, base: BaseImage
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """A document for each named package; for a closure, the lists of versions of all that is required."""
        node = dict(base.config.environment).get("NODE_VERSION", "")
        steps: dict[tuple[int, int], Steps[Resolution]] = {}
        for run in chain.runs:
            for place, items in enumerate(_of_run(run, chain.until)):
                whole = run.policy is PackagePolicy.CLOSURE
                steps[run.number, place] = _of_command(
                    items, base, run.architecture, node, chain.until, whole=whole
                )
        found = yield from in_step(steps)
        by_run: dict[int, list[Resolution]] = {}
        for (number, _), one in found.items():
            by_run.setdefault(number, []).append(one)
        return {number: resolution(every) for number, every in sorted(by_run.items())}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The versions that a document states."""
        until = until_of(kind)
        found = read_document(kind.partition(UNTIL)[0], content, until)
        return dated(found) if until else found


NPM = Npm()


def _of_run(run: PackageRun, until: int) -> Iterator[tuple[PackageCommand, list[_Wanted]]]:
    for command in run.commands if run.policy is not PackagePolicy.OFF else ():
        if command.manager == Npm.name and command.action is PackageAction.INSTALL:
            wishes = [(word, wish_of(word)) for word in command.words]
            found = [_wanted(word, wish, command, until) for word, wish in wishes if wish is not None]
            if found or command.unknown:
                yield command, found


def _of_command(
    of: tuple[PackageCommand, list[_Wanted]],
    base: BaseImage,
    architecture: str,
    node: str,
    until: int,
    *,
    whole: bool,
) -> Steps[Resolution]:
    """The closure, or the named packages alone where that is wanted, or no more can be known."""
    command, items = of
    if command.unknown is not None:
        return Resolution(problem=command.unknown)
    if not whole:
        return (yield from _named(items, node))
    found = yield from _closure(command, items, base, architecture, node, until)
    if found.problem is None or found.unreachable:
        return found
    named = yield from _named(items, node)
    return replace(named, notes=(found.problem,)) if named.problem is None else named


def _closure(
    command: PackageCommand, items: list[_Wanted], base: BaseImage, architecture: str, node: str, until: int
) -> Steps[Resolution]:
    options = {name for name, _ in command.options}
    if command.program != "npm" or "overrides" in options:
        what = (
            "overrides of package.json are" if command.program == "npm" else f"what {command.program} adds is"
        )
        return Resolution(problem=Reason("closure-unknown", detail=f"{what} not computed"))
    overrides = [value for name, value in command.options if name == "override"]
    edges = tuple(edge for item in items if (edge := edge_of(item.word)) is not None)
    words = {item.wish.name: item.word for item in items}

    def document(name: str) -> IndexFile:
        address = f"{_registry(Wish(name), command).rstrip('/')}/{Wish(name).path}"
        return _list("manifests", address, until)

    cpu = _PROCESSORS.get(architecture, architecture)
    conditions = Conditions(
        document,
        node,
        cpu,
        libc_of(base),
        "global" in options,
        "legacy-peer-deps" not in options,
        {edge.name: edge for edge in map(edge_of, overrides) if edge is not None},
    )
    return (yield from closure(edges, conditions, words))


def _named(items: list[_Wanted], node: str) -> Steps[Resolution]:
    """The list of versions is requested where the latest one can't be used."""
    answers: IndexAnswers = yield tuple(dict.fromkeys(item.document for item in items))
    others = tuple(dict.fromkeys(item.others for item in items if _needs_others(item, answers, node)))
    if others:
        answers = {**answers, **(yield others)}
    return resolution([_chosen(item, answers, node) for item in items])


def _list(kind: str, address: str, until: int) -> IndexFile:
    """All versions; when they were published is in the long form alone."""
    if until:
        return IndexFile(Npm.name, f"{kind}{UNTIL}{until}", (address,), accept=_LONG)
    return IndexFile(Npm.name, kind, (address,), accept=_SHORT)


def _wanted(word: str, wish: Wish, command: PackageCommand, until: int) -> _Wanted:
    """A tag has a document of some kilobytes; a range needs the list of all versions, and so does a date."""
    address = f"{_registry(wish, command).rstrip('/')}/{wish.path}"
    every = _list("versions", address, until)
    rules = _rules(command)
    if until or (wish.wanted and is_range(wish.wanted)):
        return _Wanted(word, wish, every, every, rules)
    one = IndexFile(Npm.name, "version", (f"{address}/{wish.wanted or 'latest'}",))
    return _Wanted(word, wish, one, every, rules)


def _rules(command: PackageCommand) -> Rules:
    berry = any(name == "berry" for name, _ in command.options)
    return RULES.get("berry" if berry else command.program, NPM_RULES)


def _needs_others(item: _Wanted, answers: IndexAnswers, node: str) -> bool:
    """A name alone is any version: npm takes another one where the latest is deprecated, or does not run."""
    answer = answers.get(item.document)
    if item.wish.wanted or item.rules.name_is_tag or answer is None or isinstance(answer, Reason):
        return False
    own = node if item.rules.engines else ""
    return any(it.deprecated or not runs(it, own) for it in releases_of(answer.get(VERSIONS)))


def _registry(wish: Wish, command: PackageCommand) -> str:
    """That of the scope before the one for all; an option before the configuration files."""
    known = {name.removeprefix(_USUAL): value for name, value in command.options if name.startswith(_USUAL)}
    for text in command.files.values():
        known |= dict(_SETTING.findall(text))
    known |= {name: value for name, value in command.options if re.fullmatch(r"(?:@[^:]+:)?registry", name)}
    return known.get(f"{wish.scope}:registry") or known.get("registry") or NPM_REGISTRY


def _chosen(item: _Wanted, answers: IndexAnswers, node: str) -> ChosenPackage | Resolution:
    answer = answers.get(item.others, answers.get(item.document, Reason("no-answer")))
    if isinstance(answer, Reason):
        return Resolution(problem=answer, unreachable=answer.code not in _ABSENT)
    releases = releases_of(answer.get(VERSIONS))
    tags = answer.get(TAGS)
    if tags is None:
        best = next(iter(releases), None)
    else:
        best = choose(item.wish.wanted or "*", tags_of(tags), releases, node, item.rules)
    name = item.wish.name
    if best is None:
        detail = f"no version of {name} fits {item.word}"
        return Resolution(problem=Reason("package-not-found", detail=detail))
    return ChosenPackage(item.wish.purl, name, best.version, best.digest, item.word, named=True)
