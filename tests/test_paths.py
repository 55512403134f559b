"""The two paths of ARCHITECTURE.md: each module exists, is named once, and is entered in that order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from freshlayer.decisions import plan as planning
from freshlayer.decisions.verdict import judge
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome
from freshlayer.model.reasons import Reason
from freshlayer.probe import Limits, probe
from freshlayer.reference import parse
from testing.origins import ServeOrigin

ROOT = Path(__file__).parents[1]
TEXT_TO_KEY, HEADER_TO_VERDICT = "From text to key", "From header to verdict"


def path_in(text: str, title: str) -> list[str]:
    """The modules of a path, as ``package/module``."""
    line = re.search(rf"^{title}: (.*)$", text, re.MULTILINE)
    assert line, title
    return [step.split("`")[1] for step in line[1].split("→")]


def missing(modules: list[str], root: Path) -> list[str]:
    return [module for module in modules if not (root / "src" / "freshlayer" / f"{module}.py").is_file()]


def entered(act: Callable[[], object], first: str = "") -> list[str]:
    """The modules in the order in which ``act`` first enters them, from ``first`` on."""
    seen: dict[str, None] = {}

    def profile(frame: FrameType, event: str, _argument: object) -> None:
        name = str(frame.f_globals.get("__name__", ""))
        if event == "call" and name.startswith("freshlayer.") and frame.f_code.co_name != "<module>":
            module = name.removeprefix("freshlayer.").replace(".", "/")
            if seen or not first or f"{module}:{frame.f_code.co_name}" == first:
                seen.setdefault(module)

    sys.setprofile(profile)
    try:
        act()
    finally:
        sys.setprofile(None)
    return list(seen)


def stated(title: str) -> list[str]:
    return path_in((ROOT / "ARCHITECTURE.md").read_text("utf-8"), title)


@pytest.mark.parametrize("title", [TEXT_TO_KEY, HEADER_TO_VERDICT])
def test_each_module_of_a_path_exists_and_is_named_once(title: str) -> None:
    path = stated(title)
    assert len(path) >= 5
    assert len(set(path)) == len(path)
    assert missing(path, ROOT) == []


def test_a_module_that_does_not_exist_is_found(tmp_path: Path) -> None:
    text = "From text to key: `shell/a` → `reference` (x) → `shell/b`.\n"
    (tmp_path / "src" / "freshlayer" / "shell").mkdir(parents=True)
    (tmp_path / "src" / "freshlayer" / "shell" / "a.py").touch()
    assert missing(path_in(text, TEXT_TO_KEY), tmp_path) == ["reference", "shell/b"]


def test_a_dockerfile_takes_the_path_from_text_to_key() -> None:
    def act() -> None:
        # No other test names this URL: what curl was read with in this process is not read again.
        text = "FROM scratch\nRUN curl https://example.org/from-text-to-key\n"
        found = analyse(text, BuildRequest(("linux/amd64",)))
        seen = (Evidence("sha256", "0" * 64, Strength.CONTENT),)
        verdicts = {
            item.reference: judge(
                None, Observation(item.reference, ProbeOutcome.SEEN, Reason("observed"), seen)
            )
            for item in found.discovery.inputs
        }
        known = planning.Known(found.discovery.by_instruction, verdicts)
        planning.plan(found.dockerfile, found.stages, found.parents, known)

    path = stated(TEXT_TO_KEY)
    assert [module for module in entered(act) if module in path] == path


def test_a_header_takes_the_path_from_header_to_verdict(tmp_path: Path) -> None:
    with ServeOrigin(tmp_path, '"v1"') as origin:
        reference = parse(origin.url)

        def act() -> None:
            judge(None, probe([reference], {}, Limits())[reference])

        path = stated(HEADER_TO_VERDICT)
        reached = entered(act, first="probe/network/curl:on_header")
        assert [module for module in reached if module in path] == path
