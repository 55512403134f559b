"""rpm's databases, in the three formats that images have; rpm itself is the oracle of what is in them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshlayer.bases import rpm
from freshlayer.bases.limits import ImageError
from freshlayer.bases.rpm import berkeley, ndb, sqlite
from freshlayer.bases.rpm.header import package
from freshlayer.model.base_image import InstalledRpm
from testing.servers.needs import require

SPECIFICATIONS = {
    "alpha": """\
Name: alpha
Epoch: 2
Version: 1.0
Release: 3
Summary: x
License: MIT
Vendor: Tests
BuildArch: noarch
Provides: virtual = 1:2-3
Provides: plain
Requires: (beta or other)
Requires: beta >= 1
Recommends: nice
Suggests: perhaps
Supplements: supplemented
Enhances: enhanced
Conflicts: bad < 2
Obsoletes: old <= 1
%description
x
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/usr/share/x
touch %{buildroot}/usr/bin/alpha %{buildroot}/etc/alpha.conf %{buildroot}/usr/share/x/y
%files
/usr/bin/alpha
/etc/alpha.conf
/usr/share/x/y
""",
    "beta": """\
Name: beta
Version: 1.1~rc1
Release: 1
Summary: x
License: MIT
BuildArch: noarch
%description
x
%files
""",
}
RELATIONS = {
    "provides": "PROVIDE",
    "requires": "REQUIRE",
    "conflicts": "CONFLICT",
    "obsoletes": "OBSOLETE",
    "recommends": "RECOMMEND",
    "suggests": "SUGGEST",
    "supplements": "SUPPLEMENT",
    "enhances": "ENHANCE",
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the database of two packages."""
    require("rpmbuild", "rpm")
    made = tmp_path_factory.mktemp("rpm")
    for name, text in SPECIFICATIONS.items():
        (made / f"{name}.spec").write_text(text)
    specifications = [str(made / f"{name}.spec") for name in SPECIFICATIONS]
    run("rpmbuild", "-bb", "--quiet", "--define", f"_topdir {made}", *specifications)
    built = map(str, made.glob("RPMS/*/*.rpm"))
    run("rpm", "--dbpath", str(made / "db"), "-i", "--justdb", "--nodeps", "--nosignature", *built)
    return made / "db"


def run(*argv: str, **options: object) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, **options).stdout  # type: ignore[call-overload,no-any-return]


def found_in(directory: Path, database: Path) -> Callable[[str], Path | None]:
    """A copy, since what is read is a temporary file of ours."""
    copy = directory / "copied"
    shutil.copytree(database, copy)

    def find(path: str) -> Path | None:
        place = copy / path.rpartition("/")[2]
        return place if place.is_file() and path.startswith("usr/lib/sysimage") else None

    return find


def packages(directory: Path, database: Path) -> list[InstalledRpm]:
    lines = rpm.installed(found_in(directory, database))
    assert lines is not None
    return [msgspec.json.decode(line, type=InstalledRpm) for line in lines.splitlines()]


def blobs(database: Path) -> list[bytes]:
    with sqlite3.connect(f"file:{database / 'rpmdb.sqlite'}?mode=ro", uri=True) as connection:
        return [blob for (blob,) in connection.execute("SELECT blob FROM Packages")]


def test_each_field_is_what_rpm_itself_prints(tmp_path: Path, database: Path) -> None:
    form = "%{NAME}|%{EPOCH}|%{VERSION}|%{RELEASE}|%{ARCH}|%{VENDOR}|%{SOURCERPM}|%{INSTALLTIME}\\n"
    printed = run("rpm", "--dbpath", str(database), "-qa", "--qf", form)
    lines = [
        "|".join(
            str("(none)" if value in {None, ""} else value)
            for value in (
                it.name,
                it.epoch,
                it.version,
                it.release,
                it.arch,
                it.vendor,
                it.source,
                it.installed_at,
            )
        )
        for it in packages(tmp_path, database)
    ]
    assert lines == sorted(printed.splitlines())


@pytest.mark.parametrize("field", RELATIONS)
def test_each_relation_is_what_rpm_itself_prints(tmp_path: Path, database: Path, field: str) -> None:
    tag = RELATIONS[field]
    form = f"[%{{{tag}NAME}} %{{{tag}FLAGS:depflags}} %{{{tag}VERSION}}\\n]"
    printed = run("rpm", "--dbpath", str(database), "-q", "alpha", "--qf", form)
    wanted = {
        " ".join(line.split())
        for line in printed.splitlines()
        if "rpmlib(" not in line and "none" not in line
    }
    alpha = next(it for it in packages(tmp_path, database) if it.name == "alpha")
    relations = getattr(alpha, field)
    assert {" ".join(f"{it.name} {it.operator} {it.version}".split()) for it in relations} == wanted
    assert relations


def test_the_files_are_those_of_primary(tmp_path: Path, database: Path) -> None:
    alpha = next(it for it in packages(tmp_path, database) if it.name == "alpha")
    assert set(alpha.files) == {"/etc/alpha.conf", "/usr/bin/alpha"}


