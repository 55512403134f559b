"""``freshlayer render``: what is written where; no builder runs here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.command import Freshlayer
from testing.origins import ServeOrigin


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[ServeOrigin]:
    with ServeOrigin(tmp_path, '"v1"') as started:
        yield started


@pytest.fixture
def freshlayer(tmp_path: Path, project: Path) -> Freshlayer:
    """On a machine without a builder."""
    return Freshlayer({**os.environ, "PATH": str(tmp_path)}, tmp_path / "state.sqlite3", project)


def write(project: Path, origin: ServeOrigin, head: str = "") -> str:
    text = f"{head}FROM scratch\nRUN true\n# why\nRUN curl -O {origin.url}a && exit\nRUN curl {origin.url}b\n"
    (project / "Dockerfile").write_text(text)
    return text


def without_keys(text: str) -> str:
    """The original, if only what we say was put in."""
    kept = [line for line in text.splitlines(True) if not line.startswith("ARG FRESHLAYER")]
    return "".join(f"RUN {line.split(' ', 2)[2]}" if "id=fl-" in line else line for line in kept)


@pytest.mark.parametrize("mechanism", ["mount", "arg"])
def test_the_dockerfile_is_whole_and_valid(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, mechanism: str
) -> None:
    text = write(project, origin)
    told = freshlayer("render", "--mechanism", mechanism, ".")
    assert told.code == 0, told.err
    assert without_keys(told.out) == text
    assert told.out.count("id=fl-" if mechanism == "mount" else "\nARG FRESHLAYER=") == 2
    assert freshlayer("render", "--mechanism", mechanism, ".").out == told.out
    origin.set_tag('"v2"')
    assert freshlayer("render", "--mechanism", mechanism, ".").out != told.out


@pytest.mark.parametrize(
    ("head", "mark"),
    [
        ("", "--mount"),
        ("# syntax=docker/dockerfile:1\n", "--mount"),
        ("# syntax=docker/dockerfile:1.0\n", "ARG"),
        ("# syntax=example.org/other\n", "ARG"),
    ],
)
def test_the_frontend_decides_how_a_key_goes_in(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, head: str, mark: str
) -> None:
    write(project, origin, head)
    told = freshlayer("render", ".").out
    assert told.startswith(head)
    assert told.count(f"{mark} FRESHLAYER=" if mark == "ARG" else f"RUN {mark}=type=secret,id=fl-") == 2


def test_a_file_moves_only_when_an_identity_did(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, origin)
    derived = project / "Dockerfile.fresh"
    assert freshlayer("render", "-o", "Dockerfile.fresh", ".").err == "Dockerfile.fresh: changed\n"
    before = (derived.read_bytes(), derived.stat().st_mtime_ns, derived.stat().st_ino)
    assert freshlayer("render", "-o", "Dockerfile.fresh", ".").err == "Dockerfile.fresh: unchanged\n"
    assert (derived.read_bytes(), derived.stat().st_mtime_ns, derived.stat().st_ino) == before
    origin.set_tag('"v2"')
    told = freshlayer("render", "--quiet", "-o", "Dockerfile.fresh", ".")
    assert (told.code, told.out, told.err) == (0, "", "")
    assert derived.read_bytes() != before[0]


def test_nothing_counts_as_built(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    write(project, origin)
    assert freshlayer("render", ".").code == 0
    told = freshlayer("check", ".")
    assert told.code == 1
    assert told.out.count("no build is recorded") == 2


def test_the_users_own_dockerfile_is_never_written(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    text = write(project, origin)
    (project / "link").symlink_to("Dockerfile")
    for name in ("Dockerfile", "./Dockerfile", "link"):
        told = freshlayer("render", "-o", name, ".")
        assert (told.code, told.out) == (2, "")
        assert f"-o {name}: that is the Dockerfile itself" in told.err
    assert (project / "Dockerfile").read_text() == text


def test_an_ignore_file_that_goes_by_the_dockerfiles_name_goes_along(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, origin)
    (project / "Dockerfile.dockerignore").write_text("secret\n")
    told = freshlayer("render", "-o", "Derived", ".")
    assert told.code == 0
    assert (project / "Derived.dockerignore").read_text() == "secret\n"
    (project / "Derived.dockerignore").unlink()
    (project / "Derived.dockerignore").symlink_to("../outside")
    told = freshlayer("render", "-o", "Derived", ".")
    refused = "Derived.dockerignore: is a link, so nothing is written to it ("
    assert (told.code, refused in told.err) == (2, True)
    assert not (project.parent / "outside").exists()
    assert (
        "Dockerfile.dockerignore: builders look for it by the Dockerfile's name"
        in freshlayer("render", ".").err
    )


def test_an_origin_that_is_down_keeps_what_the_identities_say(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path, tmp_path: Path
) -> None:
    write(project, origin)
    options = ("--identities", "identities.toml", "render", ".")
    before = freshlayer(*options)
    assert f'reference = "{origin.url}a"' in (project / "identities.toml").read_text()
    origin.down()
    cold = freshlayer.but(state=tmp_path / "another.sqlite3")
    told = cold(*options)
    assert (told.code, told.out) == (0, before.out)
    assert "the recorded identity is kept" in told.err
    told = cold("--on-unknown=fail", *options)
    assert (told.code, told.out) == (2, "")


def test_a_dockerfile_that_declares_its_keys_takes_them_as_build_args(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    text = write(project, origin)
    told = freshlayer("render", "--format=template", "-o", "Dockerfile.fresh", ".")
    assert told.code == 0, told.err
    assert origin.requests() == []
    template = (project / "Dockerfile.fresh").read_text()
    assert without_keys(template) == text
    assert "RUN true\nARG FRESHLAYER_1\n# why\nRUN curl" in template
    args = freshlayer("render", "--format=args", "-f", "Dockerfile.fresh", ".")
    assert (args.code, args.err) == (0, "")
    names, keys = zip(*(line.split("=") for line in args.out.splitlines()), strict=True)
    assert names == ("FRESHLAYER_1", "FRESHLAYER_2")
    derived = freshlayer("render", ".").out
    assert all(f"id=fl-{key} " in derived for key in keys)


def test_a_key_that_no_arg_takes_is_told_of(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    write(project, origin)
    told = freshlayer("render", "--format=args", ".")
    assert (told.code, told.out) == (0, "")
    assert told.err.count("no ARG FRESHLAYER… is above this RUN") == 2
    assert "freshlayer: Dockerfile:4: " in told.err


def test_any_bytes_around_a_key_stay(freshlayer: Freshlayer, origin: ServeOrigin, project: Path) -> None:
    text = f"FROM scratch\r\n# caf\xe9\r\nRUN curl {origin.url}\r\n".encode("latin-1")
    (project / "Dockerfile").write_bytes(text)
    for form in ("dockerfile", "template"):
        freshlayer("render", "--format", form, "-o", form, ".")
    assert b"# caf\xe9\r\nRUN --mount=type=secret,id=fl-" in (project / "dockerfile").read_bytes()
    assert b"ARG FRESHLAYER_1\n# caf\xe9\r\nRUN curl" in (project / "template").read_bytes()


@pytest.mark.parametrize(
    ("last", "ignored", "output", "warned"),
    [
        ("COPY . /", "", "Derived", True),
        ("ADD a b", "other\n", "Derived", True),
        ("COPY . /", "Derived\n", "Derived", False),
        ("COPY . /", "*\n!src\n", "Derived", False),
        ("COPY . /", "", "../Derived", False),
        ("COPY --from=0 a b", "", "Derived", False),
        ("USER x", "", "Derived", False),
    ],
)
def test_a_file_that_the_build_would_copy_is_warned_of(
    freshlayer: Freshlayer, project: Path, last: str, ignored: str, output: str, *, warned: bool
) -> None:
    (project / "Dockerfile").write_text(f"FROM scratch\n{last}\n")
    (project / ".dockerignore").write_text(ignored)
    told = freshlayer("render", "-o", output, ".")
    assert told.code == 0
    assert (f"{output}: is in the build context" in told.err) == warned


def test_what_cannot_be_read_ends_with_2(freshlayer: Freshlayer, project: Path) -> None:
    told = freshlayer("render", ".")
    assert (told.code, told.out) == (2, "")
    assert "no such Dockerfile" in told.err
    (project / "Dockerfile").write_text("FROM scratch\nNONSENSE\n")
    told = freshlayer("render", "-o", "Derived", ".")
    assert told.code == 2
    assert told.err.startswith("freshlayer: Dockerfile:2: ")
    assert not (project / "Derived").exists()
    (project / "Dockerfile").write_text("FROM scratch\n")
    told = freshlayer("render", "-o", "nowhere/Derived", ".")
    assert told.code == 2
    assert "nowhere/Derived: can't be written" in told.err


def test_an_image_that_is_not_pinned_is_named(freshlayer: Freshlayer, project: Path) -> None:
    (project / "Dockerfile").write_text("FROM 127.0.0.1:9/base:1\nCOPY --from=127.0.0.1:9/tool:2 / /\n")
    told = freshlayer("render", ".")
    assert told.code == 0
    assert "Dockerfile:1: 127.0.0.1:9/base:1: not pinned: " in told.err
    assert "Dockerfile:2: 127.0.0.1:9/tool:2: not pinned: " in told.err
    assert "its registry gave no digest" in told.err
    assert "(render again when the registry answers, or name it by digest)" in told.err
    assert "not pinned" not in freshlayer("render", "--format", "args", ".").err
    (project / "freshlayer.toml").write_text('pull = "never"\n')
    kept = freshlayer("render", ".")
    assert (kept.code, "not pinned" in kept.err) == (0, False)
