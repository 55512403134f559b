"""Which builder checks the bytes of an ``ADD --checksum``."""

from __future__ import annotations

import pytest

from freshlayer.builders.added_checksums import GIT, URLS, of_buildkit, of_containers

NEITHER: set[str] = set()


@pytest.mark.parametrize(
    ("syntax", "daemon", "kinds"),
    [
        ("", "28.5.2", {URLS, GIT}),
        ("", "28.2.0-rc.1", {URLS, GIT}),
        ("", "28.1.1", {URLS}),
        ("", "26.1.5+dfsg1", {URLS}),
        ("", "20.10.24+dfsg1", NEITHER),
        ("", "", NEITHER),
        ("docker/dockerfile:1", "20.10.24", {URLS}),
        ("docker/dockerfile:1", "", {URLS}),
        ("docker/dockerfile", "28.5.2", {URLS, GIT}),
        ("docker/dockerfile:1.6", "28.5.2", {URLS}),
        ("docker.io/docker/dockerfile:1.16.0", "28.5.2", {URLS, GIT}),
        ("docker/dockerfile:1.5-labs", "28.5.2", NEITHER),
        ("docker/dockerfile-upstream:master-labs", "28.5.2", {URLS, GIT}),
        ("localhost:5000/docker/dockerfile", "", {URLS}),
        ("docker/dockerfile:1.6@sha256:" + "0" * 64, "", {URLS}),
        ("docker/dockerfile:1@sha256:" + "0" * 64, "28.5.2", NEITHER),
        ("docker/dockerfile@sha256:" + "0" * 64, "28.5.2", NEITHER),
        ("docker/dockerfile:latest@sha256:" + "0" * 64, "28.5.2", NEITHER),
        ("docker/dockerfile:1.16-labs@sha256:" + "0" * 64, "28.5.2", {URLS, GIT}),
        ("example.org/frontend:1.20", "28.5.2", NEITHER),
        ("docker/dockerfile:x", "28.5.2", NEITHER),
    ],
)
def test_buildkit_by_its_frontend_and_its_daemon(syntax: str, daemon: str, kinds: set[str]) -> None:
    assert of_buildkit(syntax, daemon) == kinds


@pytest.mark.parametrize(
    ("name", "version", "kinds"),
    [
        ("buildah", "buildah version 1.39.3 (image-spec 1.1.0, runtime-spec 1.2.0)", {URLS}),
        ("buildah", "buildah version 1.28.2 (image-spec 1.0.2-dev)", NEITHER),
        ("podman", "podman version 5.4.2", {URLS}),
        ("podman", "podman version 4.3.1", NEITHER),
        ("podman", "", NEITHER),
    ],
)
def test_buildah_and_podman_by_their_versions(name: str, version: str, kinds: set[str]) -> None:
    assert of_containers(name, version) == kinds
