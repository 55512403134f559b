"""What Maven itself takes for the parent of a POM is what we choose; its order of versions is ours."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.packages.maven.manager import read_metadata
from freshlayer.packages.maven.versions import compare, ranges_of
from testing.maven_metadata import Artifact, MavenMetadata
from testing.named_packages import line_of, resolved

_MANY = ("1.0", "1.1", "1.1-beta", "1.2-alpha-1", "1.10", "1.9", "2.0-rc1", "2.0", "2.0.1", "3.0-SNAPSHOT")
_BUILD = {"1.0-SNAPSHOT": "20240101.120000-3"}

CASES: tuple[tuple[str, Artifact], ...] = (
    ("[1.0,2.0)", Artifact(_MANY)),
    ("[1.0,2.0]", Artifact(_MANY)),
    ("(1.0,1.9]", Artifact(_MANY)),
    ("(1.0,1.9)", Artifact(_MANY)),
    ("[1.1]", Artifact(_MANY)),
    ("[1.0,1.2)", Artifact(_MANY)),
    ("[1.0,1.1)", Artifact(_MANY)),
    ("[1.0,2)", Artifact(("1.0", "2-alpha", "2.0-rc1"))),
    ("(,1.0],[1.2,1.9]", Artifact(_MANY)),
    ("[2.0,9)", Artifact(("1.0", "2.0", "2.0.1"))),
    ("(,2.0)", Artifact(("0.9", "1.0", "2.0"))),
    ("[1.0,1.0.5]", Artifact(("1.0.0", "1.0.5-jre8", "1.0.5", "1.0.6"))),
    ("[1.0,2.0)", Artifact(("1.0", "1.5.Final", "1.5.1.GA", "1.5.1.SP1"))),
    ("[31,33)", Artifact(("31.1-jre", "32.0.0-android", "32.0.0-jre", "33.0"))),
    ("[1.0,2.0)", Artifact(("1.0-20240101", "1.0", "1.0-20230101"))),
    ("[1.0-alpha,1.0)", Artifact(("1.0-alpha-2", "1.0-beta-1", "1.0"))),
    ("1.0-SNAPSHOT", Artifact(snapshots=_BUILD)),
    ("1.0-SNAPSHOT", Artifact(("1.0-SNAPSHOT",), snapshots={"1.0-SNAPSHOT": "20250203.040506-17"})),
    ("2.0-beta-SNAPSHOT", Artifact(snapshots={"2.0-beta-SNAPSHOT": "20250203.040506-1"})),
    ("LATEST", Artifact(("1.0", "1.1", "2.0"), "2.0", "1.1")),
    ("RELEASE", Artifact(("1.0", "1.1", "2.0"), "2.0", "1.1")),
    ("LATEST", Artifact(("1.0", "2.0"), "1.0", "1.0")),
)
_MODULE = """<project><modelVersion>4.0.0</modelVersion>
<parent><groupId>g.x</groupId><artifactId>p{place}</artifactId><version>{version}</version><relativePath/></parent>
<artifactId>m{place}</artifactId><packaging>pom</packaging><version>1</version>
<repositories><repository><id>r</id><url>{url}</url><snapshots><enabled>true</enabled></snapshots></repository></repositories>
</project>"""
_AGGREGATOR = """<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId>
<version>1</version><packaging>pom</packaging><modules>{modules}</modules></project>"""


@pytest.fixture(scope="module")
def repository() -> Iterator[MavenMetadata]:
    with MavenMetadata() as found:
        for place, (_, artifact) in enumerate(CASES):
            found.publish(f"p{place}", artifact)
        yield found


@pytest.fixture(scope="module")
def taken(repository: MavenMetadata, tmp_path_factory: pytest.TempPathFactory) -> dict[int, str]:
    """The version of each parent whose POM Maven requests. One build has all cases as modules."""
    if shutil.which("mvn") is None:
        pytest.skip("maven is not installed, and scripts/setup can't install it here")
    root = tmp_path_factory.mktemp("maven")
    for place, (version, _) in enumerate(CASES):
        (root / f"m{place}").mkdir()
        (root / f"m{place}" / "pom.xml").write_text(
            _MODULE.format(place=place, version=version, url=repository.url)
        )
    modules = "".join(f"<module>m{place}</module>" for place in range(len(CASES)))
    (root / "pom.xml").write_text(_AGGREGATOR.format(modules=modules))
    (root / "settings.xml").write_text(
        f"<settings><localRepository>{root}/local</localRepository></settings>"
    )
    argv = ["mvn", "-B", "-q", "-s", "settings.xml", "-gs", "settings.xml", "validate"]
    environment = {"HOME": str(root), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    repository.server.requests()
    subprocess.run(argv, cwd=root, check=False, capture_output=True, timeout=110, env=environment)
    asked = (
        re.fullmatch(r"/g/x/p(\d+)/[^/]+/p\1-(.+)\.pom", it.target) for it in repository.server.requests()
    )
    return {int(match[1]): match[2] for match in asked if match}


@pytest.mark.parametrize("place", range(len(CASES)))
def test_the_version_is_the_one_that_maven_takes(
    place: int, repository: MavenMetadata, taken: dict[int, str]
) -> None:
    found = resolved("maven", [f"g.x:p{place}:{CASES[place][0]}"], [("repository", repository.url)])
    assert [it.version for it in found.packages] == [taken[place]]


_PARTS = (
    *(
        "0",
        "1",
        "2",
        "10",
        "00",
        "alpha",
        "a",
        "b1",
        "beta",
        "m3",
        "rc",
        "cr",
        "final",
        "ga",
        "sp",
        "SNAPSHOT",
    ),
    *("foo", "x1", "20240101", "release", "jre8"),
)
_PROGRAM = """
import org.apache.maven.artifact.versioning.ComparableVersion;
import java.io.*;
public class Order { public static void main(String[] a) throws Exception {
BufferedReader in = new BufferedReader(new InputStreamReader(System.in)); String l;
while ((l = in.readLine()) != null) { String[] p = l.split(" ");
System.out.println(Integer.signum(new ComparableVersion(p[0]).compareTo(new ComparableVersion(p[1])))); } } }
"""
_LIBRARIES = Path("/usr/share/maven/lib")


def test_the_order_is_that_of_comparable_version(tmp_path: Path) -> None:
    if shutil.which("javac") is None or not (_LIBRARIES / "maven-artifact-3.x.jar").exists():
        pytest.skip("a Java compiler and Debian's maven are not installed")
    dice = random.Random(7)
    versions = [random_version(dice) for _ in range(1200)]
    pairs = list(zip(versions[::2], versions[1::2], strict=True))
    pairs += [
        (it, it + dice.choice((".0", "-0", ".final", "-sp", "-SNAPSHOT", "0", "-1", "a")))
        for it in versions[:300]
    ]
    (tmp_path / "Order.java").write_text(_PROGRAM)
    path = ":".join(str(_LIBRARIES / name) for name in ("maven-artifact-3.x.jar", "commons-lang3.jar"))
    subprocess.run(
        ["javac", "-cp", path, "-d", str(tmp_path), str(tmp_path / "Order.java")], check=True, timeout=90
    )
    done = subprocess.run(
        ["java", "-cp", f"{path}:{tmp_path}", "Order"],
        input="".join(f"{one} {other}\n" for one, other in pairs),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    ours = [compare(one, other) for one, other in pairs]
    theirs = [int(line) for line in done.stdout.split()]
    assert [it for it in zip(pairs, ours, theirs, strict=True) if it[1] != it[2]] == []


def random_version(dice: random.Random) -> str:
    parts = [dice.choice((".", "-", "", ".")) + dice.choice(_PARTS) for _ in range(dice.randint(1, 5))]
    return dice.choice(("1", "2", "1.0", "0")) + "".join(parts)


_TEXTS = st.lists(st.sampled_from(_PARTS), min_size=1, max_size=4).map(".".join)


@given(_TEXTS, _TEXTS)
def test_an_order_has_two_sides(one: str, two: str) -> None:
    assert compare(one, two) == -compare(two, one)


def test_of_two_repositories_the_one_that_was_updated_last_decides_a_snapshot() -> None:
    with MavenMetadata() as one, MavenMetadata() as two:
        one.publish("p", Artifact(snapshots={"1-SNAPSHOT": "20240101.000000-9"}, updated="20240101000000"))
        two.publish("p", Artifact(snapshots={"1-SNAPSHOT": "20240301.000000-2"}, updated="20240301000000"))
        repositories = [("repository", one.url), ("repository", two.url)]
        (found,) = resolved("maven", ["g.x:p:1-SNAPSHOT"], repositories).packages
        missing = resolved("maven", ["g.x:absent:LATEST"], repositories)
    assert (found.version, found.purl) == ("1-20240301.000000-2", "pkg:maven/g.x/p?channel=1-SNAPSHOT")
    assert missing.problem
    assert not missing.unreachable
    assert resolved("maven", ["g.x:p:LATEST"], repositories).unreachable


@pytest.mark.parametrize("text", ["[", "[1", "(1)", "[]", "[1,2", "1,2]", "[1,2)x", "[" * 10_000])
def test_what_is_no_range(text: str) -> None:
    assert ranges_of(text) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<a", b'<!DOCTYPE m [<!ENTITY a "b">]><metadata>&a;</metadata>', b"<a>" * 100_000, b"<metadata/>"],
)
def test_what_is_no_metadata(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        dict(read_metadata(body))


def test_an_artifact_of_the_command_line() -> None:
    line = line_of(
        "mvn", "dependency:get", "-Dartifact=g.x:a:LATEST", "-DremoteRepositories=r::::https://m.example/r"
    )
    assert line.words == ("g.x:a:LATEST",)
    assert line.options == (
        ("repository", "https://repo.maven.apache.org/maven2"),
        ("repository", "https://m.example/r"),
    )
    fixed = line_of("mvn", "-B", "dependency:get", "-Dartifact=g.x:a:1.0:jar")
    assert [it.reason.code for it in fixed.listed] == ["exact-version"]
