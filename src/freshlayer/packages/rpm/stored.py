"""Which instruction stored the metadata that a later command takes. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from posixpath import normpath

from freshlayer.model.packages import PackageAction
from freshlayer.packages.rpm.configuration import Repository
from freshlayer.packages.rpm.steps import Step

_REMOVES = "rm"
_OF_ENABLED = frozenset({"yum", "tdnf"})
"""Programs whose ``clean`` leaves the metadata of repositories that are not enabled."""


class Stored:
    """The metadata that the layers keep: by root, directory and repository."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}

    def readers(self, step: Step) -> dict[str, int]:
        """Repository of a command → the instruction that reads its metadata. It keeps what is read.

        Whether the own packages of an instruction count does not matter: it gets a key for those behind it.
        """
        action, own = step.command.action, step.run.number
        if action is PackageAction.CLEAN:
            self._clean(step)
        if action in {PackageAction.CLEAN, PackageAction.REMOVE}:
            return {}
        found: dict[str, int] = {}
        for repository in step.configuration.repositories:
            key = (step.root, step.configuration.cache, repository.id)
            if _reads_again(step, repository):
                self._numbers.pop(key, None)
            found[repository.id] = self._numbers.get(key, own)
            if step.command.unknown is None:
                self._numbers.setdefault(key, own)
        return found

    def _clean(self, step: Step) -> None:
        self._numbers = {key: it for key, it in self._numbers.items() if not _is_cleaned(step, *key)}


def _reads_again(step: Step, repository: Repository) -> bool:
    """``makecache`` of dnf and yum reads no metadata that are there; ``zypper refresh`` does."""
    return repository.always_read or step.options.has("refresh")


def _is_cleaned(step: Step, root: str, cache: str, repository: str) -> bool:
    words, program = step.command.words, step.configuration.program
    if step.command.program == _REMOVES:
        return any(_covers(word, f"{root}{cache}") for word in words)
    if (step.root, step.configuration.cache) != (root, cache):
        return False
    if program in _OF_ENABLED:
        return repository in {one.id for one in step.configuration.repositories}
    return program != "zypper" or not words or repository in words


def _covers(word: str, directory: str) -> bool:
    """Whether a removal of ``/var/cache/*`` or ``/var/cache/dnf/*`` removes a directory, or all in it."""
    parts = normpath(word).split("/")
    while parts[-1] == "*":
        parts.pop()
    return all(map(fnmatchcase, directory.split("/"), parts)) and len(parts) <= len(directory.split("/"))
