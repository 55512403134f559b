"""Whether ARG or ENV wins: real builders are the oracle."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freshlayer.dockerfile.parse import parse
from freshlayer.dockerfile.scope import environments
from testing.base_image import BASE
from testing.builders.base import build
from testing.builders.table import Builders

DOCKERFILE = """FROM {base} AS a
ENV X=env W=env
FROM a AS b
ARG X=arg
ARG W
RUN echo "ROW 1 [$X] [$W]" && echo 1 > /n
ENV Y=$X
RUN echo "ROW 2 [$Y]"
FROM {base}
ARG X=arg
ENV X=env
RUN echo "ROW 3 [$X]"
COPY --from=b /n /n
"""


@pytest.mark.parametrize("name", ["classic", "buildkit", "buildah", "podman"])
def test_a_run_sees_what_the_model_has(builders: Builders, project: Path, name: str) -> None:
    text = DOCKERFILE.format(base=BASE)
    (project / "Dockerfile").write_text(text)
    options = ("--progress=plain",) if name == "buildkit" else ()
    ran = build(builders[name], project, "--no-cache", *options)
    printed = dict(re.findall(r"ROW (\d) (\[\w+\](?: \[\w+\])?)", ran.stdout + ran.stderr))
    dockerfile = parse(text)
    seen = environments(dockerfile, {}, "linux/amd64", inherits=name == "buildkit")
    runs = [it for stage in dockerfile.stages for it in stage.instructions if it.name == "RUN"]
    for number, run in enumerate(runs, 1):
        echoed = re.search(r"ROW \d ([^\"]*)", run.rest)
        assert echoed
        assert seen[run.number].expand(echoed[1]) == printed[str(number)], (name, run.rest)
