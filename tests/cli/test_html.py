"""``check --report FILE.html`` of real Dockerfiles and a real origin."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.html_tree import Element, Page
from testing.origins import DirectoryOrigin

SECRET = "Pl4nt123q"


@dataclass(frozen=True, slots=True)
class Site:
    """An origin, projects that read it, and a builder that builds nothing."""

    freshlayer: Freshlayer
    served: Path
    url: str
    directory: Path

    def write(self, project: str, *lines: str) -> None:
        (self.directory / project).mkdir(exist_ok=True)
        (self.directory / project / "Dockerfile").write_text("\n".join(("FROM scratch", *lines, "")))

    def page(self, *words: str) -> Element:
        ended = self.freshlayer("check", "--report", "page.html", *words)
        assert ended.code in {0, 1}, ended.err
        return Page((self.directory / "page.html").read_text()).root


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    served, directory, programs = (tmp_path / name for name in ("served", "projects", "programs"))
    for made in (served, directory, programs):
        made.mkdir()
    docker = programs / "docker"
    docker.write_text(f"#!{sys.executable}\n")
    docker.chmod(0o755)
    for name in ("tool", "model", "stable"):
        (served / name).write_text(name)
    environment = {**os.environ, "PATH": str(programs), "DOCKER_BUILDKIT": "0"}
    run = Freshlayer(environment, tmp_path / "state.sqlite3", directory)
    with DirectoryOrigin(tmp_path, served) as origin:
        yield Site(run, served, origin.url.rstrip("/"), directory)


def kinds(page: Element) -> list[tuple[str, str]]:
    return [(it.attributes["id"], it.attributes["class"].split()[1]) for it in page.find("li", "band")]


def test_what_changed_since_the_build_is_beside_its_line(site: Site) -> None:
    site.write(
        "api",
        f"RUN curl {site.url}/stable",
        f"RUN curl -u ci:{SECRET} \\",
        f"  {site.url}/tool",
        f"RUN curl {site.url}/model",
        "COPY . /app",
        f"RUN curl {site.url}/$(cat version)",
    )
    assert site.freshlayer.build("api").code == 0
    assert site.page("api").one("h1").words == "Fresh: no watched input changed"
    (site.served / "tool").write_text("another")
    (site.served / "model").unlink()
    page = site.page("api")
    assert page.one("h1").words == "Stale: 1 instruction is to be built again"
    assert kinds(page) == [
        ("i1-l1", "plain"),
        ("i1-l2", "fresh"),
        ("i1-l3", "own"),
        ("i1-l5", "unknown"),
        ("i1-l6", "follows"),
        ("i1-l7", "unwatched"),
    ]
    own = page.one("li", id_="i1-l3")
    assert [it.words for it in own.find("span", "ln")] == ["3RUN curl -u … \\", f"4 {site.url}/tool"]
    (row, *_) = own.find("tbody")[0].children
    before, now = (cell.text for cell in row.children[2:4])
    assert before != now
    first, second = page.one("ol", "causes").children
    assert first.one("p", "ref").text == f"{site.url}/tool"
    assert first.one("span", "old").text != first.one("span", "new").text
    assert "404 Not Found" in second.words
    assert SECRET not in (site.directory / "page.html").read_text()


def test_an_update_that_makes_two_images_stale_is_one_row(site: Site) -> None:
    for name in ("a", "b", "c"):
        site.write(name, f"RUN curl {site.url}/{'stable' if name == 'c' else 'tool'}")
        assert site.freshlayer.build(name).code == 0
    (site.served / "tool").write_text("another")
    page = site.page("--recursive", ".")
    assert page.one("h1").words == "2 of 3 images are stale"
    (cause,) = page.one("ol", "causes").children
    assert cause.one("div", "where").words == "a/Dockerfile, line 2 b/Dockerfile, line 2"
    lines = [line.words for image in page.find("article") for line in image.find("span", "ln")]
    assert lines[:2] == ["1FROM scratch", f"2RUN curl {site.url}/tool"]
    assert len(lines) == 6


def test_the_report_of_inputs_has_no_state(site: Site) -> None:
    site.write("api", f"RUN curl {site.url}/tool", "ENV A=b")
    ended = site.freshlayer("inputs", "--format", "html", "api")
    assert ended.code == 0
    page = Page(ended.out).root
    assert kinds(page) == [("i1-l1", "plain"), ("i1-l2", "watched"), ("i1-l3", "plain")]
    assert page.one("h1").words == "1 input watched, 0 instructions with one that is not"
