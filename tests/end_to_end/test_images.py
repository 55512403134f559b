"""A RUN that copies an image out of a registry runs again when the image for its platform did change."""

from __future__ import annotations

import re
from pathlib import Path

from freshlayer.workflows.platforms import default_platform
from testing.base_image import BASE
from testing.command import Freshlayer
from testing.origins import ServeOrigin
from testing.servers.needs import require
from testing.stores.registry import MediaTypes, Registry


def copies(registry: Registry) -> int:
    """How often a build read the image: freshlayer's own requests carry its name."""
    return sum(r.headers["user-agent"].startswith("Wget") for r in registry.requests())


def test_only_what_reads_the_image_runs_again_and_only_for_its_own_platform(
    freshlayer: Freshlayer, origin: ServeOrigin, project: Path
) -> None:
    require("nginx", "docker-registry")
    here, other = default_platform(), "linux/s390x"
    with Registry() as registry:
        registry.push_index("some/app", "1", {here: "one", other: "one"})
        url = f"{registry.url}v2/some/app/manifests/1"
        # In awk, for what a shell script requests would be an input of the RUN.
        command = f"wget -qO /manifest --header 'Accept: {MediaTypes.OCI.index}' {url}"
        (project / "copy-image").write_text(f'BEGIN {{ exit system("{command}") != 0 }}\n')
        (project / "Dockerfile").write_text(
            f"FROM {BASE}\nCOPY copy-image /\n"
            f"RUN wget -qO /first {origin.url}first\n"
            f"# freshlayer: watch docker-image://{registry.host}/some/app:1\nRUN awk -f /copy-image\n"
        )
        for _ in range(2):
            assert freshlayer.build(".").code == 0
            assert copies(registry) == 1
        registry.push_index("some/app", "1", {here: "one", other: "two"})
        assert freshlayer.build(".").code == 0
        assert copies(registry) == 1
        registry.push_index("some/app", "1", {here: "two", other: "two"})
        told = freshlayer.build(".")
        assert told.code == 0, told.err
        assert copies(registry) == 2
    shown = re.search(rf"Dockerfile:5 RUN stale: {registry.host}/some/app:1: (.+)… → (.+)…", told.err)
    assert shown, told.err
    assert shown[1] != shown[2]
    assert all(re.fullmatch(r"sha256:[0-9a-f]{12}", digest) for digest in shown.groups())
    fetched = [r for r in origin.requests() if r.headers.get("user-agent", "").startswith("Wget")]
    assert [r.path for r in fetched] == ["/first"]
