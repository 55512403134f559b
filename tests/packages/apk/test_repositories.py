"""Files and options that name repositories → index files."""

from __future__ import annotations

import pytest

from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.packages.apk.repositories import architecture, repositories

BOTH = "https://mirror.example/v3.20/main\nhttps://mirror.example/v3.20/community\n"


def command(files: dict[str, str], *options: tuple[str, str]) -> PackageCommand:
    return PackageCommand("apk", "apk", PackageAction.INSTALL, options=options, files=files)


def found(files: dict[str, str], *options: tuple[str, str]) -> list[str]:
    answer = repositories(command(files, *options), "x86_64")
    assert not isinstance(answer, Reason), answer
    return [f"{one.tag} {one.file.urls[0]}".strip() for one in answer]


def of_lines(text: str) -> list[str]:
    return found({"/etc/apk/repositories": text})


def test_a_repository_has_an_index_for_the_architecture() -> None:
    assert of_lines(BOTH) == [
        "https://mirror.example/v3.20/main/x86_64/APKINDEX.tar.gz",
        "https://mirror.example/v3.20/community/x86_64/APKINDEX.tar.gz",
    ]


def test_comments_and_empty_lines_are_passed_over() -> None:
    assert of_lines("# https://a.example\n\n   \nhttps://b.example/main/\n") == [
        "https://b.example/main/x86_64/APKINDEX.tar.gz"
    ]


def test_a_tag_is_kept() -> None:
    assert of_lines("@edge https://b.example/edge\n") == [
        "edge https://b.example/edge/x86_64/APKINDEX.tar.gz"
    ]


def test_the_same_line_twice_is_one() -> None:
    assert len(of_lines(BOTH + BOTH)) == 2


def test_the_command_line_comes_first_and_a_file_of_its_own_replaces_the_others() -> None:
    files = {"/etc/apk/repositories": BOTH, "/tmp/mine": "https://mine.example/r\n"}
    assert (
        found(files, ("repository", "http://x.example/r"))[0] == "http://x.example/r/x86_64/APKINDEX.tar.gz"
    )
    assert found(files, ("repositories-file", "/tmp/mine")) == [
        "https://mine.example/r/x86_64/APKINDEX.tar.gz"
    ]


def test_files_of_the_directory_are_read_in_order_and_once_by_name() -> None:
    files = {
        "/etc/apk/repositories.d/b.list": "https://b.example/r",
        "/etc/apk/repositories.d/a.list": "https://a.example/r",
        "/etc/apk/repositories.d/a.txt": "https://no.example/r",
        "/lib/apk/repositories.d/b.list": "https://hidden.example/r",
        "/lib/apk/repositories.d/c.list": "https://c.example/r",
    }
    assert [url.split("/")[2][0] for url in found(files)] == ["a", "b", "c"]


def test_variables_and_components_of_apk_3() -> None:
    text = """
set mirror=https://m.example/alpine
set -default mirror=https://other.example
set -default release=v3.23
set APK_ARCH=wrong
set parts=main community
v2 @x ${mirror}/${release} ${parts}
https://${unset}/main
ndx https://m.example/${APK_ARCH}.tar.gz
unknown https://m.example/x
"""
    assert of_lines(text) == [
        "x https://m.example/alpine/v3.23/main/x86_64/APKINDEX.tar.gz",
        "x https://m.example/alpine/v3.23/community/x86_64/APKINDEX.tar.gz",
        "https://m.example/x86_64.tar.gz",
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("v3 https://m.example/main", "apk 3"),
        ("https://m.example/Packages.adb", "apk 3"),
        ("/var/local/repo", "directory of the image"),
        ("file:///repo", "directory of the image"),
        ("\n".join(f"https://m.example/{number}" for number in range(40)), "more than"),
    ],
)
def test_what_can_not_be_read_has_a_reason(line: str, why: str) -> None:
    answer = repositories(command({"/etc/apk/repositories": line}), "x86_64")
    assert isinstance(answer, Reason)
    assert why in answer.text


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("linux/amd64", "x86_64"),
        ("linux/arm64", "aarch64"),
        ("linux/arm64/v8", "aarch64"),
        ("linux/arm/v7", "armv7"),
        ("linux/arm/v6", "armhf"),
        ("linux/386", "x86"),
        ("linux/ppc64le", "ppc64le"),
        ("linux/s390x", "s390x"),
        ("linux/riscv64", "riscv64"),
    ],
)
def test_platforms_have_other_names_in_apk(platform: str, name: str) -> None:
    assert architecture(command({}), platform) == name


def test_the_image_and_the_command_state_their_architecture() -> None:
    files = {"/etc/apk/arch": "armhf\n"}
    assert architecture(command(files), "linux/arm/v7") == "armhf"
    assert architecture(command(files, ("arch", "x86")), "linux/arm/v7") == "x86"


def test_ftp_is_a_transport_of_apk() -> None:
    assert of_lines("ftp://mirror.example/v3.20/main\n") == [
        "ftp://mirror.example/v3.20/main/x86_64/APKINDEX.tar.gz"
    ]
