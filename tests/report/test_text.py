"""What a person reads."""

from __future__ import annotations

from pathlib import Path

from freshlayer.context import Source
from freshlayer.pipeline import inputs
from freshlayer.reading import Question
from freshlayer.report import input_lines

TEXT = (
    "FROM base\nCOPY --from=example.com/tools:1 /a /a\nRUN skopeo copy docker://example.com/app:1 dir:/app\n"
)


def test_images_that_the_builder_resolves_are_told_apart_from_those_that_a_command_reads() -> None:
    source = Source(TEXT.encode(), "Dockerfile", "Dockerfile", Path(), None)
    told = [line for _, line in input_lines(inputs(source, Question(("linux/amd64",))))]
    own = " (the builder itself resolves it)"
    assert told == [
        f"Dockerfile:1: FROM (FROM) reads docker-image://docker.io/library/base:latest{own}",
        f"Dockerfile:2: COPY (COPY --from) reads docker-image://example.com/tools:1{own}",
        "Dockerfile:3: RUN (skopeo) reads docker-image://example.com/app:1",
    ]
