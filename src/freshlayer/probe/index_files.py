"""Index files of package repositories: manifests by conditional requests, and what they name, into files.

Such a URL is named by a Dockerfile, by a file of an image or by a list of mirrors. No connection is made to
a link-local address for it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import BinaryIO, cast

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.credentials import Keyring
from freshlayer.errors import ReferenceInvalidError
from freshlayer.evidence import Hop
from freshlayer.model.downloaded_scripts import Confinement
from freshlayer.model.evidence import Validators
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.packages import IndexFile
from freshlayer.model.reasons import Reason, about
from freshlayer.probe.network.exchange import WHOLE, exchange, reason_of, request_of
from freshlayer.probe.network.messages import Answer, Conversation, Limits, Means, Request, Step, Talk
from freshlayer.reference import Reference, parse

_NOT_MODIFIED = 304
_Outcome = Generator[Step, Answer, Reason | None]
_KINDS = frozenset({"http", "ftp"})
_BUFFER = 1 << 18
_IN_MEMORY = 1 << 16


class FileWanted(Struct, frozen=True):
    """An index file that is requested. ``known``: URL → what makes its request a conditional one."""

    file: IndexFile
    known: Mapping[str, Validators] = field(default_factory=dict)


class FileAnswer(Struct, frozen=True):
    """What became of an index file. ``url``: the one that answered.

    ``problem``: why there is no answer. ``content``: the file as transferred, which the receiver closes; None
    where the one that is known is still current. ``sha256``: of it. ``validators``: for the next request.
    """

    file: IndexFile
    url: str = ""
    problem: Reason | None = None
    content: BinaryIO | None = None
    sha256: str = ""
    validators: Validators = Validators()


def fetch(
    wanted: Iterable[FileWanted], limits: Limits, keyring: Keyring, directory: str | None = None
) -> Iterator[FileAnswer]:
    """Request all files at once; each answer when it is there. ``directory``: for what is transferred.

    All of them have the whole time of ``limits.deadline``: an index may be large.
    """
    from freshlayer.probe.network.driver import converse  # noqa: PLC0415 - libcurl is loaded for the first request

    limits = replace(limits, total=limits.deadline)
    means = Means(limits, keyring, confinement=Confinement(loopback=True))
    fetchers: dict[Reference, _Fetcher] = {}
    for number, item in enumerate(wanted):
        addresses = tuple(map(_parsed, item.file.urls))
        first = next(iter(addresses), None)
        key = Reference("index", f"{number} {first or ''}", first.address if first else "")
        fetchers[key] = _Fetcher(item, addresses, means, directory)
    talks = {key: fetcher.talk(key) for key, fetcher in fetchers.items()}
    for observation in converse(talks, limits):
        fetcher = fetchers[observation.reference]
        yield fetcher.answer or FileAnswer(fetcher.file, problem=observation.reason)


class _Fetcher:
    """One file: its URLs one after the other. ``answer`` is None where the conversation did not end.

    ``addresses``: of the URLs; None for one that can't be requested.
    """

    def __init__(
        self,
        wanted: FileWanted,
        addresses: tuple[Reference | None, ...],
        means: Means,
        directory: str | None,
    ) -> None:
        self.file = wanted.file
        self._addresses = addresses
        self.answer: FileAnswer | None = None
        self._known = wanted.known
        self._means = means
        self._directory = directory

    def talk(self, key: Reference) -> Conversation:
        problems: list[Reason] = []
        for url, reference in zip(self.file.urls, self._addresses, strict=True):
            if reference is None:
                problems.append(Reason("transport-unsupported"))
                continue
            problem = yield from self._requested(url, reference)
            if problem is None:
                return Observation(key, ProbeOutcome.SEEN, Reason("observed"))
            problems.append(about(str(reference), problem))
        problem = _decisive(problems)
        self.answer = FileAnswer(self.file, problem=problem)
        return Observation(key, ProbeOutcome.UNKNOWN, problem)

    def _requested(self, url: str, reference: Reference) -> _Outcome:
        """Request one URL; why it gave no answer."""
        known = self._known.get(url, Validators())
        with ExitStack() as stack:
            # An answer without a body makes no file.
            opened = stack.enter_context(
                tempfile.SpooledTemporaryFile(_IN_MEMORY, buffering=_BUFFER, dir=self._directory)
            )
            content = cast("BinaryIO", opened)
            answer = yield from self._sent(reference, known, content)
            problem = self._problem(answer, known)
            if problem is not None:
                return problem
            if answer.status == _NOT_MODIFIED:
                self.answer = FileAnswer(self.file, url, validators=known)
                return None
            # From here on it is the receiver's to close.
            stack.pop_all()
        content.seek(0)
        found = _validators(answer.hops[-1])
        self.answer = FileAnswer(self.file, url, None, content, answer.digest, found)
        return None

    def _sent(self, reference: Reference, known: Validators, content: BinaryIO) -> Talk:
        request, foreign, means = request_of(reference), self.file.foreign, self._means
        wanted: Request = replace(
            request,
            headers=(*_accepting(request.headers, self.file.accept), *_conditions(known)),
            read=self.file.largest,
            digest=True,
            into=content,
            anonymous=foreign,
            refuses_local=True,
            loopback=not foreign,
        )
        if means.limits.strangers is not None:
            from freshlayer.probe.strangers import keyring_for  # noqa: PLC0415 - for clones of a service alone

            means = replace(means, keyring=keyring_for(reference.address, means.keyring, means.limits))
        if foreign:
            keyring = means.keyring.without_credentials()
            means = replace(means, keyring=keyring, confinement=Confinement())
        return (yield from exchange(wanted, means))

    def _problem(self, answer: Answer, known: Validators) -> Reason | None:
        if answer.error:
            return answer.error
        if answer.status == _NOT_MODIFIED and known != Validators():
            return None
        if answer.status not in WHOLE:
            return reason_of(answer)
        if not answer.digest:
            return Reason("index-too-large", detail=f"it is larger than {self.file.largest} bytes")
        stated = "" if self.file.digest_of_content else self.file.sha256
        return Reason("index-mismatch") if stated and stated != answer.digest else None


def _parsed(url: str) -> Reference | None:
    try:
        found = parse(url)
    except ReferenceInvalidError:
        return None
    return found if found.kind in _KINDS else None


def _decisive(problems: list[Reason]) -> Reason:
    """Absent at every URL, else the first other problem: another mirror may have the file."""
    codes = {f"http-{name}" for name in ("not-found", "gone")}
    others = [problem for problem in problems if problem.code not in codes]
    return next(iter([*others, *problems]), Reason("transport-unsupported"))


def _accepting(headers: tuple[str, ...], accept: str) -> tuple[str, ...]:
    if not accept:
        return headers
    return (*(line for line in headers if not line.startswith("Accept: ")), f"Accept: {accept}")


def _conditions(known: Validators) -> tuple[str, ...]:
    """A date too: what is older than the known file is no change, so that a 304 in its place does no harm."""
    lines = (("If-None-Match", known.entity_tag), ("If-Modified-Since", known.last_modified))
    return tuple(f"{name}: {value}" for name, value in lines if value)


def _validators(hop: Hop) -> Validators:
    return Validators(hop.one("etag"), hop.one("last-modified"))
