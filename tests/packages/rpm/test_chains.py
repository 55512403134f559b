"""Instructions one after the other, policies, and what can't be known: without any program of rpm."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freshlayer.indexes import IndexCache
from freshlayer.model.base_image import BaseContents, BaseImage
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import IndexFile, PackageChain, PackageCommand, PackageRun, Resolution
from freshlayer.model.reasons import Reason
from freshlayer.packages.rpm import RPM
from testing.rpm.driver import Driver
from testing.rpm.index import digest, write
from testing.rpm.modular import COMPS, updates
from testing.rpm.packages import Package
from testing.rpm.world import OS_RELEASE, command, nevras

LIBRARY = Package("library", "1", arch="x86_64", provides=("liblibrary.so()(64bit)",))
TOOL = Package("tool", "1", arch="x86_64", requires=("liblibrary.so()(64bit)",), recommends=("manual",))
MANUAL = Package("manual", "1")
OTHER = Package("other", "1", requires=("liblibrary.so()(64bit)",), files=("/usr/share/other/data",))
READER = Package("reader", "1", requires=("/usr/share/other/data",))
WORLD = (LIBRARY, TOOL, MANUAL, OTHER, READER)
REPO = "[r]\nname=r\nbaseurl=http://packages.test/$basearch/$releasever/\n"
FILES = {"/etc/os-release": OS_RELEASE, "/etc/yum.repos.d/r.repo": REPO}


class Repository:
    """One repository on a disk, and the member in front of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cache = IndexCache(directory / "cache")
        self.requested: list[str] = []
        self.rounds = 0

    def write(self, *packages: Package, salt: str = "", revision: int = 1) -> None:
        write(packages, self.directory / "x86_64" / "9", salt, revision)

    def resolve(
        self, *runs: PackageRun, files: dict[str, str] | None = None, installed: str = ""
    ) -> dict[int, Resolution]:
        driver = Driver(RPM, self.cache, {"http://packages.test/": self.directory})
        contents = BaseContents(FILES if files is None else files, {"rpm": installed})
        found = driver.resolve(PackageChain(("base", "linux/amd64"), runs), contents)
        self.requested, self.rounds = driver.requested, driver.rounds
        return dict(found)

    def one(self, line: str, **more: str) -> Resolution:
        return self.resolve(run(1, line), **more)[1]  # type: ignore[arg-type]


def run(
    number: int, *lines: str, policy: PackagePolicy = PackagePolicy.CLOSURE, program: str = "dnf"
) -> PackageRun:
    commands = tuple(command(line.split(), program) for line in lines)
    return PackageRun(number, number, commands, policy)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path)
    found.write(*WORLD)
    return found


def test_a_package_has_a_url_without_version_and_the_digest_of_the_index(repository: Repository) -> None:
    tool = next(one for one in repository.one("install tool").packages if one.name == "tool")
    assert tool.purl == "pkg:rpm/test/tool?arch=x86_64&distro=test-9"
    assert (tool.version, tool.digest) == ("1-1", f"sha256:{digest(TOOL)}")
    assert tool.named
    assert not tool.before


def test_each_package_states_what_wants_it(repository: Repository) -> None:
    why = {one.name: one.wanted_by for one in repository.one("install tool").packages}
    assert why == {"tool": "tool", "library": "tool", "manual": "tool"}


def test_an_instruction_starts_from_what_those_before_it_installed(repository: Repository) -> None:
    found = repository.resolve(run(1, "install tool", "clean all"), run(2, "install other tool"))
    assert [one.name for one in found[2].packages] == ["other"]


def test_commands_of_one_instruction_are_one_resolution(repository: Repository) -> None:
    found = repository.resolve(run(1, "install tool", "remove manual", "install manual other"))
    assert [one.name for one in found[1].packages] == ["library", "manual", "other", "tool"]


def test_another_root_starts_empty(repository: Repository) -> None:
    found = repository.resolve(run(1, "install tool"), run(2, "--installroot=/mnt/root install tool"))
    assert nevras(found[1]) == nevras(found[2])


def test_the_packages_of_a_cache_count_where_it_was_read(repository: Repository) -> None:
    found = repository.resolve(run(1, "install library"), run(2, "--cacheonly install tool"))
    assert {one.name for one in found[1].packages} == {"library", "tool", "manual"}
    assert found[2].packages == ()


SHARED = {"library", "tool", "manual"}


