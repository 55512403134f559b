"""What rattler, a solver of conda's packages, would install from local channels is what we choose."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import Resolution
from freshlayer.packages.conda.versions import compared, fits, requirement_of, version_of
from testing.conda_channel import CondaBuild, CondaChannel
from testing.named_packages import resolved

_WITHOUT = "py-rattler is not installed, and scripts/setup can't install it here"
rattler = pytest.importorskip("rattler", reason=_WITHOUT)
errors = pytest.importorskip("rattler.exceptions", reason=_WITHOUT)
build_string = pytest.importorskip("rattler.package.build_string", reason=_WITHOUT).BuildString

_SYSTEM = {
    "__glibc": ("2.36", "0"),
    "__linux": ("6.1", "0"),
    "__unix": ("0", "0"),
    "__archspec": ("1", "x86_64"),
}


def pythons(*versions: str) -> list[CondaBuild]:
    return [
        CondaBuild("python", version, f"h{number}_{number}_cpython", number, ("libz >=1.2", "__glibc >=2.17"))
        for version in versions
        for number in (0, 1)
    ]


def for_pythons(
    name: str, version: str, *minors: int, number: int = 0, needs: Sequence[str] = ()
) -> list[CondaBuild]:
    """A build for each version of Python."""
    return [
        CondaBuild(
            name, version, f"py3{minor}h_{number}", number, (*needs, f"python >=3.{minor},<3.{minor + 1}.0a0")
        )
        for minor in minors
    ]


MAIN = [
    *pythons("3.9.18", "3.10.14", "3.11.9", "3.12.4"),
    *(CondaBuild("libz", version) for version in ("1.2.11", "1.3.1")),
    *for_pythons("numpy", "1.26.4", 9, 10, 11, 12, needs=["blas *"]),
    *for_pythons("numpy", "2.0.1", 10, 11, 12, needs=["blas *"]),
    *for_pythons("numpy", "2.1.0rc1", 11, 12, needs=["blas *"]),
    *for_pythons("pandas", "2.2.0", 9, 10, 11, needs=["numpy >=1.22,<3"]),
    *for_pythons("pandas", "2.2.2", 9, 10, 11, number=1, needs=["numpy >=1.26,<2"]),
    *for_pythons("old", "0.9", 9, needs=["numpy <2"]),
    CondaBuild("flask", "3.0.0", "pyhd_0", 0, ("python >=3.8", "click >=8"), subdir="noarch"),
    CondaBuild("flask", "2.3.3", "pyhd_1", 1, ("python >=3.8", "click >=7"), subdir="noarch", form="tar.bz2"),
    CondaBuild("click", "8.1.7", "pyh_0", 0, ("python >=3.8", "__unix"), subdir="noarch"),
    CondaBuild("click", "8.1.7", "win_pyh_0", 0, ("python >=3.8", "__win"), subdir="noarch", time=10**12),
    CondaBuild("blas", "2.21", "openblas", 21),
    CondaBuild("blas", "2.21", "mkl", 21, ("mkl >=2024",), features="blas_mkl"),
    CondaBuild("mkl", "2024.1", constrains=("blas * mkl",)),
    CondaBuild("cuda-lib", "12.4", "cuda_1", 1, ("__cuda >=12",)),
    CondaBuild("cuda-lib", "12.4", "cpu_0", 0),
    CondaBuild("new-glibc", "2.0", depends=("__glibc >=2.99",)),
    CondaBuild("new-glibc", "1.0", depends=("__glibc >=2.17",)),
    CondaBuild("openssl", "1.1.1w"),
    CondaBuild("openssl", "1.1.1"),
    CondaBuild("openssl", "3.3.1"),
    CondaBuild("epoch", "1!0.5"),
    CondaBuild("epoch", "7.0"),
    CondaBuild("post", "1.0"),
    CondaBuild("post", "1.0.post1"),
    CondaBuild("post", "1.1.dev1"),
    CondaBuild("twice", "1.0", "a_0", time=1_600_000_000_000),
    CondaBuild("twice", "1.0", "b_0", time=1_700_000_000_000),
    CondaBuild("bounded", "1.0", constrains=("numpy <2",)),
    CondaBuild("newer-build", "1.0", "h_5", 5),
    CondaBuild("newer-build", "1.0", "h_6", 6),
]

OTHER = [
    CondaBuild("libz", "1.4"),
    CondaBuild("flask", "3.1.0", "pyhd_0", 0, ("python >=3.8", "click >=8"), subdir="noarch"),
    CondaBuild("mine", "0.1", depends=("numpy",)),
    CondaBuild("openssl", "9.9"),
]

CASES = (
    "numpy",
    "numpy=1",
    "numpy==2.0.1",
    "numpy=1.26.4=py310h_0",
    "numpy>=1.20,<2",
    "numpy<2|>=2.1.0rc1",
    "numpy!=2.1.0rc1",
    "python=3.10 numpy",
    "numpy python=3.10",
    "pandas",
    "pandas numpy",
    "pandas=2.2.0 numpy",
    "old",
    "old pandas",
    "flask",
    "flask=2",
    "python>=3.9,<3.11 flask",
    "blas",
    "blas=*=mkl",
    "openssl",
    "openssl=1.1.1",
    "openssl=1.1.1*",
    "epoch",
    "post",
    "post<1.1",
    "twice",
    "twice=1.0=a*",
    "bounded numpy",
    "newer-build",
    "cuda-lib",
    "new-glibc=1",
    "python=3.12 pandas=2.2.0",
    "mine",
    "mine numpy=1.26",
)
"""Requirement sets; words are separated by blanks."""


PRIORITIES = ("strict", "flexible", "disabled")


@pytest.fixture(scope="module")
def channel() -> Iterator[CondaChannel]:
    with CondaChannel() as found:
        yield found


def by_rattler(
    urls: Sequence[str], words: Sequence[str], priority: str, cache: Path
) -> Mapping[str, str] | None:
    """Package → version and build; None where nothing fits."""
    system = [
        rattler.GenericVirtualPackage(
            rattler.PackageName(name), rattler.Version(version), build_string(build)
        )
        for name, (version, build) in _SYSTEM.items()
    ]

    async def solution() -> Any:
        return await rattler.solve(
            [rattler.Channel(url) for url in urls],
            [rattler.MatchSpec(word, strict=False) for word in words],
            gateway=rattler.Gateway(cache_dir=str(cache)),
            platforms=["linux-64", "noarch"],
            virtual_packages=system,
            channel_priority=getattr(rattler.ChannelPriority, priority.title()),
        )

    try:
        return {it.name.normalized: f"{it.version}={it.build}" for it in asyncio.run(solution())}
    except errors.SolverError:
        return None


def by_us(urls: Sequence[str], words: Sequence[str], priority: str) -> Resolution:
    options = [*(("channel", url) for url in urls), ("override-channels", ""), ("channel-priority", priority)]
    return resolved("conda", words, options, policy=PackagePolicy.CLOSURE)


@pytest.mark.parametrize(
    ("case", "priority"),
    [
        *((case, PRIORITIES[place % 3]) for place, case in enumerate(CASES)),
        *((case, priority) for case in ("flask", "openssl", "mine numpy=1.26") for priority in PRIORITIES),
    ],
)
def test_the_builds_are_those_that_the_solver_takes(
    case: str, priority: str, channel: CondaChannel, tmp_path: Path
) -> None:
    sharded = priority == "strict"
    urls = [
        channel.publish("main", MAIN, sharded=sharded),
        channel.publish("other", OTHER, sharded=not sharded),
    ]
    words = case.split()
    theirs, ours = by_rattler(urls, words, priority, tmp_path), by_us(urls, words, priority)
    if theirs is None:
        assert ours.problem is not None
        assert ours.problem.code == "package-not-found"
        return
    assert ours.problem is None
    assert {it.name: it.version for it in ours.packages} == theirs
    digests = {f"{it.name} {it.version}={it.build}": it.sha256.hex() for it in (*OTHER, *MAIN)}
    assert {it.name for it in ours.packages if it.named} >= {
        word.partition("=")[0] for word in words if "<" not in word and ">" not in word and "!" not in word
    }
    for it in ours.packages:
        assert it.digest == f"sha256:{digests[f'{it.name} {it.version}']}"


def random_builds(seed: random.Random) -> list[CondaBuild]:
    names = [f"p{number}" for number in range(8)]
    found = [*pythons("3.9.18", "3.10.14", "3.11.9", "3.12.4"), CondaBuild("libz", "1.3.1")]
    for name in names:
        for _ in range(seed.randint(1, 4)):
            version, number = (
                seed.choice("1.0 1.1 1.10 2.0 2.0rc1 0.9 2.1.post1".split()),
                seed.choice((0, 0, 1)),
            )
            others = [it for it in seed.sample(names, seed.choice((0, 0, 1, 2))) if it > name]
            bounds = ("", " >=1.0", " <2.0", " >=1.1,<3", " 1.*", " 2.0.*", " !=1.1")
            needs = [it + seed.choice(bounds) for it in others]
            if seed.random() < 0.6:
                minors = seed.sample((9, 10, 11, 12), seed.randint(1, 4))
                found += for_pythons(name, version, *minors, number=number, needs=needs)
                continue
            bound = (f"{seed.choice(names)} <2",) if seed.random() < 0.2 else ()
            features = "x" if seed.random() < 0.1 else ""
            needs.append("python >=3.10")
            build = f"pyhd_{number}"
            found.append(
                CondaBuild(name, version, build, number, tuple(needs), bound, features, subdir="noarch")
            )
    times = seed.sample(range(1_600_000_000_000, 1_700_000_000_000), len(found))
    dated = [replace(it, time=time) for it, time in zip(found, times, strict=True)]
    return list({(it.file, it.subdir): it for it in dated}.values())


@pytest.mark.parametrize("number", range(20))
def test_worlds_of_random_packages(number: int, channel: CondaChannel, tmp_path: Path) -> None:
    seed = random.Random(number)
    urls = [channel.publish("world", random_builds(seed), sharded=number % 2 == 0)]
    for _ in range(3):
        names = seed.sample([*(f"p{it}" for it in range(8)), "python"], seed.randint(1, 3))
        bounds = ("", "=3.10", "<3.12")
        words = [
            it + seed.choice(bounds if it == "python" else ("", "", ">=1.0", "=1.1", "<2", "=1", "!=2.0"))
            for it in names
        ]
        theirs, ours = by_rattler(urls, words, "strict", tmp_path), by_us(urls, words, "strict")
        own = {it.name: it.version for it in ours.packages if it.named}
        assert (theirs is None) is (ours.problem is not None), words
        assert own == {name: (theirs or {}).get(name) for name in names if theirs}, words


_PARTS = st.lists(
    st.sampled_from(["1", "0", "10", "2", "a", "rc1", "post1", "dev", "1a", "0b2", "11"]),
    min_size=1,
    max_size=4,
)
_VERSIONS = st.builds(lambda parts, mark: mark.join(parts), _PARTS, st.sampled_from([".", "_", "."]))


@given(_VERSIONS, _VERSIONS)
def test_versions_are_in_the_order_of_conda(one: str, two: str) -> None:
    try:
        left, right = rattler.Version(one), rattler.Version(two)
    except errors.InvalidVersionError:
        return
    ours, others = version_of(one), version_of(two)
    assert ours is not None
    assert others is not None
    assert compared(ours, others) == (left > right) - (left < right)


@given(_VERSIONS, st.sampled_from(["==", "!=", ">=", "<=", "<", ">"]), _VERSIONS)
def test_a_version_fits_what_conda_lets_it_fit(version: str, operator: str, stated: str) -> None:
    try:
        theirs = rattler.VersionSpec(f"{operator}{stated}").matches(rattler.Version(version))
    except (errors.InvalidVersionError, errors.InvalidVersionSpecError):
        return
    own, requirement = version_of(version), requirement_of(f"{operator}{stated}")
    assert own is not None
    assert requirement is not None
    assert fits(own, requirement) is theirs
