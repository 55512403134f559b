"""The format of the lock file: what is written is read again, and the same values are the same bytes."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freshlayer.lock import lock_text, parse_lock
from freshlayer.lock.blocks import _as_toml, _by_line
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import (
    Lock,
    LockedDockerfile,
    LockedInput,
    LockedPackage,
    LockedPackages,
    LockedUnwatched,
    LockUser,
    NotRead,
)

RUN = LockUser("app/Dockerfile", "build", "RUN")
FROM = LockUser("app/Dockerfile", "build", "FROM")
HEX = "0123456789abcdef" * 4


def an_input(reference: str = "https://example.org/a", tag: str = "v1", *users: LockUser) -> LockedInput:
    return LockedInput(
        reference=reference,
        identity=Identity("etag", tag, Strength.STRONG),
        used_by=users or (RUN,),
        sha256=HEX,
        size=3,
    )


WHOLE = Lock(
    dockerfiles=(
        LockedDockerfile(
            path="app/Dockerfile",
            context="app",
            platforms=("linux/amd64", "linux/arm64"),
            build_args={"VERSION": "2", "A": "x=y"},
            pin_packages=True,
        ),
    ),
    inputs=(
        LockedInput(
            reference="docker-image://docker.io/library/debian:bookworm",
            platform="linux/amd64",
            identity=Identity("manifest", HEX, Strength.CONTENT),
            index=f"sha256:{HEX}",
            used_by=(FROM,),
        ),
        LockedInput(
            reference="docker-image://docker.io/library/debian:bookworm",
            platform="linux/arm64",
            identity=Identity("manifest", HEX[::-1], Strength.CONTENT),
            index=f"sha256:{HEX}",
            used_by=(FROM,),
            frozen=True,
        ),
        an_input("https://example.org/a", 'say "v1" \\ ü', RUN, LockUser("b/my Dockerfile", "0", "ADD")),
        LockedInput(
            reference="https://example.org/nightly",
            identity=None,
            reason="http-unauthorized",
            used_by=(LockUser("app/Dockerfile", "#", "syntax"),),
            learned_by=(RUN,),
        ),
    ),
    packages=(
        LockedPackages(
            used_by=RUN,
            manager="apt",
            platform="linux/amd64",
            commands=("apt-get update", "apt-get install curl"),
            source="pkg:deb/debian?arch=amd64&distro=bookworm",
            packages=(
                LockedPackage("curl", "7.88.1-10+deb12u5", f"sha256:{HEX}"),
                LockedPackage("x", "1", ""),
            ),
        ),
        LockedPackages(
            used_by=RUN,
            manager="pypi",
            platform="linux/amd64",
            commands=("pip install x",),
            reason="deadline",
        ),
    ),
    unwatched=(
        LockedUnwatched(used_by=RUN, reason="not-followed", text="luarocks install x", accepted=True),
    ),
    not_read=(NotRead(used_by=RUN, reference="https://example.org/alpine"),),
)


def test_what_is_written_is_read_again() -> None:
    assert parse_lock(lock_text(WHOLE)) == WHOLE


def test_the_text_is_toml_that_says_the_same() -> None:
    text = lock_text(WHOLE)
    by_line = _by_line(text)
    assert by_line is not None
    assert by_line == _as_toml(text)
    assert tomllib.loads(text)["input"][2]["used-by"] == ["app/Dockerfile build RUN", "b/my Dockerfile 0 ADD"]


def test_one_input_reads_as_one_block() -> None:
    text = lock_text(Lock(inputs=(an_input(),)))
    assert text.partition("version = 1\n")[2] == (
        "\n"
        "[[input]]\n"
        'reference = "https://example.org/a"\n'
        'identity = "etag:v1"\n'
        'strength = "strong"\n'
        f'sha256 = "{HEX}"\n'
        "size = 3\n"
        'used-by = ["app/Dockerfile build RUN"]\n'
    )


def test_the_order_of_the_values_does_not_matter() -> None:
    shuffled = replace(
        WHOLE,
        inputs=WHOLE.inputs[::-1],
        packages=WHOLE.packages[::-1],
        unwatched=WHOLE.unwatched[::-1],
    )
    assert lock_text(shuffled) == lock_text(WHOLE)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXTS, TEXTS)
def test_every_text_is_read_as_toml_reads_it(tag: str, path: str) -> None:
    user = LockUser(f"a{path.strip()}/Dockerfile", "0", "RUN")
    text = lock_text(Lock(inputs=(an_input("https://example.org/a", tag, user),)))
    assert _by_line(text) == _as_toml(text)
    (found,) = tomllib.loads(text)["input"]
    assert found["used-by"][0].isprintable()
    if tag.isprintable():
        assert found["identity"] == f"etag:{tag}"


@given(st.lists(st.sampled_from(list(range(12))), max_size=40))
def test_what_is_not_read_by_line_is_left_to_toml(choice: list[int]) -> None:
    """Whatever lines are put together: read by line, a text means what TOML says, or it is not read so."""
    pieces = [
        *('a = "b"', "a = 1", "a = 01", "a = true", "[[input]]", "[input]", 'b = ["x", "y"]', "b = ["),
        *('  "x",', "]", 'c = "\\u0041"', "# comment"),
    ]
    text = "\n".join(pieces[it] for it in choice) + "\n"
    by_line = _by_line(text)
    if by_line is None:
        return
    known: dict[str, object] = dict(by_line[0].values)
    for block in by_line[1:]:
        listed = known.setdefault(block.table, [])
        assert isinstance(listed, list)
        listed.append(block.values)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        document = {}
        assert not known
    assert document == known


def test_line_ends_of_windows_and_a_byte_order_mark_do_not_matter() -> None:
    assert parse_lock(lock_text(WHOLE).replace("\n", "\r\n")) == WHOLE


def git(place: Path, *words: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *who, *words], cwd=place, check=True, capture_output=True)


def commit(place: Path, lock: Lock) -> None:
    (place / "freshlayer.lock").write_text(lock_text(lock))
    git(place, "add", "freshlayer.lock")
    git(place, "commit", "-m", "lock")


def test_two_branches_that_change_neighbouring_inputs_merge(tmp_path: Path) -> None:
    references = [f"https://example.org/{letter}" for letter in "abcd"]
    before = [an_input(it) for it in references]
    git(tmp_path, "init")
    commit(tmp_path, Lock(inputs=tuple(before)))
    git(tmp_path, "switch", "-c", "other")
    commit(tmp_path, Lock(inputs=(before[0], an_input(references[1], "v2"), *before[2:])))
    git(tmp_path, "switch", "main")
    commit(tmp_path, Lock(inputs=(*before[:2], an_input(references[2], "v3"), before[3])))
    git(tmp_path, "merge", "--no-edit", "other")
    merged = parse_lock((tmp_path / "freshlayer.lock").read_text())
    assert [str(it.identity) for it in merged.inputs] == ["etag:v1", "etag:v2", "etag:v3", "etag:v1"]


@pytest.mark.parametrize("number", [0, 1, 3, 4])
def test_two_branches_that_change_packages_of_one_closure_merge(tmp_path: Path, number: int) -> None:
    """A closure is a table: what is apart in it is merged by line."""

    def with_version(changed: int, version: str, lock: Lock) -> Lock:
        (block,) = lock.packages
        packages = [
            replace(it, version=version) if place == changed else it
            for place, it in enumerate(block.packages)
        ]
        return Lock(packages=(replace(block, packages=tuple(packages)),))

    listed = tuple(LockedPackage(f"lib{it}", "1", f"sha256:{HEX}") for it in range(9))
    before = Lock(packages=(replace(WHOLE.packages[0], packages=listed),))
    git(tmp_path, "init")
    commit(tmp_path, before)
    git(tmp_path, "switch", "-c", "other")
    commit(tmp_path, with_version(number, "2", before))
    git(tmp_path, "switch", "main")
    commit(tmp_path, with_version(6, "3", before))
    git(tmp_path, "merge", "--no-edit", "other")
    (block,) = parse_lock((tmp_path / "freshlayer.lock").read_text()).packages
    versions = {it.name: it.version for it in block.packages}
    assert versions == {f"lib{it}": "1" for it in range(9)} | {f"lib{number}": "2", "lib6": "3"}
