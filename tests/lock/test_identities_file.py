"""``--identities FILE``: the lock file that a build writes and falls back on."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from freshlayer.decisions.locking import merged
from freshlayer.lock import change_lock, read_lock
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedDockerfile, LockedInput, LockedPackage, LockedPackages, LockUser

V1 = Identity("etag", "v1", Strength.STRONG)
V2 = Identity("etag", "v2", Strength.STRONG)


def part(name: str, *inputs: tuple[str, Identity | None], packages: str = "") -> Lock:
    """What a Dockerfile reads. ``packages``: the version of the one that it installs."""
    user = LockUser(name, "0", "RUN")
    block = LockedPackages(
        used_by=user,
        manager="apt",
        platform="linux/amd64",
        commands=("apt-get install curl",),
        source="pkg:deb/debian",
        packages=(LockedPackage("curl", packages, "sha256:aa"),),
    )
    return Lock(
        dockerfiles=(LockedDockerfile(path=name),),
        inputs=tuple(
            LockedInput(reference=f"https://example.org/{it}", identity=identity, used_by=(user,))
            for it, identity in inputs
        ),
        packages=(block,) if packages else (),
    )


def write(path: Path, *parts: Lock, gone: str = "", keep: bool = False) -> Lock:
    return change_lock(path, lambda before: merged(before, parts, lambda name: name == gone, keep=keep))


def known(lock: Lock) -> dict[str, tuple[str, list[str]]]:
    """The end of each reference → its identity, and the Dockerfiles that read it."""
    return {
        it.reference.rpartition("/")[2]: (str(it.identity), sorted(user.dockerfile for user in it.users))
        for it in lock.inputs
    }


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("Dockerfile", ("a", V1)))
    before = os.stat(path)
    write(path, part("Dockerfile", ("a", V1)))
    assert (os.stat(path).st_ino, os.stat(path).st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_several_dockerfiles_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("a/Dockerfile", ("a", V1), ("both", V1)))
    write(path, part("b/Dockerfile", ("both", V2)))
    write(path, part("a/Dockerfile", ("both", V2)))
    assert known(read_lock(path)) == {"both": ("etag:v2", ["a/Dockerfile", "b/Dockerfile"])}


def test_what_is_kept_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("Dockerfile", ("a", V1), ("b", V1), packages="1"))
    write(path, part("Dockerfile", ("a", V2), ("c", V2), packages="2"), keep=True)
    found = read_lock(path)
    assert known(found) == {"a": ("etag:v1", ["Dockerfile"]), "c": ("etag:v2", ["Dockerfile"])}
    assert [it.version for block in found.packages for it in block.packages] == ["1"]


def test_what_is_frozen_stays_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("Dockerfile", ("a", V1), ("b", V1)))
    path.write_text(path.read_text().replace('"etag:v1"\n', '"etag:v1"\nfrozen = true\n', 1))
    assert known(write(path, part("Dockerfile", ("a", V2), ("b", V2)))) == {
        "a": ("etag:v1", ["Dockerfile"]),
        "b": ("etag:v2", ["Dockerfile"]),
    }


def test_what_could_not_be_observed_keeps_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("Dockerfile", ("a", V1)))
    assert known(write(path, part("Dockerfile", ("a", None)))) == {"a": ("etag:v1", ["Dockerfile"])}


def test_a_dockerfile_that_is_gone_is_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("a", ("a", V1), ("both", V1), packages="1"))
    found = write(path, part("b", ("both", V1)), gone="a")
    assert known(found) == {"both": ("etag:v1", ["b"])}
    assert (found.packages, [it.path for it in found.dockerfiles]) == ((), ["b"])


def test_packages_of_other_dockerfiles_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "i"
    write(path, part("a", packages="1"))
    write(path, part("b", packages="1"))
    found = write(path, part("a", packages="2"))
    assert {it.used_by.dockerfile: it.packages[0].version for it in found.packages} == {"a": "2", "b": "1"}


def _write_a_hundred(path: Path, worker: int) -> None:
    for number in range(100):
        write(path, part(f"{worker}/{number}/Dockerfile", (f"{worker}-{number}", V1)))


def test_two_processes_lose_no_entry(tmp_path: Path) -> None:
    """Without a lock 121 of 200 were left."""
    path = tmp_path / "i"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_a_hundred, args=(path, worker)) for worker in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(read_lock(path).inputs) == 200
    assert [file.name for file in tmp_path.iterdir()] == ["i"]


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    """As for the state: a cache of a CI that is empty has no directory either."""
    path = tmp_path / "new" / "er" / "i"
    write(path, part("Dockerfile", ("a", V1)))
    assert list(known(read_lock(path))) == ["a"]


@pytest.mark.parametrize("keep", [False, True])
def test_targets_of_one_dockerfile_are_one(tmp_path: Path, *, keep: bool) -> None:
    path = tmp_path / "i"
    parts = [part("Dockerfile", ("a", V1), packages="1"), part("Dockerfile", ("b", V1), packages="1")]
    for _ in range(2):
        found = write(path, *parts, keep=keep)
        assert found == read_lock(path)
        assert (list(known(found)), len(found.packages), len(found.dockerfiles)) == (["a", "b"], 1, 1)
