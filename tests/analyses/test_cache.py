"""The cache of analyses: never another analysis than one that is made now, and nothing that is a secret."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import fields as struct_fields

from freshlayer.analyses import AnalysisCache, key_of, stamp_of_code
from freshlayer.analyses.form import written
from freshlayer.context import read_dockerfile
from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import NOTHING_LEARNED, Analysis, BuildRequest, Learned
from freshlayer.discover.reading import analyse
from freshlayer.errors import FreshlayerError
from freshlayer.model.base_image import BaseImage, ImageConfig
from freshlayer.model.downloaded_scripts import ScriptText
from freshlayer.workflows.analyse import SWITCH, analysed
from testing.command import FRESHLAYER
from testing.exact import exact

REQUEST = BuildRequest(("linux/amd64",))
SCRIPT = "https://example.org/install.sh"
BASE = "docker-image://docker.io/library/debian:12"
TEXT = f"""\
FROM debian:12
ARG VERSION=1
COPY . /src/
WORKDIR /src
RUN ./fetch.sh && curl https://example.org/$VERSION/a
RUN npm ci
RUN pip install -r requirements.txt
RUN for f in /src/list/*; do wget https://example.org/$(basename $f); done
RUN curl {SCRIPT} | sh
RUN wget https://example.org/$OF_BASE
"""
HASHED = f"flask==2.0 --hash=sha256:{'0' * 64}\n"


class World(Struct, frozen=True):
    """A build context, and the cache of a user."""

    root: Path
    cache: Path

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def analysis(self, request: BuildRequest = REQUEST, learned: Learned = NOTHING_LEARNED) -> Analysis:
        """As a command gets it."""
        return analysed(read_dockerfile(str(self.root), None, None), request, learned)

    def made_now(self, request: BuildRequest = REQUEST, learned: Learned = NOTHING_LEARNED) -> Analysis:
        source = read_dockerfile(str(self.root), None, None)
        files = ContextFiles(source.context, source.path)
        return analyse(source.text, request, files.read, learned.scripts, learned.bases)

    @property
    def kept(self) -> dict[str, int]:
        """Name → inode: a file that is written again has another one."""
        return {it.name: it.stat().st_ino for it in self.cache.iterdir()} if self.cache.is_dir() else {}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(SWITCH, raising=False)
    made = World(tmp_path / "context", tmp_path / "cache" / "freshlayer" / "analyses")
    made.root.mkdir()
    made.write("Dockerfile", TEXT)
    made.write("fetch.sh", "#!/bin/sh\ncurl https://example.org/of-script\n")
    return made


def test_what_did_not_change_is_looked_up(world: World) -> None:
    first = world.analysis()
    kept = world.kept
    assert exact(world.analysis()) == exact(first)
    assert len(kept) == 1
    assert world.kept == kept


def _ignored(world: World, name: str) -> None:
    world.write(name, "fetch.sh\nlist\n")


EDITS: Mapping[str, Callable[[World], object]] = {
    "the Dockerfile": lambda it: it.write("Dockerfile", TEXT + "RUN curl https://example.org/new\n"),
    "a blank": lambda it: it.write("Dockerfile", f"\n{TEXT}"),
    "a script": lambda it: it.write("fetch.sh", "#!/bin/sh\ncurl https://example.org/of-SCRIPT\n"),
    "a script of the same size and time": lambda it: _same_time(it, "fetch.sh"),
    "no script": lambda it: (it.root / "fetch.sh").unlink(missing_ok=True),
    "a link in place of a script": lambda it: _link(it, "fetch.sh", "other.sh"),
    "what a link leads to": lambda it: it.write("other.sh", "wget https://example.org/of-other\n"),
    "a lock file that was not there": lambda it: it.write("package-lock.json", '{"lockfileVersion": 3}'),
    "another manifest": lambda it: it.write("package.json", '{"dependencies": {"left-pad": "^1.0.0"}}'),
    "requirements": lambda it: it.write("requirements.txt", "flask\n"),
    "requirements with hashes": lambda it: it.write("requirements.txt", HASHED),
    "a file of a directory": lambda it: it.write("list/one", ""),
    "another file of a directory": lambda it: it.write("list/two", ""),
    "an ignore file": lambda it: _ignored(it, ".dockerignore"),
    "no ignore file": lambda it: (it.root / ".dockerignore").unlink(missing_ok=True),
    "an ignore file of the Dockerfile": lambda it: _ignored(it, "Dockerfile.dockerignore"),
    "no ignore file of the Dockerfile": lambda it: (it.root / "Dockerfile.dockerignore").unlink(True),
}


def _same_time(world: World, name: str) -> None:
    path = world.root / name
    if path.is_file():
        status = path.stat()
        path.write_text(path.read_text().replace("of-", "OF-"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _link(world: World, name: str, target: str) -> None:
    (world.root / name).unlink(missing_ok=True)
    (world.root / name).symlink_to(target)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_after_an_edit_the_analysis_is_that_of_now(world: World, edit: Callable[[World], object]) -> None:
    world.analysis()
    edit(world)
    assert exact(world.analysis()) == exact(world.made_now())
    assert exact(world.analysis()) == exact(world.made_now())


REQUESTS = (
    REQUEST,
    BuildRequest(("linux/arm64",)),
    BuildRequest(("linux/amd64",), build_args={"VERSION": "2"}),
    BuildRequest(("linux/amd64",), build_args={"VERSION": "3"}),
    BuildRequest(("linux/amd64",), network="none"),
    BuildRequest(("linux/amd64",), contexts={"debian:12": "docker-image://alpine"}),
    BuildRequest(("linux/amd64",), proxies={"http_proxy": "http://p:1"}),
)
ALPINE = ImageConfig(architecture="amd64", environment=(("OF_BASE", "alpine"),))
LEARNED = (
    NOTHING_LEARNED,
    Learned({SCRIPT: ScriptText("curl https://example.org/downloaded\n")}),
    Learned({SCRIPT: ScriptText("curl https://example.org/downloaded-2\n")}),
    Learned({}, {(BASE, "linux/amd64"): BaseImage(BASE, "linux/amd64", "sha256:1", ALPINE)}),
)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_history_never_has_the_analysis_of_another_world(world: World, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(20):
        chance.choice(list(EDITS.values()))(world)
        request, learned = chance.choice(REQUESTS), chance.choice(LEARNED)
        assert exact(world.analysis(request, learned)) == exact(world.made_now(request, learned))


def test_each_request_and_all_that_was_learned_have_an_analysis_of_their_own() -> None:
    keys = {key_of(b"FROM a", it, learned, b"code") for it in REQUESTS for learned in LEARNED}
    assert len(keys) == len(REQUESTS) * len(LEARNED)
    assert keys.isdisjoint(key_of(b"FROM a", it, NOTHING_LEARNED, b"other") for it in REQUESTS)
    assert keys.isdisjoint(key_of(b"FROM b", it, NOTHING_LEARNED, b"code") for it in REQUESTS)


def test_every_option_of_a_build_is_a_part_of_the_key() -> None:
    """A field that is new is here without being named."""
    fields = [it.name for it in struct_fields(BuildRequest)]
    other: dict[str, object] = {
        "platforms": ("a",),
        "every_earlier": True,
        "inherits": False,
        "all_stages": True,
    }
    other |= {name: {"a": "b"} for name in ("build_args", "proxies", "contexts")}
    changed = [{"platforms": (), name: other.get(name, "something")} for name in fields]
    keys = {key_of(b"", BuildRequest(**it), NOTHING_LEARNED, b"code") for it in changed}  # type: ignore[arg-type]
    assert len(keys) == len(fields)


def test_a_text_that_is_not_unicode_is_analysed_each_time(world: World) -> None:
    (world.root / "Dockerfile").write_bytes(b"FROM scratch\nRUN curl https://example.org/\xe9\n")
    assert exact(world.analysis()) == exact(world.made_now())
    (world.root / "Dockerfile").write_text("FROM scratch\nCOPY . .\nRUN ./fetch.sh\n")
    (world.root / "fetch.sh").write_bytes(b"curl https://example.org/a # \xe9\n")
    assert exact(world.analysis()) == exact(world.made_now())
    assert world.kept == {}


def test_an_error_is_found_each_time(world: World) -> None:
    world.write("Dockerfile", "FROM scratch\nNONE\n")
    for _ in range(2):
        with pytest.raises(FreshlayerError):
            world.analysis()
    assert world.kept == {}


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 40)


def _of_another(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, 12345)


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "empty": lambda it: it.write_bytes(b""),
    "cut off": _cut,
    "other bytes": lambda it: it.write_bytes(os.urandom(500)),
    "huge": _sparse,
    "of another user": _of_another,
    "a link": _linked,
    "a pipe": _piped,
    "a directory": _directory,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_file_that_is_not_one_of_ours_counts_as_missing(
    world: World, damage: Callable[[Path], object]
) -> None:
    world.analysis()
    (name,) = world.kept
    damage(world.cache / name)
    assert exact(world.analysis()) == exact(world.made_now())
    assert exact(world.analysis()) == exact(world.made_now())


def test_no_changed_byte_is_read(world: World) -> None:
    world.analysis()
    (name,) = world.kept
    content = (world.cache / name).read_bytes()
    source = read_dockerfile(str(world.root), None, None)
    key = key_of(source.content, REQUEST, NOTHING_LEARNED, stamp_of_code())
    cache, files = AnalysisCache(world.cache), ContextFiles(source.context, source.path)
    assert cache.find(key, files.read) is not None
    for place in range(0, len(content), 7):
        changed = bytes([content[place] ^ 1])
        (world.cache / name).write_bytes(content[:place] + changed + content[place + 1 :])
        assert cache.find(key, files.read) is None


def test_a_cache_that_can_not_be_written_is_none(world: World) -> None:
    world.cache.parent.parent.write_text("a file where the directory would be")
    assert exact(world.analysis()) == exact(world.made_now())
    assert exact(world.analysis()) == exact(world.made_now())


def test_it_is_turned_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "off")
    world.analysis()
    assert world.kept == {}


def test_a_directory_of_another_user_gets_nothing(world: World) -> None:
    if os.geteuid():
        pytest.skip("only root can give a directory away")
    world.cache.mkdir(parents=True)
    os.chown(world.cache, 12345, 12345)
    world.analysis()
    assert world.kept == {}


@pytest.mark.parametrize("bound", ["most_files", "most_bytes"])
def test_what_was_used_longest_ago_is_removed_first(world: World, bound: str) -> None:
    keys = [bytes([number]) * 32 for number in range(3)]
    found = world.made_now()
    bounds = {"most_files": 2, "most_bytes": 2 * len(written(found)) + 500}
    for number, key in enumerate(keys):
        before = world.kept
        AnalysisCache(world.cache, **{bound: bounds[bound]}).keep(key, [], found)
        (name,) = world.kept.keys() - before.keys()
        os.utime(world.cache / name, (number, number))
    cache = AnalysisCache(world.cache)
    assert [cache.find(key, lambda _: {}) is not None for key in keys] == [False, True, True]


SECRETS = (
    "hunter2-of-arg",
    "hunter2-of-build-arg",
    "hunter2-of-script",
    "hunter2-of-proxy",
    "hunter2-in-base",
)


def test_no_secret_is_in_the_directory(world: World) -> None:
    of_arg, of_build, of_script, of_proxy, of_base = SECRETS
    text = f"ARG TOKEN={of_arg}\nFROM debian:12\nARG TOKEN={of_arg} KEY\nCOPY . .\n"
    world.write("Dockerfile", f"{text}RUN curl https://u:$TOKEN@example.org/$KEY/$OF_BASE\nRUN ./fetch.sh\n")
    world.write("fetch.sh", f"curl https://u:{of_script}@example.org/a?token={of_script}\n")
    proxies = {"http_proxy": f"http://u:{of_proxy}@p:1"}
    request = BuildRequest(("linux/amd64",), build_args={"KEY": of_build}, proxies=proxies)
    config = ImageConfig(architecture="amd64", environment=(("OF_BASE", of_base),))
    learned = Learned({}, {(BASE, "linux/amd64"): BaseImage(BASE, "linux/amd64", "sha256:1", config)})
    found = world.analysis(request, learned)
    assert all(it in str(exact(found)) for it in SECRETS[:3])
    (path,) = world.cache.iterdir()
    content = path.name.encode() + path.read_bytes()
    for word in (*SECRETS, "hunter2", "example.org", "curl", "fetch.sh", "FROM"):
        assert word.encode() not in content
    assert path.stat().st_mode & 0o777 == 0o600
    assert world.cache.stat().st_mode & 0o777 == 0o700


def test_two_files_of_the_same_analysis_have_nothing_in_common(world: World) -> None:
    found = world.made_now()
    contents = []
    for _ in range(2):
        AnalysisCache(world.cache).keep(b"k" * 32, [], found)
        (path,) = world.cache.iterdir()
        contents.append(path.read_bytes())
    one, other = contents
    assert sum(a == b for a, b in zip(one, other, strict=True)) < len(one) // 50


def test_many_processes_at_once_print_the_same(world: World) -> None:
    argv = [*FRESHLAYER, "inputs", "--json", str(world.root)]
    environment = {**os.environ, "XDG_STATE_HOME": str(world.root.parent)}
    for _ in range(2):
        running = [
            subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(4)
        ]
        printed = {(*process.communicate(timeout=120), process.returncode) for process in running}
        assert len(printed) == 1
        (_, errors, code) = printed.pop()
        assert (errors, code) == (b"", 0)
    assert len(world.kept) == 1


def test_nothing_is_kept_in_the_build_context(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by way of a link either: a file that changes there has a ``COPY . .`` run again."""
    inside, link = world.root / "cache", world.root.parent / "link"
    link.symlink_to(inside)
    for place in (inside, link):
        monkeypatch.setenv("XDG_CACHE_HOME", str(place))
        assert exact(world.analysis()) == exact(world.made_now())
        assert not inside.exists()
