"""What programs print about the architecture, by platform."""

from __future__ import annotations

import pytest

from testing.scripts import calls, surroundings

PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm64/v8", "linux/arm/v7", "linux/386", "linux/s390x")
ANSWERS = """
uname -m                                    | x86_64 aarch64 aarch64 armv7l i686 s390x
uname --machine                             | x86_64 aarch64 aarch64 armv7l i686 s390x
/bin/uname -m                               | x86_64 aarch64 aarch64 armv7l i686 s390x
arch                                        | x86_64 aarch64 aarch64 armv7l i686 s390x
uname -m \\| sed s/x86_64/amd64/            | amd64 aarch64 aarch64 armv7l i686 s390x
uname                                       | Linux Linux Linux Linux Linux Linux
uname -s \\| tr A-Z a-z                     | linux linux linux linux linux linux
dpkg --print-architecture                   | amd64 arm64 arm64 armhf i386 s390x
dpkg-architecture -q DEB_HOST_ARCH          | amd64 arm64 arm64 armhf i386 s390x
dpkg-architecture -qDEB_BUILD_ARCH          | amd64 arm64 arm64 armhf i386 s390x
apk --print-arch                            | x86_64 aarch64 aarch64 armv7 x86 s390x
rpm --query --queryformat='%{ARCH}' rpm     | x86_64 aarch64 aarch64 armv7hl i686 s390x
rpm -q --qf '%{ARCH}' glibc                 | x86_64 aarch64 aarch64 armv7hl i686 s390x
rpm --eval '%{_arch}'                       | x86_64 aarch64 aarch64 arm i386 s390x
rpm -E %_arch                               | x86_64 aarch64 aarch64 arm i386 s390x
go env GOARCH                               | amd64 arm64 arm64 arm 386 s390x
getconf LONG_BIT                            | 64 64 64 32 32 64
"""
MULTIARCH = {
    "linux/amd64": "x86_64-linux-gnu",
    "linux/arm64": "aarch64-linux-gnu",
    "linux/arm/v7": "arm-linux-gnueabihf",
    "linux/386": "i386-linux-gnu",
}


def said(command: str, platform: str) -> str:
    (words,) = [
        words for words in calls(f'a "$({command})"', surroundings(platform=platform)) if words[0] == "a"
    ]
    return words[1]


def table() -> list[tuple[str, list[str]]]:
    rows = [line.rsplit(" | ", 1) for line in ANSWERS.strip().splitlines()]
    return [(command.replace("\\|", "|").rstrip(), answers.split()) for command, answers in rows]


@pytest.mark.parametrize(("command", "wanted"), table(), ids=[row[0] for row in table()])
def test_a_question_to_the_machine_is_answered_by_the_target(command: str, wanted: list[str]) -> None:
    assert [said(command, platform) for platform in PLATFORMS] == wanted


@pytest.mark.parametrize("platform", MULTIARCH)
def test_debians_names_of_paths_too(platform: str) -> None:
    assert said("dpkg-architecture -q DEB_HOST_MULTIARCH", platform) == MULTIARCH[platform]


@pytest.mark.parametrize(
    "command", ["uname -r", "uname -a", "uname -p", "uname -i", "rpm -qa", "arch x", "dpkg -l"]
)
def test_what_the_platform_does_not_tell_is_not_known(command: str) -> None:
    assert said(command, "linux/amd64") == f"?needs the output of {command}"
