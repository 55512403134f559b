"""The page of a real service in a real browser: an origin changes, the page states it, a trigger ends it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from testing.command import Freshlayer
from testing.devtools import browser
from testing.origins import DirectoryOrigin
from tests.cli.test_watch_api import freshlayer, get, serving

__all__ = ["freshlayer"]
_HEADING = 'document.querySelector("h1").innerText'
_TEXT = "fetch(location.href).then((it) => it.text())"
_LOADED_AGAIN = f"""{_TEXT}.then((text) =>
  new DOMParser().parseFromString(text, "text/html").querySelector("h1").textContent)"""


def test_an_origin_changes_and_the_page_states_what_and_why_until_a_trigger_is_done(
    freshlayer: Freshlayer, project: Path, tmp_path: Path
) -> None:
    files, built = tmp_path / "files", tmp_path / "built"
    files.mkdir()
    tool = files / "tool"
    tool.write_text("first")
    with DirectoryOrigin(tmp_path, files) as origin, browser() as window:
        (project / "api").mkdir()
        (project / "api" / "Dockerfile").write_text(f"FROM scratch\nRUN curl {origin.url}tool -o /tool\n")
        config = tmp_path / "watch.toml"
        # The trigger waits for the file, so that the page can be seen meanwhile.
        waits = f"import time, os\nwhile not os.path.exists({str(built)!r}): time.sleep(0.05)"
        argv = json.dumps([sys.executable, "-c", waits])
        trigger = f'[triggers.ci]\ntype = "command"\ncommand = {argv}\n'
        config.write_text(f"interval = 1\nsearch = 1\nsettle = 0\n{trigger}")
        with serving(freshlayer, tmp_path / "log", "--config", str(config), str(project)) as port:
            address = f"http://127.0.0.1:{port}"
            window.opened(f"{address}/")
            assert window.evaluated(_HEADING) == "No image is stale"
            tool.write_text("second")
            window.until('!document.getElementById("old").hidden')
            window.until(f'{_LOADED_AGAIN}.then((it) => it === "1 image is stale")')
            window.opened(f"{address}/")
            row = window.evaluated('document.querySelector(".causes li").innerText')
            assert f"{origin.url}tool" in row
            assert "input-changed" in row
            window.until(f"{_TEXT}.then((text) => text.includes('triggered '))")
            page = window.evaluated('document.querySelector(".fleet .name a").href')
            window.opened(page)
            assert window.evaluated('document.querySelector(".band.own").id') == "i-l2"
            window.evaluated('document.querySelector(".band.own .ref a").click()')
            window.until('location.pathname.startsWith("/input/") && document.readyState === "complete"')
            history = window.evaluated('document.querySelector(".history").innerText')
            assert "Changed" in history
            assert "First seen" in history
            built.touch()
            window.opened(f"{address}/")
            window.until(f'{_LOADED_AGAIN}.then((it) => it === "The image is fresh")')
            window.opened(f"{address}/")
            track = window.evaluated('document.querySelector(".is-fresh .track").innerText')
            assert [word in track for word in ("stale", "triggered", "fresh")] == [True] * 3
            assert window.problems == []
            badge = get(port, page.removeprefix(address).replace("/image/", "/badge/") + ".svg")
            assert "fresh" in badge[1]
            window.opened("about:blank")
