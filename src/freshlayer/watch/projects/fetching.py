"""When each repository is fetched: on a schedule and by a hook, in threads beside the rounds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from freshlayer.credentials import Keyring
from freshlayer.errors import internal
from freshlayer.reference import Reference, shown
from freshlayer.watch.projects.clones import Clones, Tree
from freshlayer.watch.projects.git import CloneError, Git, Limits
from freshlayer.watch.projects.lists import ListError, ProjectList
from freshlayer.watch.projects.settings import ProjectSettings, Repository, each_once
from freshlayer.watch.schedule import Pace, Schedule

_AT_ONCE = 4
_STEP = 0.5
_LEAST_BETWEEN = 10.0
"""Seconds between two fetches of a repository because of pushes."""


class Projects:
    """``report`` gets why something could not be fetched. ``changed`` is called once a tree is another.

    ``home``: the service's own directory; nothing else is written.
    """

    def __init__(
        self,
        settings: ProjectSettings,
        home: Path,
        keyring: Callable[[], Keyring],
        report: Callable[[str], None],
        stopping: Callable[[], bool],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        limits = Limits(settings.allow_hosts, settings.timeout, settings.largest)
        self._settings = settings
        self._clones = Clones(home, Git(limits, keyring, stopping), settings.timeout, settings.total)
        self._lists = [ProjectList(url, home, settings.allow_hosts) for url in settings.lists]
        self._home = home
        self._keyring, self._report, self._stopping, self._changed = keyring, report, stopping, changed
        self._schedule = Schedule(Pace(settings.fetch, longest=max(settings.fetch, 3600)), str(home))
        self._by_reference: dict[Reference, Repository] = {}
        self._busy: set[Repository] = set()
        self._started: dict[Reference, float] = {}
        self._pushed: set[Reference] = set()
        self._lock = threading.Lock()
        self._reported: dict[str, tuple[str, ...]] = {}
        self._next_lists = 0.0

    @property
    def repositories(self) -> list[Repository]:
        """All of them, each once: of the configuration, and of the lists as they are now."""
        listed = (it for one in self._lists for it in one.repositories)
        return each_once([*self._settings.repositories, *listed])

    def trees(self) -> Iterator[Tree]:
        """What is watched now."""
        found = self.repositories
        try:
            self._clones.forget(found)
        except Exception as error:  # noqa: BLE001 - what can't be removed is not to end the search
            self._report(f"{shown(str(self._home))}: {internal(error)}; old clones are left there")
        for repository in found:
            yield from self._clones.trees(repository)

    def fetch_all(self) -> bool:
        """Once; whether all could be fetched."""
        good = self._fetch_lists()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return all([*pool.map(self._fetch, self.repositories), good])

    def hurry(self, url: str) -> int:
        """Fetch it soon: something reports a push. How many have this URL, with or without ``.git``."""
        bare = _bare(url)
        with self._lock:
            found = [it for it, one in self._by_reference.items() if _bare(one.url) == bare]
            for reference in found:
                self._hurry(reference)
        return len(found)

    def _hurry(self, reference: Reference) -> None:
        """A fetch that is under way may have read the branch before the push: another one follows."""
        if self._by_reference[reference] in self._busy:
            self._pushed.add(reference)
            return
        earliest = self._started.get(reference, -_LEAST_BETWEEN) + _LEAST_BETWEEN
        self._schedule.hurry(reference, max(time.monotonic(), earliest))

    def start(self) -> None:
        """From now on, until ``stopping``."""
        threading.Thread(target=self._serve, name="projects", daemon=True).start()

    def _serve(self) -> None:
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetch")
        while not self._stopping():
            now = time.monotonic()
            if now >= self._next_lists:
                self._next_lists = now + self._settings.fetch
                self._fetch_lists()
            for repository in self._due(now):
                pool.submit(self._fetch_scheduled, repository)
            time.sleep(_STEP)
        pool.shutdown(wait=False, cancel_futures=True)

    def _due(self, now: float) -> list[Repository]:
        with self._lock:
            self._reschedule(now)
            taken = self._schedule.take(now, _AT_ONCE * 4)
            found = {key: it for key in taken if (it := self._by_reference[key]) not in self._busy}
            self._busy.update(found.values())
            self._started.update(dict.fromkeys(found, now))
            return list(found.values())

    def _reschedule(self, now: float) -> None:
        wanted = {_key(it): it for it in self.repositories}
        for reference in wanted.keys() - self._by_reference.keys():
            self._schedule.add(reference, now)
        for reference in self._by_reference.keys() - wanted.keys():
            self._schedule.remove(reference)
            self._started.pop(reference, None)
            self._pushed.discard(reference)
        self._by_reference = wanted

    def _fetch_scheduled(self, repository: Repository) -> None:
        good, reference = False, _key(repository)
        try:
            good = self._fetch(repository)
        finally:
            with self._lock:
                self._busy.discard(repository)
                self._schedule.answered(reference, time.monotonic(), failed=not good)
                if reference in self._pushed:
                    self._pushed.discard(reference)
                    self._hurry(reference)

    def _fetch(self, repository: Repository) -> bool:
        """Whether it succeeded. One that fails keeps what was fetched last."""
        try:
            if self._clones.fetch(repository):
                self._changed()
        except Exception as error:  # noqa: BLE001 - in a thread it would be lost
            why = str(error) if isinstance(error, CloneError) else internal(error)
            kept = "its last clone is watched" if self._clones.trees(repository) else "it is not watched"
            self._report(f"{shown(repository.url)}: {why}; {kept}")
            return False
        self._report_unmatched(repository)
        return True

    def _report_unmatched(self, repository: Repository) -> None:
        """Once, until another pattern names no branch: a branch of this name may be made later."""
        unmatched = self._clones.unmatched(repository)
        for it in sorted({*unmatched}.difference(self._reported.get(repository.url, ()))):
            what = f"no branch has the name {shown(it, 100)!r}" if it else "it has no default branch"
            self._report(f"{shown(repository.url)}: {what}; its other branches are watched")
        self._reported[repository.url] = unmatched

    def _fetch_lists(self) -> bool:
        good = True
        for one in self._lists:
            try:
                one.fetch(self._keyring(), self._stopping)
            except Exception as error:  # noqa: BLE001 - one list's oddity is not to end the thread of all
                good = False
                why = str(error) if isinstance(error, ListError) else internal(error)
                kept = "the projects are those that it had last" if one.is_known else _NO_PROJECT
                self._report(f"{shown(one.url)}: {why}; {kept}")
            for why in one.refused:
                self._report(f"{shown(one.url)}: {why}; it is not cloned")
        return good


_NO_PROJECT = "no project of it is watched yet"


def _key(repository: Repository) -> Reference:
    """What stands for it in the schedule."""
    text = "\n".join((repository.url, *repository.branches))
    return Reference("git", text, text)


def _bare(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").rstrip("/").lower()
