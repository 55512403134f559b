"""In random worlds freshlayer and apt-get choose the same packages.

Left out are the worlds in which apt fails when it orders the work of dpkg, after it has chosen: loops of
dependencies and of Pre-Depends, which no archive has, and which say nothing of the choice.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from freshlayer.model.packages import PackageAction, PackageCommand
from testing.apt_root import AptRoot, chosen
from testing.apt_worlds import World, world

WORLDS = int(os.environ.get("FRESHLAYER_APT_WORLDS", "500"))
PARTS = 10

_ORDER = re.compile(
    r"ould ?n[o']t configure|MaxLoopCount|Conf Broken|immediate configuration|early remove|LoopBreak"
    r"|Internal parsing error|conflicts violated"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("apt-get") is None, reason="apt-get is the oracle"),
    pytest.mark.timeout(600),
]


def answers(made: World, directory: Path) -> tuple[object, object]:
    """What apt-get and what freshlayer answer; a text where nothing can be installed."""
    root = AptRoot(directory, foreign=made.foreign)
    root.write(
        {
            "/etc/apt/sources.list": made.sources,
            "/etc/apt/preferences": made.preferences,
            "/var/lib/dpkg/status": made.status,
        }
    )
    for name, text in made.lists:
        (root.lists / name).write_text(text)
    action = PackageAction(made.action)
    command = PackageCommand("apt", "apt-get", action, made.words, made.options, files=root.files)
    found = root.resolve(command)
    return root.simulate(*made.arguments), found.problem.text if found.problem else chosen(found)


def differs(seed: int, directory: Path) -> str:
    """How the answers differ; empty where they do not."""
    made = world(seed)
    theirs, ours = answers(made, directory)
    shutil.rmtree(directory)
    if isinstance(theirs, str) and (isinstance(ours, str) or _ORDER.search(theirs)):
        return ""
    return "" if theirs == ours else f"{seed}: {made.arguments}: apt-get {theirs}, freshlayer {ours}"


@pytest.mark.parametrize("part", range(PARTS))
def test_the_choice_is_that_of_apt(part: int, tmp_path: Path) -> None:
    """Always in the first worlds; of many more, one in 200 may differ where the resolver gives way."""
    seeds = range(part, WORLDS, PARTS)
    found = [found for seed in seeds if (found := differs(seed, tmp_path / "root"))]
    assert len(found) <= len(seeds) // 200, "\n".join(found)


def test_most_worlds_have_an_answer(tmp_path: Path) -> None:
    """Worlds in which nothing can be installed would show little."""
    found = [answers(world(seed), tmp_path / str(seed))[0] for seed in range(40)]
    assert sum(isinstance(one, dict) and bool(one) for one in found) >= 15


def test_a_wrong_choice_is_seen(tmp_path: Path) -> None:
    made = next(
        one for one in map(world, range(100)) if isinstance(answers(one, tmp_path / str(one.seed))[0], dict)
    )
    made.words, made.action = ("no-such-package",), "install"
    theirs, ours = answers(made, tmp_path / "other")
    assert isinstance(theirs, str)
    assert isinstance(ours, str)
    assert "no-such-package" in ours
