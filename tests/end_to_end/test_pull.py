"""A tag that moved is pulled before a builder that would keep the image it has; nothing else is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder, build
from testing.builders.table import MEMBERS, Builders
from testing.command import Ended, Freshlayer
from testing.origins import ServeOrigin
from testing.stores.registry import Registry

SAID = re.compile(r"(?m)^(?:#\d+ [\d.]+ )?(old|new)\r?$")
ASKS_BY_ITSELF = "buildah"
"""buildah 1.28 asks the registry at each build."""
KEEPING = tuple(MEMBERS)
"""Every builder: BuildKit in the docker daemon and buildah 1.39 too, once the tag was pulled."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Pushes images to a registry, from a storage of its own."""

    builder: Builder
    registry: Registry
    directory: Path

    def push(self, repository: str, content: str) -> str:
        """An image with a file /content; its name."""
        name = f"{self.registry.host}/{repository}:1"
        (self.directory / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo {content} > /content\n")
        build(self.builder, self.directory, "--tag", name)
        self.builder.run("push", "--quiet", "--tls-verify=false", name, f"docker://{name}")
        return name


@pytest.fixture
def publisher(
    request: pytest.FixtureRequest, builders: Builders, registry: Registry, tmp_path: Path
) -> Publisher:
    folder = tmp_path / "published"
    folder.mkdir()
    # An image that was built in a storage keeps its own digest there, whatever is pulled.
    parameters = getattr(request.node, "callspec", None)
    tested = parameters.params.get("builder") if parameters else None
    return Publisher(builders["trixie-buildah" if tested == "buildah" else "buildah"], registry, folder)


@pytest.fixture(params=KEEPING)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.fixture
def freshlayer(builder: Builder, registry: Registry, tmp_path: Path, project: Path) -> Freshlayer:
    """In front of a builder that may ask this registry without TLS."""
    conf = tmp_path / "registries.conf"
    conf.write_text(f'[[registry]]\nlocation = "{registry.host}"\ninsecure = true\n')
    found = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    return found.but(CONTAINERS_REGISTRIES_CONF=str(conf))


def contents(builder: Builder, freshlayer: Freshlayer, tag: str) -> list[str]:
    """What the image says it was made of."""
    (freshlayer.directory / "Dockerfile").write_text(f"FROM {tag}\nRUN echo; cat /first /second\n")
    told = builder.run("build", *builder.options, "--no-cache", ".", cwd=freshlayer.directory)
    return [match[1] for match in SAID.finditer(told.stdout + told.stderr)]


def asked_by_us(registry: Registry) -> list[str]:
    seen = registry.requests()
    return [r.path for r in seen if r.headers.get("user-agent", "").startswith("freshlayer")]


def pulls(told: Ended) -> list[str]:
    """Names of what was pulled because it had moved."""
    lines = [line for line in told.err.splitlines() if line.endswith("; it was pulled")]
    return [line.split()[1] for line in lines]


def have(builder: Builder, freshlayer: Freshlayer, *names: str) -> None:
    """As a user pulls, or as a hosted runner has them from the start."""
    for name in names:
        builder.run("pull", name, env=freshlayer.environment)


def test_what_moved_is_pulled_and_nothing_else_is(
    builder: Builder, freshlayer: Freshlayer, publisher: Publisher, origin: ServeOrigin, project: Path
) -> None:
    base, other = publisher.push("base", "old"), publisher.push("other", "old")
    have(builder, freshlayer, base, other)
    text = (
        f"FROM {base}\nRUN wget -q -O /file {origin.url} && cp /content /first\n"
        f"COPY --from={other} /content /second\n"
    )

    def ours() -> Ended:
        (project / "Dockerfile").write_text(text)
        told = freshlayer.build("--tag", "moved", ".")
        assert told.code == 0, told.err
        return told

    assert pulls(ours()) == []
    assert pulls(ours()) == []
    publisher.push("other", "new")
    assert pulls(ours()) == [other]
    assert contents(builder, freshlayer, "moved") == ["old", "new"]
    publisher.push("base", "new")
    if builder.name != ASKS_BY_ITSELF:
        (project / "Dockerfile").write_text(text)
        builder.run("build", *builder.options, "--tag", "plain", ".", cwd=project)
        assert contents(builder, freshlayer, "plain") == ["old", "new"]
    assert pulls(ours()) == [base]
    assert contents(builder, freshlayer, "moved") == ["new", "new"]
    assert pulls(ours()) == []


@pytest.mark.parametrize("name", ["sid-buildx", "sid-containerd", "trixie-buildx"])
@pytest.mark.parametrize(
    "words", [("compose", "build"), ("bake", "--allow=network.host")], ids=lambda it: it[0]
)
def test_what_moved_is_pulled_for_compose_and_bake(
    builders: Builders, name: str, words: tuple[str, ...], publisher: Publisher, tmp_path: Path, project: Path
) -> None:
    builder = builders[name]
    ours = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    base = publisher.push("base", "old")
    have(builder, ours, base)
    (project / "Dockerfile").write_text(f"FROM {base}\nRUN cp /content /first; cp /content /second\n")
    (project / "compose.yaml").write_text(
        "services: {web: {image: moved, build: {context: ., network: host}}}\n"
    )
    if words[0] == "bake":
        if name == "trixie-buildx":
            pytest.skip("buildx 0.13 knows no --allow, and no network of a bake file")
        (project / "compose.yaml").unlink()
        (project / "docker-bake.json").write_text(
            '{"target":{"default":{"context":".","network":"host","tags":["moved"]}}}'
        )
    assert pulls(ours(*words)) == []
    publisher.push("base", "new")
    told = ours(*words)
    assert told.code == 0, told.err
    assert pulls(told) == [base]
    assert contents(builder, ours, "moved") == ["new", "new"]
    publisher.push("base", "newer")
    assert pulls(ours(*words, "--pull")) == []


def test_a_builder_outside_the_daemon_asks_by_itself(
    builders: Builders, publisher: Publisher, tmp_path: Path, project: Path
) -> None:
    builder = builders["sid-buildx"]
    ours = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    base = publisher.push("base", "old")
    have(builder, ours, base)
    publisher.push("base", "new")
    (project / "Dockerfile").write_text(f"FROM {base}\nRUN true\n")
    builder.run("buildx", "create", "--name=elsewhere", "--driver=docker-container")
    try:
        # Its own image can't be had here, so that the build fails; what counts is what was done before.
        assert pulls(ours.build("--builder=elsewhere", ".")) == []
    finally:
        builder.run("buildx", "rm", "--force", "elsewhere")
    assert pulls(ours.build(".")) == [base]


def test_an_image_that_was_made_here_is_not_replaced(
    builder: Builder, freshlayer: Freshlayer, publisher: Publisher, project: Path
) -> None:
    if builder.name == ASKS_BY_ITSELF:
        pytest.skip("it replaces the image by itself")
    made = publisher.push("base", "new")
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo old > /first; echo old > /second\n")
    builder.run("build", *builder.options, "--tag", made, ".", cwd=project)
    (project / "Dockerfile").write_text(f"FROM {made}\nRUN true\n")
    told = freshlayer.build("--tag", "moved", ".")
    assert told.code == 0, told.err
    assert pulls(told) == []
    assert contents(builder, freshlayer, "moved") == ["old", "old"]


def test_a_tag_that_cannot_be_asked_is_told_once_and_costs_nothing(
    builder: Builder, freshlayer: Freshlayer, publisher: Publisher, registry: Registry, project: Path
) -> None:
    base, other = publisher.push("base", "old"), publisher.push("other", "old")
    have(builder, freshlayer, base, other)
    (project / "Dockerfile").write_text(f"FROM {base}\nCOPY --from={other} /content /second\n")
    assert freshlayer.build(".").code == 0
    registry.down()
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    (said,) = [line for line in told.err.splitlines() if "the image that is here is used" in line]
    assert said.startswith(f"freshlayer: {base}, and 1 more: 502 Bad Gateway")


def test_what_cannot_be_pulled_costs_nothing(
    builder: Builder, freshlayer: Freshlayer, publisher: Publisher, registry: Registry, project: Path
) -> None:
    base = publisher.push("base", "old")
    have(builder, freshlayer, base)
    (project / "Dockerfile").write_text(f"FROM {base}\nRUN true\n")
    assert freshlayer.build(".").code == 0
    # Its manifest is there, and what that names is not.
    registry.push("base", "1", "damaged")
    for blob in registry.directory.rglob("blobs/sha256/*/*/data"):
        if b"damaged" in blob.read_bytes():
            blob.unlink()
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert "it can't be pulled (" in told.err


def test_an_image_that_was_made_here_is_told_of_nowhere(
    builder: Builder, freshlayer: Freshlayer, registry: Registry, project: Path
) -> None:
    made = f"{registry.host}/made/here:1"
    builder.run("tag", BASE, made)
    (project / "Dockerfile").write_text(f"FROM {made}\nCOPY --from={BASE} /etc/passwd /copied\nRUN true\n")
    told = freshlayer.build(".")
    assert told.code == 0, told.err
    assert "the image that is here" not in told.err
    if builder.command[0] == "docker" and builder.name != "sid-containerd":
        # The others give a digest to what was only tagged.
        assert asked_by_us(registry) == []


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        ('pull = "never"\n', (), ()),
        ("", ("--offline",), ()),
        ("", (), ("--pull",)),
        ("", (), ("--pull=always",)),
    ],
    ids=["never", "offline", "the builder pulls", "its policy is to pull"],
)
def test_nothing_is_asked_where_nothing_is_to_be_pulled(
    builder: Builder,
    freshlayer: Freshlayer,
    publisher: Publisher,
    registry: Registry,
    project: Path,
    settings: str,
    before: tuple[str, ...],
    after: tuple[str, ...],
) -> None:
    if (builder.command[0] == "docker") is (after == ("--pull=always",)) and after:
        pytest.skip("with docker --pull is a switch; the others do as it says where it names a policy")
    base = publisher.push("base", "old")
    have(builder, freshlayer, base)
    (project / "freshlayer.toml").write_text(settings)
    (project / "Dockerfile").write_text(f"FROM {base}\nRUN true\n")
    for _ in range(2):
        told = freshlayer.but(*before).build(*after, ".")
        assert told.code == 0, told.err
    assert asked_by_us(registry) == []
