from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    ChosenPackage,
    IndexAnswer,
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
    Resolutions,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages.apt import APT

SOURCES = {"/etc/apt/sources.list": "deb http://a.example/debian bookworm main\n"}
SECURITY = "deb http://a.example/debian-security bookworm-security main\n"
STATUS = "Package: dpkg\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.21\n"
OS = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'
STABLE = "http://a.example/debian/dists/bookworm/"


class Entries:
    """An index in memory."""

    def __init__(self, kind: str, text: str) -> None:
        content = io.BytesIO(text.encode())
        self.entries = dict(APT.entries(kind, content, content))
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def get(self, key: str) -> bytes | None:
        return self.entries.get(key)

    def open(self, key: str) -> io.BytesIO:
        return io.BytesIO(self.entries[key])


def package(name: str, version: str = "1", **fields: str) -> str:
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    all_ = {"Package": name, "Version": version, "Architecture": "amd64", "SHA256": f"{version:0>64}"} | given
    return "".join(f"{key}: {value}\n" for key, value in all_.items()) + "\n"


def release(packages: str, suite: str = "stable", *more: str) -> str:
    digest = hashlib.sha256(packages.encode()).hexdigest()
    lines = [f"Suite: {suite}", "Codename: bookworm", "Architectures: amd64", *more, "SHA256:"]
    return "\n".join([*lines, f" {digest} {len(packages)} main/binary-amd64/Packages", ""])


def served(packages: str, directory: str = STABLE, suite: str = "stable") -> dict[str, str]:
    return {
        f"{directory}InRelease": release(packages, suite),
        f"{directory}main/binary-amd64/Packages": packages,
    }


UPDATE = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=SOURCES)


def command(*words: str, action: PackageAction = PackageAction.INSTALL, **options: str) -> PackageCommand:
    given = tuple((name.replace("_", "-"), value) for name, value in options.items())
    return PackageCommand("apt", "apt-get", action, words, given, files=SOURCES)


def run(number: int, *commands: PackageCommand, policy: PackagePolicy = PackagePolicy.CLOSURE) -> PackageRun:
    return PackageRun(number, number, commands, policy)


def base(status: str = STATUS) -> BaseImage:
    contents = BaseContents(files={"/etc/os-release": OS}, installed={"apt": status})
    return BaseImage("docker.io/library/debian:12", "linux/amd64", "sha256:0", contents=contents)


def resolve(
    texts: Mapping[str, str],
    *runs: PackageRun,
    image: BaseImage | None = None,
    otherwise: str = "http-not-found",
    now: int = 0,
) -> Resolutions:
    asked: list[tuple[IndexFile, ...]] = []
    return drive(texts, runs, image or base(), otherwise, asked, now)


def drive(
    texts: Mapping[str, str],
    runs: tuple[PackageRun, ...],
    image: BaseImage,
    otherwise: str,
    asked: list[tuple[IndexFile, ...]],
    now: int = 0,
) -> Resolutions:
    def answer(file: IndexFile) -> IndexAnswer:
        found = next((texts[url] for url in file.urls if url in texts), None)
        return Reason(otherwise, file.urls[0]) if found is None else Entries(file.kind, found)

    steps = APT.resolve(PackageChain(("debian", "linux/amd64"), runs, now), image)
    try:
        files = next(steps)
        while True:
            asked.append(files)
            files = steps.send({file: answer(file) for file in files})
    except StopIteration as ended:
        found: Resolutions = ended.value
        return found


def versions(resolution: Resolution) -> dict[str, str]:
    return {one.name: one.version for one in resolution.packages}


CURL = package("curl", "7", Depends="libcurl4 (= 7)") + package("libcurl4", "7") + package("jq", "2")


def test_a_package_is_described() -> None:
    found = resolve(served(CURL), run(3, UPDATE, command("curl")))[3]
    assert found.packages == (
        ChosenPackage(
            "pkg:deb/debian/curl?arch=amd64&distro=bookworm",
            "curl",
            "7",
            f"sha256:{'7':0>64}",
            wanted_by="curl",
            named=True,
            policy=PackagePolicy.CLOSURE,
        ),
        ChosenPackage(
            "pkg:deb/debian/libcurl4?arch=amd64&distro=bookworm",
            "libcurl4",
            "7",
            f"sha256:{'7':0>64}",
            wanted_by="curl",
            policy=PackagePolicy.CLOSURE,
        ),
    )


