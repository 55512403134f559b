"""The packages of an instruction as a block of a lock file, and back. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from freshlayer.decisions.packages import none_of, untainted
from freshlayer.lazy_regex import compiled
from freshlayer.masking import public_text
from freshlayer.model.build import Pairs
from freshlayer.model.key_identities import Unseen
from freshlayer.model.lock import LockedPackage, LockedPackages
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.package_references import as_a_whole
from freshlayer.model.packages import READS_NOTHING, PackageAction, PackageCommand, PackageRun

_READING = frozenset(PackageAction) - READS_NOTHING
_APT = frozenset({"apt", "apt-get"})
_SPACE, _SPACES = compiled(r"\s"), compiled(r"\s+")
_VERSION = "version:"


def managers_of(run: PackageRun) -> list[str]:
    """Those of which an instruction reads an index."""
    if run.policy is PackagePolicy.OFF or run.number < 0:
        return []
    return list(dict.fromkeys(it.manager for it in run.commands if it.action in _READING))


def commands_of(run: PackageRun, manager: str) -> tuple[str, ...]:
    """The commands, so that a text that means the same is the same: without secrets, words in order."""
    return tuple(_text(command) for command in run.commands if command.manager == manager)


def _text(command: PackageCommand) -> str:
    """``apt-get install --no-install-recommends curl jq``."""
    program = "apt-get" if command.program in _APT else command.program
    options = [
        f"--{name}={value}" if value and value != "true" else f"--{name}" for name, value in command.options
    ]
    text = public_text(" ".join([program, command.action, *options, *sorted(command.words)]))
    return text if text.isprintable() else _SPACES.sub(" ", text)


def is_known(pairs: Pairs) -> bool:
    """Whether pairs of packages are those of an observation."""
    return bool(pairs) and all(identity != str(Unseen()) for _, identity in pairs)


def packed(pairs: Pairs) -> tuple[str, tuple[LockedPackage, ...]]:
    """The source that most packages have, and the packages. ``pairs``: of one manager."""
    known = [(purl, untainted(it).removeprefix(_VERSION)) for purl, it in pairs if purl.startswith("pkg:")]
    sources = Counter(_divided(purl)[0] for purl, _ in known)
    source = min(sources, key=lambda it: (-sources[it], it), default="")
    return source, tuple(sorted(_package(purl, value, source) for purl, value in known))


def _package(purl: str, value: str, source: str) -> LockedPackage:
    own, name = _divided(purl)
    version, _, digest = value.rpartition("@")
    return LockedPackage(name if own == source else purl, _word(version), _word(digest) if digest else "")


def _word(text: str) -> str:
    """A blank in a version, which no index should have, would end it."""
    return _SPACE.sub("%20", text) or "%20"


def _divided(purl: str) -> tuple[str, str]:
    """``pkg:deb/debian/curl?arch=amd64`` → ``pkg:deb/debian?arch=amd64``, ``curl``."""
    path, mark, qualifiers = purl.partition("?")
    head, _, name = path.rpartition("/")
    return f"{head}{mark}{qualifiers}", name


def pairs_in(blocks: Iterable[LockedPackages]) -> Pairs:
    """The pairs of a key that blocks of one manager stand for; none where they were not known."""
    found: dict[str, str] = {}
    manager = ""
    for block in blocks:
        if block.reason:
            return ()
        manager = block.manager
        head, mark, qualifiers = block.source.partition("?")
        for it in block.packages:
            purl = it.name if it.name.startswith("pkg:") else f"{head}/{it.name}{mark}{qualifiers}"
            found.setdefault(purl, f"{_VERSION}{it.version}@{it.digest}")
    if manager and not found:
        return ((as_a_whole(manager), none_of()),)
    return tuple(sorted(found.items()))
