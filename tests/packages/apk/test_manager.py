"""Chains of commands: which index files they need, and which instruction each package belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages import MANAGERS
from freshlayer.packages.apk.manager import APK
from testing.apk_worlds import Memory, command, index_text, packages

MAIN = """
curl 8.9.0-r0 D:libcurl ca-certificates
libcurl 8.9.0-r0 D:so:libz.so.1
zlib 1.3.1-r1 p:so:libz.so.1=1.3.1
ca-certificates 2024-r0
git 2.45.2-r0 D:libcurl pcre2
pcre2 10.43-r0
busybox 1.36.1-r29
"""
BASE = "busybox 1.36.1-r2\nca-certificates 2023-r0"
URL = "https://mirror.example/v3.20/main"
RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.1\n'


def base(installed: str = BASE, release: str = RELEASE) -> BaseImage:
    files = {"/etc/apk/world": "busybox\nca-certificates\n", "/etc/os-release": release}
    contents = BaseContents(files, {"apk": index_text(packages(installed))})
    return BaseImage("docker.io/library/alpine:3.20", "linux/amd64", "sha256:x", contents=contents)


def words(text: str, files: Mapping[str, str] | None = None) -> PackageCommand:
    """``add --no-cache curl``, as the commands of a RUN are read."""
    options = tuple((option, "") for option in re.findall(r"--(no-cache|update-cache)", text))
    plain = tuple(re.sub(r"--(no-cache|update-cache)", "", text).split())
    found = files or {"/etc/apk/repositories": f"{URL}\n"}
    if plain[0] == "rm":
        return PackageCommand("apk", "rm", PackageAction.REMOVE, plain[1:], files=found)
    if plain == ("update",):
        return PackageCommand("apk", "apk", PackageAction.UPDATE, files=found, updates=True)
    made = command(plain)
    return PackageCommand("apk", "apk", made.action, made.words, (*made.options, *options), found)


def chain(*runs: str, policy: PackagePolicy = PackagePolicy.CLOSURE) -> PackageChain:
    """A RUN each, with commands between ``&&``."""
    return PackageChain(
        ("docker.io/library/alpine:3.20", "linux/amd64"),
        tuple(
            PackageRun(number, number, tuple(words(one) for one in run.split("&&")), policy)
            for number, run in enumerate(runs, 1)
        ),
    )


def resolved(
    wanted: PackageChain, main: str = MAIN, of: BaseImage | None = None, answer: Reason | None = None
) -> Resolutions:
    resolving = APK.resolve(wanted, of or base())
    try:
        files = next(resolving)
    except StopIteration as end:
        return dict(end.value)
    assert {file.urls for file in files} <= {(f"{URL}/x86_64/APKINDEX.tar.gz",)}
    try:
        resolving.send({file: answer or Memory(index_text(packages(main))) for file in files})
    except StopIteration as end:
        return dict(end.value)
    raise AssertionError("one round is enough")


def names(resolution: Resolution) -> list[str]:
    assert resolution.problem is None, resolution.problem
    return [one.name for one in resolution.packages]


def test_the_table_has_it() -> None:
    assert MANAGERS["apk"]().name == "apk"


def test_a_line_installs_what_the_base_does_not_have() -> None:
    (resolution,) = resolved(chain("add --no-cache curl")).values()
    assert names(resolution) == ["curl", "libcurl", "zlib"]
    curl, libcurl, zlib = resolution.packages
    assert curl.purl == "pkg:apk/alpine/curl?arch=x86_64&distro=3.20"
    assert re.fullmatch(r"sha1:[0-9a-f]{40}", curl.digest)
    assert (curl.wanted_by, curl.named, curl.before) == ("curl", True, "")
    assert (libcurl.wanted_by, libcurl.named) == ("curl", False)
    assert zlib.wanted_by == "libcurl"


def test_upgrade_states_what_it_replaces() -> None:
    (resolution,) = resolved(chain("upgrade --no-cache")).values()
    assert [(one.name, one.before, one.version) for one in resolution.packages] == [
        ("busybox", "1.36.1-r2", "1.36.1-r29"),
        ("ca-certificates", "2023-r0", "2024-r0"),
    ]
    assert {one.wanted_by for one in resolution.packages} == {"apk upgrade"}


def test_a_later_line_has_what_an_earlier_one_installed() -> None:
    found = resolved(chain("add --no-cache curl", "add --no-cache git"))
    assert names(found[1]) == ["curl", "libcurl", "zlib"]
    assert names(found[2]) == ["git", "pcre2"]


def test_packages_belong_to_the_instruction_that_stored_the_index() -> None:
    found = resolved(chain("update", "add curl", "add git"))
    assert names(found[1]) == ["curl", "git", "libcurl", "pcre2", "zlib"]
    assert names(found[2]) == names(found[3]) == []


def test_add_stores_an_index_where_there_is_none() -> None:
    found = resolved(chain("add curl", "add git"))
    assert names(found[1]) == ["curl", "git", "libcurl", "pcre2", "zlib"]


def test_an_instruction_that_updates_reads_its_own() -> None:
    found = resolved(chain("add curl", "add --update-cache git", "add --no-cache busybox"))
    assert names(found[1]) == ["curl", "libcurl", "zlib"]
    assert names(found[2]) == ["git", "pcre2"]
    assert names(found[3]) == []


def test_an_index_that_is_removed_is_read_again() -> None:
    found = resolved(chain("update && add curl && rm /var/cache/apk/*", "add git"))
    assert names(found[1]) == ["curl", "libcurl", "zlib"]
    assert names(found[2]) == ["git", "pcre2"]


def test_a_run_that_only_removes_indexes_reads_nothing() -> None:
    assert resolved(chain("rm /var/cache/apk/*")) == {}
    elsewhere = BaseImage("debian", "linux/amd64", "", contents=BaseContents())
    assert resolved(chain("rm /var/cache/apk/*"), of=elsewhere) == {}


def test_a_package_file_is_left_to_its_own_report() -> None:
    (resolution,) = resolved(chain("add --no-cache ./own.apk curl")).values()
    assert names(resolution) == ["curl", "libcurl", "zlib"]


def test_what_is_removed_in_the_same_instruction_was_read_all_the_same() -> None:
    found = resolved(chain("add --no-cache --virtual .build git && del .build", "add --no-cache git"))
    assert names(found[1]) == ["git", "libcurl", "pcre2", "zlib"]
    assert names(found[2]) == ["git", "libcurl", "pcre2", "zlib"]
    assert {one.name for one in found[1].packages if one.named} == {"git"}


def test_named_packages_alone() -> None:
    (resolution,) = resolved(chain("add --no-cache curl git", policy=PackagePolicy.NAMED)).values()
    assert names(resolution) == ["curl", "git"]


def test_no_repository_marks_security_updates() -> None:
    (resolution,) = resolved(chain("add --no-cache curl", policy=PackagePolicy.SECURITY)).values()
    assert names(resolution) == ["curl", "libcurl", "zlib"]
    assert [note.code for note in resolution.notes] == ["no-security-marks"]


def test_off_is_not_resolved() -> None:
    assert resolved(chain("add --no-cache curl", policy=PackagePolicy.OFF)) == {}


def test_a_package_that_is_gone_keeps_what_is_recorded() -> None:
    found = resolved(chain("add --no-cache curl", "add --no-cache nginx"))
    assert names(found[1]) == ["curl", "libcurl", "zlib"]
    assert found[2].problem is not None
    assert found[2].problem.code == "package-not-found"
    assert "nginx" in found[2].problem.text


def test_the_instruction_that_stored_the_index_keeps_what_is_recorded_too() -> None:
    found = resolved(chain("update", "add nginx"))
    assert [one.problem and one.problem.code for one in found.values()] == ["package-not-found"] * 2


def test_packages_that_exclude_each_other() -> None:
    (resolution,) = resolved(chain("add --no-cache curl<8")).values()
    assert resolution.problem is not None
    assert resolution.problem.code == "packages-unsolvable"


def test_an_index_that_can_not_be_had() -> None:
    (resolution,) = resolved(chain("add --no-cache curl"), answer=Reason("offline")).values()
    assert (resolution.problem, resolution.unreachable) == (Reason("offline"), True)


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (BaseImage("a", "linux/amd64", "", why_not=Reason("base-not-read")), "base-not-read"),
        (BaseImage("a", "linux/amd64", "", contents=BaseContents()), "installed-packages-unknown"),
        (
            BaseImage("a", "linux/amd64", "", contents=BaseContents(unreadable={"apk": Reason("offline")})),
            "offline",
        ),
    ],
)
def test_without_the_packages_of_the_base_nothing_is_known(image: BaseImage, code: str) -> None:
    (resolution,) = resolved(chain("add --no-cache curl"), of=image).values()
    assert resolution.problem is not None
    assert resolution.problem.code == code
    assert not resolution.unreachable


def test_a_repository_that_can_not_be_read_is_a_problem_of_its_line() -> None:
    unreadable = words("add --no-cache git", {"/etc/apk/repositories": "/var/repo\n"})
    wanted = chain("add --no-cache curl")
    runs = (*wanted.runs, PackageRun(2, 2, (unreadable,)))
    found = resolved(PackageChain(wanted.base, runs))
    assert names(found[1]) == ["curl", "libcurl", "zlib"]
    assert found[2].problem is not None
    assert found[2].problem.code == "package-source-unknown"


@pytest.mark.parametrize(
    ("release", "distro"),
    [
        (RELEASE, "alpine/curl?arch=x86_64&distro=3.20"),
        ('ID="alpine"\nVERSION_ID="3.20.6"\n', "alpine/curl?arch=x86_64&distro=3.20"),
        ("ID=alpine\nVERSION_ID=3.21_alpha20240923\n", "alpine/curl?arch=x86_64&distro=edge"),
        ("ID=wolfi\nVERSION_ID=20230201\n", "wolfi/curl?arch=x86_64&distro=20230201"),
        ("", "alpine/curl?arch=x86_64"),
    ],
)
def test_a_point_release_of_the_base_changes_no_name(release: str, distro: str) -> None:
    (resolution,) = resolved(chain("add --no-cache curl"), of=base(release=release)).values()
    assert resolution.packages[0].purl == f"pkg:apk/{distro}"


CHANGES = {
    "an unrelated package": (f"{MAIN}\nnginx 1.27-r0", False),
    "a dependency": (MAIN.replace("1.3.1-r1", "1.3.1-r2"), True),
    "the same version with other bytes": (MAIN.replace("8.9.0-r0 D:so", "8.9.0-r0 x:other D:so"), True),
    "a new version of what is installed": (MAIN.replace("2024-r0", "2025-r0"), False),
    "a new dependency": (f"{MAIN.replace('D:libcurl ca', 'D:libcurl pcre2 ca')}", True),
}


@pytest.mark.parametrize(("main", "changes"), CHANGES.values(), ids=CHANGES)
def test_what_changes_a_line(main: str, changes: bool) -> None:  # noqa: FBT001
    def identities(text: str) -> list[tuple[str, str]]:
        (resolution,) = resolved(chain("add --no-cache curl"), text).values()
        return [(one.purl, f"{one.version} {one.digest}") for one in resolution.packages]

    assert (identities(main) != identities(MAIN)) is changes


def test_index_files_are_small_and_in_one_round() -> None:
    file = next(APK.resolve(chain("add curl", "update", "add git"), base()))[0]
    expected = IndexFile(
        "apk", "apkindex", (f"{URL}/x86_64/APKINDEX.tar.gz",), compression="gz", largest=64 << 20
    )
    assert file == expected


def test_what_the_known_repositories_do_not_have_is_left_out_where_one_is_not_known() -> None:
    made = words("add git far pcre2=9-r0")
    run = PackageRun(1, 1, (replace(made, unlisted=Reason("package-source", "/x")),))
    found = resolved(PackageChain(("", ""), (run,)))[1]
    assert found.problem is None
    assert "git" in {one.name for one in found.packages}
    without = resolved(PackageChain(("", ""), (PackageRun(1, 1, (made,)),)))[1]
    assert without.problem is not None


def with_second(action: str, code: str) -> Resolution:
    """The answers of two repositories: the second one is a problem."""
    files = {"/etc/apk/repositories": f"{URL}\nhttps://second.example/r\n"}
    wanted = PackageChain(("", ""), (PackageRun(1, 1, (words(action, files),)),))
    resolving = APK.resolve(wanted, base())
    asked = next(resolving)
    answers = {
        file: Memory(index_text(packages(MAIN))) if URL in file.urls[0] else Reason(code, "r")
        for file in asked
    }
    with pytest.raises(StopIteration) as ended:
        resolving.send(answers)
    found: Resolution = ended.value.value[1]
    return found


def test_a_repository_that_is_not_there_is_left_out_by_add_alone() -> None:
    """As apk does: add ignores it with a warning, upgrade does not continue."""
    added = with_second("add --no-cache curl", "http-not-found")
    assert names(added) == ["curl", "libcurl", "zlib"]
    assert [note.code for note in added.notes] == ["http-not-found"]
    upgraded = with_second("upgrade --no-cache", "http-not-found")
    assert (upgraded.problem, upgraded.unreachable) == (Reason("http-not-found", "r"), False)
    assert with_second("add --no-cache curl", "http-server-error").unreachable


def test_each_package_has_the_policy_of_the_instruction_that_installs_it() -> None:
    """The instruction that stores the index does not decide for those behind it."""
    storing, curl, git = chain("update", "add curl", "add git").runs
    off, named = PackagePolicy.OFF, PackagePolicy.NAMED
    runs = (replace(storing, policy=off), replace(curl, policy=named), git)
    stored = resolved(PackageChain(("docker.io/library/alpine:3.20", "linux/amd64"), runs))[1]
    assert {one.name: str(one.policy) for one in stored.packages} == {
        **{"curl": "named", "git": "closure", "pcre2": "closure"}
    }
    assert stored.policy is PackagePolicy.CLOSURE
    assert {text.partition("?")[0] for text in stored.unwatched or ()} == {
        "pkg:apk/alpine/libcurl",
        "pkg:apk/alpine/zlib",
    }


def test_an_index_that_a_trigger_of_the_base_stores_is_not_watched() -> None:
    storing, adding, own = chain("update", "add curl", "add --no-cache git").runs
    trigger = replace(storing, number=-1, policy=PackagePolicy.OFF)
    found = resolved(PackageChain(("docker.io/library/alpine:3.20", "linux/amd64"), (trigger, adding, own)))
    problem = found[2].problem
    assert problem is not None
    assert problem.code == "trigger-of-base"
    assert found[3].problem is None
