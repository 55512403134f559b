"""Which index a command of apk or dnf takes: what a RUN removes of the kept ones is among its commands."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse


@pytest.mark.parametrize(
    ("script", "programs"),
    [
        ("apk add curl && rm -rf /var/cache/apk/*", ["apk", "rm"]),
        ("apk add curl; rm -fr /var/cache/apk", ["apk", "rm"]),
        ("apk add curl && rm -rf /tmp/* /etc/apk/cache/", ["apk", "rm"]),
        ("apk add curl && rm -rf /tmp/* /var/cache/apt/*", ["apk"]),
        ("apk add curl && rm -rf /var/cache/apkindex", ["apk"]),
        ("dnf install -y a && rm -rf /var/cache/dnf /var/cache/yum", ["dnf", "rm"]),
        ("dnf install -y a && rm -fr /var/cache/*", ["dnf", "rm"]),
        ("dnf install -y a && rm -f /var/cache/dnf/*", ["dnf"]),
        ("dnf install -y a && rm -rf /var/cache/ldconfig", ["dnf"]),
        ("yum clean all && yum install -y a", ["yum", "yum"]),
    ],
)
def test_a_removal_of_cached_indexes_is_a_command(script: str, programs: list[str]) -> None:
    found = analyse(f"FROM alpine\nRUN {script}\n", BuildRequest(("linux/amd64",)))
    (chain,) = found.package_chains
    assert [command.program for command in chain.runs[0].commands] == programs


@pytest.mark.parametrize("removal", ["rm -rf /var/cache/apk/*", "rm -rf /var/cache/*", "dnf clean all"])
def test_a_removal_alone_is_no_command_of_packages(removal: str) -> None:
    found = analyse(f"FROM debian\nRUN {removal}\n", BuildRequest(("linux/amd64",)))
    assert found.package_chains == ()
    assert found.discovery.not_watched == ()
    assert {place.instruction for item in found.discovery.inputs for place in item.places} == {"FROM"}
