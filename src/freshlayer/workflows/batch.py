"""Many Dockerfiles: read on all cores, and laid aside until their turn comes.

What stays in memory are the references; of each Dockerfile what its report is made of is in a temporary
file without a name, and is there for as long as its batch is.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from msgspec import Struct, field

from freshlayer.analyses import form
from freshlayer.context import Source
from freshlayer.discover.analysis import Analysis, BuildRequest, Ttls
from freshlayer.errors import FreshlayerError, internal
from freshlayer.model.reasons import Reason
from freshlayer.probe import ScriptsKnown
from freshlayer.reference import Reference
from freshlayer.request_form import without_secrets
from freshlayer.settings import Policy
from freshlayer.workflows.observe import Due, ImageNeed, ImageNeeds, image_needs
from freshlayer.workflows.target import Target

if TYPE_CHECKING:
    from concurrent.futures import Executor

_WORTH_PROCESSES = 40
"""So many Dockerfiles take as long to read as a process to start."""

_BEFORE_FORK = 8
_AT_ONCE = 16
_IN_MEMORY = 1024 * 1024
_SAFE_PATH = "PYTHONSAFEPATH"


class Candidate(Struct, frozen=True):
    """A Dockerfile by its context, and by its name where that is not what a builder looks for.

    ``tool``: compose or bake, where the file is one of theirs. ``root``: the directory that was searched.
    ``named``: its name in reports and in the state, where that is not its path. ``real``: its path without
    symbolic links, where it is known. ``alone``: no file beside it can hold settings.
    """

    context: str
    file: str | None = None
    tool: str = ""
    root: str = ""
    named: str = ""
    real: str = ""
    alone: bool = False


class AnalysedFile(Struct, frozen=True):
    """A Dockerfile, read. ``policy``: the settings beside it; None where those of the run count.

    ``warning``: what is to be reported of these settings, once for all Dockerfiles of which it is true.
    ``platforms``: those of the build. ``request``: its options, where they are not those of the run.
    """

    source: Source
    analysis: Analysis
    policy: Policy | None = None
    warning: str = ""
    platforms: tuple[str, ...] = ()
    request: BuildRequest | None = None


class ReadFailure(Struct, frozen=True):
    """Why a Dockerfile has no report, with the place."""

    reason: Reason


Reader = Callable[[Candidate], AnalysedFile]
"""Reads one, wherever it runs, so it can be pickled. Raises FreshlayerError."""


class Packed(Struct, frozen=True):
    """A leaf on its way between processes. ``ttls``: what it reads → seconds for which an answer holds.

    ``scripts``: which of it are scripts that are executed. ``images``: what it needs of images.
    ``request``: as of the leaf, which is without it: build args may be secrets. ``known_as``: its name in the
    state.
    """

    ttls: dict[Reference, int]
    policy: Policy | None
    leaf: bytes
    warning: str
    scripts: tuple[Reference, ...] = ()
    images: Mapping[Reference, ImageNeed] = field(default_factory=dict)
    request: BuildRequest | None = None
    known_as: str = ""


class Batch:
    """Dockerfiles with the same settings, in order. ``ttls``: as for one, the least of them."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._ttls = Ttls()
        self.scripts: set[Reference] = set()
        self._images = ImageNeeds()
        self.warnings: dict[str, None] = {}
        self._leaves: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - see close
        self._lengths: list[int] = []
        self._requests: list[BuildRequest | None] = []

    def add(self, packed: Packed) -> None:
        """Take one more."""
        for reference, ttl in packed.ttls.items():
            self._ttls.add(reference, ttl)
        self.scripts.update(packed.scripts)
        self._images.add(packed.images)
        if packed.warning:
            self.warnings[packed.warning] = None
        self._leaves.write(packed.leaf)
        self._lengths.append(len(packed.leaf))
        self._requests.append(packed.request)

    @property
    def ttls(self) -> Mapping[Reference, int]:
        return self._ttls.all()

    def due(self, request: BuildRequest) -> Due:
        """All that they read."""
        scripts = ScriptsKnown(scripts=frozenset(self.scripts))
        return Due(self.ttls, request.platforms, scripts, self._images.all)

    def leaves(self) -> Iterator[AnalysedFile]:
        """All of them, one in memory at a time."""
        self._leaves.seek(0)
        for length in self._lengths:
            yield _read(self._leaves.read(length))

    def targets(self, request: BuildRequest) -> Iterator[Target]:
        """All of them, as targets of this request where they have none of their own."""
        leaves = zip(self.leaves(), self._requests, strict=True)
        return (Target(leaf.source, own or request, leaf.analysis) for leaf, own in leaves)

    def close(self) -> None:
        """Forget them."""
        self._leaves.close()


@contextmanager
def batches(
    wanted: Sequence[Candidate], reader: Reader, policy: Policy, unread: Callable[[str], None]
) -> Iterator[list[Batch]]:
    """All of them, read. ``policy``: of the run. ``unread`` gets those that can't be."""
    found: list[Batch] = []
    try:
        _sort(read_all(wanted, reader), policy, unread, found)
        yield found
    finally:
        for batch in found:
            batch.close()