@pytest.mark.parametrize("program", ["dnf", "microdnf", "yum", "tdnf", "dnf5", "zypper"])
def test_packages_belong_to_the_instruction_that_stored_the_metadata(
    repository: Repository, program: str
) -> None:
    files = {**FILES, "/etc/zypp/repos.d/r.repo": REPO}
    store = "refresh" if program == "zypper" else "makecache"
    for first in (store, "install library"):
        runs = (run(1, first, program=program), run(2, "install tool manual", program=program))
        found = repository.resolve(*runs, files=files)
        assert {one.name for one in found[1].packages} == SHARED
        assert found[2] == Resolution(unwatched=())


@pytest.mark.parametrize(
    ("program", "removal", "removes"),
    [
        ("dnf", "clean all", True),
        ("dnf", "rm /var/cache/dnf", True),
        ("dnf", "rm /var/cache/dnf/*", True),
        ("dnf", "rm /var/cache/* /x", True),
        ("dnf", "rm /var/cache/dnf/*.solv", False),
        ("dnf", "rm /var/cache/yum", False),
        ("microdnf", "rm /var/cache/yum", True),
        ("microdnf", "rm /var/cache/dnf", False),
        ("dnf5", "rm /var/cache/libdnf5/*", True),
        ("tdnf", "rm /var/cache/tdnf/*/*", True),
        ("tdnf", "clean all", True),
        ("tdnf", "--disablerepo=r clean all", False),
        ("zypper", "clean", True),
        ("zypper", "clean r", True),
        ("zypper", "clean other", False),
        ("zypper", "--refresh refresh", True),
        ("zypper", "refresh", False),
        ("dnf", "makecache", False),
        ("dnf", "--refresh makecache", True),
    ],
)
def test_what_removes_metadata_lets_a_later_instruction_read_its_own(
    repository: Repository,
    program: str,
    removal: str,
    removes: bool,  # noqa: FBT001
) -> None:
    files = {**FILES, "/etc/zypp/repos.d/r.repo": REPO}
    runs = (
        run(1, "install library", program=program),
        run(2, removal, "install tool manual", program=program),
    )
    found = repository.resolve(*runs, files=files)
    assert {one.name for one in found[1].packages} == ({"library"} if removes else SHARED)
    assert {one.name for one in found[2].packages} == (SHARED - {"library"} if removes else set())


@pytest.mark.parametrize(
    "again",
    ["--refresh", "--setopt=metadata_expire=0", "--setopt=r.metadata_expire=1", "--repofrompath=s,URL"],
)
def test_a_command_that_reads_metadata_again_has_its_own_packages(repository: Repository, again: str) -> None:
    option = again.replace("URL", "http://packages.test/x86_64/9/") + " --repo=s" * ("URL" in again)
    found = repository.resolve(run(1, "install library"), run(2, f"{option} install manual"))
    assert [one.name for one in found[1].packages] == ["library"]
    assert [one.name for one in found[2].packages] == ["manual"]


def test_each_package_has_the_policy_of_the_instruction_that_installs_it(repository: Repository) -> None:
    found = repository.resolve(run(1, "makecache"), run(2, "install tool", policy=PackagePolicy.NAMED))
    assert [(one.name, one.policy) for one in found[1].packages] == [("tool", PackagePolicy.NAMED)]


@pytest.mark.parametrize("first", ["makecache", "install library"])
def test_an_instruction_whose_packages_are_off_stores_metadata_too(
    repository: Repository, first: str
) -> None:
    off = run(1, first, policy=PackagePolicy.OFF)
    found = repository.resolve(off, run(2, "install manual", policy=PackagePolicy.NAMED))
    assert [(one.name, one.policy) for one in found[1].packages] == [("manual", PackagePolicy.NAMED)]
    assert found[1].policy is PackagePolicy.NAMED
    assert found[2].packages == ()


def test_without_an_instruction_that_counts_metadata_are_no_ones(repository: Repository) -> None:
    off = PackagePolicy.OFF
    found = repository.resolve(
        run(1, "makecache", policy=off), run(2, "install manual", policy=off), run(3, "clean all")
    )
    assert found.keys() == {3}


def test_metadata_that_a_trigger_of_the_base_stores_are_not_watched(repository: Repository) -> None:
    trigger = run(-1, "makecache", policy=PackagePolicy.OFF)
    found = repository.resolve(trigger, run(2, "install manual"))
    assert found.keys() == {2}
    assert found[2].problem is not None
    assert found[2].problem.code == "trigger-of-base"
    own = repository.resolve(trigger, run(2, "--refresh install manual"))
    assert [one.name for one in own[2].packages] == ["manual"]


