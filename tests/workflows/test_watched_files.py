"""When a service reads a Dockerfile or a compose file again."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from freshlayer.cli.check_many import Search, read_one
from freshlayer.cli.dockerfiles import NAMES, Selection, request_of
from freshlayer.cli.options import Options
from freshlayer.errors import BuilderError
from freshlayer.workflows.batch import AnalysedFile, Candidate
from freshlayer.workflows.watched_files import Composed, WatchedFiles


class Reading:
    """Reads for real; ``file`` builds the Dockerfile beside it, and includes another."""

    def __init__(self, root: Path) -> None:
        request = request_of(Selection(None, "", (), "", None))
        search = Search([str(root)], None, NAMES, request, below=True)
        self.one = partial(read_one, Options(), search, {})
        self.root = root
        self.count = 0
        self.fails = False

    def __call__(self, wanted: Candidate) -> AnalysedFile | Composed:
        if not wanted.tool:
            return self.one(wanted)
        self.count += 1
        if self.fails:
            raise BuilderError("compose is away")
        leaf = self.one(Candidate(str(self.root), str(self.root / "Dockerfile")))
        return Composed({f"{wanted.file}#web": leaf}, (self.root / "more.yaml",))


def test_a_compose_file_is_read_again_once_a_file_that_it_includes_changed(tmp_path: Path) -> None:
    for name in ("Dockerfile", "compose.yaml", "more.yaml"):
        (tmp_path / name).write_text("FROM scratch\n")
    file = str(tmp_path / "compose.yaml")
    wanted = [
        Candidate(str(tmp_path), str(tmp_path / "Dockerfile")),
        Candidate(str(tmp_path), file, "compose", str(tmp_path)),
    ]
    files, read = WatchedFiles(3600), Reading(tmp_path)
    printed: list[str] = []
    assert files.refresh(wanted, read, 0, printed.append) == {f"{file}#web"}
    assert files.names == [f"{file}#web"]
    assert files.refresh(wanted, read, 1, printed.append) == set()
    (tmp_path / "more.yaml").write_text("FROM scratch\nRUN true\n")
    assert files.refresh(wanted, read, 2, printed.append) == {f"{file}#web"}
    assert (read.count, printed) == (2, [])
    (tmp_path / "more.yaml").write_text("broken\n")
    read.fails = True
    assert files.refresh(wanted, read, 3, printed.append) == set()
    assert (files.names, printed) == ([f"{file}#web"], ["compose is away"])


def test_where_a_compose_file_can_not_be_read_its_dockerfile_is_watched_by_itself(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "compose.yaml").write_text("{}\n")
    wanted = [
        Candidate(str(tmp_path), str(tmp_path / name), tool)
        for name, tool in (("compose.yaml", "compose"), ("Dockerfile", ""))
    ]
    files, read = WatchedFiles(3600), Reading(tmp_path)
    read.fails = True
    files.refresh(wanted, read, 0, lambda _: None)
    assert files.names == [str(tmp_path / "Dockerfile")]
