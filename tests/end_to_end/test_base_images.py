"""What was judged is what is built: a tag is pinned to the digest that the verdict is about."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import MEMBERS, Builders
from testing.published_images import Project, Publisher, made_for, ran
from testing.stores.registry import Registry

KNOWS_MOUNTS = (
    "buildkit",
    "buildah",
    "podman",
    "trixie-buildx",
    "trixie-buildah",
    "trixie-podman",
    "sid-buildx",
)
MOVING = """\
#!{python}
import os, sys, urllib.request
marker = "{marker}"
if "build" in sys.argv and "inspect" not in sys.argv and os.path.exists(marker):
    os.unlink(marker)
    kinds = {{"Accept": "application/vnd.oci.image.manifest.v1+json"}}
    answer = urllib.request.urlopen(urllib.request.Request("{url}/manifests/2", headers=kinds))
    sent = urllib.request.Request("{url}/manifests/1", answer.read(), method="PUT")
    sent.add_header("Content-Type", answer.headers["Content-Type"])
    urllib.request.urlopen(sent)
os.execv("{program}", [{name!r}, *sys.argv[1:]])
"""
"""A builder's program that moves a tag before it does what it is called for."""


@pytest.fixture(params=MEMBERS)
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.fixture
def made(builder: Builder, registry: Registry, tmp_path: Path, project: Path) -> Project:
    return made_for(builder, registry, tmp_path, project)


def test_an_image_that_moved_is_built_and_what_follows_runs_again(
    made: Project, publisher: Publisher
) -> None:
    base, other = publisher.push("base", "old"), publisher.push("other", "old")
    # The one that a user pulled, or that a hosted runner has from the start.
    made.pull(base)
    made.write(
        "ARG TAG=1",
        f"FROM {base.removesuffix(':1')}:${{TAG}}",
        "RUN cp /content /first",
        f"COPY --from={other} /content /second",
        "RUN cp /second /third",
    )
    made.build()
    assert set(made.states().values()) == {"fresh"}
    assert ran(made.build()) == 0
    publisher.push("other", "new")
    assert made.states() == {2: "fresh", 3: "fresh", 4: "stale", 5: "stale"}
    assert ran(made.build()) == 2
    assert made.contents("/first", "/third") == ["old", "new"]
    publisher.push("base", "new")
    assert made.states() == dict.fromkeys((2, 3, 4, 5), "stale")
    told = made.build()
    assert re.search(rf"Dockerfile:2 FROM stale: {base}: sha256:[0-9a-f]{{12}}… → sha256:", told.err), (
        told.err
    )
    # Without a duration where BuildKit states 0.0 s for each.
    assert re.search(r"rebuilt 3 of 3 layers \(base:1 changed\)( in \d+\.\d s)?$", told.err, re.MULTILINE)
    assert made.contents("/first", "/third") == ["new", "new"]
    assert set(made.states().values()) == {"fresh"}
    assert ran(made.build()) == 0


def test_what_was_judged_is_built_even_where_the_tag_moves_meanwhile(
    made: Project, publisher: Publisher, tmp_path: Path
) -> None:
    base = publisher.push("base", "old")
    publisher.push("base", "new", "2")
    made.write(f"FROM {base}", "RUN cp /content /first")
    environment = dict(made.freshlayer.environment)
    program = made.builder.command[0]
    folder, marker = tmp_path / "programs", tmp_path / "marker"
    folder.mkdir()
    marker.touch()
    real = next(p for d in environment["PATH"].split(":") if (p := Path(d, program)).is_file())
    url = f"{made.registry.direct}v2/base"
    text = MOVING.format(python=sys.executable, marker=marker, url=url, program=real, name=program)
    (folder / program).write_text(text)
    (folder / program).chmod(0o755)
    moving = made.freshlayer.but(PATH=f"{folder}:{environment['PATH']}")
    told = moving.build("--tag", "built", ".")
    assert told.code == 0, told.err
    assert not marker.exists()
    assert made.contents("/first") == ["old"]
    assert made.states() == {1: "stale", 2: "stale"}
    made.build()
    assert made.contents("/first") == ["new"]


