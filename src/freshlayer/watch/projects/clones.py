"""The clones of one directory: the newest commit of each branch, as a tree of files without a repository.

``DIRECTORY/REPOSITORY/objects`` is what git fetches into, ``…/trees/COMMIT-BRANCH`` what is watched, and
``…/branches-PATTERNS.json`` names the trees of some patterns. A tree is complete once it is named, and never
changed. A repository is cloned once, whatever patterns its branches are named by.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Set as AbstractSet
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from freshlayer.files import atomic_write, deep_trees
from freshlayer.files.bounded_read import read_file
from freshlayer.files.file_lock import locked
from freshlayer.lazy_regex import compiled
from freshlayer.watch.projects.git import CloneError, Git, extent_of
from freshlayer.watch.projects.settings import Repository

_HEAD = compiled(r"([0-9a-f]{40}(?:[0-9a-f]{24})?)\trefs/heads/([^\s\x00-\x1f\x7f]{1,250})")
_DEFAULT = compiled(r"ref: refs/heads/([^\s\x00-\x1f\x7f]{1,250})\tHEAD")
_COMMIT = compiled(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_BRANCHES = 200
_LARGEST = 1024 * 1024
_TOTAL = 20 * 1024 * _LARGEST
_LOCK = "branches"
_DAY = 86400.0
_CONFIG = """\
[core]
\trepositoryformatversion = 1
\tbare = false
\tfilemode = false
[extensions]
\tpartialClone = origin
[remote "origin"]
\turl = {url}
\tpromisor = true
\tpartialclonefilter = blob:none
"""


class Tree(Struct, frozen=True):
    """The files of a branch. ``named``: ``REPOSITORY@BRANCH``."""

    path: Path
    named: str


class Clones:
    """Thread-safe. ``patience``: seconds to wait for another process that fetches the same repository.

    ``total``: bytes of all of them together.
    """

    def __init__(self, home: Path, git: Git, patience: float, total: int = _TOTAL) -> None:
        self._total = total
        self._sizes: dict[str, int] | None = None
        self._patience = patience
        self._home = home
        self._git = git
        self._lock = threading.Lock()
        self._old: set[Path] = set()
        self._fetched: set[str] = set()
        self._unmatched: dict[str, tuple[str, ...]] = {}

    def trees(self, repository: Repository) -> list[Tree]:
        """Those of the last fetch that succeeded; none before the first one."""
        place = self._place(repository)
        return [
            Tree(_tree(place, branch, commit), f"{repository.url}@{branch}")
            for branch, commit in sorted(_known(_branches_file(place, repository)).items())
        ]

    def unmatched(self, repository: Repository) -> tuple[str, ...]:
        """The patterns that named no branch when it was fetched last; an empty one: the default branch."""
        return self._unmatched.get(repository.url, ())

    def fetch(self, repository: Repository) -> bool:
        """Whether a tree was made, or is named no more. Raises CloneError; then all is as before."""
        place = self._place(repository)
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(place / _LOCK, seconds=self._patience):
                try:
                    return self._fetch_locked(repository, place)
                finally:
                    self._note_size(place)
        except TimeoutError:
            raise CloneError("another process fetches it") from None
        except OSError as error:
            raise CloneError(f"its directory can't be used: {error.strerror}") from None

    def _left(self, place: Path) -> int:
        """Bytes that a repository may have beside the others."""
        with self._lock:
            if self._sizes is None:
                found = [it for it in self._home.iterdir() if it.is_dir()]
                self._sizes = {it.name: extent_of(it, self._total)[0] for it in found}
            return self._total - sum(size for name, size in self._sizes.items() if name != place.name)

    def _note_size(self, place: Path) -> None:
        if place.name in self._fetched:
            self._fetched.discard(place.name)
            size, _ = extent_of(place, self._total)
            with self._lock:
                if self._sizes is not None:
                    self._sizes[place.name] = size

    def _refuse_too_much(self, place: Path) -> None:
        """Raises CloneError where all repositories together would be too large."""
        left = self._left(place)
        self._fetched.add(place.name)
        if extent_of(place, max(left, 0))[0] > left:
            mib = self._total / 1024 / 1024
            raise CloneError(f"all clones together are larger than {mib:g} MiB (total_mib of [repositories])")

    def _fetch_locked(self, repository: Repository, place: Path) -> bool:
        file = _branches_file(place, repository)
        wanted, before = self._branches(repository, place), _known(file)
        missing = [
            branch
            for branch, commit in wanted.items()
            if before.get(branch) != commit or not _tree(place, branch, commit).is_dir()
        ]
        for branch in missing:
            wanted[branch] = self._fetch(repository, place, branch)
        if wanted != before:
            atomic_write.replace(file, msgspec.json.encode(wanted))
        else:
            os.utime(file)
        return bool(missing) or wanted != before

    def forget(self, kept: list[Repository]) -> None:
        """Remove what is of no repository and no branch any more, once it was so at the last call too.

        What was read from a tree that is replaced may still be judged.
        """
        with self._lock:
            found = set(self._unused({_branches_file(self._place(it), it) for it in kept}))
            # A file that names trees is sorted before them: none is named that is gone.
            for path in sorted(found & self._old):
                if path.suffix == ".json":
                    path.unlink(missing_ok=True)
                else:
                    deep_trees.remove(path)
                if self._sizes is not None:
                    self._sizes.pop(path.name, None)
            self._old = found

    def _unused(self, kept: AbstractSet[Path]) -> list[Path]:
        """``kept``: files that name branches. A file of other patterns counts while it is of today.

        Another service may have a configuration of its own for the same directory.
        """
        if not self._home.is_dir():
            return []
        unused: list[Path] = []
        own = {it.parent for it in kept}
        for place in (it for it in self._home.iterdir() if it.is_dir()):
            known = set(place.glob("branches-*.json"))
            files = {it for it in known if it in kept or _is_recent(it)}
            if not files and place not in own and not _is_recent(place):
                unused.append(place)
            named = {_tree(place, *row).name for file in files for row in _known(file).items()}
            trees = place / "trees"
            if files and trees.is_dir():
                unused += known - files
                unused += [it for it in trees.iterdir() if it.name not in named]
        return unused

    def _place(self, repository: Repository) -> Path:
        return self._home / sha256(repository.url.encode()).hexdigest()[:24]

    def _branches(self, repository: Repository, place: Path) -> dict[str, str]:
        """Branch → commit, for those that are wanted."""
        words = [
            "ls-remote",
            "--symref",
            "--quiet",
            "--end-of-options",
            repository.url,
            "HEAD",
            "refs/heads/*",
        ]
        output = self._git(repository.url, words, place, {})
        heads = {branch: commit for commit, branch in _HEAD.findall(output)}
        default = _DEFAULT.search(output)
        named = default[1] if default else ""
        projects = repository.named(heads, named)
        found = {it: commit for it, commit in heads.items() if any(it in one.branches for one in projects)}
        if not found:
            raise CloneError("it has no branch of these names" if repository.branches else "it has no branch")
        if any(len(one.branches) > _MOST_BRANCHES for one in projects):
            raise CloneError(f"more than {_MOST_BRANCHES} branches have these names")
        self._unmatched[repository.url] = tuple(sorted({it for one in projects for it in one.unmatched}))
        return found

    def _fetch(self, repository: Repository, place: Path, branch: str) -> str:
        """The commit. Objects that are of no use are removed, and fetched once more."""
        objects = place / "objects"
        again = objects.is_dir()
        try:
            return self._checked_out(repository, place, branch)
        except CloneError:
            deep_trees.remove(objects)
            if not again:
                raise
            return self._checked_out(repository, place, branch)

    def _checked_out(self, repository: Repository, place: Path, branch: str) -> str:
        """The commit, which may be newer than the one that was listed."""
        self._refuse_too_much(place)
        objects, name = place / "objects", f"refs/heads/{branch}"
        git = [f"--git-dir={objects}"]
        if not objects.is_dir():
            made = ["init", "--quiet", "--bare", "--template=", str(objects)]
            self._git(repository.url, made, place, {})
            (objects / "config").write_text(_CONFIG.format(url=repository.url))
        options = ["--quiet", "--depth=1", "--no-tags", "--filter=blob:none", "--no-write-fetch-head"]
        fetch = [*git, "fetch", *options, "--end-of-options", "origin", f"+{name}:{name}"]
        self._git(repository.url, fetch, place, {})
        commit = self._git(repository.url, [*git, "rev-parse", "--verify", f"{name}^{{commit}}"], place, {})
        if not _COMMIT.fullmatch(commit.strip()):
            raise CloneError("git printed no commit")
        self._write(repository, place, branch, commit.strip())
        return commit.strip()

    def _write(self, repository: Repository, place: Path, branch: str, commit: str) -> None:
        """The files of a commit, under a name that shows that they are complete."""
        tree = _tree(place, branch, commit)
        partial, index = tree.with_name(f".{tree.name}"), place / "index"
        deep_trees.remove(partial)
        partial.mkdir(mode=0o700, parents=True)
        try:
            index.unlink(missing_ok=True)
            # Of a git that was ended: while it is there, every other one refuses to write.
            index.with_suffix(".lock").unlink(missing_ok=True)
            words = [f"--git-dir={place / 'objects'}", f"--work-tree={partial}", "read-tree", "--reset", "-u"]
            self._git(repository.url, [*words, commit], place, {"GIT_INDEX_FILE": str(index)})
            self._git.measure(place)
            self._refuse_too_much(place)
            # A tree ends where a repository does: what git ignores above it does not count.
            (partial / ".git").mkdir()
            deep_trees.remove(tree)
            partial.rename(tree)
        finally:
            deep_trees.remove(partial)


def _tree(place: Path, branch: str, commit: str) -> Path:
    return place / "trees" / f"{commit[:20]}-{sha256(branch.encode()).hexdigest()[:12]}"


def _branches_file(place: Path, repository: Repository) -> Path:
    return place / f"branches-{sha256(chr(10).join(repository.branches).encode()).hexdigest()[:12]}.json"


def _is_recent(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime <= _DAY
    except FileNotFoundError:
        # Another service removed it.
        return False


def _known(file: Path) -> dict[str, str]:
    """Branch → commit."""
    try:
        found = msgspec.json.decode(read_file(file, _LARGEST), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}
    return {branch: commit for branch, commit in found.items() if _COMMIT.fullmatch(commit)}
