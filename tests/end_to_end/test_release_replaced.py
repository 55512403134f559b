"""A release that is replaced while the builder runs costs neither the build, nor a second one."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

import freshlayer as package
from testing.base_image import BASE
from testing.builders.base import Builder
from testing.builders.table import Builders
from testing.command import Freshlayer, freshlayer

REPLACED = {
    "workflows/built.py": ("", "nothing was recorded"),
    "report/formats/documents.py": ("--format=json", "the report was not written"),
    "cli/send_report.py": ("--report=https://127.0.0.1:1", "the build was not reported"),
}
"""A module that is loaded when the build is done → the option with which it is, and what it costs."""


@pytest.fixture(params=["buildkit", "sid-buildx", "podman"])
def builder(request: pytest.FixtureRequest, builders: Builders) -> Builder:
    return builders[request.param]


@pytest.mark.parametrize("module", REPLACED)
def test_what_is_missing_when_the_build_is_done_is_a_warning(
    builder: Builder, module: str, tmp_path: Path, project: Path
) -> None:
    option, consequence = REPLACED[module]
    code = tmp_path / "code"
    shutil.copytree(Path(package.__file__).parent, code / "freshlayer")
    (code / "freshlayer" / module).unlink()
    environment = dict(builder.environment())
    program = builder.command[0]
    real = shutil.which(program, path=environment["PATH"])
    assert real is not None
    folder, calls = tmp_path / "programs", tmp_path / "calls"
    folder.mkdir()
    wrapper = folder / program
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case " $* " in *" build "*) echo "$*" >> {shlex.quote(str(calls))} ;; esac\n'
        f'exec {shlex.quote(real)} "$@"\n'
    )
    wrapper.chmod(0o755)
    (project / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo 1 > /built\n")
    run = Freshlayer.of(builder, tmp_path / "state.sqlite3", project)
    settings = {"PATH": f"{folder}:{environment['PATH']}", "PYTHONPATH": str(code)}
    words = [*run.options, *([option] if option else []), "--state", str(run.state), "build"]
    words += ["--network=host", "--tag", "built", "."]
    told = freshlayer(words, {**environment, **settings}, project, anew=True)
    assert told.code == 0, told.err
    assert f"; {consequence}" in told.err
    assert len(calls.read_text().splitlines()) == 1
    assert builder.image_id("built")
