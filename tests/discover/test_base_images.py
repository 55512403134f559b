"""What is known of a base image decides what later instructions read."""

from __future__ import annotations

from freshlayer.discover.analysis import Analysis, BuildRequest, analyse
from freshlayer.model.base_image import BaseImage, BaseWanted, ImageConfig

AMD64 = "linux/amd64"
PYTHON = "docker-image://docker.io/library/python:3.12"
CONFIG = ImageConfig(environment=(("PATH", "/usr/local/bin:/usr/bin:/bin"), ("PYTHON_VERSION", "3.12.7")))


def read(text: str, config: ImageConfig | None = None, **options: object) -> Analysis:
    """A Dockerfile with ``FROM python:3.12``."""
    known = {(PYTHON, AMD64): BaseImage(PYTHON, AMD64, "sha256:aa", config or CONFIG)}
    return analyse(text, BuildRequest((AMD64,), **options), bases=known)  # type: ignore[arg-type]


def urls(analysis: Analysis) -> list[str]:
    return [it.reference.text for it in analysis.discovery.inputs if it.reference.kind == "http"]


def test_the_variables_of_the_base_are_known() -> None:
    script = "RUN curl -O https://example.org/py-${PYTHON_VERSION}.tgz"
    assert urls(read(f"FROM python:3.12\n{script}")) == ["https://example.org/py-3.12.7.tgz"]
    (missed,) = analyse(f"FROM python:3.12\n{script}", BuildRequest((AMD64,))).discovery.not_watched
    assert missed.reason.code == "needs-base-image"


def test_the_images_that_stages_start_from_are_wanted() -> None:
    text = "FROM --platform=linux/arm64 python:3.12 AS a\nFROM a\nFROM scratch\nFROM other\nFROM nowhere:$X"
    contexts = {"other": "./there"}
    found = analyse(text, BuildRequest((AMD64,), contexts=contexts, all_stages=True))
    assert found.bases_wanted == (BaseWanted(PYTHON, "linux/arm64"),)
