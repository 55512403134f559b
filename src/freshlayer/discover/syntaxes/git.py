"""``git``: what clones, fetches and submodules read. All git commands of a script are read together.

The repository that a command works on is found by its directory; ``Checkouts`` keeps those of the
instructions before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from posixpath import basename, dirname

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Missed, Ran, Word, Words, plain, written
from freshlayer.discover.syntaxes.git_options import Arguments, arguments, inside, subcommand
from freshlayer.discover.syntaxes.git_sources import (
    ALL_TAGS,
    FETCHED,
    Source,
    finding_of,
    is_here,
    is_local,
    is_remote,
    local_name,
    of_the_repository,
    plain_ref,
)
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_OF_IMAGE = Reason("repository-of-image")
_MOST_SHOWN = 80
_SENDS_OR_SETS = frozenset(
    {"config", "push", "credential", "send-email", "commit", "tag", "log", "grep", "var"}
)
"""Subcommands for which a URL is a setting, text, or where they send to."""


class Repository(Struct):
    """A working copy.

    ``current``: places of the sources whose ref a checkout decides; none where an earlier instruction cloned
    it. ``fetched``: local name → source. ``own``: branches that the script made.
    """

    remotes: dict[str, Word] = field(default_factory=dict)
    ref: Word = ""
    current: tuple[int, ...] = ()
    fetched: dict[str, int] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)

    @property
    def upstream(self) -> Word | None:
        """The URL of its remote: ``origin``, or the only one."""
        only = next(iter(self.remotes.values())) if len(self.remotes) == 1 else None
        return self.remotes.get("origin", only)


class Checkouts(Struct):
    """Directory → the repository that a stage has there."""

    repositories: dict[str, Repository] = field(default_factory=dict)

    def later(self) -> Checkouts:
        """As the next instruction finds them."""
        kept = {
            path: Repository(dict(repository.remotes), repository.ref)
            for path, repository in self.repositories.items()
        }
        return Checkouts(kept)

    def at(self, directory: str) -> Repository | None:
        """The repository of a directory, or of the nearest one above it."""
        while directory not in self.repositories:
            above = dirname(directory)
            if above == directory:
                return None
            directory = above
        return self.repositories[directory]


def git(commands: list[Ran], checkouts: Checkouts) -> Iterator[Finding]:
    """Read the arguments of all git commands of a script, in order; ``checkouts`` is brought up to date."""
    reader = _Reader(checkouts)
    for command in commands:
        reader.read(command)
    yield from dict.fromkeys(finding_of(source) for source in reader.sources if source is not None)
    yield from reader.missed


class _Reader:
    """``sources`` grows with each thing read; one that another replaces becomes None."""

    def __init__(self, checkouts: Checkouts) -> None:
        self.sources: list[Source | None] = []
        self.missed: list[Missed] = []
        self._checkouts = checkouts
        self._last: Repository | None = None
        self._before: tuple[str, Repository | None] = ("", None)
        verbs: dict[str, Callable[[Arguments, str, str], None]] = {
            **dict.fromkeys(("fetch", "pull"), self._fetch),
            **dict.fromkeys(("checkout", "switch", "reset"), self._checkout),
            **dict.fromkeys(("merge", "rebase", "cherry-pick"), self._merge),
            **{"clone": self._clone, "init": self._init, "ls-remote": self._list, "branch": self._branch},
            **{"remote": self._remote, "submodule": self._submodule, "lfs": self._lfs},
            **{"worktree": self._worktree, "archive": self._archive, "subtree": self._subtree},
        }
        self._verbs = verbs

    def read(self, command: Ran) -> None:
        verb, words, directory = subcommand(command.arguments, command.directory)
        if verb in self._verbs:
            self._verbs[verb](arguments(verb, words), directory, verb)
        elif verb in {"svn", "annex", "p4"}:
            text = shown(" ".join(["git", verb, *map(written, words)]), _MOST_SHOWN)
            self.missed.append(Missed(text, Reason("program-not-probed", f"git {verb}"), "git"))
        elif verb and verb not in _SENDS_OR_SETS:
            found = [written(word) for word in words if "://" in written(word)]
            self.missed += [Missed(url, Reason("unknown-program", f"git {verb}"), "git") for url in found]
        self._before = (verb, self._at(directory))

    def _at(self, directory: str) -> Repository | None:
        """The repository of a directory; in a directory that is not known, the last one that was cloned."""
        return self._checkouts.at(directory) or self._last

    def _add(self, source: Source) -> int:
        self.sources.append(source)
        return len(self.sources) - 1

    def _of_image(self, verb: str, given: Arguments) -> None:
        text = shown(" ".join(["git", verb, *map(written, given.operands)]), _MOST_SHOWN)
        self.missed.append(Missed(text, _OF_IMAGE, f"git {verb}"))

    def _clone(self, given: Arguments, directory: str, _verb: str) -> None:
        if not given.operands:
            return
        url = given.operands[0]
        named = written(given.operands[1]) if len(given.operands) > 1 else ""
        path = inside(directory, named or basename(written(url).rstrip("/")).removesuffix(".git"))
        if is_local(url):
            known = self._checkouts.repositories.get(inside(directory, str(url)))
            if known is not None:
                self._checkouts.repositories[path] = self._last = known
            return
        if not is_remote(url):
            return
        ref = given.value("revision", "branch")
        place = self._add(Source(url, plain_ref(ref, ())))
        there = self._checkouts.repositories.get(path)
        same = there.current if there is not None and there.remotes.get("origin") == url else ()
        origin = written(given.value("origin")) or "origin"
        self._last = Repository({origin: url}, ref, (*same, place))
        self._checkouts.repositories[path] = self._last
        if "remote-submodules" in given.options:
            self.missed.append(Missed("git clone --remote-submodules", Reason("submodule-branches")))

    def _init(self, given: Arguments, directory: str, _verb: str) -> None:
        path = inside(directory, written(given.operands[0]) if given.operands else "")
        self._last = self._checkouts.repositories.setdefault(path, Repository())

    def _address(self, repository: Repository | None, remote: Word | None) -> Word | None:
        """The URL of a remote, given by its name or by itself; None where the image alone knows it."""
        remotes = repository.remotes if repository else {}
        if remote is None:
            return repository.upstream if repository else None
        if isinstance(remote, str) and remote in remotes:
            return remotes[remote]
        return remote if is_remote(remote) or is_local(remote) else None

    def _fetch(self, given: Arguments, directory: str, verb: str) -> None:
        """``fetch URL REF``, ``fetch NAME REF``, and what the repository's own remote has."""
        repository = self._at(directory)
        remote = given.operands[0] if given.operands else None
        address = self._address(repository, remote)
        if address is None:
            self._of_image(verb, given)
        elif not is_local(address):
            refs = _refs(given.operands[1:])
            self._read_refs(repository, address, refs, verb)

    def _read_refs(self, repository: Repository | None, url: Word, refs: Words, verb: str) -> None:
        if not refs:
            if repository is None or not self._clones(repository, url):
                ref = repository.ref if repository and verb == "pull" else ""
                self._now(repository, self._add(Source(url, plain_ref(ref), f"git {verb}")))
            return
        for number, ref in enumerate(refs):
            place = self._add(Source(url, plain_ref(ref), f"git {verb}"))
            if repository is None:
                continue
            names = [local_name(ref), *([FETCHED] if number == 0 else [])]
            if isinstance(name := plain_ref(ref), str):
                names += [name, re.sub(r"^refs/(?:tags|heads)/", "", name)]
            repository.fetched.update(dict.fromkeys(filter(None, names), place))
            if not repository.current:
                self._now(repository, place)

    def _clones(self, repository: Repository, url: Word) -> bool:
        """Whether this script has read that URL for the repository already."""
        sources = [self.sources[place] for place in repository.current]
        return any(source is not None and source.url == url for source in sources)

    def _now(self, repository: Repository | None, place: int) -> None:
        if repository is not None:
            repository.current = (place,)

    def _checkout(self, given: Arguments, directory: str, verb: str) -> None:
        repository = self._at(directory)
        if repository is None:
            return
        ref = _checked_out(given, verb)
        new = written(given.value("new-branch", "orphan"))
        if ref is not None and not is_here(ref) and ref not in repository.own:
            self._bind(repository, ref, again=self._before[0] == verb and self._before[1] is repository)
        if new:
            repository.own.add(new)

    def _bind(self, repository: Repository, ref: Word, *, again: bool) -> None:
        """The ref decides what is read. Right after another checkout it is its alternative."""
        base = re.split(r"[~^]|@\{", ref, maxsplit=1)[0] if isinstance(ref, str) else ""
        name = plain_ref(ref, repository.remotes or ("origin",))
        place = repository.fetched.get(base, repository.fetched.get(name) if isinstance(name, str) else None)
        if place is not None:
            self._drop(repository, place)
        elif of_the_repository(ref):
            for source in [self.sources[number] for number in repository.current]:
                if source is not None:
                    self._add(replace(source, ref=ALL_TAGS))
        elif base != FETCHED:
            self._rename(repository, name, again=again)

    def _rename(self, repository: Repository, name: Word, *, again: bool) -> None:
        repository.ref = name
        for number in repository.current:
            source = self.sources[number]
            if source is None:
                continue
            if again:
                repository.current = (*repository.current, self._add(replace(source, ref=name)))
                return
            self.sources[number] = replace(source, ref=name)

    def _drop(self, repository: Repository, place: int) -> None:
        """What was fetched is checked out, in place of what the clone of the same URL had."""
        fetched = self.sources[place]
        for number in repository.current:
            source = self.sources[number]
            if number != place and source is not None and fetched is not None and source.url == fetched.url:
                self.sources[number] = None
        repository.current = (place,)
        repository.ref = fetched.ref if fetched else ""

    def _merge(self, given: Arguments, directory: str, verb: str) -> None:
        """``merge origin/x``."""
        repository = self._at(directory)
        for ref in given.operands if repository and repository.current else []:
            name = ref.partition("/")[0] if isinstance(ref, str) else ""
            if repository and name in repository.remotes:
                source = Source(repository.remotes[name], plain_ref(ref, repository.remotes), f"git {verb}")
                self._add(source)

    def _list(self, given: Arguments, directory: str, verb: str) -> None:
        """``ls-remote URL PATTERN``, ``ls-remote --tags URL``."""
        address = self._address(self._at(directory), given.operands[0] if given.operands else None)
        if address is None:
            self._of_image(verb, given)
        elif not is_local(address):
            below = ALL_TAGS if given.options.keys() & {"tags", "t"} else ""
            below = "refs/heads/" if given.options.keys() & {"heads", "branches", "h", "b"} else below
            refs: Words = [_pattern(ref) for ref in given.operands[1:]] if not below else []
            for ref in refs or [below]:
                self._add(Source(address, plain_ref(ref), f"git {verb}"))

    def _branch(self, given: Arguments, directory: str, _verb: str) -> None:
        repository = self._at(directory)
        if repository is not None and given.operands:
            repository.own.add(written(given.operands[0]))

    def _remote(self, given: Arguments, directory: str, verb: str) -> None:
        words = given.operands
        action = words[0] if words else ""
        if action in {"add", "set-url"} and len(words) > 2 and isinstance(words[1], str):
            here = self._at(directory)
            if here is None:
                here = self._checkouts.repositories.setdefault(directory, Repository())
            here.remotes[words[1]] = words[2]
            if given.options.keys() & {"f", "fetch"}:
                self._read_refs(here, words[2], [], "fetch")
        elif action == "update":
            self._fetch(Arguments({}, words[1:2]), directory, "fetch")
        elif action == "show" and len(words) > 1:
            self._list(Arguments({}, words[1:]), directory, verb)

    def _submodule(self, given: Arguments, directory: str, verb: str) -> None:
        """Submodules are pinned by the commit of their parent, unless with ``--remote``."""
        action = given.operands[0] if given.operands else ""
        if action == "add":
            branch = given.value("branch")
            self.sources += [Source(word, branch, "git submodule") for word in given.operands[1:2]]
        elif action == "update" and "remote" in given.options:
            self.missed.append(Missed("git submodule update --remote", Reason("submodule-branches")))
        elif action == "update":
            self._of_commit(given, directory, verb)

    def _lfs(self, given: Arguments, directory: str, verb: str) -> None:
        """The commit names the objects by their digests."""
        action = given.operands[0] if given.operands else ""
        if action == "clone":
            self._clone(Arguments(given.options, given.operands[1:]), directory, verb)
        elif action in {"pull", "fetch", "fsck", "smudge"}:
            self._of_commit(given, directory, verb)

    def _of_commit(self, given: Arguments, directory: str, verb: str) -> None:
        """What the commit that is checked out names by its digest."""
        repository = self._at(directory)
        if repository is None or (repository.upstream is None and not repository.current):
            self._of_image(verb, given)
        elif not repository.current and repository.upstream is not None:
            self._add(Source(repository.upstream, plain_ref(repository.ref), f"git {verb}"))

    def _worktree(self, given: Arguments, directory: str, verb: str) -> None:
        repository = self._at(directory)
        if given.operands[:1] != ["add"] or len(given.operands) < 2 or repository is None:
            return
        ref = given.operands[2] if len(given.operands) > 2 else ""
        copy = Repository(dict(repository.remotes), ref, (), dict(repository.fetched), set(repository.own))
        if repository.current and repository.upstream is not None:
            name = plain_ref(ref, repository.remotes)
            copy.current = (self._add(Source(repository.upstream, name, f"git {verb}")),)
        self._checkouts.repositories[inside(directory, written(given.operands[1]))] = copy

    def _archive(self, given: Arguments, directory: str, verb: str) -> None:
        remote = given.options.get("remote")
        if remote is None:
            return
        address = self._address(self._at(directory), remote)
        ref = given.operands[0] if given.operands else ""
        if address is None:
            self._of_image(verb, given)
        elif not is_local(address):
            self._add(Source(address, plain_ref(ref), f"git {verb}"))

    def _subtree(self, given: Arguments, _directory: str, verb: str) -> None:
        if len(given.operands) > 1 and given.operands[0] in {"add", "pull"} and is_remote(given.operands[1]):
            ref = given.operands[2] if len(given.operands) > 2 else ""
            self._add(Source(given.operands[1], plain_ref(ref), f"git {verb}"))


