"""Indexes and configuration that an attacker wrote: refused or bounded, never executed, never a crash."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.packages.rpm import RPM
from freshlayer.packages.rpm.configuration import configuration
from freshlayer.packages.rpm.manifests import joined, mirrors_of, parts_of
from freshlayer.packages.rpm.options import Options
from testing.rpm.index import filelists, primary
from testing.rpm.packages import Package

PACKAGES = (
    Package("one", requires=("two",), files=("/usr/bin/one",)),
    Package("two", provides=("three = 1",)),
)
INDEX = primary(PACKAGES)


def entries(kind: str, text: str | bytes) -> dict[str, bytes]:
    content = text.encode() if isinstance(text, str) else text
    with TemporaryFile() as file, TemporaryFile() as scratch:
        file.write(content)
        file.seek(0)
        return dict(RPM.entries(kind, file, scratch))


def test_a_plain_index_is_read() -> None:
    assert entries("primary", INDEX)["solv"].startswith(b"SOLV")
    assert entries("filelists", filelists(PACKAGES))["solv"].startswith(b"SOLV")


LAUGHS = '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("kind", ["primary", "filelists", "repomd", "metalink", "group", "updateinfo"])
@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE, f"<!-- c -->{LAUGHS}", f"<?p i?>{OUTSIDE}"])
def test_an_index_that_declares_entities_is_refused(kind: str, declared: str) -> None:
    with pytest.raises(ValueError, match="document type"):
        entries(kind, INDEX.replace("\n", f"\n{declared}", 1))


@pytest.mark.parametrize("kind", ["primary", "filelists", "repomd", "metalink", "group", "updateinfo"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"not xml",
        INDEX.encode("utf-16"),
        INDEX.replace("UTF-8", "UTF-7").encode(),
        b"<!-- " + b"x" * 100_000,
        b"<a>" * 100_000,
        b"<html><body>404 Not Found</body></html>",
        INDEX.encode()[:-200],
    ],
    ids=["empty", "zeros", "text", "utf-16", "utf-7", "comment", "deep", "html", "cut"],
)
def test_what_is_no_index_is_refused(kind: str, content: bytes) -> None:
    if kind in {"group", "updateinfo"} and b"</html>" in content:
        pytest.skip("an index of no groups")
    with pytest.raises(ValueError, match=r"\S"):
        entries(kind, content)


@pytest.mark.parametrize("count", [500, 100_000, 1_000_000])
@pytest.mark.parametrize("sign", ["(", "&#40;", "(a' and "])
def test_a_dependency_that_is_nested_very_deeply_is_refused(count: int, sign: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        entries("primary", INDEX.replace("two", sign * count))


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="kind"):
        entries("other", INDEX)


@given(st.binary(max_size=300), st.integers(0, len(INDEX) - 1), st.integers(0, 200))
@settings(max_examples=150, deadline=None)
def test_a_mutated_index_is_read_or_refused(put: bytes, place: int, removed: int) -> None:
    content = INDEX.encode()
    for kind in (
        "primary",
        "filelists",
        "repomd",
        "updateinfo",
        "group",
        "metalink",
        "mirrorlist",
        "modules",
    ):
        try:
            entries(kind, content[:place] + put + content[place + removed :])
        except ValueError:
            continue


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../../other", "file:///etc/passwd", "http://elsewhere/x", "a/../../b", "a\nb"],
)
def test_a_location_stays_in_its_repository(location: str) -> None:
    assert list(joined(("http://r.test/",), location)) == []


@pytest.mark.parametrize(
    "base", ["file:///etc/", "ftp:/x", "dict://x/", "gopher://x/", "/etc/passwd", "http://a b/"]
)
def test_mirrors_that_are_not_remote_are_left_out(base: str) -> None:
    text = f"{base}\nhttp://mirror.test/\n"
    assert mirrors_of(entries("mirrorlist", text)["mirrors"]).urls == ("http://mirror.test/",)
    link = f'<metalink><url preference="1">{base}repodata/repomd.xml</url><url>http://m/repodata/repomd.xml</url></metalink>'
    assert mirrors_of(entries("metalink", link)["mirrors"]).urls == ("http://m/",)


def test_many_mirrors_are_few() -> None:
    text = "".join(f"http://mirror{number}.test/\n" for number in range(10_000))
    assert len(mirrors_of(entries("mirrorlist", text)["mirrors"]).urls) == 8


def test_a_digest_that_is_none_is_not_taken() -> None:
    manifest = (
        '<repomd><data type="primary"><checksum type="sha256">../../x</checksum>'
        '<open-checksum type="md5">0</open-checksum><location href="a.xml.gz"/></data></repomd>'
    )
    part = parts_of(entries("repomd", manifest)["parts"])["primary"]
    assert (part.sha256, part.open_sha256) == ("", "")


YAML_BOMB = "--- \na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    "text",
    [
        YAML_BOMB,
        "---\na: !!python/object:os.system x\n",
        "---\na: [" + "[" * 1000 + "\n",
        "---\n" + "\n".join(" " * depth + "a:" for depth in range(1000)),
        "---\n" + "- " * 1000 + "x\n",
        '---\na: "' + "x\n" * 10,
        "---\n" + "x" * 100_000,
    ],
    ids=["aliases", "tags", "flow", "mappings", "sequences", "quote", "line"],
)
def test_yaml_that_is_not_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        entries("modules", text)


@given(st.text(alphabet=st.sampled_from(list("ab:- \n\"'[]{},#|>&*!?%")), max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_of_modules_is_read_or_refused(text: str) -> None:
    try:
        entries("modules", f"---\n{text}\n")
    except ValueError:
        return


@given(st.text(max_size=300), st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=3))
@settings(max_examples=200, deadline=None)
def test_any_configuration_is_read(text: str, variables: dict[str, str]) -> None:
    files = {"/etc/yum.repos.d/x.repo": text, "/etc/dnf/dnf.conf": text, "/etc/os-release": text}
    for program in ("dnf", "yum", "tdnf", "zypper"):
        found = configuration(program, files, Options(), variables)
        for one in found.repositories:
            assert all(url.lower().startswith(("http://", "https://", "ftp://")) for url in one.urls)


def test_a_scalar_with_its_end_missing_does_not_take_long() -> None:
    with pytest.raises(ValueError, match=r"\S"):
        list(RPM.entries("modules", BytesIO(b'---\na: "' + b"x\n" * 200_000), BytesIO()))


def test_without_libsolv_there_is_a_reason(tmp_path: Path) -> None:
    """In a process of its own, in which the library is not there."""
    code = (
        "import sys; sys.modules['solv'] = None\n"
        "from freshlayer.packages import MANAGERS\n"
        "from freshlayer.model.base_image import BaseContents, BaseImage\n"
        "from freshlayer.model.packages import PackageChain, PackageRun\n"
        "chain = PackageChain(('b', 'linux/amd64'), (PackageRun(1, 1, ()),))\n"
        "base = BaseImage('b', 'linux/amd64', '', contents=BaseContents())\n"
        "try:\n    next(MANAGERS['rpm']().resolve(chain, base))\n"
        "except StopIteration as end:\n    print(end.value[1].problem.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout == "solver-missing\n"
