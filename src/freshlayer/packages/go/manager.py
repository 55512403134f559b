"""The member of ``PackageManager`` for go, by the protocol of module proxies."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import BinaryIO, TypeVar

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    Index,
    IndexAnswers,
    IndexFile,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.go.documents import Info, Module, entries
from freshlayer.packages.go.proxies import escaped, modules_of, not_there, proxies_of, settings_of
from freshlayer.packages.go.versions import (
    Interval,
    Query,
    chosen,
    is_in,
    is_pseudo,
    last_compatible,
    query_of,
)
from freshlayer.packages.named.member import (
    LARGEST,
    RELEASES,
    failed,
    is_absent,
    not_found,
    of_run,
    resolution,
    whole,
)

_PATH = compiled(r"[\w.~/-]{1,500}")
_ANY = Query("latest")

Files = tuple[IndexFile, ...]
_Item = ChosenPackage | Resolution | Reason
_Finding = Generator[Files, IndexAnswers, _Item]
_Shape = TypeVar("_Shape", list[str], Info, Module)


class Wish(Struct, frozen=True):
    """``package``: its path, of which a beginning is the module."""

    word: str
    package: str
    query: Query
    settings: Mapping[str, str]


class _Talk:
    """What is being found out of a package of a run. ``wanted``: files; ``found``: once there are none."""

    def __init__(self, number: int, steps: _Finding) -> None:
        self.number = number
        self.wanted: Files = ()
        self.found: _Item = Reason("no-answer")
        self._steps = steps

    def advance(self, answers: IndexAnswers | None) -> None:
        """Start, or go on with what it wanted."""
        try:
            self.wanted = next(self._steps) if answers is None else self._steps.send(answers)
        except StopIteration as end:
            self.wanted, self.found = (), end.value


class Go:
    """``go install``, ``go get``, ``go run`` of a package at a version."""

    name = "go"

    def resolve(
        self,
        chain: PackageChain,
        base: BaseImage,
    ) -> Generator[Files, IndexAnswers, Resolutions]:
        """All packages in step: lists first, then the go.mod that has retractions, then a commit."""
        talks = [
            _Talk(run.number, _finding(item))
            for run in chain.runs
            for item in of_run(self.name, run, base, _of_command)
        ]
        for talk in talks:
            talk.advance(None)
        while open_ := [talk for talk in talks if talk.wanted]:
            answers = yield tuple(dict.fromkeys(file for talk in open_ for file in talk.wanted))
            for talk in open_:
                talk.advance(answers)
        found: dict[int, list[_Item]] = {}
        for talk in talks:
            found.setdefault(talk.number, []).append(talk.found)
        return {number: resolution(items) for number, items in found.items()}

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """What a document states."""
        return entries(kind, whole(content))


GO = Go()


def _of_command(command: PackageCommand, _run: PackageRun, _base: BaseImage) -> Iterator[Wish | Reason]:
    settings = settings_of(command)
    required = {
        name.partition(":")[2]: value for name, value in command.options if name.startswith("require:")
    }
    for word in command.words:
        package, _, text = word.partition("@")
        current = next((required[it] for it in modules_of(package) if it in required), "")
        query = query_of(text or "upgrade", current)
        if query is None or not _PATH.fullmatch(package) or "." not in package.partition("/")[0]:
            yield Reason("package-word-unclear", detail=f"{word[:80]!r} is no package at a version")
        else:
            yield Wish(word, package.partition("/...")[0], query, settings)


def _finding(wish: Wish | Reason) -> _Finding:
    if isinstance(wish, Reason):
        return wish
    places = [_Module(it, wish.settings) for it in modules_of(wish.package)]
    problem = next((it.problem for it in places[::-1] if it.problem), None)
    if problem:
        return problem
    first = "info" if wish.query.kind == "revision" else "list"
    name = f"{escaped(wish.query.version)}.info" if first == "info" else "list"
    answers = yield tuple(it.file(first, name) for it in places)
    last: Reason = Reason("no-answer")
    for place in places:
        answer = answers[place.file(first, name)]
        if isinstance(answer, Reason):
            if not is_absent(answer):
                return failed(answer)
            last = answer
            continue
        if first == "info":
            return _of_info(wish, place.path, _read(answer, Info))
        found = yield from _of_list(wish, place, _read(answer, list[str]))
        if found is not None:
            return found
    return failed(not_there(places[-1].path, wish.settings) or last)


class _Module:
    """A module that may have a package, at its proxies."""

    def __init__(self, path: str, settings: Mapping[str, str]) -> None:
        self.path = path
        found = proxies_of(path, settings)
        self.problem = found if isinstance(found, Reason) else None
        self._proxies = [] if isinstance(found, Reason) else found

    def file(self, kind: str, name: str) -> IndexFile:
        """A document below ``@v``, or ``@latest``."""
        below = name if name.startswith("@") else f"@v/{name}"
        urls = tuple(f"{proxy}/{escaped(self.path)}/{below}" for proxy in self._proxies)
        return IndexFile(Go.name, kind, urls, largest=LARGEST)


def _of_list(
    wish: Wish, module: _Module, versions: Sequence[str]
) -> Generator[Files, IndexAnswers, _Item | None]:
    """None where it is no module: it has neither a version nor a latest commit."""
    retracted = yield from _retracted(module, versions)
    if isinstance(retracted, Resolution):
        return retracted
    best = yield from _best(module, versions, wish.query, retracted)
    if isinstance(best, Resolution):
        return best
    if best:
        return _package(wish, module.path, best, "")
    if wish.query.kind == "latest" and not (wish.query.current and not is_pseudo(wish.query.current)):
        file = module.file("info", "@latest")
        answer = (yield (file,))[file]
        if not isinstance(answer, Reason):
            return _of_info(wish, module.path, _read(answer, Info))
        if not is_absent(answer):
            return failed(answer)
        if not versions:
            return None
    if wish.query.current:
        return _package(wish, module.path, wish.query.current, "")
    return not_found(module.path, wish.word) if versions else None


def _retracted(
    module: _Module, versions: Sequence[str]
) -> Generator[Files, IndexAnswers, Sequence[Interval] | Resolution]:
    """What the go.mod of the latest version retracts, which may be itself."""
    latest = yield from _best(module, versions, _ANY, ())
    if isinstance(latest, Resolution) or not latest:
        return latest if isinstance(latest, Resolution) else ()
    found = yield from _go_mod(module, latest)
    return found if isinstance(found, Resolution) else found.retracted


def _best(
    module: _Module, versions: Sequence[str], query: Query, retracted: Sequence[Interval]
) -> Generator[Files, IndexAnswers, str | Resolution]:
    def allowed(version: str) -> bool:
        return not is_in(version, retracted)

    decisive = "" if query.is_incompatible else last_compatible(versions, query, allowed)
    incompatible = True
    if decisive:
        found = yield from _go_mod(module, decisive)
        if isinstance(found, Resolution):
            return found
        incompatible = found.bare
    return chosen(versions, query, allowed, incompatible=incompatible)


def _go_mod(module: _Module, version: str) -> Generator[Files, IndexAnswers, Module | Resolution]:
    file = module.file("mod", f"{escaped(version)}.mod")
    answer = (yield (file,))[file]
    return failed(answer) if isinstance(answer, Reason) else _read(answer, Module)


def _of_info(wish: Wish, module: str, info: Info) -> ChosenPackage:
    return _package(wish, module, info.version, f"sha1:{info.commit}" if info.commit else "")


def _package(wish: Wish, module: str, version: str, digest: str) -> ChosenPackage:
    return ChosenPackage(f"pkg:golang/{module}", module, version, digest, wish.word, named=True)


def _read(answer: Index, shape: type[_Shape]) -> _Shape:
    return msgspec.msgpack.decode(answer.get(RELEASES) or b"", type=shape)
