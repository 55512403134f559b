"""What a manager's member chooses for a command, with documents that are really requested."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import zstandard
from msgspec import Struct

from freshlayer.discover.language_packages import LANGUAGES
from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles
from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.model.packages import (
    IndexFile,
    PackageAction,
    PackageChain,
    PackageCommand,
    PackageRun,
    Resolution,
)
from freshlayer.model.reasons import Reason
from freshlayer.packages import MANAGERS
from freshlayer.shell.files import NO_FILES


def line_of(program: str, *arguments: str) -> LanguageLine:
    """A command line that installs something, as its grammar reads it."""
    line = LANGUAGES[program][1](program, arguments, ProjectFiles("/", NO_FILES))
    assert line is not None
    return line


class Parsed(Struct, frozen=True):
    """A document, as an ``Index``."""

    digest: str
    values: Mapping[str, bytes]

    def get(self, key: str) -> bytes | None:
        """One value."""
        return self.values.get(key)

    def open(self, key: str) -> BinaryIO:
        """No manager of named packages reads one as a file."""
        raise KeyError(key)


def _plain(body: bytes, compression: str) -> bytes:
    if compression == "zst":
        return zstandard.ZstdDecompressor().stream_reader(body).read()
    return gzip.decompress(body) if compression == "gz" else body


def fetched(file: IndexFile) -> Parsed | Reason:
    """A document, or why there is none."""
    try:
        request = Request(file.urls[0], headers={"Accept": file.accept or "*/*"})
        with urlopen(request, timeout=20) as answer:
            body = answer.read()
            content = BytesIO(_plain(body, file.compression))
    except HTTPError as error:
        return Reason({404: "http-not-found", 410: "http-gone"}.get(error.code, "http-server-error"))
    except URLError:
        return Reason("connect-failed")
    try:
        return Parsed("", dict(MANAGERS[file.manager]().entries(file.kind, content, BytesIO())))
    except ValueError:
        return Reason("index-unreadable")


def resolved(
    manager: str,
    words: Iterable[str],
    options: Iterable[tuple[str, str]] = (),
    *,
    files: Mapping[str, str] | None = None,
    environment: Iterable[tuple[str, str]] = (),
    reference: str = "base",
    architecture: str = "amd64",
    policy: PackagePolicy = PackagePolicy.NAMED,
    program: str = "",
    until: int = 0,
) -> Resolution:
    """What the manager chooses on a base image with this environment."""
    command = PackageCommand(
        manager, program or manager, PackageAction.INSTALL, tuple(words), tuple(options), dict(files or {})
    )
    return resolved_command(
        command,
        environment=environment,
        reference=reference,
        architecture=architecture,
        policy=policy,
        until=until,
    )


def resolved_command(
    command: PackageCommand,
    *,
    environment: Iterable[tuple[str, str]] = (),
    reference: str = "base",
    architecture: str = "amd64",
    policy: PackagePolicy = PackagePolicy.NAMED,
    until: int = 0,
) -> Resolution:
    """The same for a command that an analysis found."""
    base = BaseImage(reference, "linux/amd64", "sha256:0", ImageConfig(tuple(environment)))
    run = PackageRun(1, 1, (command,), policy, architecture)
    chain = PackageChain((reference, "linux/amd64"), (run,), until=until)
    steps = MANAGERS[command.manager]().resolve(chain, base)
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send({file: fetched(file) for file in wanted})
    except StopIteration as ended:
        found = ended.value.get(1, Resolution())
        assert isinstance(found, Resolution)
        return found
