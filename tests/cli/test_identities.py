"""``--identities FILE`` on a machine whose state knows nothing: what the file knows is compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """On a machine without a builder."""
    plain = Freshlayer({**os.environ, "PATH": str(tmp_path)}, tmp_path / "state.sqlite3", project)
    return plain.but("--identities", str(tmp_path / "identities.toml"))


def write(project: Path, *urls: str) -> None:
    (project / "Dockerfile").write_text("FROM scratch\n" + "".join(f"RUN curl {url}\n" for url in urls))


def elsewhere(freshlayer: Freshlayer, name: str) -> Freshlayer:
    """The same on another machine: an empty state."""
    return freshlayer.but(state=freshlayer.state.with_name(name))


def states(told: Ended) -> dict[int, tuple[str, str]]:
    """Line → state and reason of each RUN."""
    runs = [item for item in told.document["instructions"] if item["instruction"] == "RUN"]
    return {item["line"]: (item["state"], item["reason"]["text"]) for item in runs}


@pytest.fixture
def rendered(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> Freshlayer:
    """A machine with an empty state, after another one wrote the lock file."""
    write(project, f"{origin.url}a", f"{origin.url}b")
    assert freshlayer("render", "--quiet", ".").code == 0
    return elsewhere(freshlayer, "other.sqlite3")


def test_nothing_moved_is_fresh(rendered: Freshlayer) -> None:
    told = rendered("check", "--json", ".")
    assert (told.code, set(states(told).values())) == (
        0,
        {("fresh", "no input changed since the lock file was written")},
    ), told.err


def test_what_moved_is_stale_every_night_and_says_why(rendered: Freshlayer, origin: ServeOrigin) -> None:
    origin.set_tag('"v2"')
    for _ in range(2):
        told = rendered("check", "--json", ".")
        assert told.code == 1
        state, reason = states(told)[2]
        assert state == "stale"
        assert reason == f'{origin.url}a: was "v1", now "v2" (compared with the lock file)'


def test_a_reference_that_the_file_does_not_know_is_stale(
    rendered: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"{origin.url}a", f"{origin.url}new")
    told = rendered("check", "--json", ".")
    assert told.code == 1
    assert states(told) == {
        2: ("fresh", "no input changed since the lock file was written"),
        3: (
            "stale",
            f"no build is recorded; {origin.url}new: it is not in the lock file",
        ),
    }


def test_what_the_file_knows_of_another_dockerfile_only_is_stale(rendered: Freshlayer, project: Path) -> None:
    """A new Dockerfile that reads the same URL was never built."""
    (project / "Dockerfile").rename(project / "Other.Dockerfile")
    told = rendered("check", "--json", "-f", "Other.Dockerfile", ".")
    assert told.code == 1
    assert "the lock file has it for context/Dockerfile only" in states(told)[2][1]


def test_an_origin_that_is_down_keeps_what_the_file_says(rendered: Freshlayer, origin: ServeOrigin) -> None:
    origin.down()
    told = rendered("check", "--json", ".")
    assert (told.code, states(told)[2][0]) == (0, "unknown")
    assert "; the recorded identity is kept" in states(told)[2][1]


def test_render_says_the_same(rendered: Freshlayer, origin: ServeOrigin, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert rendered("render", "--report", str(report), ".").code == 0
    assert '"state": "stale"' not in report.read_text()
    origin.set_tag('"v2"')
    assert elsewhere(rendered, "third.sqlite3")("render", "--report", str(report), ".").code == 0
    assert report.read_text().count('"state": "stale"') == 2


def test_check_of_several_says_the_same(rendered: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    assert rendered("check", "--recursive", ".").code == 0
    assert rendered("check", str(project), str(project)).code == 0
    origin.set_tag('"v2"')
    assert rendered("check", "--recursive", ".").code == 1


def written(freshlayer: Freshlayer) -> str:
    return Path(freshlayer.options[1]).read_text()


def test_a_dockerfile_that_is_gone_is_taken_out(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"{origin.url}a", f"{origin.url}both")
    assert freshlayer("render", ".").code == 0
    (project / "Dockerfile").rename(project / "Renamed")
    write(project, f"{origin.url}b", f"{origin.url}both")
    (project / "Dockerfile").rename(project / "Other")
    assert freshlayer("render", "-f", "Other", ".").code == 0
    text = written(freshlayer)
    assert f'{origin.url}a"' not in text
    assert text.count('used-by = ["context/Other 0 RUN"]') == 2
    assert "context/Dockerfile" not in text


def test_a_reference_that_is_no_longer_named_is_taken_out(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, f"{origin.url}a", f"{origin.url}b")
    assert freshlayer("render", ".").code == 0
    write(project, f"{origin.url}b")
    assert freshlayer("render", ".").code == 0
    assert f'{origin.url}a"' not in written(freshlayer)


def test_a_directory_that_cannot_be_made_is_a_message(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, f"{origin.url}a")
    told = freshlayer.but("--identities", "/proc/none/i.toml")("render", "-o", str(tmp_path / "out"), ".")
    assert told.code == 0
    message = "freshlayer: /proc/none/i.toml: the identities were not written: No such file or directory"
    assert f"{message} (name another file)\n" in told.err
    assert "Errno" not in told.err
