"""A lock file with an input of every kind, for the tests of what is made of one."""

from __future__ import annotations

from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import (
    Lock,
    LockedInput,
    LockedPackage,
    LockedPackages,
    LockedUnwatched,
    LockUser,
)

FROM = LockUser("Dockerfile", "0", "FROM")
ADD = LockUser("Dockerfile", "0", "ADD")
RUN = LockUser("Dockerfile", "0", "RUN")

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
COMMIT = "d" * 40


def an_input(reference: str, identity: str, strength: Strength, user: LockUser = RUN) -> LockedInput:
    return LockedInput(reference=reference, identity=Identity.parse(identity, strength), used_by=(user,))


IMAGE = LockedInput(
    reference="docker-image://docker.io/library/debian:bookworm",
    platform="linux/amd64",
    identity=Identity("manifest", A, Strength.CONTENT),
    index=f"sha256:{B}",
    used_by=(FROM,),
)
ADDED = LockedInput(
    reference="https://example.org/tool/latest.tar.gz",
    served_by="https://cdn.example.org/v1/tool.tar.gz",
    identity=Identity("etag", "33a64df5", Strength.STRONG),
    sha256=C,
    size=9,
    used_by=(ADD, RUN),
)
TAGGED = an_input("https://example.org/by-tag", "etag:x", Strength.STRONG)
DATED = an_input("https://example.org/by-date", "last-modified:1700000000", Strength.HEURISTIC, ADD)
BRANCH = an_input(
    "git+https://example.org/lib.git#refs/heads/main", f"commit:{COMMIT}", Strength.CONTENT, ADD
)
UNSEEN = LockedInput(
    reference="https://example.org/nightly", identity=None, reason="http-unauthorized", used_by=(RUN,)
)
APT = LockedPackages(
    used_by=RUN,
    manager="apt",
    platform="linux/amd64",
    commands=("apt-get install curl",),
    source="pkg:deb/debian?arch=amd64&distro=bookworm",
    packages=(
        LockedPackage("curl", "7.88.1-10+deb12u5", f"sha256:{C}"),
        LockedPackage("libgcc-s1", "1:12.2.0-14", f"sha256:{A}"),
        LockedPackage("pkg:deb/debian/tzdata?arch=all", "2024a", ""),
    ),
)
NPM = LockedPackages(
    used_by=RUN,
    manager="npm",
    platform="linux/amd64",
    commands=("npm install @scope/a",),
    source="pkg:npm/%40scope",
    packages=(LockedPackage("a", "1.2.3", f"sha512:{'e' * 128}"),),
)

WHOLE = Lock(
    inputs=(IMAGE, ADDED, TAGGED, DATED, BRANCH, UNSEEN),
    packages=(APT, NPM),
    unwatched=(LockedUnwatched(used_by=RUN, reason="not-followed", text="luarocks install x"),),
)
