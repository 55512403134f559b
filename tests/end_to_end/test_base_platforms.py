"""Base images of several platforms: which manifest counts, and what a digest of an index builds."""

from __future__ import annotations

from pathlib import Path

import pytest

from freshlayer.workflows.platforms import default_platform
from testing.builders.table import Builders
from testing.command import Ended
from testing.published_images import OTHER_PLATFORM, SAID, Project, Publisher, made_for
from testing.stores.registry import Registry

ONE = ("classic", "sid-containerd", "podman")
TWO = ("classic", "buildkit", "podman", "trixie-buildah")
SEVERAL = ("sid-containerd", "trixie-podman", "trixie-buildah")
FOR_OTHERS = "for other platforms only"


@pytest.fixture
def made(
    request: pytest.FixtureRequest, builders: Builders, registry: Registry, tmp_path: Path, project: Path
) -> Project:
    return made_for(builders[request.param], registry, tmp_path, project)


def printed(told: Ended) -> list[str]:
    """What instructions printed that ran."""
    return sorted(match[1] for match in SAID.finditer(told.out + told.err))


@pytest.mark.parametrize("made", ONE, indirect=True)
def test_a_stage_reads_the_manifest_of_its_platform(made: Project, publisher: Publisher) -> None:
    base = publisher.push_index("base", "old", "old")
    last = publisher.push("last", "local")
    made.write(
        f"FROM --platform={OTHER_PLATFORM} {base} AS there",
        f"FROM {last}",
        "COPY --from=there /content /first",
    )
    made.build()
    publisher.push_index("base", "new", "old")
    told = made.freshlayer("check", "--json")
    assert told.code == 0, told.out
    assert FOR_OTHERS in told.out
    made.build()
    assert made.contents("/first") == ["old"]
    publisher.push_index("base", "new", "newer")
    assert made.states() == {1: "stale", 2: "fresh", 3: "unknown"}
    made.build()
    assert made.contents("/first") == ["newer"]
    assert set(made.states().values()) == {"fresh"}


@pytest.mark.parametrize("made", TWO, indirect=True)
def test_stages_of_two_platforms_are_told_apart(made: Project, publisher: Publisher) -> None:
    base = publisher.push_index("base", "old", "local")
    made.write(
        f"FROM --platform={OTHER_PLATFORM} {base} AS there",
        f"FROM {base}",
        "COPY --from=there /content /first",
        "RUN cp /content /second",
    )
    made.build()
    assert made.contents("/first", "/second") == ["local", "old"]
    publisher.push_index("base", "old", "newer")
    made.build()
    assert made.contents("/first", "/second") == ["newer", "old"]
    publisher.push_index("base", "new", "newer")
    made.build()
    assert made.contents("/first", "/second") == ["newer", "new"]
    assert set(made.states().values()) == {"fresh"}
    assert printed(made.build()) == []


@pytest.mark.parametrize("made", SEVERAL, indirect=True)
def test_the_digest_of_an_index_builds_each_platform_from_its_own_image(
    made: Project, publisher: Publisher
) -> None:
    base = publisher.push_index("base", "old", "local")
    made.write(f"FROM {base}", "RUN echo; cat /content")
    words = ("--platform", f"{default_platform()},{OTHER_PLATFORM}", ".")
    told = made.freshlayer.build(*words)
    assert told.code == 0, told.err
    assert printed(told) == ["local", "old"]
    publisher.push_index("base", "old", "newer")
    told = made.freshlayer("check", *words)
    assert told.code == 1, told.out
    told = made.freshlayer.build(*words)
    assert printed(told) == ["newer"]
    third = {default_platform(): "here", OTHER_PLATFORM: "there", "linux/riscv64": "here"}
    made.registry.push_joined("base", "1", third)
    told = made.freshlayer("check", "--json", *words)
    assert told.code == 0, told.out
    assert FOR_OTHERS in told.out
    assert printed(made.freshlayer.build(*words)) == []