def test_instructions_that_share_metadata_share_their_problems(repository: Repository) -> None:
    found = repository.resolve(
        run(1, "install library"), run(2, "install far"), run(3, "install manual"), run(4, "clean all")
    )
    assert [found[number].problem for number in (1, 2, 3)] == [found[2].problem] * 3
    assert found[2].problem is not None
    assert found[4] == Resolution(unwatched=())


def test_what_is_only_downloaded_is_not_installed(repository: Repository) -> None:
    found = repository.resolve(run(1, "--download-only install tool", "clean all"), run(2, "install tool"))
    assert nevras(found[1]) == nevras(found[2])


def test_the_policy_named_leaves_what_words_name(repository: Repository) -> None:
    found = repository.resolve(run(1, "install tool", policy=PackagePolicy.NAMED))
    assert [one.name for one in found[1].packages] == ["tool"]


def test_nothing_is_read_where_packages_are_off(repository: Repository) -> None:
    repository.resolve(run(1, "install tool", policy=PackagePolicy.OFF))
    assert repository.requested == []


def test_what_is_installed_where_packages_are_off_counts_as_installed(repository: Repository) -> None:
    off = run(1, "install library", policy=PackagePolicy.OFF)
    found = repository.resolve(off, run(2, "install tool"), run(3, "remove tool", policy=PackagePolicy.OFF))
    assert found.keys() == {1, 2}
    assert {one.name for one in found[1].packages} == {"tool", "manual"}
    assert [text.partition("?")[0] for text in found[1].unwatched or ()] == ["pkg:rpm/test/library"]


def test_what_can_not_be_known_where_packages_are_off_is_no_problem_of_others(repository: Repository) -> None:
    off = run(1, "install nothing-like-it", "clean all", policy=PackagePolicy.OFF)
    found = repository.resolve(off, run(2, "install manual"))
    assert found.keys() == {2}
    assert [one.name for one in found[2].packages] == ["manual"]


def test_without_updateinfo_every_package_counts_as_a_security_update(repository: Repository) -> None:
    found = repository.resolve(run(1, "install tool", policy=PackagePolicy.SECURITY))[1]
    assert all(one.security for one in found.packages)
    assert [note.code for note in found.notes] == ["no-security-marks"]


def test_a_package_is_a_security_update_at_a_later_version_too(repository: Repository) -> None:
    newer = replace_version(LIBRARY, "3")
    repository.write(newer, TOOL, MANUAL)
    add_data(
        repository, "updateinfo", updates([("security", replace_version(LIBRARY, "2")), ("bugfix", TOOL)])
    )
    found = repository.resolve(run(1, "install tool", policy=PackagePolicy.SECURITY))[1]
    assert {one.name: one.security for one in found.packages} == {
        "library": True,
        "tool": False,
        "manual": False,
    }
    assert found.notes == ()


def replace_version(one: Package, version: str) -> Package:
    return Package(one.name, version, arch=one.arch, provides=one.provides)


def add_data(repository: Repository, kind: str, text: str) -> None:
    data = repository.directory / "x86_64" / "9" / "repodata"
    (data / f"{kind}.xml").write_text(text)
    manifest = data / "repomd.xml"
    row = f'<data type="{kind}"><location href="repodata/{kind}.xml"/></data></repomd>'
    manifest.write_text(manifest.read_text().replace("</repomd>", row))


def test_groups_bring_their_packages(repository: Repository) -> None:
    httpd, wget = Package("httpd"), Package("wget")
    repository.write(httpd, wget, Package("git"))
    add_data(repository, "group", COMPS)
    assert nevras(repository.one("groupinstall web")) == ("httpd-1-1.noarch",)
    assert nevras(repository.one("install @web git")) == (
        "git-1-1.noarch",
        "httpd-1-1.noarch",
        "wget-1-1.noarch",
    )
    why = {one.name: one.wanted_by for one in repository.one("install @web").packages}
    assert why == {"httpd": "@web"}


def test_an_index_that_is_known_is_not_requested_again(repository: Repository) -> None:
    first = repository.one("install tool")
    assert [url.rpartition("/")[2] for url in repository.requested] == ["repomd.xml", "primary.xml.gz"]
    repository.write(*WORLD, revision=2)
    assert repository.one("install tool") == first
    assert [url.rpartition("/")[2] for url in repository.requested] == ["repomd.xml"]


