"""Which index a command of apk takes: what a RUN removes of the cached ones is among its commands."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest, analyse


@pytest.mark.parametrize(
    ("script", "programs"),
    [
        ("apk add curl && rm -rf /var/cache/apk/*", ["apk", "rm"]),
        ("apk add curl; rm -fr /var/cache/apk", ["apk", "rm"]),
        ("apk add curl && rm -rf /tmp/* /etc/apk/cache/", ["apk", "rm"]),
        ("apk add curl && rm -rf /tmp/* /var/cache/apt/*", ["apk"]),
        ("apk add curl && rm -rf /var/cache/apkindex", ["apk"]),
    ],
)
def test_a_removal_of_cached_indexes_is_a_command(script: str, programs: list[str]) -> None:
    found = analyse(f"FROM alpine\nRUN {script}\n", BuildRequest(("linux/amd64",)))
    (chain,) = found.package_chains
    assert [command.program for command in chain.runs[0].commands] == programs


def test_a_removal_alone_is_no_command_of_packages() -> None:
    found = analyse("FROM debian\nRUN rm -rf /var/cache/apk/*\n", BuildRequest(("linux/amd64",)))
    assert found.package_chains == ()
    assert found.discovery.not_watched == ()
    assert {place.instruction for item in found.discovery.inputs for place in item.places} == {"FROM"}