def test_packages_belong_to_the_instruction_that_reads_the_index() -> None:
    found = resolve(served(CURL), run(2, UPDATE), run(5, command("curl")), run(7, command("jq")))
    assert {number: set(versions(one)) for number, one in found.items()} == {2: {"curl", "libcurl4", "jq"}}


def test_each_update_has_what_is_installed_behind_it_and_what_is_installed_counts() -> None:
    found = resolve(served(CURL), run(2, UPDATE, command("libcurl4")), run(3, UPDATE, command("curl")))
    assert {number: set(versions(one)) for number, one in found.items()} == {2: {"libcurl4"}, 3: {"curl"}}


def test_lists_of_the_base_are_no_input() -> None:
    asked: list[tuple[IndexFile, ...]] = []
    assert drive({}, (run(2, command("curl")),), base(), "offline", asked) == {}
    assert asked == []


def test_an_update_that_nothing_follows_reads_nothing() -> None:
    asked: list[tuple[IndexFile, ...]] = []
    drive({}, (run(2, UPDATE), run(3, UPDATE)), base(), "offline", asked)
    assert asked == []


def test_a_base_that_is_not_known_is_the_problem() -> None:
    why = Reason("base-not-read", "debian:12")
    image = BaseImage("debian:12", "linux/amd64", "", why_not=why)
    found = resolve({}, run(2, UPDATE), run(3, command("curl")), image=image)
    assert found == {3: Resolution(problem=why)}


@pytest.mark.parametrize(("code", "unreachable"), [("offline", True), ("http-not-found", False)])
def test_a_source_that_can_not_be_read(code: str, unreachable: bool) -> None:  # noqa: FBT001
    found = resolve({}, run(2, UPDATE), run(3, command("curl")), otherwise=code)[2]
    assert found.problem is not None
    assert found.problem.code == "apt-index-not-read"
    assert STABLE in found.problem.text
    assert found.unreachable is unreachable


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("no-such", "apt-package-unknown"),
        ("curl=8*", "apt-version-absent"),
        ("curl/sid", "apt-version-absent"),
        ("?installed", "apt-pattern"),
        ("virtual", "apt-no-candidate"),
        ("broken", "apt-unmet-dependencies"),
    ],
)
def test_a_word_that_can_not_be_resolved_is_the_problem(word: str, code: str) -> None:
    """Of its instruction, and of the one that read the index, which keeps what is recorded of it."""
    more = package("p", Provides="virtual") + package("q", Provides="virtual")
    more += package("broken", Depends="no-such")
    found = resolve(served(CURL + more), run(2, UPDATE, command("jq")), run(3, command(word)))
    for number in (2, 3):
        problem = found[number].problem
        assert problem is not None
        assert problem.code == code
        assert not found[number].unreachable


def test_a_version_that_is_gone_is_listed_with_the_one_that_is_there() -> None:
    more = package("gone", "1.1-1") + package("gone", "1.2-1")
    problem = resolve(served(CURL + more), run(2, UPDATE), run(3, command("gone=1.0-1")))[3].problem
    assert problem is not None
    assert problem.what.endswith("the archive has no version 1.0-1 of gone; it has 1.2-1")


def test_a_command_that_is_not_known_is_the_problem_and_others_are_watched() -> None:
    why = Reason("needs-build-arg", "X")
    unknown = PackageCommand("apt", "apt-get", PackageAction.INSTALL, unknown=why, files=SOURCES)
    found = resolve(served(CURL), run(2, UPDATE, command("jq")), run(3, unknown))
    assert found[3] == Resolution(problem=why)
    assert set(versions(found[2])) == {"jq"}


def test_behind_an_update_that_is_not_known_nothing_is_known() -> None:
    why = Reason("needs-build-arg", "X")
    unknown = PackageCommand("apt", "apt-get", PackageAction.UPDATE, unknown=why, files=SOURCES)
    found = resolve(served(CURL), run(2, UPDATE, command("jq")), run(3, unknown), run(4, command("curl")))
    assert set(versions(found[2])) == {"jq"}
    assert found[3] == Resolution(problem=why)
    assert 4 not in found


@pytest.mark.parametrize("word", ["(a+)+$", "a*a*a*a*b", "^(x|y*)*$", "[", "x" * 300 + "*+"])
def test_an_expression_that_could_take_long_is_not_tried(word: str) -> None:
    more = package("a" * 60)
    problem = resolve(served(CURL + more), run(2, UPDATE, command(word)))[2].problem
    assert problem is not None
    assert problem.code in {"apt-pattern", "apt-package-unknown"}


