"""git for clones of projects: no hook, filter, submodule, prompt or configuration of a user or a checkout."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from freshlayer.children import CLONE, HOST_COMMAND, Child, limited, program, search_path
from freshlayer.credentials import Credential, Keyring, Program, find, tls
from freshlayer.files.deep_trees import entries_below
from freshlayer.probe.git import SILENT, complaint, credential_helper, without_url
from freshlayer.probe.network.pinned_addresses import OLDEST_GIT, is_honoured, pinned
from freshlayer.reference import shown
from freshlayer.watch.projects.addresses import RefusedError, is_named, resolved, ssh_command

_MOST_OUTPUT = 8 * 1024 * 1024
_STEP = 0.02
_PEEK = os.WEXITED | os.WNOHANG | os.WNOWAIT
"""The process stays a zombie, so that the number of its group is not used again."""

_MEASURED_EVERY = 0.5
_MOST_FILES = 500_000
_DEEPEST = 200
"""Levels of directories. What reads a path of n levels takes n steps for each of them."""

_KEPT = frozenset(
    """
    HOME USER LANG TMPDIR SSH_AUTH_SOCK XDG_RUNTIME_DIR http_proxy https_proxy no_proxy all_proxy HTTP_PROXY
    HTTPS_PROXY NO_PROXY ALL_PROXY SSL_CERT_FILE SSL_CERT_DIR
    """.split()
)
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_ALLOW_PROTOCOL": "http:https:ssh",
    "GIT_ADVICE": "0",
}
# No link leads out of a tree, no redirect to another host, and nothing is started by what was cloned.
_CONFIGURATION = {
    "core.hooksPath": os.devnull,
    "core.symlinks": "false",
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "fetch.fsckObjects": "true",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "transfer.bundleURI": "false",
    "protocol.version": "2",
}
# POSIX: in units of 512 bytes. A pack is one file.
_FILES_LIMITED = 'ulimit -f "$0" 2>/dev/null; exec "$@"'


class CloneError(Exception):
    """Something of a repository could not be fetched; the text is a clause without a credential."""


class Limits(Struct, frozen=True):
    """``timeout`` in seconds, of one command. ``largest``: bytes of the directory of a repository."""

    allow_hosts: tuple[str, ...]
    timeout: float
    largest: int


class Git:
    """``keyring``: read when a host gets a request. ``stopping``: whether the service is to end."""

    def __init__(self, limits: Limits, keyring: Callable[[], Keyring], stopping: Callable[[], bool]) -> None:
        self._limits = limits
        self._keyring = keyring
        self._stopping = stopping
        self._pins: bool | None = None

    def __call__(self, url: str, words: Sequence[str], home: Path, extra: Mapping[str, str]) -> str:
        """Its output. ``home``: all that it may make larger. Raises CloneError."""
        try:
            addresses = resolved(url, self._limits.allow_hosts)
        except RefusedError as error:
            raise CloneError(str(error)) from None
        found = program("git", os.environ.get("PATH", os.defpath))
        if not found:
            raise CloneError("there is no git in PATH")
        if addresses and not is_named(url, self._limits.allow_hosts):
            self._refuse_old(found, home)
        keyring = self._keyring()
        configuration = {**_CONFIGURATION, **_of_host(url, addresses, keyring)}
        settings = [word for name, value in configuration.items() for word in ("-c", f"{name}={value}")]
        environment = {
            **{name: value for name, value in os.environ.items() if name in _KEPT},
            "PATH": search_path(os.environ.get("PATH", os.defpath)),
            **SILENT,
            **_ENVIRONMENT,
            **_of_ssh(url, addresses),
            **credential_helper(url, self._credential(url, keyring, home), {}),
            **extra,
        }
        blocks = str(self._limits.largest // 512)
        argv = ["/bin/sh", "-c", _FILES_LIMITED, blocks, found, *settings, *words]
        return self._output(argv, environment, home, CLONE, url)

    def _refuse_old(self, git: str, home: Path) -> None:
        """Raises CloneError where it would resolve the name once more, and connect to any address."""
        if self._pins is None:
            self._pins = is_honoured(self._output([git, "version"], dict(os.environ), home, CLONE, git))
        if not self._pins:
            raise CloneError(
                f"it needs git {OLDEST_GIT} or newer, unless allow_hosts has the name of its host"
            )

    def _credential(self, url: str, keyring: Keyring, home: Path) -> Credential | None:
        found = find(keyring, url)
        if not isinstance(found, Program):
            return found
        return found.credential(self._output(found.argv, dict(os.environ), home, HOST_COMMAND, url))

    def _output(
        self, argv: Sequence[str], environment: Mapping[str, str], home: Path, child: Child, url: str
    ) -> str:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                limited(argv, child),
                env=dict(environment),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
            try:
                self._wait(process, home)
            finally:
                _end(process)
            if process.returncode:
                errors.seek(0)
                raise CloneError(_complaint(errors.read(_MOST_OUTPUT), url))
            if output.seek(0, os.SEEK_END) > _MOST_OUTPUT:
                raise CloneError(f"it prints more than {_MOST_OUTPUT // 1024 // 1024} MiB")
            output.seek(0)
            return output.read().decode("utf-8", "replace")

    def _wait(self, process: subprocess.Popen[bytes], home: Path) -> None:
        """Until it ends, within its limits."""
        started = measured = time.monotonic()
        while not os.waitid(os.P_PID, process.pid, _PEEK):
            now = time.monotonic()
            if self._stopping():
                raise CloneError("it was ended with the service")
            if now - started > self._limits.timeout:
                raise CloneError(f"it took more than {self._limits.timeout:g} s")
            if now - measured > _MEASURED_EVERY:
                measured = now
                self.measure(home)
            time.sleep(_STEP)

    def measure(self, home: Path) -> None:
        """Raises CloneError where a directory is larger or deeper than allowed."""
        size, depth = extent_of(home, self._limits.largest)
        if depth > _DEEPEST:
            raise CloneError(f"its directories are nested more than {_DEEPEST} levels deep")
        if size > self._limits.largest:
            mib = self._limits.largest / 1024 / 1024
            raise CloneError(f"it is larger than {mib:g} MiB (largest_mib of [repositories])")


def extent_of(directory: Path, enough: int) -> tuple[int, int]:
    """Bytes of its files, and its depth. More than ``enough`` bytes where it has very many files."""
    size = count = deepest = 0
    for depth, entry in entries_below(str(directory)):
        count, deepest = count + 1, max(depth, deepest)
        with contextlib.suppress(OSError):
            size += 0 if entry.is_dir(follow_symlinks=False) else entry.stat(follow_symlinks=False).st_size
        if size > enough or count > _MOST_FILES or deepest > _DEEPEST:
            return (size if count <= _MOST_FILES else max(size, enough + 1)), deepest
    return size, deepest


def _of_host(url: str, addresses: Sequence[str], keyring: Keyring) -> dict[str, str]:
    if urlsplit(url).scheme == "ssh":
        return {}
    files = tls(keyring, url)
    found = {"http.sslCAInfo": files.authorities, "http.sslCert": files.certificate, "http.sslKey": files.key}
    named = {name: value for name, value in found.items() if value}
    return {**named, "http.curloptResolve": pinned(url, addresses)} if addresses else named


def _of_ssh(url: str, addresses: Sequence[str]) -> dict[str, str]:
    if urlsplit(url).scheme != "ssh" or not addresses:
        return {}
    return {"GIT_SSH_COMMAND": ssh_command(url, addresses[0]), "GIT_SSH_VARIANT": "ssh"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """All of its process group: git starts others."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _complaint(errors: bytes, url: str) -> str:
    text = errors.decode("utf-8", "replace").strip()
    last = without_url(text.rpartition("\n")[2], url)
    return f"git: {shown(complaint(text, url) or last or 'it failed', 160)}"
