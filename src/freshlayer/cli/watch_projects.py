"""What a service watches: directories, and clones of repositories."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from freshlayer.cli.chosen_settings import policy_of
from freshlayer.cli.options import Options
from freshlayer.cli.watch_compositions import candidates
from freshlayer.credentials import Keyring
from freshlayer.errors import ContextError, OptionError
from freshlayer.files.user_directories import state_home
from freshlayer.reference import shown
from freshlayer.watch.projects.fetching import Projects
from freshlayer.watch.projects.settings import Repository, is_repository, meant, refused
from freshlayer.watch.settings import WatchSettings
from freshlayer.workflows.batch import Candidate


def given(
    settings: WatchSettings, directory: Path, words: Sequence[str]
) -> tuple[WatchSettings, Sequence[str]]:
    """The settings with the repositories of the command line, and the paths to search, absolute.

    Raises OptionError.
    """
    for word in words:
        if (instead := meant(word)) and not os.path.exists(word):
            raise OptionError(f"{shown(word, 100)}: is not a URL of a repository (write {instead})")
    urls = [word for word in words if is_repository(word)]
    for url in urls:
        if why := refused(url):
            raise OptionError(f"{shown(url, 100)}: {why}")
    cloned = settings.projects
    named = (*cloned.repositories, *(Repository(url) for url in urls))
    cloned = replace(cloned, repositories=named)
    paths = tuple(word for word in words if not is_repository(word))
    if not words:
        paths = tuple(os.path.join(directory, path) for path in settings.paths)
    if not paths and cloned.is_empty:
        paths = (".",)
    return replace(settings, projects=cloned), [os.path.abspath(path) for path in paths]


def projects_of(
    options: Options,
    settings: WatchSettings,
    directory: Path,
    state: str,
    report: Callable[[str], None],
    stopping: Callable[[], bool],
    changed: Callable[[], None] = lambda: None,
) -> Projects | None:
    """None where nothing is cloned. Two services with states of their own have clones of their own."""
    cloned = settings.projects
    if cloned.is_empty:
        return None
    of_state = sha256(os.fsencode(os.path.abspath(state))).hexdigest()[:16]
    usual = state_home(os.environ) / "freshlayer" / "projects" / of_state
    home = directory / cloned.directory if cloned.directory else usual
    return Projects(
        cloned,
        home,
        lambda: Keyring(os.environ, policy_of(options, None).hosts),
        report,
        stopping,
        changed,
    )


def found(
    paths: Sequence[str], projects: Projects | None, failed: Callable[[str], None]
) -> Iterator[Candidate]:
    """What there is; ``failed`` gets why one can't be searched, or that it has nothing."""
    for path in paths:
        yield from _below(path, "", failed)
    for tree in projects.trees() if projects else ():
        yield from _below(str(tree.path), tree.named, failed)


def _below(path: str, named: str, failed: Callable[[str], None]) -> Iterator[Candidate]:
    empty = True
    try:
        for candidate in candidates(path, failed, named):
            empty = False
            yield candidate
    except ContextError as error:
        failed(str(error))
        return
    if empty:
        failed(f"{shown(named or path)}: holds no Dockerfile, or none that git does not ignore")
