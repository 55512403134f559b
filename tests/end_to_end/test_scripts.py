"""Scripts that a build brings in and executes: found, keyed, and built again when what they read changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer
from testing.origins import ServeOrigin, fetched

SCRIPT = "#!/bin/sh\nset -e\nwget -qO /out {url}$1\n"
WAYS = {
    "file": "COPY x.sh /x.sh\nRUN /x.sh a",
    "file to a directory": "COPY x.sh /usr/local/bin/\nRUN x.sh a",
    "several": "COPY x.sh other /opt/\nRUN sh -e /opt/x.sh a",
    "directory": "COPY scripts /opt/scripts\nRUN cd /opt/scripts && ./x.sh a",
    "wildcard": "COPY scr*/*.sh /opt/\nRUN /opt/x.sh a",
    "relative": "WORKDIR /w\nCOPY x.sh s/\nRUN s/x.sh a",
    "ADD": "ADD x.sh /\nRUN . /x.sh a",
    "loop": "COPY scripts /s\nRUN for f in /s/*.sh; do sh $f a; done",
    "exec form": 'COPY x.sh /\nRUN ["/x.sh", "a"]',
    "stage": "RUN mkdir /w\nCOPY x.sh /w/\nFROM BASE\nCOPY --from=0 /w /v\nRUN /v/x.sh a",
    "written": "RUN echo 'wget -qO /out {url}$1' > /x.sh && chmod +x /x.sh\nRUN sh /x.sh a",
    "sourced function": "COPY lib.sh /\nRUN . /lib.sh && get a",
    "script that executes a script": "COPY . /src\nRUN /src/outer.sh",
}
OF_BUILDKIT = {
    "bind mount": "RUN --mount=type=bind,source=scripts,target=/m /m/x.sh a",
    "bind mount of a file": "RUN --mount=source=x.sh,target=/x.sh /x.sh a",
    "bind mount of a stage": "COPY x.sh /\nFROM BASE\nRUN --mount=from=first,target=/m /m/x.sh a",
    "document": "COPY --chmod=755 <<EOF /x.sh\n#!/bin/sh\nwget -qO /out {url}\\$1\nEOF\nRUN /x.sh a",
    "chmod": "COPY --chmod=755 plain.sh /x.sh\nRUN /x.sh a",
}
EACH = [
    *((name, way, text) for way, text in WAYS.items() for name in ("classic", "buildkit")),
    # The frontend that is part of the older engine knows no documents.
    *(("sid-buildx" if "<<" in text else "buildkit", way, text) for way, text in OF_BUILDKIT.items()),
]


def write_context(project: Path, url: str) -> None:
    (project / "scripts").mkdir()
    script = SCRIPT.replace("{url}", url)
    for name in ("x.sh", "scripts/x.sh", "plain.sh"):
        (project / name).write_text(script)
        (project / name).chmod(0o644 if name == "plain.sh" else 0o755)
    (project / "lib.sh").write_text(f"get() {{\n  wget -qO /out {url}$1\n}}\n")
    (project / "outer.sh").write_text('#!/bin/sh\nexec "$(dirname "$0")/scripts/x.sh" a\n')
    (project / "outer.sh").chmod(0o755)
    (project / "other").write_text("other\n")


def project_of(project: Path, text: str, origin: ServeOrigin, other: ServeOrigin) -> None:
    write_context(project, origin.url)
    body = text.replace("{url}", origin.url).replace("BASE", BASE)
    (project / "Dockerfile").write_text(f"FROM {BASE} AS first\n{body}\nRUN wget -qO /last {other.url}last\n")


@pytest.fixture
def run(request: pytest.FixtureRequest, builders: Builders, tmp_path: Path, project: Path) -> Freshlayer:
    return Freshlayer.of(builders[request.param], tmp_path / "state.sqlite3", project)


@pytest.mark.parametrize(
    ("run", "text"),
    [(name, text) for name, _, text in EACH],
    indirect=["run"],
    ids=[f"{name} {way}" for name, way, _ in EACH],
)
def test_a_change_at_the_origin_runs_exactly_that_run_again(
    run: Freshlayer, text: str, project: Path, origin: ServeOrigin, other: ServeOrigin
) -> None:
    project_of(project, text, origin, other)
    first = run.build(".")
    assert first.code == 0, first.err
    assert fetched(origin, other) == ["/a", "/last"]
    assert run.build(".").code == 0
    assert fetched(origin, other) == ["/a", "/last"]
    origin.set_tag('"v2"')
    again = run.build(".")
    assert again.code == 0, again.err
    # The RUN behind it follows: it is built on another layer.
    assert fetched(origin, other) == ["/a", "/a", "/last", "/last"]
    assert 'was "v1", now "v2"' in again.err


@pytest.mark.parametrize("run", ["classic", "buildkit"], indirect=True)
def test_a_change_of_the_script_is_the_builders_own(
    run: Freshlayer, project: Path, origin: ServeOrigin, other: ServeOrigin
) -> None:
    project_of(project, WAYS["file"], origin, other)
    assert run.build(".").code == 0
    script = project / "x.sh"
    script.write_text(f"{script.read_text()}# another text\n")
    assert run.build(".").code == 0
    assert fetched(origin) == ["/a", "/a"]
    assert run.build(".").code == 0
    assert fetched(origin) == ["/a", "/a"]


def test_check_names_the_script(
    builders: Builders, tmp_path: Path, project: Path, origin: ServeOrigin, other: ServeOrigin
) -> None:
    builder: Builder = builders["buildkit"]
    run = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    project_of(project, WAYS["directory"], origin, other)
    assert f"Dockerfile:3 via scripts/x.sh:3: RUN (wget) reads {origin.url}a" in run("inputs", ".").out
    assert run.build(".").code == 0
    assert run("check", ".").code == 0
    origin.set_tag('"v2"')
    assert "Dockerfile:3 via scripts/x.sh:3 RUN stale: " in run("check", ".").out
    checked = run("check", "--json", ".")
    assert checked.code == 1
    (item,) = [it for it in checked.document["inputs"] if it["verdict"] == "changed"]
    assert item["places"][0]["script"] == {"path": "scripts/x.sh", "line": 3}
