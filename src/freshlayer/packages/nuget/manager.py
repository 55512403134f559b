"""The member of ``PackageManager`` for NuGet: a source's service index, then a package's versions."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import BinaryIO
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from freshlayer.lazy_regex import compiled
from freshlayer.model.base_image import BaseImage
from freshlayer.model.packages import (
    ChosenPackage,
    Entries,
    IndexAnswers,
    IndexFile,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
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
from freshlayer.packages.nuget.versions import Wanted, choose, version_of, wanted_of

_NUGET = "https://api.nuget.org/v3/index.json"
_WORD = compiled(r"(?P<name>[A-Za-z0-9_][\w.-]{0,100})(?:@(?P<version>.{0,200}))?")
_URL = compiled(r"https?://[^\s\"'<>]{1,1000}")
_BASE = "PackageBaseAddress/3.0.0"
_ADDRESS = "address"
_MOST_VERSIONS = 100_000


class _Wish(Struct, frozen=True):
    word: str
    name: str
    wanted: Wanted
    sources: tuple[IndexFile, ...]


class _Resource(Struct):
    address: str = msgspec.field(name="@id")
    kind: str | list[str] = msgspec.field(name="@type")


class _Service(Struct):
    resources: list[_Resource]


class _Versions(Struct):
    versions: list[str]


class Nuget:
    """dotnet and nuget, where a source has the protocol of version 3."""

    name = "nuget"

    def resolve(
        self,
        chain: PackageChain,
        base: BaseImage,
    ) -> Generator[tuple[IndexFile, ...], IndexAnswers, Resolutions]:
        """Two rounds: where each source has its versions; the versions of each package at each source."""
        wanted = {run.number: list(of_run(self.name, run, base, _of_command)) for run in chain.runs}
        wishes = [it for items in wanted.values() for it in items if isinstance(it, _Wish)]
        sources = tuple(dict.fromkeys(source for it in wishes for source in it.sources))
        services: IndexAnswers = (yield sources) if sources else {}
        lists = {
            (it.name, source): file
            for it in wishes
            for source in it.sources
            if (file := _list(it, source, services))
        }
        answers: IndexAnswers = (yield tuple(dict.fromkeys(lists.values()))) if lists else {}
        return {
            number: resolution(
                [_chosen(it, services, lists, answers) if isinstance(it, _Wish) else it for it in items]
            )
            for number, items in wanted.items()
            if items
        }

    def entries(self, kind: str, content: BinaryIO, scratch: BinaryIO) -> Entries:  # noqa: ARG002 - the Protocol's
        """The address of a service, or the versions of a package."""
        body = whole(content)
        try:
            if kind == "service":
                yield _ADDRESS, _address(msgspec.json.decode(body, type=_Service)).encode()
            else:
                listed = msgspec.json.decode(body, type=_Versions).versions[:_MOST_VERSIONS]
                yield RELEASES, msgspec.msgpack.encode([it for it in listed if version_of(it)])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ValueError(str(error)) from None


NUGET = Nuget()


def _address(service: _Service) -> str:
    for resource in service.resources:
        kinds = [resource.kind] if isinstance(resource.kind, str) else resource.kind
        if _BASE in kinds and _URL.fullmatch(resource.address):
            return resource.address.rstrip("/")
    raise ValueError(f"the source has no {_BASE}")


def _of_command(command: PackageCommand, _run: PackageRun, _base: BaseImage) -> Iterator[_Wish | Reason]:
    stated = [value for name, value in command.options if name == "source"] or ["default"]
    urls = [_NUGET if value in {"default", "nuget.org"} else value for value in stated]
    usable = [url for url in urls if _URL.fullmatch(url) and url.split("?")[0].endswith(".json")]
    pre = any(name == "prerelease" for name, _ in command.options)
    for word in command.words:
        match = _WORD.fullmatch(word)
        version = (match["version"] or "") if match else ""
        wanted = wanted_of(version or ("*-*" if pre else ""))
        if match is None or wanted is None:
            yield Reason("package-word-unclear", detail=repr(word[:80]))
        elif len(usable) < len(urls):
            detail = "a source of NuGet is a directory, or has no service index"
            yield Reason("package-source-unknown", detail=detail)
        else:
            sources = (
                IndexFile(NUGET.name, "service", (url,), largest=LARGEST) for url in dict.fromkeys(usable)
            )
            yield _Wish(word.rstrip("@"), match["name"], wanted, tuple(sources))


def _list(wish: _Wish, source: IndexFile, services: IndexAnswers) -> IndexFile | None:
    """The versions of a package at a source. A host that the answer of another one names is its choice."""
    service = services.get(source)
    if service is None or isinstance(service, Reason):
        return None
    address = (service.get(_ADDRESS) or b"").decode()
    foreign = urlsplit(address).netloc != urlsplit(source.urls[0]).netloc
    url = f"{address}/{wish.name.lower()}/index.json"
    return IndexFile(NUGET.name, "versions", (url,), largest=LARGEST, foreign=foreign)


def _chosen(
    wish: _Wish,
    services: IndexAnswers,
    lists: Mapping[tuple[str, IndexFile], IndexFile],
    answers: IndexAnswers,
) -> ChosenPackage | Resolution:
    texts: dict[str, None] = {}
    problems: list[Reason] = []
    for source in wish.sources:
        file = lists.get((wish.name, source))
        answer = answers.get(file, Reason("no-answer")) if file else services.get(source, Reason("no-answer"))
        if isinstance(answer, Reason):
            problems.append(answer)
        else:
            texts |= dict.fromkeys(msgspec.msgpack.decode(answer.get(RELEASES) or b"\x90", type=list[str]))
    unreachable = [it for it in problems if not is_absent(it)]
    if unreachable or len(problems) == len(wish.sources):
        return failed((unreachable or problems)[0])
    versions = {version: text for text in texts if (version := version_of(text))}
    best = choose(wish.wanted, versions)
    if best is None:
        return not_found(wish.name, wish.word)
    purl = f"pkg:nuget/{wish.name}"
    return ChosenPackage(purl, wish.name, versions[best], "", wish.word, named=True)