def _sort(
    read: Iterator[Packed | ReadFailure], policy: Policy, unread: Callable[[str], None], found: list[Batch]
) -> None:
    """Into batches by their settings."""
    for packed in read:
        if isinstance(packed, ReadFailure):
            unread(str(packed.reason))
            continue
        own = packed.policy or policy
        batch = next((batch for batch in found if batch.policy == own), None)
        if batch is None:
            batch = Batch(own)
            found.append(batch)
        batch.add(packed)


def read_all(wanted: Sequence[Candidate], reader: Reader) -> Iterator[Packed | ReadFailure]:
    """In their order; by several processes where there is enough to do for them.

    What the first ones load and compile is then there for all processes, which are forked behind them.
    """
    read = partial(packed, reader)
    processes = min(_cores(), len(wanted) // _WORTH_PROCESSES + 1)
    yield from map(read, wanted[:_BEFORE_FORK])
    others = wanted[_BEFORE_FORK:]
    with _pool(processes) as pool:
        yield from pool.map(read, others, chunksize=_AT_ONCE) if pool else map(read, others)


def packed(reader: Reader, wanted: Candidate) -> Packed | ReadFailure:
    """One of them, without its text and without what is sent to origins."""
    try:
        leaf = reader(wanted)
    except Exception as error:  # noqa: BLE001 - one Dockerfile's oddity is not to cost the others theirs
        return failure(error, wanted)
    return packed_leaf(leaf)


def failure(error: Exception, wanted: Candidate) -> ReadFailure:
    """What a reader raised."""
    if isinstance(error, FreshlayerError):
        return ReadFailure(Reason("dockerfile-not-read", detail=str(error)))
    name = wanted.file or wanted.context
    return ReadFailure(Reason("internal-error", name, internal(error)))


def packed_leaf(leaf: AnalysedFile) -> Packed:
    """One that was read. The text of one that is in a file is not kept."""
    own, ttls = leaf.source, leaf.analysis.ttls
    written = _written(leaf, own.content if own.file is None and leaf.request is not None else b"")
    scripts = leaf.analysis.discovery.scripts
    images = image_needs(leaf.analysis, leaf.platforms)
    return Packed(ttls, leaf.policy, written, leaf.warning, scripts, images, leaf.request, own.known_as)


def _written(leaf: AnalysedFile, content: bytes) -> bytes:
    """For a file, so without what is sent to origins: a credential or a signature may stand in it.

    It has not the settings and the request of the leaf, and ``content`` in place of its text.
    """
    own = leaf.source
    source = (content, own.shown, own.known_as, own.root, own.file, own.read_once)
    try:
        analysis, is_short = form.written(leaf.analysis, secrets=False), True
    except ValueError:
        # Each of its values by itself takes twice as long, but may be any text.
        analysis, is_short = _in_full(leaf.analysis), False
    fields = (source, analysis, is_short, leaf.warning, leaf.platforms)
    return pickle.dumps(fields, pickle.HIGHEST_PROTOCOL)


def _in_full(analysis: Analysis) -> bytes:
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = {
        Reference: lambda it: (Reference, (it.kind, it.text, "", it.pinned, without_secrets(it.form))),
    }
    pickler.dump(analysis)
    return stream.getvalue()


def _read(data: bytes) -> AnalysedFile:
    """What ``_written`` wrote: only this process can write there."""
    source, analysis, is_short, warning, platforms = pickle.loads(data)  # noqa: S301
    return AnalysedFile(
        Source(*source),
        form.read(analysis) if is_short else pickle.loads(analysis),  # noqa: S301
        warning=warning,
        platforms=platforms,
    )


@contextmanager
def _pool(processes: int) -> Iterator[Executor | None]:
    """None where one process does it all, or where the system has no others to give."""
    if processes == 1:
        yield None
        return
    with _safe_path():
        executor = _started(processes)
        try:
            yield executor
        finally:
            if executor is not None:
                executor.shutdown(cancel_futures=True)


@contextmanager
def _safe_path() -> Iterator[None]:
    """A Python that is started, and not forked, imports from the working directory otherwise."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _started(processes: int) -> Executor | None:
    """Forked where that is safe: no thread runs yet, and the parser is loaded already."""
    import multiprocessing  # noqa: PLC0415 - 30 ms, for many Dockerfiles alone
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    method = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    try:
        return ProcessPoolExecutor(processes, method, initializer=_begin)
    except (OSError, NotImplementedError, ImportError):
        return None


def _begin() -> None:
    """Who started us ends us, and does not outlast us, however it ends."""
    # What is there stays: no collection looks at it again, and its pages stay shared.
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import parent_process  # noqa: PLC0415 - see _started

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _cores() -> int:
    """Those that we may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