def test_words_may_be_patterns() -> None:
    found = resolve(served(CURL), run(2, UPDATE, command("libcurl*", "^j.$")))[2]
    assert set(versions(found)) == {"libcurl4", "jq"}


def test_policies() -> None:
    named = resolve(served(CURL), run(2, UPDATE, command("curl"), policy=PackagePolicy.NAMED))[2]
    assert set(versions(named)) == {"curl"}
    assert resolve(served(CURL), run(2, UPDATE, command("curl"), policy=PackagePolicy.OFF)) == {}


def test_a_version_of_a_security_suite_is_marked() -> None:
    files = {"/etc/apt/sources.list": SOURCES["/etc/apt/sources.list"] + SECURITY}
    texts = served(CURL) | served(
        package("libcurl4", "7.1"), "http://a.example/debian-security/dists/bookworm-security/"
    )
    both = [UPDATE, command("libcurl4", "jq")]
    commands = [PackageCommand(one.manager, one.program, one.action, one.words, files=files) for one in both]
    found = resolve(texts, run(2, *commands))[2]
    assert {one.name: one.security for one in found.packages} == {"jq": False, "libcurl4": True}


def test_the_version_before_is_that_of_the_base() -> None:
    status = STATUS + "\n" + package("libcurl4", "6", Status="install ok installed")
    found = resolve(served(CURL), run(2, UPDATE, command(action=PackageAction.UPGRADE)), image=base(status))[
        2
    ]
    assert [(one.name, one.before, one.version) for one in found.packages] == [("libcurl4", "6", "7")]


def test_what_is_removed_is_installed_again() -> None:
    remove = command("curl", action=PackageAction.REMOVE, auto_remove="")
    found = resolve(served(CURL), run(2, UPDATE, command("curl"), remove), run(3, UPDATE, command("curl")))
    assert set(versions(found[3])) == {"curl", "libcurl4"}


def test_a_package_file_is_noted_and_the_rest_is_watched() -> None:
    found = resolve(served(CURL), run(2, UPDATE, command("./x.deb", "/tmp/y.deb", "jq")))[2]
    assert set(versions(found)) == {"jq"}
    assert [(note.code, note.subject) for note in found.notes] == [
        ("apt-local-package", "./x.deb"),
        ("apt-local-package", "/tmp/y.deb"),
    ]


def asked_for(text: str, source: str = "", native: str = "amd64") -> list[IndexFile]:
    """The index files that a Release file leads to."""
    files = {"/etc/apt/sources.list": source or SOURCES["/etc/apt/sources.list"]}
    update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=files)
    install = PackageCommand("apt", "apt-get", PackageAction.INSTALL, ("x",), files=files)
    asked: list[tuple[IndexFile, ...]] = []
    status = STATUS.replace("amd64", native)
    everywhere = {
        f"{directory}InRelease": text for directory in (STABLE, "http://a.example/flat/", "http://a.example/")
    }
    drive(everywhere, (run(2, update, install),), base(status), "offline", asked)
    return [file for files_ in asked[1:] for file in files_]


LISTED = "Architectures: all amd64\nAcquire-By-Hash: yes\nSHA256:\n" + "".join(
    f" {number:064x} 100 main/binary-{name}\n"
    for number, name in enumerate(
        ["amd64/Packages", "amd64/Packages.gz", "amd64/Packages.xz", "all/Packages.xz", "i386/Packages.xz"]
    )
)


def test_the_smallest_form_is_read_by_its_hash_first() -> None:
    native, everywhere = asked_for(LISTED)
    below = f"{STABLE}main/binary-amd64"
    assert native.urls == (f"{below}/by-hash/SHA256/{2:064x}", f"{below}/Packages.xz")
    assert native.compression == "xz"
    assert native.sha256 == f"{2:064x}"
    assert everywhere.urls[1] == f"{STABLE}main/binary-all/Packages.xz"


def test_packages_for_all_architectures_may_be_among_the_others() -> None:
    [native] = asked_for(f"No-Support-for-Architecture-all: Packages\n{LISTED}")
    assert "binary-amd64" in native.urls[0]


def test_without_by_hash_the_name_is_requested() -> None:
    files = asked_for(LISTED.replace("Acquire-By-Hash: yes", "Origin: x"))
    assert files[0].urls == (f"{STABLE}main/binary-amd64/Packages.xz",)


