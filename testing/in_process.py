"""Run freshlayer in the process of the test: the same words and output, without the start of a program."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path

from msgspec import Struct

from freshlayer.cli.start import main
from testing.command import Ended


class InProcess(Struct, frozen=True):
    """freshlayer with a state file of its own, in a directory, with no environment but this one."""

    environment: Mapping[str, str]
    state: Path
    directory: Path

    def __call__(self, *words: str) -> Ended:
        out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with _there(self.directory, self.environment), redirect_stdout(out), redirect_stderr(err):
            code = main(["--state", str(self.state), *words])
        return Ended(code, *(it.buffer.getvalue().decode("utf-8", "replace") for it in (out, err)))


@contextmanager
def _there(directory: Path, environment: Mapping[str, str]) -> Iterator[None]:
    before, values = Path.cwd(), dict(os.environ)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.chdir(before)
        os.environ.clear()
        os.environ.update(values)
