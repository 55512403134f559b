"""Which file curl, wget and aria2c write, by every spelling of the options that name it."""

from __future__ import annotations

import shlex

import pytest

from freshlayer.shell.downloads import NoDownloads
from freshlayer.shell.evaluate import Evaluator
from freshlayer.shell.files import NoFiles
from freshlayer.shell.programs.downloads import saved
from freshlayer.shell.script_runs import ScriptRuns

URL = "https://example.org/a/b.tgz"


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        (f"curl {URL}", []),
        (f"curl -fsSL {URL}", []),
        (f"curl -o f {URL}", ["f"]),
        (f"curl -fsSLo f {URL}", ["f"]),
        (f"curl -#o f {URL}", ["f"]),
        (f"curl -o/tmp/f {URL}", ["/tmp/f"]),
        (f"curl --output f {URL}", ["f"]),
        (f"curl --output=f {URL}", ["f"]),
        (f"curl -o - {URL}", []),
        (f"curl -O {URL}", ["b.tgz"]),
        (f"curl -fsSLO {URL}", ["b.tgz"]),
        (f"curl '-O {URL}'", []),
        (f"curl -OL {URL}", ["b.tgz"]),
        (f"curl --remote-name {URL}", ["b.tgz"]),
        (f"curl --remote-name-all {URL} {URL}x", ["b.tgz", "b.tgzx"]),
        (f"curl --output-dir /d -O {URL}", ["/d/b.tgz"]),
        (f"curl --retry 3 -H x {URL} -o", []),
        (f"wget {URL}", ["b.tgz"]),
        (f"wget -q {URL}?x#y", ["b.tgz"]),
        (f"wget -O f {URL}", ["f"]),
        (f"wget -qO f {URL}", ["f"]),
        (f"wget -qO- {URL}", []),
        (f"wget -qO/f {URL}", ["/f"]),
        (f"wget --output-document f {URL}", ["f"]),
        (f"wget --output-document=f {URL}", ["f"]),
        (f"wget -P /d {URL}", ["/d/b.tgz"]),
        (f"wget -qP /d {URL}", ["/d/b.tgz"]),
        (f"wget --directory-prefix /d {URL}", ["/d/b.tgz"]),
        (f"aria2c -o f {URL}", ["f"]),
        (f"aria2c --out f {URL}", ["f"]),
        (f"aria2c --out=f {URL}", ["f"]),
        (f"aria2c -d /d {URL}", ["/d/b.tgz"]),
        (f"aria2c --dir /d -o f {URL}", ["/d/f"]),
    ],
)
def test_the_file_that_a_download_writes(command: str, paths: list[str]) -> None:
    name, *words = shlex.split(command)
    runs = ScriptRuns(NoFiles(), (), downloads=NoDownloads())
    runner = Evaluator("linux/amd64", frozenset({name}), runs)
    fields = tuple((word,) for word in (name, *words))
    assert [path for path, _ in saved(runner, name, fields, words)] == paths