@pytest.mark.parametrize(
    ("written", "url"), [("./", "http://a.example/"), ("flat/", "http://a.example/flat/")]
)
def test_a_flat_repository(written: str, url: str) -> None:
    digest = "a" * 64
    [file] = asked_for(
        f"Origin: x\nSHA256:\n {digest} 10 ./Packages.gz\n", f"deb http://a.example/ {written}\n"
    )
    assert file.urls == (f"{url}Packages.gz",)
    assert (file.sha256, file.compression) == (digest, "gz")


def test_a_trusted_source_needs_no_release_file() -> None:
    source = "deb [trusted=yes] http://a.example/ ./\n"
    texts = {"http://a.example/Packages.gz": CURL}
    files = {"/etc/apt/sources.list": source}
    both = (UPDATE, command("jq"))
    commands = [PackageCommand(one.manager, one.program, one.action, one.words, files=files) for one in both]
    assert versions(resolve(texts, run(2, *commands))[2]) == {"jq": "2"}


@pytest.mark.parametrize("kind", ["packages", "sources", "release"])
def test_a_page_is_no_index(kind: str) -> None:
    content = io.BytesIO(b"<html><body>\nTitle: no\n</body></html>")
    with pytest.raises(ValueError, match="no "):
        dict(APT.entries(kind, content, content))


def test_a_signed_release_file_is_read() -> None:
    text = release(CURL, "stable", "Date: Sat, 11 Jul 2026 10:16:37 UTC")
    signed = (
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{text}"
        "-----BEGIN PGP SIGNATURE-----\n\nDate: no\n-----END PGP SIGNATURE-----\n"
    )
    content = io.BytesIO(signed.encode())
    found = dict(APT.entries("release", content, content))
    assert found["Date"] == b"Sat, 11 Jul 2026 10:16:37 UTC"
    assert found["/main/binary-amd64/Packages"].endswith(str(len(CURL)).encode())


def test_a_long_chain_of_dependencies_needs_no_deep_stack() -> None:
    count = 3000
    packages = "".join(package(f"p{number}", Depends=f"p{number + 1}") for number in range(count))
    found = resolve(served(packages + package(f"p{count}")), run(2, UPDATE, command("p1500")))[2]
    assert len(found.packages) == 1501


def test_packages_that_depend_on_each_other_are_found_once() -> None:
    packages = package("a", Depends="b") + package("b", Depends="a", Conflicts="b")
    found = resolve(served(packages), run(2, UPDATE, command("a")))[2]
    assert set(versions(found)) == {"a", "b"}


def test_a_name_is_written_as_package_urls_write_it() -> None:
    found = resolve(served(package("libstdc++6")), run(2, UPDATE, command("libstdc++6")))[2]
    assert found.packages[0].purl == "pkg:deb/debian/libstdc%2B%2B6?arch=amd64&distro=bookworm"


def test_an_index_that_says_nonsense_is_no_error() -> None:
    packages = package(
        "a", "", Depends="((, |||, b (>> ), c (= 1", Provides="x (= ", Priority="?", Source="("
    )
    packages = packages.replace("Version: \n", "Version: ---\n")
    assert resolve(served(packages), run(2, UPDATE, command("a")))[2].problem is not None


def test_an_update_of_one_list_keeps_the_others() -> None:
    files = {**SOURCES, "/etc/apt/sources.list.d/x.list": "deb http://b.example/ stable main\n"}
    options = (
        ("Dir::Etc::sourcelist", "sources.list.d/x.list"),
        ("Dir::Etc::sourceparts", "-"),
        ("APT::Get::List-Cleanup", "0"),
    )
    one = PackageCommand("apt", "apt-get", PackageAction.UPDATE, options=options, files=files)
    texts = served(CURL) | served(package("tool"), "http://b.example/dists/stable/")
    found = resolve(texts, run(2, UPDATE), run(3, one, command("jq", "tool")))
    assert set(versions(found[3])) == {"jq", "tool"}


def test_a_problem_has_no_credential() -> None:
    files = {"/etc/apt/sources.list": "deb http://user:hunter2@a.example/ stable main\n"}
    update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, files=files)
    found = resolve({}, run(2, update, command("jq")))[2]
    assert found.problem is not None
    assert "a.example" in found.problem.text
    assert "hunter2" not in found.problem.text


EXPIRED = 1_800_000_000
"""Later than the dates below."""

DATES = ("Date: Sat, 01 Aug 2026 10:00:00 UTC", "Valid-Until: Sat, 08 Aug 2026 10:00:00 UTC")
"""1785578400 and 1786183200."""


