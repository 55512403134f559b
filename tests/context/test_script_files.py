"""The files of a context that an analysis wants: which are read, how much of them, and which never are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freshlayer.context import Source
from freshlayer.context.script_files import LARGEST, MOST_FILES, MOST_NAMES, ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.errors import ContextError
from freshlayer.model.context_files import (
    ContextAbsent,
    ContextAnswer,
    ContextDirectory,
    ContextLink,
    ContextText,
    ContextUnread,
    Wanted,
)
from freshlayer.model.report import Report
from freshlayer.workflows.inputs import inputs


def answer(root: Path, path: str, *, names: bool = False) -> ContextAnswer:
    (found,) = ContextFiles(root, root / "Dockerfile").read([Wanted(path, names)]).values()
    return found


def reported(root: Path, text: str) -> Report:
    (root / "Dockerfile").write_text(text)
    source = Source(text.encode(), "Dockerfile", "Dockerfile", str(root), str(root / "Dockerfile"))
    return inputs(source, BuildRequest(("linux/amd64",)))


def test_a_file_a_directory_a_link_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/x.sh").write_bytes(b"a\r\n\xff\n")
    (tmp_path / "d/link").symlink_to("x.sh")
    (tmp_path / "d/e").mkdir()
    assert answer(tmp_path, "d/x.sh") == ContextText("a\n\udcff\n")
    assert answer(tmp_path, "d") == ContextDirectory()
    assert answer(tmp_path, "d", names=True) == ContextDirectory(("e/", "link", "x.sh"))
    assert answer(tmp_path, "d/link") == ContextLink("x.sh")
    for path in ("none", "d/x.sh/below", "d/none"):
        assert answer(tmp_path, path) == ContextAbsent()


def test_what_an_ignore_file_leaves_out_is_not_there(tmp_path: Path) -> None:
    for name in ("x.sh", "kept.sh"):
        (tmp_path / name).write_text("true\n")
    (tmp_path / ".dockerignore").write_text("*.sh\n!kept.sh\n")
    assert answer(tmp_path, "x.sh") == ContextAbsent(ignored=True)
    assert answer(tmp_path, "kept.sh") == ContextText("true\n")
    assert answer(tmp_path, ".", names=True) == ContextDirectory((".dockerignore", "kept.sh"))
    (tmp_path / "Dockerfile.dockerignore").write_text("kept.sh\n")
    assert answer(tmp_path, "kept.sh") == ContextAbsent(ignored=True)
    assert answer(tmp_path, "x.sh") == ContextText("true\n")


def test_an_ignored_script_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("curl https://h/x\n")
    (tmp_path / ".dockerignore").write_text("x.sh\n")
    report = reported(tmp_path, "FROM scratch\nCOPY x.sh /\nRUN sh /x.sh\n")
    assert [(it.text, it.reason.code) for it in report.not_watched] == [("x.sh", "script-not-in-context")]


def test_an_ignore_file_that_docker_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.sh").write_text("true\n")
    (tmp_path / ".dockerignore").write_text("[\n")
    with pytest.raises(ContextError):
        answer(tmp_path, "x.sh")


def test_links_lead_nowhere_outside_of_the_context(tmp_path: Path) -> None:
    root = tmp_path / "context"
    root.mkdir()
    (tmp_path / "secret.sh").write_text("curl https://h/secret\n")
    (root / "link.sh").symlink_to("../secret.sh")
    (root / "above").symlink_to("..")
    (root / "absolute.sh").symlink_to(tmp_path / "secret.sh")
    assert isinstance(answer(root, "above/secret.sh"), ContextUnread)
    for script in ("link.sh", "absolute.sh"):
        assert not reported(root, f"FROM scratch\nCOPY {script} /x.sh\nRUN sh /x.sh\n").inputs
    assert not reported(root, "FROM scratch\nCOPY . /c\nRUN sh /c/above/secret.sh\n").inputs


def test_what_is_not_a_small_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * (LARGEST + 1))
    assert isinstance(answer(tmp_path, "pipe"), ContextUnread)
    assert isinstance(answer(tmp_path, "large"), ContextUnread)
    report = reported(tmp_path, "FROM scratch\nCOPY large /\nRUN sh /large\n")
    assert [(it.text, it.reason.what) for it in report.not_watched] == [
        ("large", "large is larger than 1 MiB")
    ]


def test_a_link_to_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "x.sh").symlink_to("x.sh")
    assert answer(tmp_path, "x.sh") == ContextLink("x.sh")
    assert reported(tmp_path, "FROM scratch\nCOPY x.sh /\nRUN sh /x.sh\n").not_watched


def test_so_many_files_are_read_and_no_more(tmp_path: Path) -> None:
    wanted = [Wanted(f"{number}.sh") for number in range(MOST_FILES + 1)]
    for item in wanted:
        (tmp_path / item.path).write_text("true\n")
    answers = ContextFiles(tmp_path, None).read(wanted)
    assert sum(isinstance(found, ContextText) for found in answers.values()) == MOST_FILES
    last = answers[wanted[-1]]
    assert isinstance(last, ContextUnread)
    assert last.reason.code == "limit-reached"


def test_so_many_names_are_listed_and_no_more(tmp_path: Path) -> None:
    for number in range(MOST_NAMES + 1):
        (tmp_path / f"{number}").touch()
    assert isinstance(answer(tmp_path, ".", names=True), ContextUnread)


TEXT = "FROM scratch\nCOPY . /src\nWORKDIR /src\nRUN make && pip install . && echo x > y\n"
_OPENED = """
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(str(args[0])) if event in WATCHED else None)
WATCHED = {"open", "os.scandir", "os.listdir"}
from freshlayer.cli.start import main
try:
    main(["inputs", sys.argv[1]])
except SystemExit:
    pass
print("\\n".join(path for path in seen if path.startswith(sys.argv[1])), file=sys.stderr)
"""


def opened(root: Path, text: str) -> list[str]:
    """The files and directories of a context that ``freshlayer inputs`` opens, as the interpreter reports."""
    (root / "Dockerfile").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-c", _OPENED, str(root)], capture_output=True, text=True, timeout=60, check=True
    )
    paths = [Path(line) for line in ran.stderr.splitlines() if line.startswith(str(root))]
    settings = {"Dockerfile", "freshlayer.toml", "pyproject.toml"}
    return sorted(str(path.relative_to(root)) for path in paths if path.name not in settings)


def test_a_large_context_costs_nothing_unless_a_script_is_executed(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number}").mkdir()
        for other in range(100):
            (tmp_path / f"{number}/{other}.sh").touch()
    (tmp_path / "run.sh").write_text("curl https://h/x\n")
    (tmp_path / ".dockerignore").write_text("*.md\n")
    assert opened(tmp_path, TEXT) == []
    assert opened(tmp_path, f"{TEXT}RUN sh run.sh\n") == [".dockerignore", "run.sh"]
    assert opened(tmp_path, f"{TEXT}RUN for f in 7/1?.sh; do sh $f; done\n") == [
        ".dockerignore",
        "7",
        *(f"7/1{number}.sh" for number in range(10)),
    ]