def test_other_bytes_of_the_same_version_are_another_identity(repository: Repository) -> None:
    first = repository.one("install manual")
    repository.write(*WORLD, salt="again")
    second = repository.one("install manual")
    assert first.packages[0].version == second.packages[0].version
    assert first.packages[0].digest != second.packages[0].digest


def test_the_complete_list_of_files_is_read_only_where_it_decides(repository: Repository) -> None:
    repository.one("install tool")
    assert not any("filelists" in url for url in repository.requested)
    assert nevras(repository.one("install reader")) == (
        "library-1-1.x86_64",
        "other-1-1.noarch",
        "reader-1-1.noarch",
    )
    assert any("filelists" in url for url in repository.requested)
    assert nevras(repository.one("install /usr/share/other/data")) == (
        "library-1-1.x86_64",
        "other-1-1.noarch",
    )


def test_a_newer_release_package_is_not_needed_to_know_the_release(repository: Repository) -> None:
    files = {"/etc/yum.repos.d/r.repo": REPO}
    provides = '[["system-release(releasever)","=","9"]]'
    line = f'{{"name":"r","version":"9.1","release":"2","arch":"noarch","provides":{provides}}}\n'
    assert nevras(repository.resolve(run(1, "install manual"), files=files, installed=line)[1]) == (
        "manual-1-1.noarch",
    )


def test_a_program_of_another_family_chooses_too(repository: Repository) -> None:
    files = {"/etc/os-release": OS_RELEASE, "/etc/zypp/repos.d/r.repo": REPO}
    found = repository.resolve(run(1, "install tool", program="zypper"), files=files)
    assert {one.name for one in found[1].packages} == {"tool", "library", "manual"}
    found = repository.resolve(run(1, "--no-recommends install tool", program="zypper"), files=files)
    assert {one.name for one in found[1].packages} == {"tool", "library"}
    for program in ("yum", "microdnf", "tdnf", "dnf5"):
        assert repository.resolve(run(1, "install tool", program=program))[1].packages


@pytest.mark.parametrize(
    ("repo", "detail"),
    [
        ("baseurl=file:///etc/passwd", "not http, https or ftp"),
        ("baseurl=/srv/repository", "not http, https or ftp"),
        ("baseurl=http://packages.test/$unknown/", "$unknown"),
        ("baseurl=http://packages.test/\nsslclientcert=/etc/pki/entitlement/1.pem", "client certificate"),
        ("gpgcheck=1", "no baseurl"),
        ("baseurl=http://packages.test/\ntype=yast2", "rpm-md"),
    ],
)
def test_a_repository_that_is_not_read_is_a_problem(repository: Repository, repo: str, detail: str) -> None:
    files = {"/etc/os-release": OS_RELEASE, "/etc/yum.repos.d/r.repo": f"[r]\nname=r\n{repo}\n"}
    found = repository.resolve(run(1, "install tool"), files=files)[1]
    assert found.problem is not None
    assert found.problem.code == "package-source-unknown"
    assert detail in found.problem.text
    assert not found.unreachable
    assert repository.requested == []


def test_a_repository_out_of_reach_keeps_what_is_recorded(repository: Repository) -> None:
    files = {
        "/etc/os-release": OS_RELEASE,
        "/etc/yum.repos.d/r.repo": "[r]\nbaseurl=http://elsewhere.test/\n",
    }
    found = repository.resolve(run(1, "install tool"), files=files)[1]
    assert found.unreachable
    assert found.problem is not None


def test_a_repository_that_is_disabled_is_not_read(repository: Repository) -> None:
    more = "[off]\nbaseurl=http://elsewhere.test/\nenabled=0\n"
    files = {**FILES, "/etc/yum.repos.d/off.repo": more}
    assert repository.resolve(run(1, "install manual"), files=files)[1].packages
    assert repository.resolve(run(1, "--enablerepo=o* install manual"), files=files)[1].unreachable


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("install nothing-like-it", "package-not-found"),
        ("groupinstall nothing-like-it", "group-not-found"),
        ("module install nothing-like-it", "group-not-found"),
    ],
)
def test_what_is_not_known_is_a_problem(repository: Repository, line: str, code: str) -> None:
    problem = repository.one(line).problem
    assert problem is not None
    assert problem.code == code
    assert "nothing-like-it" in problem.text