def expired(
    text: str = SOURCES["/etc/apt/sources.list"],
    conf: str = "",
    now: int = EXPIRED,
    dates: tuple[str, ...] = DATES,
    **options: str,
) -> Resolution:
    files = {"/etc/apt/sources.list": text, "/etc/apt/apt.conf.d/99own": conf}
    given = tuple((name.replace("__", "::").replace("_", "-"), value) for name, value in options.items())
    update = PackageCommand("apt", "apt-get", PackageAction.UPDATE, (), given, files)
    texts = served(CURL) | {f"{STABLE}InRelease": release(CURL, "stable", *dates)}
    return resolve(texts, run(1, update, command("curl")), now=now)[1]


def test_an_expired_release_file_decides_nothing() -> None:
    found = expired()
    assert found.unreachable
    assert found.problem is not None
    assert "Valid-Until" in found.problem.what
    assert found.packages == ()


@pytest.mark.parametrize(("now", "counts"), [(1_786_183_199, True), (1_786_183_201, False), (0, True)])
def test_a_release_file_counts_until_the_date_that_it_states(now: int, *, counts: bool) -> None:
    assert (expired(now=now).problem is None) is counts


@pytest.mark.parametrize(
    ("source", "conf", "counts"),
    [
        ("deb [check-valid-until=no] http://a.example/debian bookworm main\n", "", True),
        ("deb [check-date=no] http://a.example/debian bookworm main\n", "", True),
        ("deb http://a.example/debian bookworm main\n", 'Acquire::Check-Valid-Until "false";\n', True),
        ("deb http://a.example/debian bookworm main\n", 'Acquire { Check-Valid-Until "0"; };\n', True),
        (
            "deb [check-valid-until=yes] http://a.example/debian bookworm main\n",
            'Acquire::Check-Valid-Until "false";\n',
            False,
        ),
        ("deb [valid-until-min=99999999] http://a.example/debian bookworm main\n", "", True),
        ("deb http://a.example/debian bookworm main\n", 'Acquire::Min-ValidTime "99999999";\n', True),
        ("deb http://a.example/debian bookworm main\n", 'Acquire::Min-ValidTime "99";\n', False),
    ],
)
def test_what_apt_is_configured_to_check_counts(source: str, conf: str, *, counts: bool) -> None:
    assert (expired(source, conf).problem is None) is counts


def test_an_option_of_the_command_line_turns_the_check_off() -> None:
    assert expired(Acquire__Check_Valid_Until="false").problem is None


def test_a_longest_time_counts_where_the_file_states_none() -> None:
    conf = 'Acquire::Max-ValidTime "86400";\n'
    assert expired(conf=conf, dates=DATES[:1]).unreachable
    assert expired(conf=conf, dates=DATES[:1], now=1_785_578_400 + 86_000).problem is None
    assert expired(dates=DATES[:1]).problem is None


def test_what_the_known_sources_do_not_have_is_left_out_where_one_is_not_known() -> None:
    text = package("curl", Depends="lib") + package("lib")
    why = Reason("package-source", "/x")
    install = replace(command("curl", "far=2", "lib=9"), unlisted=why)
    found = resolve(served(text), run(1, UPDATE, install))[1]
    assert found.problem is None
    assert [one.name for one in found.packages] == ["curl", "lib"]
    assert resolve(served(text), run(1, UPDATE, command("curl", "far")))[1].problem is not None


@pytest.mark.parametrize("by_hash", [False, True])
def test_a_release_file_with_sha512_alone(by_hash: bool) -> None:  # noqa: FBT001
    digest = hashlib.sha512(CURL.encode()).hexdigest()
    more = ["Acquire-By-Hash: yes"] if by_hash else []
    lines = ["Suite: stable", "Codename: bookworm", "Architectures: amd64", *more, "SHA512:"]
    text = "\n".join([*lines, f" {digest} {len(CURL)} main/binary-amd64/Packages", ""])
    place = f"main/binary-amd64/by-hash/SHA512/{digest}" if by_hash else "main/binary-amd64/Packages"
    found = resolve({f"{STABLE}InRelease": text, f"{STABLE}{place}": CURL}, run(1, UPDATE, command("jq")))[1]
    assert versions(found) == {"jq": "2"}


def test_lists_that_a_trigger_of_the_base_stores_are_not_watched() -> None:
    trigger = run(-1, UPDATE, policy=PackagePolicy.OFF)
    problem = resolve(served(CURL), trigger, run(2, command("curl")))[2].problem
    assert problem is not None
    assert problem.code == "trigger-of-base"
    assert set(versions(resolve(served(CURL), trigger, run(2, UPDATE, command("jq")))[2])) == {"jq"}