def _refs(operands: Words) -> Words:
    """The refs of a fetch; none where all are read. ``tag v1`` is one."""
    refs: Words = []
    for before, ref in zip(["", *operands], operands, strict=False):
        if before == "tag":
            refs.append(f"refs/tags/{written(ref)}" if isinstance(ref, str) else ref)
        elif ref != "tag":
            refs.append(ref)
    return [] if any("*" in ref for ref in plain(refs)) else refs


def _pattern(ref: Word) -> Word:
    """``refs/tags/v1*`` → all refs below ``refs/tags/``; a name with a wildcard may be a tag."""
    if isinstance(ref, str) and "*" in ref:
        return f"{ref.partition('*')[0].rpartition('/')[0]}/" if ref.startswith("refs/") else ALL_TAGS
    return ref


def _checked_out(given: Arguments, verb: str) -> Word | None:
    """The ref that a checkout names; None for files and for a reset of files."""
    if verb == "reset" and "hard" not in given.options:
        return None
    operands = given.operands
    if (
        given.files
        or len(operands) != 1
        or operands[0] in {".", ""}
        or (verb == "checkout" and _is_path(operands[0]))
    ):
        return None
    return operands[0]


def _is_path(word: Word) -> bool:
    return isinstance(word, str) and (word.startswith(("./", "../", "/", ":")) or word.endswith("/"))
