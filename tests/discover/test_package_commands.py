"""Dockerfiles → package commands: words, the files that configure the manager, and what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context import Source
from freshlayer.discover.analysis import Analysis, BuildRequest
from freshlayer.discover.package_policy import under_policy
from freshlayer.discover.reading import analyse
from freshlayer.model.base_image import BaseContents, BaseImage, Bases, is_kept
from freshlayer.model.downloaded_scripts import ScriptText
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import PackageAction, PackageCommand
from freshlayer.model.report import Report
from freshlayer.workflows.inputs import inputs
from testing.context_files import MemoryContext

AMD64 = BuildRequest(("linux/amd64",))
LIST = "deb http://archive.example/ubuntu jammy main\n"
OS_RELEASE = "NAME=Ubuntu\nVERSION_CODENAME=jammy\n"
REPOS = "[base]\nbaseurl=http://e.org/base\nenabled=1\n\n[crb]\nbaseurl=http://e.org/crb\nenabled=0\n"
SOURCES = "/etc/apt/sources.list"
X = "/etc/apt/sources.list.d/x.list"


def bases(files: Mapping[str, str], *managers: str) -> Bases:
    """One image with these files."""
    reference = "docker-image://docker.io/library/base:latest"
    installed = dict.fromkeys(managers, "")
    image = BaseImage(reference, "linux/amd64", f"sha256:{'0' * 64}", contents=BaseContents(files, installed))
    return {(reference, "linux/amd64"): image}


def analysed(text: str, files: Mapping[str, str] | None = None, **scripts: str) -> Analysis:
    known = {f"https://e.org/{name}": ScriptText(body) for name, body in scripts.items()}
    return analyse(f"FROM base\n{text}\n", AMD64, None, known, bases(files) if files is not None else None)


def commands(text: str, files: Mapping[str, str] | None = None, **scripts: str) -> list[PackageCommand]:
    found = analysed(text, files, **scripts).discovery.packages
    return [command for number in sorted(found) for command in found[number]]


def last(text: str, files: Mapping[str, str] | None = None, **scripts: str) -> PackageCommand:
    return commands(text, files, **scripts)[-1]


APT = {SOURCES: LIST, "/etc/os-release": OS_RELEASE}
APK = {"/etc/apk/repositories": "https://e.org/v3.20/main\n"}
WRITTEN = [
    ("echo", f'RUN echo "deb http://e.org/x jammy main" > {X}', {X: "deb http://e.org/x jammy main\n"}),
    ("tee", f"RUN echo deb http://e.org/x jammy main | tee -a {X}", {X: "deb http://e.org/x jammy main\n"}),
    ("append", f"RUN echo deb x >> {SOURCES}", {SOURCES: f"{LIST}deb x\n"}),
    ("COPY of a document", f"COPY <<EOF {X}\ndeb http://e.org/x a b\nEOF", {X: "deb http://e.org/x a b\n"}),
    (
        "deb822",
        "RUN cat <<EOF > /etc/apt/sources.list.d/x.sources\nTypes: deb\nURIs: http://e.org\nEOF",
        {"/etc/apt/sources.list.d/x.sources": "Types: deb\nURIs: http://e.org\n"},
    ),
    ("sed -i", f"RUN sed -i 's/jammy/noble/' {SOURCES}", {SOURCES: LIST.replace("jammy", "noble")}),
    ("sed -i of a pattern", "RUN sed -i 's/main/x/' /etc/apt/*.list", {SOURCES: LIST.replace("main", "x")}),
    ("rm", f"RUN rm {SOURCES}", {}),
    ("rm of a pattern", f"RUN echo deb x > {X}\nRUN rm -f /etc/apt/sources.list.d/*", {SOURCES: LIST}),
    ("mv", f"RUN mv {SOURCES} /root/s", {}),
    (
        "a preference and a setting",
        "RUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/9;echo a >/etc/apt/preferences.d/p",
        {"/etc/apt/apt.conf.d/9": 'APT::Install-Recommends "0";\n', "/etc/apt/preferences.d/p": "a\n"},
    ),
    (
        "a PPA",
        "RUN add-apt-repository -y ppa:ondrej/php",
        {
            "/etc/apt/sources.list.d/ondrej-ubuntu-php.list": (
                "deb https://ppa.launchpadcontent.net/ondrej/php/ubuntu/ jammy main\n"
            )
        },
    ),
    ("a component", "RUN add-apt-repository universe", {SOURCES: f"{LIST.rstrip()} universe\n"}),
    (
        "the name of the distribution",
        f'RUN . /etc/os-release && echo "deb http://e.org $VERSION_CODENAME x" > {X}',
        {X: "deb http://e.org jammy x\n"},
    ),
]


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in WRITTEN], ids=[row[0] for row in WRITTEN])
def test_the_files_of_apt_are_those_that_the_command_sees(text: str, wanted: dict[str, str]) -> None:
    command = last(f"{text}\nRUN apt-get update && apt-get install -y curl", APT)
    assert command.unknown is None
    kept = {} if any(word in text for word in (f"rm {SOURCES}", "mv ")) else {SOURCES: LIST}
    assert command.files == {"/etc/os-release": OS_RELEASE, **kept, **wanted}


def test_what_comes_later_is_not_seen() -> None:
    first, *_ = commands(f"RUN apt-get update && echo deb x > {X} && apt-get install -y a", APT)
    assert X not in first.files


def test_keys_and_passwords_are_left_out() -> None:
    text = "RUN echo k > /etc/apt/keyrings/k.asc && echo p > /etc/apt/auth.conf && apt-get update"
    assert set(last(text, APT).files) == set(APT)


YUM = {"/etc/yum.repos.d/r.repo": REPOS}


PARTLY = [
    ("a list", f"RUN echo deb http://e.org/$V a b > {X} && apt-get install -y a", APT),
    ("a download", f"RUN curl -o {X} https://e.org/x && apt-get install -y a", APT),
    ("a package with a source", "RUN yum install -y vendor-release && yum install -y a", YUM),
    ("a repository of apk", "RUN echo https://e.org/$V >> /etc/apk/repositories.d/x.list && apk add a", APK),
]


@pytest.mark.parametrize(("text", "files"), [row[1:] for row in PARTLY], ids=[row[0] for row in PARTLY])
def test_a_source_that_is_not_known_leaves_the_others(text: str, files: Mapping[str, str]) -> None:
    command = last(text, files)
    assert command.unknown is None
    assert command.unlisted is not None
    assert command.unlisted.code == "package-source"
    found = analyse(f"FROM base\n{text}\n", AMD64, None, None, bases(files)).discovery
    assert [item.text for item in found.not_watched] == [command.text]


@pytest.mark.parametrize(
    ("script", "known"),
    [
        ("dnf -y copr enable a/b && dnf install -y baz", False),
        ("yum copr enable -y a/b; yum install -y baz", False),
        ("dnf copr disable a/b && dnf install -y baz", True),
        ("dnf install -y copr && dnf install -y baz", True),
        ("dnf versionlock add x && dnf upgrade -y", True),
        ("yum versionlock x-1.0 && yum update -y", True),
        ("dnf versionlock add $X && dnf upgrade -y", False),
        ("curl -o /etc/dnf/plugins/versionlock.list https://e.org/x && dnf upgrade -y", False),
        ("dnf versionlock clear && dnf upgrade -y", True),
        ("dnf install -y python3-dnf-plugin-versionlock && dnf upgrade -y", True),
    ],
)
def test_plugins_of_dnf_change_what_later_commands_choose(script: str, known: bool) -> None:  # noqa: FBT001
    command = last(f"RUN {script}", YUM)
    assert command.unknown is None
    assert (command.unlisted is None) is known


CONFIGURED = [
    ("set-enabled", "RUN dnf config-manager --set-enabled crb", {"r": REPOS.replace("=0", "=1") + "\n"}),
    ("enable", "RUN yum-config-manager --enable c*", {"r": REPOS.replace("=0", "=1") + "\n"}),
    (
        "a repository by its URL",
        "RUN dnf config-manager --add-repo http://x.org/a",
        {"r": REPOS, "x.org_a": "[x.org_a]\nname=x.org_a\nbaseurl=http://x.org/a\nenabled=1\n"},
    ),
    ("a file", "RUN printf '[x]\\nbaseurl=http://x\\n' > /etc/yum.repos.d/x.repo", {"r": REPOS, "x": "[x]\nbaseurl=http://x\n"}),
    (
        "a file that is downloaded",
        "RUN dnf config-manager --add-repo https://e.org/x.repo",
        {"r": REPOS, "x": "[x]\nbaseurl=http://x\n"},
    ),
    (
        "a file that curl downloads",
        "RUN curl -fsSL https://e.org/x.repo -o /etc/yum.repos.d/x.repo",
        {"r": REPOS, "x": "[x]\nbaseurl=http://x\n"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "wanted"), [row[1:] for row in CONFIGURED], ids=[row[0] for row in CONFIGURED]
)
def test_the_files_of_dnf_are_those_that_the_command_sees(text: str, wanted: dict[str, str]) -> None:
    command = last(f"{text}\nRUN dnf install -y a", YUM, **{"x.repo": "[x]\nbaseurl=http://x\n"})
    assert command.unknown is None
    repos = {Path(path).stem: body.rstrip() for path, body in command.files.items()}
    assert repos == {name: body.rstrip() for name, body in wanted.items()}
    assert bool(command.foreign) == ("download" in text or "https://e.org" in text)


@pytest.mark.parametrize(
    ("command", "repository"),
    [
        ("yum install -y epel-release", "epel-$releasever"),
        ("dnf install -y https://e.org/epel-release-latest-9.noarch.rpm", "epel-9"),
        ("rpm -Uvh https://e.org/epel-release-latest-8.noarch.rpm", "epel-8"),
    ],
)
def test_the_repository_of_epel_is_known(command: str, repository: str) -> None:
    found = last(f"RUN {command} && dnf install -y a")
    assert found.unknown is None
    assert f"?repo={repository}&arch=$basearch" in found.files["/etc/yum.repos.d/epel.repo"]


UNKNOWN = [
    ("a word", "RUN apt-get install -y $X", "needs-base-image"),
    ("a part of a word", "ARG V\nRUN apt-get install -y php${V}-cli", "needs-build-arg"),
    ("an option", "ARG R\nRUN apt-get install -t $R x", "needs-build-arg"),
    ("a list in a file", "RUN xargs apt-get install -y < /list", "needs-command-output"),
    ("the output of a program", "RUN apt-get install -y $(cat /list)", "needs-command-output"),
    ("a source", f"ARG V\nRUN echo deb http://e.org/$V a b > {X} && apt-get install -y a", "package-source"),
    ("a download", f"RUN curl -o {X} https://e.org/x && apt-get install -y a", "package-source"),
    ("a file of another image", f"COPY --from=other /x {X}\nRUN apt-get install -y a", "package-source"),
    ("a package with a source", "RUN yum install -y vendor-release && yum install -y a", "package-source"),
    ("an rpm with a source", "RUN rpm -i http://e.org/x-release.rpm && yum install -y a", "package-source"),
    ("a PPA of a version not known", "RUN add-apt-repository -y ppa:a/b && apt install a", "package-source"),
]


@pytest.mark.parametrize(("text", "code"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN])
def test_what_can_not_be_known_has_its_reason(text: str, code: str) -> None:
    analysis = analysed(text)
    command = [it for found in analysis.discovery.packages.values() for it in found][-1]
    assert command.unknown is not None
    missed = [item for item in analysis.discovery.not_watched if item.reason == command.unknown]
    assert [item.text for item in missed] == [command.text]
    assert command.unknown.code == code


def test_words_that_are_known_are_watched_beside_one_that_is_not() -> None:
    analysis = analysed(
        "ARG V\nRUN apt-get update && apt-get install -y curl php$V jq && apt-get install -y $X"
    )
    update, first, second = (it for found in analysis.discovery.packages.values() for it in found)
    assert (first.words, first.unknown) == (("curl", "jq"), None)
    assert second.unknown is not None
    assert [item.reason.code for item in analysis.discovery.not_watched] == [
        "needs-base-image",
        "needs-build-arg",
    ]
    named = report("ARG V\nRUN apt-get install -y curl php$V jq && apt-get install -y $X").inputs
    assert [str(it.reference) for it in named if it.reference.kind == "package"] == [
        "pkg:deb/curl",
        "pkg:deb/jq",
    ]
    assert update.unknown is None


def test_a_repository_of_the_command_line_that_is_not_known_leaves_the_others() -> None:
    command = last("ARG V\nRUN apk add -X https://e.org/$V/main a", APK)
    assert command.unknown is None
    assert command.unlisted is not None
    assert command.unlisted.code == "needs-build-arg"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "metadata.google.internal"])
def test_a_source_on_a_link_local_address_is_not_watched(host: str) -> None:
    written = f"RUN echo deb http://{host}/debian a b > {X} && apt-get install -y a"
    command = last(written, APT)
    assert X not in command.files
    assert command.unlisted is not None
    assert command.unlisted.code == "package-source"
    downloaded = last(
        f"RUN curl -o {X} https://e.org/x && apt-get install -y a", x=f"deb http://{host}/ a b\n"
    )
    assert downloaded.unknown is not None


RELEASES = [
    (
        "yum install -y centos-release-scl && yum install -y a",
        'ID="centos"\nVERSION_ID="7"\n',
        "/etc/yum.repos.d/CentOS-SCLo-scl.repo",
        "release=7&repo=sclo-rh\n",
    ),
    (
        "dnf install -y https://e.org/remi-release-9.rpm && dnf install -y a",
        'ID="rocky"\nVERSION_ID="9.4"\n',
        "/etc/yum.repos.d/remi-safe.repo",
        "enterprise/9/safe/$basearch/mirror\n",
    ),
    (
        "dnf install -y https://e.org/rpmfusion-free-release-40.noarch.rpm && dnf install -y a",
        "ID=fedora\nVERSION_ID=40\n",
        "/etc/yum.repos.d/rpmfusion-free.repo",
        "?repo=free-fedora-updates-released-$releasever&",
    ),
    (
        "rpm -i https://e.org/mysql57-community-release-el7-11.noarch.rpm && yum install -y a",
        'ID="centos"\nVERSION_ID="7"\n',
        "/etc/yum.repos.d/mysql-community.repo",
        "/mysql-5.7-community/el/7/",
    ),
    (
        "dpkg -i packages-microsoft-prod.deb && apt-get install -y a",
        "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n",
        "/etc/apt/sources.list.d/microsoft-prod.list",
        "packages.microsoft.com/debian/12/prod bookworm main\n",
    ),
    (
        "dpkg -i /tmp/cuda-keyring_1.1-1_all.deb && apt-get install -y a",
        'ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n',
        "/etc/apt/sources.list.d/cuda.list",
        "repos/ubuntu2204/x86_64/ /\n",
    ),
]


@pytest.mark.parametrize(("line", "release", "path", "wanted"), RELEASES, ids=[row[2] for row in RELEASES])
def test_the_source_that_a_release_package_adds_is_known(
    line: str, release: str, path: str, wanted: str
) -> None:
    found = last(f"RUN {line}", {"/etc/os-release": release})
    assert (found.unknown, found.unlisted) == (None, None)
    assert wanted in found.files[path]
    assert "{" not in found.files[path]


def test_a_package_of_keys_adds_no_source() -> None:
    found = last("RUN apt-get install -y debian-archive-keyring && apt-get install -y a", APT)
    assert (found.unknown, found.unlisted, found.words) == (None, None, ("a",))


def test_a_directory_that_is_not_the_image_has_no_command() -> None:
    analysis = analysed("RUN dnf --installroot=/mnt install -y a && apk add -p /r b")
    assert analysis.discovery.packages == {}
    assert {item.reason.code for item in analysis.discovery.not_watched} == {"package-root"}


@pytest.mark.parametrize("command", ["dnf", "dnf -y", "yum --assumeyes", "dnf -y versionlock", "dnf copr"])
def test_a_command_without_operands_changes_nothing(command: str) -> None:
    assert last(f"FROM fedora\nRUN {command} && dnf -y install vim").words == ("vim",)


def test_a_removal_is_never_unknown() -> None:
    assert last("RUN apt-get purge -y $X").unknown is None


def test_a_package_file_is_listed_and_the_rest_is_watched() -> None:
    analysis = analysed("RUN apt-get install -y ./x.deb curl")
    (item,) = analysis.discovery.not_watched
    assert (item.text, item.reason.code) == ("./x.deb", "package-file")
    assert last("RUN apt-get install -y ./x.deb curl").words == ("./x.deb", "curl")


CONTROL = "Package: x\nVersion: 1\nArchitecture: all\nDepends: a\n"
LOCAL_FILES = (
    ("by path", "COPY x.deb /tmp/\nRUN apt-get install -y /tmp/x.deb", "/tmp/x.deb"),
    ("in a directory", "COPY . /d/\nRUN cd /d && apt install -y ./x.deb", "./x.deb"),
    ("of WORKDIR", "WORKDIR /w\nCOPY x.deb .\nRUN apt-get install -y ./x.deb", "./x.deb"),
    ("a mount", "RUN --mount=type=bind,target=/m apt-get install -y /m/x.deb", "/m/x.deb"),
    ("copied", "COPY x.deb /\nRUN cp /x.deb /y.deb && apt-get install -y /y.deb", "/y.deb"),
    ("a stage", "COPY x.deb /\nFROM base\nCOPY --from=0 /x.deb /z.deb\nRUN apt-get install /z.deb", "/z.deb"),
    ("a pattern", "COPY *.deb /d/\nRUN apt-get install -y /d/*.deb", "/d/x.deb"),
)


def of_context(text: str) -> Analysis:
    return analyse(f"FROM base\n{text}\n", AMD64, MemoryContext({"x.deb": CONTROL}).read)


@pytest.mark.parametrize(
    ("text", "word"), [case[1:] for case in LOCAL_FILES], ids=[it[0] for it in LOCAL_FILES]
)
def test_a_package_file_of_the_context_is_known(text: str, word: str) -> None:
    found = of_context(text).discovery
    (installed,) = [one for commands in found.packages.values() for one in commands]
    assert installed.local == {word: CONTROL}
    assert found.not_watched == ()


@pytest.mark.parametrize(
    "install", ["dpkg -i /tmp/x.deb || apt-get install -fy", "cd /tmp; dpkg -i *.deb; apt -f install"]
)
def test_what_a_package_file_of_the_context_needs_is_repaired(install: str) -> None:
    found = of_context(f"COPY x.deb /tmp/\nRUN {install}").discovery
    (installed,) = [one for commands in found.packages.values() for one in commands]
    assert (installed.words, installed.local) == (("/tmp/x.deb",), {"/tmp/x.deb": CONTROL})
    assert found.not_watched == ()


PARTLY_KNOWN = (
    "COPY --from=b /out/ /tmp/",
    "COPY --from=busybox /out/ /tmp/",
    "COPY --from=b /out/*.deb /tmp/",
    "ADD x.tar.gz /tmp/",
)


@pytest.mark.parametrize("copy", PARTLY_KNOWN)
@pytest.mark.parametrize("install", ["apt-get install -y /tmp/*.deb", "cd /tmp && apt install ./*.deb"])
def test_a_pattern_is_listed_where_a_directory_is_not_known_completely(copy: str, install: str) -> None:
    text = f"RUN make -C /out\nFROM base\nCOPY x.deb /tmp/\n{copy}\nRUN {install}"
    found = analyse(f"FROM base AS b\n{text}\n", AMD64, MemoryContext({"x.deb": CONTROL}).read).discovery
    (installed,) = [one for commands in found.packages.values() for one in commands]
    known, pattern = installed.words
    assert (known[-5:], pattern[-5:]) == ("x.deb", "*.deb")
    assert [(it.text, it.reason.code) for it in found.not_watched] == [(pattern, "package-file")]


def test_a_pattern_is_listed_where_too_many_files_match_it() -> None:
    context = MemoryContext({f"{number}.deb": CONTROL for number in range(501)})
    found = analyse("FROM base\nCOPY . /d/\nRUN apt-get install -y /d/*.deb\n", AMD64, context.read).discovery
    assert [it.text for it in found.not_watched] == ["/d/*.deb"]


@pytest.mark.parametrize(
    "between", ["COPY --from=b /x.deb /tmp/", "COPY --from=b /out/ /other/", "RUN rm -r /tmp"]
)
def test_a_pattern_means_what_is_known_of_a_directory_that_is(between: str) -> None:
    text = f"COPY x.deb /\nFROM base\nCOPY --from=b /x.deb /tmp/\n{between}\nCOPY x.deb /tmp/"
    text = f"FROM base AS b\n{text}\nRUN apt-get install -y /tmp/*.deb\n"
    found = analyse(text, AMD64, MemoryContext({"x.deb": CONTROL}).read).discovery
    assert found.not_watched == ()


DOWNLOADED_FILES = (
    "RUN curl -fo /tmp/x.deb https://e.org/x.deb && apt-get install -y /tmp/x.deb curl",
    "ADD https://e.org/x.deb /tmp/\nRUN apt-get install -y /tmp/x.deb curl",
)


@pytest.mark.parametrize("text", DOWNLOADED_FILES)
def test_a_package_file_that_is_downloaded_is_not(text: str) -> None:
    found = of_context(text).discovery
    (item,) = found.not_watched
    assert (item.text, item.reason.code) == ("/tmp/x.deb", "package-file")
    assert "the build downloads it" in item.reason.text
    (installed,) = [one for commands in found.packages.values() for one in commands]
    assert (installed.local, installed.words) == ({}, ("/tmp/x.deb", "curl"))


def test_what_dpkg_has_unpacked_needs_packages_that_are_not_known() -> None:
    analysis = analysed("RUN dpkg -i /x.deb || apt-get install -f -y curl")
    assert [item.reason.code for item in analysis.discovery.not_watched] == ["package-file"]


def test_commands_have_their_order_and_their_place() -> None:
    text = "COPY <<EOF /s.sh\ntrue\napt-get update\nEOF\nRUN sh /s.sh && apt-get install -y a && apk add b"
    found = commands(text)
    assert [(it.manager, it.action) for it in found] == [
        ("apt", PackageAction.UPDATE),
        ("apt", PackageAction.INSTALL),
        ("apk", PackageAction.INSTALL),
    ]
    assert str(found[0].script) == "/s.sh:2"


def test_the_words_of_a_loop_and_of_both_arms_are_commands() -> None:
    assert [it.words for it in commands("RUN for p in a b; do apt-get install -y $p; done")] == [
        ("a",),
        ("b",),
    ]
    arms = "RUN if grep -q x /y; then apt-get install -y a; else apt-get install -y b; fi"
    assert [it.words for it in commands(arms)] == [("a",), ("b",)]


def test_the_exec_form_is_read_too() -> None:
    assert last('RUN ["apt-get", "install", "-y", "zip"]').words == ("zip",)


def test_each_platform_has_its_commands() -> None:
    text = "FROM base\nRUN apk add x-$(uname -m)\n"
    found = analyse(text, BuildRequest(("linux/amd64", "linux/arm64"))).discovery.packages
    (both,) = found.values()
    assert [(it.platform, it.words) for it in both] == [
        ("linux/amd64", ("x-x86_64",)),
        ("linux/arm64", ("x-aarch64",)),
    ]


def report(text: str, packages: Mapping[str, PackagePolicy] | None = None) -> Report:
    source = Source(f"FROM base\n{text}\n".encode(), "Dockerfile", "Dockerfile", ".", None)
    return inputs(source, AMD64, packages=packages)


NAMED = [
    ("RUN apt-get install -y curl=7* g++ x:i386 y/sid z- ./l.deb", "curl g%2B%2B x?arch=i386 y"),
    ("RUN apt-get install -y 'php8.2-*' w+", "php8.2-%2A w"),
    ("RUN apt-get update && apt-get build-dep -y x", "x?arch=source"),
    ("RUN apt-get update && apt-get upgrade -y", "%2A"),
    ("RUN apk add --no-cache -t .b 'jq~1' 'x>=2' '!y' so:z@e", "jq x so:z"),
    ("RUN dnf install -y a 'b >= 1' @g https://e.org/x.rpm x.rpm", "a b %40g"),
    ("RUN dnf module enable -y nodejs:18/common && dnf groupinstall 'A B'", "%40nodejs:18 %40A%20B"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), NAMED, ids=[row[0] for row in NAMED])
def test_the_packages_that_are_named_are_inputs(text: str, wanted: str) -> None:
    found = [item.reference for item in report(text).inputs if item.reference.kind == "package"]
    kind = {"ap": "deb", "dn": "rpm"}[text[4:6]] if "apk" not in text else "apk"
    assert [str(it) for it in found] == [f"pkg:{kind}/{name}" for name in wanted.split()]


def test_the_instruction_that_reads_the_index_is_a_place() -> None:
    (item,) = report("RUN apt-get update\nRUN apt-get install -y curl").inputs[1:]
    assert [place.line for place in item.places] == [3, 2]
    assert report("RUN apt-get update\nRUN apt-get install -y curl").not_watched == ()


def test_an_update_that_nothing_uses_is_listed_and_accepted() -> None:
    (item,) = report("RUN apt-get update").not_watched
    assert (item.text, item.reason.code, item.accepted) == ("apt-get update", "package-index", True)


POLICIES = [
    ("RUN apk add a", {}, "closure"),
    ("RUN apk add a", {"apk": "named"}, "named"),
    ("RUN apk add a", {"apt": "named"}, "closure"),
    ("# freshlayer: packages=security\nRUN apk add a", {"apk": "off"}, "security"),
    ("# freshlayer: packages=off\nRUN apk add a", {}, "off"),
    ("# freshlayer: ignore\nRUN apk add a", {}, "off"),
    ("# freshlayer: immutable\nRUN apk add a", {"apk": "named"}, "off"),
]


@pytest.mark.parametrize(("text", "given", "wanted"), POLICIES)
def test_a_comment_goes_before_the_settings(text: str, given: dict[str, str], wanted: str) -> None:
    policies = {name: PackagePolicy(value) for name, value in given.items()}
    found = under_policy(analysed(text), policies)
    (run,) = found.package_chains[0].runs
    assert run.policy == wanted
    missed = report(text, policies).not_watched
    assert [item.accepted for item in missed] == ([True] if wanted == "off" else [])
    named = [it for it in report(text, policies).inputs if it.reference.kind == "package"]
    assert bool(named) == (wanted != "off")


def test_what_is_off_is_not_listed_as_unknown() -> None:
    for command in ("apk add $X", "apk add a $X", f"echo deb $X > {X} && apt-get install -y a"):
        (item,) = report(f"# freshlayer: packages=off\nRUN {command}").not_watched
        assert item.reason.code == "packages-off"


def test_what_is_off_is_one_line_for_an_instruction() -> None:
    text = "# freshlayer: packages=off\nRUN apt-get update && apt-get install -y a && apt-get install -y b"
    (item,) = report(text).not_watched
    assert (item.reason.code, item.text) == (
        "packages-off",
        "apt-get update; apt-get install a; apt-get install b",
    )


def test_a_manager_that_the_base_does_not_have_runs_nothing() -> None:
    arms = "if grep x /y; then yum install -y $V; else apt-get install -y b; fi"
    text = f"FROM base AS a\nRUN {arms}\nFROM a\nRUN apk add c\n"
    found = analyse(text, AMD64, None, None, bases(APT, "apt"))
    assert [it.words for number in found.discovery.packages.values() for it in number] == [("b",)]
    missed = found.discovery.not_watched
    assert [(item.text, item.reason.code, item.accepted) for item in missed] == [
        ("apk add c", "no-package-manager", True),
    ]
    open_ = analyse(text, AMD64, None, None, bases(APT)).discovery.packages
    assert len([it for number in open_.values() for it in number]) == 3


def test_extensions_of_php_install_packages_for_the_time_on_alpine() -> None:
    text = "ENV PHPIZE_DEPS='autoconf g++'\nRUN docker-php-ext-install zip"
    on_alpine = analyse(f"FROM base\n{text}\n", AMD64, None, None, bases(APK, "apk")).discovery
    (command,) = (it for found in on_alpine.packages.values() for it in found)
    assert (command.manager, command.words, command.updates) == ("apk", ("autoconf", "g++"), True)
    on_debian = analyse(f"FROM base\n{text}\n", AMD64, None, None, bases(APT, "apt")).discovery
    assert (on_debian.packages, on_debian.not_watched) == ({}, ())
    (unknown,) = analyse(f"FROM base\n{text}\n", AMD64).discovery.not_watched
    assert unknown.reason.code == "needs-base-image"


def test_apk_reads_the_files_of_its_directories() -> None:
    given = {**APK, "/lib/apk/repositories.d/x.list": "https://e.org/x\n"}
    assert all(map(is_kept, given))
    assert last("RUN apk add a", given).files == given


@pytest.mark.parametrize(
    "command",
    [
        "apt-get -y dselect-upgrade",
        "apt-get changelog x",
        "apk cache download",
        "dnf history undo -y last",
        "dnf repoquery x",
        "dnf5 do --action=install x",
        "dnf distro-sync -y",
        "dnf system-upgrade download",
        "rpm-ostree install x",
        "transactional-update -n pkg install x",
        "unattended-upgrade -d",
        "zypper refresh-services",
        "tasksel install web-server",
    ],
)
def test_no_command_that_reads_packages_is_silent(command: str) -> None:
    found = report(f"RUN {command}")
    lines = {place.line for item in found.inputs for place in item.places}
    assert 2 in lines | {item.line for item in found.not_watched}
