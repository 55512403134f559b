"""A real browser: Debian's Chromium without a window, with a profile of its own, on pages of loopback."""

from __future__ import annotations

import functools
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--enable-logging=stderr", "--log-level=0"),
)
_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser made of a page: the document in the end, and what it logged, the console included."""

    document: str
    log: str

    @property
    def console(self) -> list[str]:
        """The messages of the page's console."""
        return [line for line in self.log.splitlines() if "CONSOLE" in line]


def wanted() -> None:
    """Skips the test where there is no browser, but on CI."""
    if not CHROMIUM.exists():
        missing = f"{CHROMIUM} is missing (scripts/setup browser)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)


def shown(url: str, *flags: str) -> Shown:
    """Open a page, wait until it is loaded and its scripts are idle.

    Skips the test where there is no browser, but on CI, which has to have one.
    """
    wanted()
    with tempfile.TemporaryDirectory(prefix="fl-browser-") as profile:
        known = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        done = subprocess.run(
            [str(CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", *flags, "--dump-dom", url],
            env={**known, "HOME": profile, "no_proxy": "127.0.0.1"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return Shown(done.stdout, done.stderr)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(directory: Path, pages: Mapping[str, str]) -> Iterator[str]:
    """Serve these pages on loopback; gives the address that their names follow."""
    for name, text in pages.items():
        (directory / name).write_text(text, "utf-8")
    handler = functools.partial(_Quiet, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
