"""``freshlayer render`` of a Dockerfile with apk: a real registry, an origin with indexes, no builder.

Its keys change for the instructions whose packages changed, and for no other.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.apk_worlds import apkindex, index_text, packages
from testing.package_origin import PackageOrigin, package_origin
from testing.servers.needs import require
from testing.stores.registry import Registry

MAIN = """
curl 8.9.0-r0 D:libcurl
libcurl 8.9.0-r0 D:so:libz.so.1
zlib 1.3.1-r1 p:so:libz.so.1=1.3.1
git 2.45.2-r0 D:libcurl pcre2
pcre2 10.43-r0
make 4.4-r0
busybox 1.36.1-r2
"""
BUILDING = "curl 9.0.0-r0 D:libcurl\n"
DOCKERFILE = """\
FROM {base} AS one
RUN apk add --no-cache curl
FROM {base} AS two
RUN apk update && apk add --virtual .build make && make; apk del .build; rm -rf /var/cache/apk/*
RUN apk add git
FROM {base} AS three
RUN apk add --no-cache --repository {url}/edge curl
FROM {base}
RUN apk upgrade --no-cache
COPY --from=one /etc/os-release /one
COPY --from=two /etc/os-release /two
COPY --from=three /etc/os-release /three
"""
LINES = {2: "curl", 4: "make", 5: "git", 7: "edge", 9: "upgrade"}


class Project:
    """A Dockerfile, its base in a registry, and the repositories that it reads."""

    def __init__(self, directory: Path, registry: Registry, origin: PackageOrigin) -> None:
        self._directory = directory
        self._origin = origin
        self.publish("main", MAIN)
        self.publish("edge", BUILDING)
        root = {
            "etc/os-release": "ID=alpine\nVERSION_ID=3.20.1\n",
            "etc/apk/repositories": f"{origin.url}/main\n",
            "etc/apk/arch": "x86_64\n",
            "etc/apk/world": "busybox\n",
            "lib/apk/db/installed": index_text(packages("busybox 1.36.1-r2")),
        }
        registry.push_layers("some/alpine", "3.20", [_layer(root)])
        text = DOCKERFILE.format(base=f"{registry.host}/some/alpine:3.20", url=origin.url)
        (directory / "Dockerfile").write_text(text)

    def publish(self, repository: str, text: str) -> None:
        place = self._origin.directory / repository / "x86_64"
        place.mkdir(parents=True, exist_ok=True)
        (place / "APKINDEX.tar.gz").write_bytes(apkindex(index_text(packages(text))))

    def keys(self) -> dict[str, str]:
        """The key of each RUN; none where nothing would be installed."""
        environment = {**os.environ, "XDG_CACHE_HOME": str(self._directory.parent / "cache")}
        argv = [sys.executable, "-m", "freshlayer", "--state", str(self._directory.parent / "state.sqlite3")]
        argv += ["render", "--network", "host", "."]
        done = subprocess.run(
            argv,
            cwd=self._directory,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == len(DOCKERFILE.splitlines())
        found = {name: re.search(r"id=fl-([0-9a-f]+)", lines[line - 1]) for line, name in LINES.items()}
        return {name: key[1] if key else "" for name, key in found.items()}


def _layer(texts: dict[str, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, text in texts.items():
            member = tarfile.TarInfo(path)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return stream.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    require("nginx", Registry.PROGRAM)
    (tmp_path / "served").mkdir()
    (tmp_path / "project").mkdir()
    with Registry() as registry, package_origin(tmp_path / "served") as origin:
        yield Project(tmp_path / "project", registry, origin)


@pytest.mark.slow
def test_a_key_changes_with_the_packages_of_its_instruction(project: Project) -> None:
    known = project.keys()
    assert len(set(known.values())) == len(LINES)
    assert known["upgrade"], "nothing to upgrade is known, too"
    text = MAIN
    for old, new, expected in [
        ("make 4.4-r0", "make 4.4-r0\nunrelated 1", set()),
        ("1.3.1-r1 p", "1.3.1-r2 p", {"curl", "git", "edge"}),
        ("pcre2 10.43", "pcre2 10.44", {"git"}),
        ("make 4.4-r0", "make 4.4-r1", {"make"}),
        ("busybox 1.36.1-r2", "busybox 1.36.1-r3", {"upgrade"}),
        ("libcurl 8.9.0-r0 D", "libcurl 8.9.0-r0 x:other D", {"curl", "git", "edge"}),
    ]:
        text = text.replace(old, new)
        project.publish("main", text)
        keys = project.keys()
        assert {name for name in LINES.values() if keys[name] != known[name]} == expected, new
        known = keys
    project.publish("edge", BUILDING.replace("9.0.0", "9.1.0"))
    keys = project.keys()
    assert {name for name in LINES.values() if keys[name] != known[name]} == {"edge"}
