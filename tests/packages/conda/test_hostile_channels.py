"""Channels whose texts are made to take time, to end in an error, or to be shown with a secret."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

import pytest

from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.packages.conda.builds import Builds, TooManyComparisonsError
from freshlayer.packages.conda.channels import Channels, Configuration, Priority, channels_of
from freshlayer.packages.conda.domains import domains_of
from freshlayer.packages.conda.records import Record
from freshlayer.packages.conda.specs import spec_of
from testing.conda_channel import CondaBuild, CondaChannel
from testing.named_packages import resolved


@pytest.fixture(scope="module")
def channel() -> Iterator[CondaChannel]:
    with CondaChannel() as found:
        yield found


@pytest.mark.parametrize(
    ("pattern", "build", "fits"),
    [
        *(("py*", "py_0", True), ("*_0", "py_0", True), ("p*_*0", "py_0", True), ("*y*", "py_0", True)),
        *(("py*y_0", "py_0", False), ("py_0", "py_0", True), ("py", "py_0", False), ("a*", "py_0", False)),
        *(("p*p", "p", False), ("*_*_*", "py_0", False), ("**_0", "py_0", True)),
    ],
)
def test_a_pattern_of_a_build(pattern: str, build: str, fits: bool) -> None:  # noqa: FBT001 - a case
    spec = spec_of(f"x * {pattern}")
    assert spec is not None
    assert spec.takes(Record("x", "1", build)) is fits


def test_a_pattern_takes_no_time() -> None:
    spec = spec_of("x * " + "*a" * 60 + "*b")
    assert spec is not None
    started = process_time()
    assert not spec.takes(Record("x", "1", "a" * 200))
    assert process_time() - started < 0.5


@pytest.mark.parametrize("inside", ["a" * 990, "a=" * 490 + '"', " " * 990, "a " * 490, "a='" * 320])
def test_attributes_take_no_time(inside: str) -> None:
    started = process_time()
    for number in range(200):
        spec_of(f"x{number}[{inside}]")
    assert process_time() - started < 1


@pytest.mark.parametrize("address", ["http://[x", "http://[::1", "//[x/"])
def test_an_index_of_shards_without_an_address_is_unreadable(channel: CondaChannel, address: str) -> None:
    url = channel.publish("odd", [CondaBuild("lib", "1.0")], base=address)
    found = resolved("conda", ["lib"], [("channel", url), ("override-channels", "")])
    assert found.problem is not None
    assert found.problem.code == "index-unreadable"


@pytest.mark.parametrize("text", ["channels:\n  - ftp://u:secretpw@h/t/tk-token-1/c\n"])
def test_a_reason_has_no_secret_of_a_channel(text: str) -> None:
    configuration = Configuration()
    configuration.read(text)
    command = PackageCommand("conda", "conda", PackageAction.INSTALL, ("xz",))
    found = channels_of(command, configuration, "base")
    assert isinstance(found, Reason)
    assert "ftp://h/c" in found.what
    assert not [it for it in ("secretpw", "tk-token-1") if it in found.what]


def test_builds_with_bounds_of_their_own_end_at_a_limit() -> None:
    needs: dict[str, tuple[str, ...]] = {f"1.{number}": (f"b >=1.{number}",) for number in range(100)}

    def offered(name: str) -> list[tuple[int, Record]]:
        return [
            (0, Record(name, version, "0", depends=depends if name == "a" else ()))
            for version, depends in needs.items()
        ]

    wanted = [spec for spec in (spec_of("a"),) if spec]
    channels = Channels(("http://127.0.0.1/c",), Priority.STRICT)
    assert domains_of(Builds(offered, channels, {}), wanted).keys() == {"a", "b"}
    with pytest.raises(TooManyComparisonsError):
        domains_of(Builds(offered, channels, {}, most=10_000), wanted)