def test_what_is_in_the_log_alone_is_read(tmp_path: Path, database: Path) -> None:
    """A database whose last transaction is in ``rpmdb.sqlite-wal``, as an image can be committed."""
    live = tmp_path / "live"
    shutil.copytree(database, live)
    writer = sqlite3.connect(live / "rpmdb.sqlite")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    (alpha,) = [blob for blob in blobs(database) if package(blob).name == "alpha"]
    writer.execute("INSERT INTO Packages(blob) VALUES (?)", (alpha.replace(b"alpha\0", b"gamma\0"),))
    writer.commit()
    names = [it.name for it in packages(tmp_path, live)]
    writer.close()
    assert names == ["alpha", "beta", "gamma"]


def test_the_database_of_berkeley_db(tmp_path: Path, database: Path) -> None:
    require("db5.3_load")
    headers = blobs(database)
    keys = [number.to_bytes(4, "little") for number in range(len(headers) + 1)]
    pairs = zip(keys, [(3).to_bytes(4, "little"), *headers], strict=True)
    lines = [f" {item.hex()}" for pair in pairs for item in pair]
    text = "\n".join(["VERSION=3", "format=bytevalue", "type=hash", "HEADER=END", *lines, "DATA=END", ""])
    run("db5.3_load", str(tmp_path / "Packages"), input=text)
    assert sorted(berkeley.blobs(tmp_path / "Packages")) == sorted(headers)


def ndb_of(headers: list[bytes]) -> bytes:
    """The layout of rpm's lib/backend/ndb/rpmpkg.c: one page of slots, then blobs in blocks of 16 bytes."""
    slots = struct.pack("<4sIII", b"RpmP", 0, 1, 1) + struct.pack("<IIII", len(headers) + 1, 0, 0, 0)
    body = b""
    for number, blob in enumerate(headers, 1):
        framed = struct.pack("<4sIII", b"BlbS", number, 1, len(blob)) + blob
        framed += bytes(-len(framed) % 16 + 16)
        slots += struct.pack("<4sIII", b"Slot", number, (4096 + len(body)) // 16, len(framed) // 16)
        body += framed
    empty = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    return slots + empty * ((4096 - len(slots)) // 16) + body


def test_the_database_of_suse(tmp_path: Path, database: Path) -> None:
    (tmp_path / "Packages.db").write_bytes(ndb_of(blobs(database)))
    assert list(ndb.blobs(tmp_path / "Packages.db")) == blobs(database)


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db", "Packages"])
@pytest.mark.parametrize(
    "content", [b"", b"x" * 5000, b"SQLite format 3\0" + b"\xff" * 5000, b"RpmP" + bytes(5000)]
)
def test_what_is_no_database_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImageError) as raised:
        rpm.installed(lambda path: tmp_path / name if path.endswith(f"rpm/{name}") else None)
    assert raised.value.reason.code in {"rpm-database-invalid", "rpm-database-unsupported"}


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE other(blob)",
        "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(1000000000) AS blob",
        (
            "CREATE VIEW Packages AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT i AS hnum, x'00' AS blob FROM n"
        ),
        "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(1000000000)))",
        "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, x'00')",
    ],
)
def test_a_schema_of_an_attacker_computes_nothing(tmp_path: Path, schema: str) -> None:
    database = tmp_path / "rpmdb.sqlite"
    with sqlite3.connect(database) as connection:
        connection.executescript(schema)
        if "zeroblob" in schema and "TABLE" in schema:
            connection.execute("INSERT INTO Packages(hnum) VALUES (1)")
    connection.close()
    with pytest.raises(ImageError):
        [package(blob) for blob in sqlite.blobs(database, None)]


@given(st.data())
def test_a_header_that_is_changed_is_read_or_refused(database: Path, data: st.DataObject) -> None:
    blob = bytearray(blobs(database)[0])
    for _ in range(data.draw(st.integers(1, 4))):
        # Most of the bytes are content: those of the index are more likely to do harm.
        end = data.draw(st.sampled_from([16, 1000, len(blob)]))
        blob[data.draw(st.integers(0, min(end, len(blob)) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(blob), len(blob) - 1, 12, 0]))
    try:
        json.dumps(msgspec.to_builtins(package(bytes(blob[:cut]))))
    except ImageError as error:
        assert error.reason.code == "rpm-database-invalid"  # noqa: PT017


@given(st.binary(max_size=600))
def test_pages_of_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    page = bytearray(512)
    struct.pack_into("<III", page, 12, 0x061561, 9, 512)
    page[25] = 8
    path = tmp_path_factory.mktemp("pages") / "Packages"
    path.write_bytes(bytes(page) + content.ljust(1024, b"\2"))
    try:
        list(berkeley.blobs(path))
    except ImageError as error:
        assert error.reason.code == "rpm-database-invalid"  # noqa: PT017