def test_what_can_not_be_installed_is_a_problem(repository: Repository) -> None:
    repository.write(Package("lonely", requires=("no-such-thing",)))
    problem = repository.one("install lonely").problem
    assert problem is not None
    assert problem.code == "packages-unsolvable"
    assert "no-such-thing" in problem.text


def test_a_package_that_brings_repositories_is_named_where_one_is_not_found(repository: Repository) -> None:
    repository.write(Package("extra-release", files=("/etc/yum.repos.d/extra.repo",)), MANUAL)
    found = repository.resolve(
        run(1, "install extra-release", "clean all"),
        run(2, "install manual", "clean all"),
        run(3, "install far"),
    )
    assert found[2].packages
    problem = found[3].problem
    assert problem is not None
    assert problem.code == "package-not-found"
    assert "extra-release" in problem.text


def test_a_file_of_a_package_is_noted_and_the_rest_is_known(repository: Repository) -> None:
    found = repository.one("install https://packages.test/release.rpm tool")
    assert {one.name for one in found.packages} == {"tool", "library", "manual"}
    assert [note.code for note in found.notes] == ["package-file"]


def test_what_a_command_does_not_know_is_its_problem(repository: Repository) -> None:
    unknown = replace(command(["install", "tool"]), unknown=Reason("needs-build-arg", "X"))
    found = repository.resolve(PackageRun(1, 1, (unknown,)), run(2, "install manual"))
    assert found[1].problem == Reason("needs-build-arg", "X")
    assert found[2].packages


def test_what_the_known_sources_do_not_have_is_left_out_where_one_is_not_known(
    repository: Repository,
) -> None:
    install = replace(command(["install", "manual", "far"]), unlisted=Reason("package-source", "/x"))
    found = repository.resolve(PackageRun(1, 1, (install,)))[1]
    assert found.problem is None
    assert [one.name for one in found.packages] == ["manual"]


def test_installed_packages_that_are_not_readable_are_a_problem(repository: Repository) -> None:
    problem = repository.resolve(run(1, "install tool"), installed='{"name": 1}\n')[1].problem
    assert problem is not None
    assert problem.code == "installed-packages-unknown"


def test_a_base_without_contents_is_a_problem() -> None:
    why = Reason("http-not-found")
    rounds = RPM.resolve(
        PackageChain(("base", "linux/amd64"), (run(1, "install tool"),)),
        BaseImage("base", "linux/amd64", "", why_not=why),
    )
    with pytest.raises(StopIteration) as end:
        next(rounds)
    assert end.value.value == {1: Resolution(problem=why)}


def test_mirrors_are_tried_in_their_order(repository: Repository) -> None:
    files = {
        "/etc/os-release": OS_RELEASE,
        "/etc/yum.repos.d/r.repo": "[r]\nmirrorlist=http://packages.test/list\n",
    }
    (repository.directory / "list").write_text(
        "# mirrors\nhttp://gone.test/\nhttp://packages.test/x86_64/9/\n"
    )
    assert repository.resolve(run(1, "install manual"), files=files)[1].packages
    assert repository.requested[:3] == [
        "http://packages.test/list",
        "http://gone.test/repodata/repomd.xml",
        "http://packages.test/x86_64/9/repodata/repomd.xml",
    ]


def test_the_files_of_one_chain_are_yielded_in_few_rounds(repository: Repository) -> None:
    repository.resolve(*(run(number, "install tool", "install other") for number in range(1, 20)))
    assert repository.rounds == 2


def test_commands_of_other_managers_are_ignored(repository: Repository) -> None:
    other = PackageCommand("apt", "apt-get", command(["install", "x"]).action, ("x",))
    assert repository.resolve(PackageRun(1, 1, (other,)))[1].packages == ()


def test_index_files_state_what_they_may_be(repository: Repository) -> None:
    rounds = RPM.resolve(
        PackageChain(("base", "linux/amd64"), (run(1, "install tool"),)),
        BaseImage("base", "linux/amd64", "", contents=BaseContents(FILES, {})),
    )
    manifest = next(rounds)[0]
    assert manifest == IndexFile(
        "rpm", "repomd", ("http://packages.test/x86_64/9/repodata/repomd.xml",), largest=8 << 20
    )
    answer = Driver(RPM, repository.cache, {"http://packages.test/": repository.directory}).answer(manifest)
    index = rounds.send({manifest: answer})[0]
    assert (index.kind, index.compression, index.digest_of_content) == ("primary", "gz", True)
    assert len(index.sha256) == 64
