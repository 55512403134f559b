from __future__ import annotations

import pytest

from freshlayer.dockerfile.syntax import knows_run_mount, syntax_image


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("# syntax=docker/dockerfile:1\nFROM a\n", "docker/dockerfile:1"),
        ("#syntax=docker/dockerfile:1\n", "docker/dockerfile:1"),
        ("  #  syntax  =  docker/dockerfile:1  \n", "docker/dockerfile:1"),
        ("# SYNTAX=docker/dockerfile:1\n", "docker/dockerfile:1"),
        ("# escape=`\n# syntax=docker/dockerfile:1\n", "docker/dockerfile:1"),
        ("# check=skip=all\n# syntax=x/y\n", "x/y"),
        ("#!/usr/bin/env docker\n# syntax=x/y\n", "x/y"),
        ("\ufeff# syntax=x/y\n", "x/y"),
        ("# syntax=x/y\r\nFROM a\r\n", "x/y"),
        ("# syntax=x/y@sha256:ab extra\n", "x/y@sha256:ab"),
        ("FROM a\n# syntax=x/y\n", ""),
        ("# a comment\n# syntax=x/y\n", ""),
        ("\n# syntax=x/y\n", ""),
        ("# other=1\n# syntax=x/y\n", ""),
        ("FROM a\n", ""),
        ("", ""),
    ],
)
def test_the_directive_counts_only_where_buildkit_reads_it(text: str, image: str) -> None:
    assert syntax_image(text) == image


@pytest.mark.parametrize(
    ("image", "knows"),
    [
        ("", True),
        ("docker/dockerfile", True),
        ("docker/dockerfile:1", True),
        ("docker/dockerfile:1.2", True),
        ("docker/dockerfile:1.2.1", True),
        ("docker/dockerfile:1.10", True),
        ("docker/dockerfile:1.4-labs", True),
        ("docker/dockerfile:1.1-experimental", True),
        ("docker/dockerfile:experimental", True),
        ("docker/dockerfile:latest", True),
        ("docker/dockerfile:1.7@sha256:" + "a" * 64, True),
        ("docker.io/docker/dockerfile:1.4", True),
        ("docker/dockerfile-upstream:master", True),
        ("localhost:5000/docker/dockerfile", True),
        ("docker/dockerfile:1.0", False),
        ("docker/dockerfile:1.1", False),
        ("docker/dockerfile:1.1.7", False),
        ("docker/dockerfile:1.0@sha256:" + "a" * 64, False),
        ("localhost:5000/docker/dockerfile:1.1", False),
        ("docker/dockerfile:nonsense", False),
        ("example.org/frontend:1", False),
        ("r2d4/mocker", False),
        ("evil-docker/dockerfile", False),
    ],
)
def test_a_frontend_knows_the_mount_flag_or_not(image: str, *, knows: bool) -> None:
    assert knows_run_mount(image) is knows
