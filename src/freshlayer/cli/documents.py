"""One JSON document of many Dockerfiles, written as they come."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from textwrap import indent
from typing import IO, Any

from freshlayer.report.document import VERSION
from freshlayer.report.terminal import warn

_IN_MEMORY = 1024 * 1024


class Documents:
    """What ``report.together`` makes of several, letter for letter, while only one of them is in memory."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._before = f'{{\n "version": {VERSION},\n "dockerfiles": ['
        self._after = "]\n}\n"

    def add(self, document: dict[str, Any]) -> None:
        """Write one."""
        self._stream.write(f"{self._before}\n{indent(json.dumps(document, indent=1), '  ')}")
        self._before, self._after = ",", "\n ]\n}\n"

    def end(self) -> None:
        """Write what stands behind the last."""
        if self._after.startswith("]"):
            self._stream.write(self._before)
        self._stream.write(self._after)
        self._stream.flush()


class ReportFile(Documents):
    """The same in a file, which is there when it is whole."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._written = tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+")  # noqa: SIM115 - until the end
        super().__init__(self._written)

    def end(self) -> None:
        from freshlayer.files.atomic_write import replace

        super().end()
        self._written.seek(0)
        try:
            with self._written:
                replace(self._path, self._written.read().encode())
        except OSError as error:
            warn(f"{self._path}: the report can't be written: {error.strerror}")
