"""Chromium, driven through its own protocol on a pipe: widths, themes, keys, pictures, and what a page logs.

https://chromedevtools.github.io/devtools-protocol/ ; messages are JSON, each ended by a zero byte, which
Chromium reads from descriptor 3 and writes to descriptor 4.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from select import select
from typing import Any

from testing.browser import CHROMIUM, wanted

_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--force-color-profile=srgb", "--remote-debugging-pipe"),
)
_SECONDS = 90.0
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


class Browser:
    """One window. ``events``: what the page logged since it was opened."""

    def __init__(self, write: int, read: int) -> None:
        self._write = write
        self._read = read
        self._buffer = b""
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []
        target = self._asked("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._asked("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._asked(f"{domain}.enable")

    def opened(self, url: str, width: int = 1280, height: int = 900, theme: str = "light") -> None:
        """Load a page and wait until it has loaded."""
        self._asked(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.themed(theme)
        self.events = []
        self._asked("Page.navigate", url=url)
        self.waited_for("Page.loadEventFired")

    def themed(self, theme: str) -> None:
        """``light`` or ``dark``, as the reader's system would have it."""
        scheme = [{"name": "prefers-color-scheme", "value": theme}]
        self._asked("Emulation.setEmulatedMedia", features=scheme)

    def resized(self, width: int, height: int = 900) -> None:
        """Another size of the same page."""
        self._asked(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def evaluated(self, script: str) -> Any:
        """The value of an expression, or of the promise that it is; the policy of the page does not count."""
        found = self._asked("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def pressed(self, key: str, text: str = "") -> None:
        """A key."""
        code = _KEYS.get(key, ord(key[0]))
        known = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self._asked("Input.dispatchKeyEvent", type="keyDown", text=text, **known)
        self._asked("Input.dispatchKeyEvent", type="keyUp", **known)

    def pictured(self, place: Path, height: int = 0) -> None:
        """A PNG of the whole page, or of its upper part."""
        size = self._asked("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": 1}
        found = self._asked("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        place.write_bytes(b64decode(found["data"]))

    def printed(self, media: str = "print") -> None:
        """As on paper; an empty text ends that."""
        self._asked("Emulation.setEmulatedMedia", media=media)

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + _SECONDS
        while not self.evaluated(script):
            assert time.monotonic() < end, script
            with suppress(TimeoutError):
                self._message(time.monotonic() + 0.05)

    @property
    def problems(self) -> list[str]:
        """Errors of scripts, and what the policy of a page refused."""
        found = [it for it in self.events if it["method"] in {"Runtime.exceptionThrown", "Log.entryAdded"}]
        found += [it for it in self.events if it["method"] == "Runtime.consoleAPICalled"]
        return [json.dumps(it["params"])[:600] for it in found]

    def waited_for(self, method: str) -> None:
        """Wait for an event."""
        end = time.monotonic() + _SECONDS
        while not any(it["method"] == method for it in self.events):
            self._message(end)

    def _asked(self, method: str, **values: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": values}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + _SECONDS
        while True:
            found = self._message(end)
            if found.get("id") == number:
                assert "error" not in found, (method, found["error"])
                result: dict[str, Any] = found["result"]
                return result

    def _message(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select([self._read], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            part = os.read(self._read, 1 << 20)
            assert part, "the browser ended"
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        if "method" in found:
            self.events.append(found)
        return found


_START = """import os, sys
read, write = (os.dup(int(text)) for text in sys.argv[1:3])
high = os.dup2(read, 100), os.dup2(write, 101)
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Moves the pipes to where Chromium looks for them; first far above, so that none is overwritten."""


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own. Skips the test where there is none, but on CI."""
    wanted()
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="fl-devtools-", ignore_cleanup_errors=True) as profile:
        known = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        argv = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        child = subprocess.Popen(
            [sys.executable, "-c", _START, str(to_read), str(from_write), *argv],
            env={**known, "HOME": profile, "no_proxy": "127.0.0.1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(to_read, from_write),
        )
        os.close(to_read)
        os.close(from_write)
        try:
            yield Browser(to_write, from_read)
        finally:
            os.close(to_write)
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            os.close(from_read)