def test_an_index_that_moved_for_other_platforms_alone_changes_nothing(
    made: Project, publisher: Publisher
) -> None:
    base = publisher.push_index("base", "old", "old")
    lines = [f"FROM {base}", "RUN cp /content /first", f"COPY --from={base} /content /second"]
    if made.builder.name in KNOWS_MOUNTS:
        lines.append(f"RUN --mount=type=bind,from={base},target=/base cp /base/content /third")
    made.write(*lines)
    made.build()
    publisher.push_index("base", "old", "new")
    told = made.freshlayer("check", "--json")
    assert told.code == 0, told.out
    (reason,) = [item["reason"]["text"] for item in told.document["inputs"]]
    assert "for other platforms only" in reason
    assert ran(made.build()) == 0
    publisher.push_index("base", "new", "new")
    assert set(made.states().values()) == {"stale"}
    made.build()
    assert made.contents("/first", "/second") == ["new", "new"]


def test_a_mounted_image_that_moved_runs_its_instruction_again(
    builders: Builders, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    for name in ("buildkit", "podman"):
        made = made_for(builders[name], registry, tmp_path, project)
        image = publisher.push("mounted", "old")
        made.write(
            f"FROM {BASE}", f"RUN --mount=from={image},target=/m cp /m/content /first", "RUN cp /first /last"
        )
        made.build()
        assert ran(made.build()) == 0
        publisher.push("mounted", "new")
        assert made.states() == {1: "fresh", 2: "stale", 3: "stale"}
        made.build()
        assert made.contents("/first", "/last") == ["new", "new"]


def test_to_pin_an_image_that_is_here_costs_nothing(made: Project, publisher: Publisher) -> None:
    base = publisher.push("base", "old")
    made.pull(base)
    made.write(f"FROM {base}", "RUN cp /content /first", "RUN cp /first /second")
    made.plain("--tag", "plain")
    told = made.build()
    assert ran(told) == 0, told.err


def test_an_image_of_this_machine_alone_is_neither_probed_nor_pinned(made: Project) -> None:
    local = f"{made.registry.host}/made/here:1"
    made.write(f"FROM {BASE}", "RUN echo local > /content")
    made.plain("--tag", local)
    made.write(f"FROM {local}", f"COPY --from={BASE} /etc/passwd /copied", "RUN cp /content /first")
    told = made.build()
    assert "Dockerfile:1:" not in told.err
    assert made.contents("/first") == ["local"]
    assert set(made.states().values()) == {"fresh"}
    assert made.freshlayer.but("--on-unknown=fail").build(".").code == 0
    if made.builder.command[0] == "docker" and made.builder.name != "sid-containerd":
        # The others give a digest to what was only built.
        assert made.probed() == []


def test_an_image_that_was_made_here_is_not_replaced_by_the_registrys(
    made: Project, publisher: Publisher
) -> None:
    if made.builder.name == "buildah":
        pytest.skip("buildah 1.28 replaces it by itself")
    name = publisher.push("base", "new")
    made.write(f"FROM {BASE}", "RUN echo local > /content")
    made.plain("--tag", name)
    made.write(f"FROM {name}", "RUN cp /content /first")
    made.build()
    assert made.contents("/first") == ["local"]


def test_without_its_registry_the_recorded_image_is_built(made: Project, publisher: Publisher) -> None:
    base = publisher.push("base", "old")
    made.pull(base)
    publisher.push("base", "new")
    made.write(f"FROM {base}", "RUN cp /content /first")
    made.build()
    made.registry.down()
    try:
        told = made.build()
        assert f"Dockerfile:1: {base}: 502 Bad Gateway" in told.err
        assert "the recorded identity is kept" in told.err
        assert ran(told) == 0
        assert made.contents("/first") == ["new"]
        assert made.freshlayer.but("--offline").build("--tag", "built", ".").code == 0
        failed = made.freshlayer.but("--on-unknown=fail").build(".")
        assert failed.code == 125
    finally:
        made.registry.up()
    assert set(made.states().values()) == {"fresh"}


@pytest.mark.parametrize("name", ["classic", "buildkit", "sid-buildx", "podman"])
def test_without_registry_and_recorded_image_the_one_that_is_here_is_built_and_recorded_as_such(
    builders: Builders, name: str, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    made = made_for(builders[name], registry, tmp_path, project)
    base = publisher.push("base", "new")
    made.write(f"FROM {base}", "RUN cp /content /first")
    made.build()
    made.builder.reset()
    publisher.push("base", "old")
    made.pull(base)
    publisher.push("base", "new")
    registry.down()
    try:
        told = made.build()
        warning = f"Dockerfile:1: {base}: the recorded image can't be had; the one that is here is used"
        assert f"{warning}, sha256:" in told.err
        assert made.contents("/first") == ["old"]
    finally:
        registry.up()
    assert made.states() == {1: "stale", 2: "stale"}
    told = made.build()
    assert "can't be had" not in told.err
    assert made.contents("/first") == ["new"]
    assert set(made.states().values()) == {"fresh"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [('pull = "never"\n', ()), ("", ("--pull=never",))],
    ids=["settings", "the command"],
)
def test_where_nothing_is_to_be_pulled_a_moved_image_is_reported_alone(
    made: Project, publisher: Publisher, settings: str, words: tuple[str, ...]
) -> None:
    if words and made.builder.command[0] == "docker":
        pytest.skip("with docker --pull is a switch")
    if made.builder.name == "buildah":
        pytest.skip("buildah 1.28 pulls by itself")
    base = publisher.push("base", "old")
    made.pull(base)
    made.write(f"FROM {base}", "RUN cp /content /first")
    made.build(*words)
    (made.directory / "freshlayer.toml").write_text(settings)
    publisher.push("base", "new")
    for _ in range(2):
        told = made.build(*words)
        assert "FROM stale" in told.err
        assert made.contents("/first") == ["old"]
        assert made.states() == {1: "stale", 2: "stale"}
    (made.directory / "freshlayer.toml").unlink()
    made.build()
    assert made.contents("/first") == ["new"]


@pytest.mark.parametrize("words", [("--pull",), ("--pull=always",)])
def test_pins_and_the_commands_own_pull_agree(
    made: Project, publisher: Publisher, words: tuple[str, ...]
) -> None:
    if made.builder.command[0] == "docker" and words == ("--pull=always",):
        pytest.skip("with docker --pull is a switch")
    base = publisher.push("base", "old")
    made.write(f"FROM {base}", "RUN cp /content /first")
    made.build(*words)
    assert ran(made.build(*words)) == 0
    publisher.push("base", "new")
    made.build(*words)
    assert made.contents("/first") == ["new"]


def test_each_image_is_probed_once_for_a_build(made: Project, publisher: Publisher) -> None:
    base = publisher.push("base", "old")
    made.write(
        f"FROM {base} AS one", "RUN true", f"FROM {base}", "COPY --from=one /content /first", "RUN true"
    )
    for count in (1, 2):
        made.build()
        assert made.probed() == ["/v2/base/manifests/1"] * count


def test_what_is_rendered_is_pinned(
    builders: Builders, publisher: Publisher, registry: Registry, tmp_path: Path, project: Path
) -> None:
    made = made_for(builders["sid-buildx"], registry, tmp_path, project)
    base = publisher.push_index("base", "old", "old")
    registry.push("frontend", "1", "frontend")
    made.write(
        f"# syntax={registry.host}/frontend:1",
        f"FROM {base} AS a",
        f"COPY --from={base} /content /x",
        f"FROM a\nRUN --mount=type=bind,from={base},target=/b cp /b/content /y",
    )
    told = made.freshlayer("render")
    assert told.code == 0, told.err
    digests = re.findall(r":1(@sha256:[0-9a-f]{64})", told.out)
    assert [*map(digests.count, dict.fromkeys(digests))] == [1, 3]
    original = (project / "Dockerfile").read_text()
    assert re.sub(r"@sha256:[0-9a-f]{64}", "", told.out) == original
    # Of an index a GET as well.
    assert sorted(made.probed()) == ["/v2/base/manifests/1"] * 2 + ["/v2/frontend/manifests/1"]


def test_a_pin_leaves_no_trace_but_in_a_mount_that_the_builder_records(
    made: Project, publisher: Publisher
) -> None:
    """As docs/traces.md states it."""
    base, other = publisher.push_index("base", "old", "old"), publisher.push("other", "new")
    lines = [f"FROM {base}", "ENV A=b", "RUN cp /content /first", f"COPY --from={other} /content /second"]
    if made.builder.name in KNOWS_MOUNTS:
        lines.append(f"RUN --mount=type=bind,from={other},target=/m cp /m/content /third")
    made.write(*lines, 'CMD ["sh"]')
    made.builder.reset()
    made.plain("--tag", "plain")
    plain = made.builder.image("plain")
    made.builder.reset()
    made.build()
    ours = made.builder.image("built")
    assert (plain.configuration, plain.container, plain.layers) == (
        ours.configuration,
        ours.container,
        ours.layers,
    )
    before = [line.created_by for line in plain.history]
    changed = [line.created_by for line in ours.history if line.created_by not in before]
    if made.builder.command[0] == "docker":
        assert changed == []
    else:
        assert [re.sub(r"@sha256:[0-9a-f]{64}", "", line) in before for line in changed] == [True]
        assert "--mount" in changed[0]
