"""Clones of projects: real repositories behind git's own server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import Keyring
from freshlayer.errors import OptionError
from freshlayer.settings import HostSettings
from freshlayer.watch.projects import settings as project_settings
from freshlayer.watch.projects.addresses import RefusedError, resolved
from freshlayer.watch.projects.clones import Clones
from freshlayer.watch.projects.fetching import Projects
from freshlayer.watch.projects.git import CloneError, Git, Limits
from freshlayer.watch.projects.lists import ListError, ProjectList
from freshlayer.watch.projects.settings import ProjectSettings, Repository
from freshlayer.watch.settings_table import Table
from testing.logging_server import LoggingServer, Reply
from testing.process import wait_until
from testing.servers.base import free_port
from testing.servers.git_http import GitHttp
from testing.tls import self_signed
from testing.upstream import Upstream

MIB = 1024 * 1024
DENIED = "echo 'git@127.0.0.1: Permission denied (publickey).' >&2; exit 255"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def server(upstream: Upstream) -> Iterator[GitHttp]:
    with GitHttp(upstream.served) as started:
        yield started


def git(largest: int = 64 * MIB, hosts: tuple[str, ...] = ("127.0.0.1",), timeout: float = 60) -> Git:
    return Git(Limits(hosts, timeout, largest), Keyring, lambda: False)


def names(clones: Clones, repository: Repository) -> dict[str, list[str]]:
    """The files of each tree."""
    return {
        it.named.rpartition("@")[2]: sorted(
            str(path.relative_to(it.path)) for path in it.path.rglob("*") if path.is_file()
        )
        for it in clones.trees(repository)
    }


def test_branches_by_pattern_are_cloned_and_a_push_replaces_the_tree(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    for branch in ("release/1", "other"):
        upstream.git("branch", branch)
    upstream.push("main", "release/1", "other")
    clones = Clones(tmp_path / "clones", git(), 60)
    repository = Repository(f"{server.url}app.git", ("main", "release/*"))
    assert clones.fetch(repository)
    assert names(clones, repository) == {"main": ["Dockerfile"], "release/1": ["Dockerfile"]}
    assert not clones.fetch(repository)
    upstream.commit("web/Dockerfile", "FROM scratch\n")
    upstream.push("main")
    assert clones.fetch(repository)
    assert names(clones, repository)["main"] == ["Dockerfile", "web/Dockerfile"]
    for _ in range(2):
        clones.forget([repository])
    assert len(list((tmp_path / "clones").glob("*/trees/*"))) == 2
    default = Repository(f"{server.url}app.git")
    clones.fetch(default)
    assert list(names(clones, default)) == ["main"]


def test_nothing_of_a_checkout_is_executed_and_no_link_leads_out(
    upstream: Upstream, server: GitHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    upstream.commit(".gitattributes", "* filter=evil\n*.bin filter=lfs\n")
    upstream.commit(".gitconfig", f'[filter "evil"]\n smudge = touch {mark}\n')
    upstream.commit(
        ".gitmodules", '[submodule "x"]\n path = x\n url = ext::sh -c "touch MARK"\n update = !touch\n'
    )
    upstream.commit("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (upstream.work / "link").symlink_to("/etc")
    upstream.git("add", "--all")
    upstream.git("commit", "--quiet", "-m", "link")
    upstream.push("main")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[filter "evil"]\n smudge = touch {mark}\n[core]\n hooksPath = {home}\n fsmonitor = touch {mark}\n'
    )
    for hook in ("post-checkout", "post-index-change", "reference-transaction"):
        (home / hook).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (home / hook).chmod(0o755)
    for name, value in (("HOME", home), ("GIT_CONFIG_GLOBAL", home / ".gitconfig")):
        monkeypatch.setenv(name, str(value))
    clones = Clones(tmp_path / "clones", git(), 60)
    repository = Repository(f"{server.url}app.git")
    clones.fetch(repository)
    (tree,) = clones.trees(repository)
    assert not mark.exists()
    assert not (tree.path / "link").is_symlink()
    assert (tree.path / "link").read_text() == "/etc"
    assert list((tree.path / ".git").iterdir()) == []


def test_a_repository_that_is_too_large_or_gone_keeps_its_last_clone(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    upstream.push("main")
    clones = Clones(tmp_path / "clones", git(largest=MIB), 60)
    repository = Repository(f"{server.url}app.git")
    clones.fetch(repository)
    before = clones.trees(repository)
    (upstream.work / "large").write_bytes(os.urandom(3 * MIB))
    upstream.git("add", "--all")
    upstream.git("commit", "--quiet", "-m", "large")
    upstream.push("main")
    with pytest.raises(CloneError):
        clones.fetch(repository)
    assert clones.trees(repository) == before
    assert before[0].path.joinpath("Dockerfile").exists()
    assert sum(it.stat().st_size for it in (tmp_path / "clones").rglob("*") if it.is_file()) < 2 * MIB
    (upstream.served / "app.git").rename(upstream.served / "gone.git")
    with pytest.raises(CloneError, match=r"^git: repository not found$"):
        clones.fetch(repository)
    assert clones.trees(repository) == before


def test_a_url_with_several_patterns_is_cloned_once(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    upstream.git("branch", "release/1")
    upstream.push("main", "release/1")
    url, home = f"{server.url}app.git", tmp_path / "clones"
    entries = (Repository(url), Repository(url, ("release/*",)), Repository(url, ("main",)))
    projects = Projects(
        ProjectSettings(entries, (), ("127.0.0.1",)), home, Keyring, pytest.fail, lambda: False
    )
    assert projects.fetch_all()
    assert [it.named for it in projects.trees()] == [f"{url}@main", f"{url}@release/1"]
    assert len([it for it in home.iterdir() if it.is_dir()]) == 1
    # A service with other patterns and the same directory has trees of its own in the same clone.
    other = Clones(home, git(), 60)
    other.fetch(Repository(url, ("release/*",)))
    for _ in range(2):
        other.forget([Repository(url, ("release/*",))])
    assert [it.named for it in other.trees(Repository(url, ("release/*",)))] == [f"{url}@release/1"]
    assert all((it.path / "Dockerfile").exists() for it in projects.trees())


def test_trees_that_were_removed_are_named_no_more_and_count_as_changed_once_they_are_made_again(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    upstream.git("branch", "other")
    upstream.push("main", "other")
    url, home = f"{server.url}app.git", tmp_path / "clones"
    clones = Clones(home, git(), 60)
    one, other = Repository(url, ("main",)), Repository(url, ("other",))
    assert clones.fetch(one)
    assert clones.fetch(other)
    for file in home.glob("*/branches-*.json"):
        os.utime(file, (time.time() - 2 * 86400,) * 2)
    for _ in range(2):
        clones.forget([one])
    assert names(clones, one) == {"main": ["Dockerfile"]}
    assert clones.trees(other) == []
    assert clones.fetch(other)
    assert names(clones, other) == {"other": ["Dockerfile"]}
    # By hand, or by a service of before that left the file.
    shutil.rmtree(clones.trees(other)[0].path)
    assert clones.fetch(other)
    assert not clones.fetch(other)


@pytest.mark.parametrize("patterns", [("relase/*",), ("main", "relase/*"), ("", "relase/*")])
def test_a_pattern_that_matches_nothing_is_reported(
    upstream: Upstream, server: GitHttp, tmp_path: Path, patterns: tuple[str, ...]
) -> None:
    upstream.push("main")
    url, printed = f"{server.url}app.git", list[str]()
    entries = (Repository(url), Repository(url, patterns))
    projects = Projects(
        ProjectSettings(entries, (), ("127.0.0.1",)), tmp_path, Keyring, printed.append, lambda: False
    )
    for _ in range(2):
        assert projects.fetch_all()
    assert [it.named for it in projects.trees()] == [f"{url}@main"]
    assert len(printed) == 1
    assert "no branch has the name 'relase/*'" in printed[0]


def test_each_project_of_a_url_may_have_two_hundred_branches(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    made = [f"{name}/{number}" for name in "ab" for number in range(101)]
    commands = (f"create refs/heads/{branch} refs/heads/main\n" for branch in made)
    upstream.git_with("".join(commands), "update-ref", "--stdin")
    upstream.push("main", *made)
    url, printed = f"{server.url}app.git", list[str]()
    # No clone fits: that the branches are too many is said before.
    settings = ProjectSettings(
        (Repository(url, ("a/*",)), Repository(url, ("b/*",))), (), ("127.0.0.1",), total=1
    )
    Projects(settings, tmp_path / "two", Keyring, printed.append, lambda: False).fetch_all()
    assert "all clones together are larger" in printed[0]
    with pytest.raises(CloneError, match="more than 200 branches"):
        Clones(tmp_path / "one", git(), 60).fetch(Repository(url, ("a/*", "b/*")))


def test_directories_of_any_depth_are_refused_and_removed(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    upstream.push("main")
    url, home, printed = f"{server.url}app.git", tmp_path / "clones", list[str]()
    settings = ProjectSettings((Repository(url),), (), ("127.0.0.1",))
    projects = Projects(settings, home, Keyring, printed.append, lambda: False)
    assert projects.fetch_all()
    before = [it.path for it in projects.trees()]
    deep = "d/" * 1_400 + "f"
    commit = "commit refs/heads/main\ncommitter a <a@example.org> 0 +0000\ndata 0\nfrom refs/heads/main^0\n"
    upstream.git_with(f"{commit}M 100644 inline {deep}\ndata 0\n\n", "fast-import", "--quiet")
    upstream.push("main")
    assert not projects.fetch_all()
    assert [it.path for it in projects.trees()] == before
    assert "nested more than 200 levels deep; its last clone is watched" in printed[0]
    old = home.joinpath(before[0].parent, "f" * 20 + "-" + "0" * 12)
    place = old
    for _ in range(12):
        place = place.joinpath(*["d"] * 100)
        place.mkdir(parents=True)
    for _ in range(2):
        assert [it.path for it in projects.trees()] == before
    assert [*before[0].parent.iterdir()] == before
    assert len(printed) == 1


def test_all_clones_together_have_a_limit(upstream: Upstream, server: GitHttp, tmp_path: Path) -> None:
    (upstream.work / "large").write_bytes(os.urandom(MIB))
    upstream.git("add", "--all")
    upstream.git("commit", "--quiet", "-m", "large")
    upstream.push("main")
    home = tmp_path / "clones"
    # Two files of 1 MiB for each: in the tree, and in a pack of git.
    one, other = Repository(f"{server.url}app.git"), Repository(f"{server.url}app.git", ("main",))
    assert Clones(home, git(), 60, 3 * MIB).fetch(one)
    clones = Clones(home, git(), 60, 3 * MIB)
    with pytest.raises(CloneError, match="all clones together are larger than 3 MiB"):
        clones.fetch(other)
    assert sum(it.stat().st_size for it in home.rglob("*") if it.is_file()) < 3 * MIB
    assert len(clones.trees(one)) == 1
    assert clones.trees(other) == []
    assert Clones(home, git(), 60, 6 * MIB).fetch(other)


def test_a_server_that_does_not_answer_costs_the_timeout(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        clones = Clones(tmp_path, git(timeout=1), 60)
        with pytest.raises(CloneError, match="more than 1 s"):
            clones.fetch(Repository(f"http://127.0.0.1:{silent.getsockname()[1]}/app.git"))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1/a", ()),
        ("http://localhost:8080/a", ()),
        ("https://[::1]/a", ()),
        ("https://[::ffff:10.0.0.1]/a", ()),
        ("https://10.1.2.3/a", ()),
        ("http://169.254.169.254/latest/meta-data", ()),
        ("https://0.0.0.0/a", ()),
        ("https://224.0.0.1/a", ()),
        ("https://[64:ff9b::a9fe:a9fe]/a", ()),
        ("https://[64:ff9b::7f00:1]/a", ()),
        ("https://[64:ff9b:1::a00:1]/a", ()),
        ("https://[::127.0.0.1]/a", ()),
        ("https://[fec0::1]/a", ()),
        ("https://[2002:7f00:1::]/a", ()),
        ("ssh://git@192.168.0.1/a", ()),
        ("https://127.0.0.1/a", ("git.example.org", "10.0.0.0/8")),
        ("https://8.8.8.8/a", ("git.example.org",)),
    ],
)
def test_an_address_that_is_not_public_or_not_allowed_is_refused(url: str, allowed: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError):
        resolved(url, allowed)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:81/a", ("127.0.0.1",)),
        ("http://localhost/a", ("local*",)),
        ("https://10.1.2.3/a", ("10.0.0.0/8",)),
        ("https://8.8.8.8/a", ()),
        ("https://[64:ff9b::808:808]/a", ()),
    ],
)
def test_an_address_that_is_allowed_is_not(url: str, allowed: tuple[str, ...]) -> None:
    assert resolved(url, allowed)


def test_ssh_connects_to_the_address_that_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/words\n{DENIED}\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(CloneError, match=r"git: git@127\.0\.0\.1: Permission denied \(publickey\)\."):
        Clones(tmp_path / "clones", git(), 60).fetch(Repository("ssh://git@127.0.0.1:2222/a"))
    words = (tmp_path / "words").read_text().splitlines()
    assert {"HostName=127.0.0.1", "HostKeyAlias=[127.0.0.1]:2222", "git@127.0.0.1"} <= set(words)


@pytest.mark.parametrize(("version", "works"), [("2.36.9", False), ("2.37.0", True)])
def test_a_git_that_would_resolve_the_name_again_is_refused(
    upstream: Upstream,
    server: GitHttp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    works: bool,  # noqa: FBT001
) -> None:
    upstream.push("main")
    real = shutil.which("git")
    (tmp_path / "git").write_text(
        f'#!/bin/sh\n[ "$1" = version ] && exec echo git version {version}\nexec {real} "$@"\n'
    )
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    repository = Repository(f"{server.url}app.git")
    clones = Clones(tmp_path / "clones", git(hosts=("127.0.0.0/8",)), 60)
    if works:
        assert clones.fetch(repository)
    else:
        with pytest.raises(CloneError, match=r"needs git 2\.37"):
            clones.fetch(repository)
    assert Clones(tmp_path / "named", git(), 60).fetch(repository)


@pytest.mark.parametrize(
    "url",
    [
        "file:///srv/repo",
        "ext::sh -c touch",
        "git://example.org/a",
        "/srv/repo",
        "-u./x",
        "https://user:password@example.org/a",
        "https://token@example.org/a",
        "https://-oProxyCommand=x/a",
        "ssh://-oProxyCommand=x/a",
        "ssh://-l@example.org/a",
        'https://example.org/a"\n[core]',
        "https://example.org/a b",
        "https:///a",
    ],
)
def test_what_is_no_url_of_a_repository_is_refused(url: str) -> None:
    assert project_settings.refused(url)
    with pytest.raises(OptionError):
        project_settings.read(Table({"projects": [{"git": url}]}, "watch.toml"))


def test_the_tables_are_read() -> None:
    document = {
        "projects": [
            {"git": "https://a.example/x.git", "branches": ["main"]},
            {"list": "https://a.example/l"},
        ],
        "repositories": {"allow_hosts": ["*.example"], "fetch": "5m", "largest_mib": 10},
        "paths": [],
    }
    assert project_settings.read(Table(document, "watch.toml")) == ProjectSettings(
        (Repository("https://a.example/x.git", ("main",)),),
        ("https://a.example/l",),
        ("*.example",),
        300,
        300,
        10 * MIB,
    )
    for wrong in ({"fetch": "5x"}, {"fetch": 0}, {"other": 1}, {"allow_hosts": "x"}):
        with pytest.raises(OptionError, match=r"^watch\.toml: "):
            project_settings.read(Table({"repositories": wrong}, "watch.toml"))


def test_a_list_is_requested_with_a_condition_and_kept_when_it_fails(tmp_path: Path) -> None:
    projects = [{"git": "https://a.example/x.git", "branches": ["main"], "team": 1}, {"git": "file:///etc"}]
    replies = [
        Reply(body=json.dumps(projects).encode(), headers={"ETag": '"1"'}),
        Reply(status=304),
        Reply(status=500),
        Reply(body=b'{"no": "list"}'),
        Reply(body=b"[" * 100_000),
        Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        Reply(body=b"[]"),
    ]
    with LoggingServer(lambda _: replies.pop(0)) as server:
        one = ProjectList(f"{server.url}/projects.json", tmp_path, ("127.0.0.1",))
        for _ in range(2):
            one.fetch(Keyring(), lambda: False)
            assert one.repositories == [Repository("https://a.example/x.git", ("main",))]
            assert [it.split(": ")[0] for it in one.refused] == ["file:///etc"]
        assert server.requests()[1].headers["if-none-match"] == '"1"'
        again = ProjectList(one.url, tmp_path, ("127.0.0.1",))
        for _ in range(4):
            with pytest.raises(ListError):
                again.fetch(Keyring(), lambda: False)
            assert again.repositories == one.repositories
        again.fetch(Keyring(), lambda: False)
        assert again.repositories == []
        with pytest.raises(ListError, match="not public"):
            ProjectList(one.url, tmp_path, ()).fetch(Keyring(), lambda: False)


def test_a_list_is_requested_with_the_certificate_and_the_token_of_its_host(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    context = made.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(made.certificate)
    own = HostSettings(
        token_env="TOKEN", ca=str(made.certificate), certificate=str(made.certificate), key=str(made.key)
    )
    body = Reply(body=b'[{"git": "https://a.example/x.git"}]')
    with LoggingServer(lambda _: body, tls=context) as server:
        host = server.url.removeprefix("https://")
        wanted = ProjectList(f"{server.url}/l", tmp_path, ("127.0.0.1",))
        for token, expected in (("t", "Bearer t"), ("t\r\nX-Other: 1", None)):
            wanted.fetch(Keyring({"TOKEN": token}, {host: own}), lambda: False)
            (logged,) = server.requests()
            assert (logged.headers.get("authorization"), "x-other" in logged.headers) == (expected, False)
        assert wanted.repositories == [Repository("https://a.example/x.git")]
        with pytest.raises(ListError, match=r"^it can't be requested: the certificate is not trusted$"):
            wanted.fetch(Keyring(), lambda: False)
    gone = ProjectList(f"http://127.0.0.1:{free_port()}/l", tmp_path, ("127.0.0.1",))
    with pytest.raises(ListError, match=r"^it can't be requested: Connection refused$"):
        gone.fetch(Keyring(), lambda: False)
    gone = ProjectList("https://gone.invalid/l", tmp_path, ("gone.invalid",))
    with pytest.raises(ListError, match=r"^it can't be requested: the host can't be resolved$"):
        gone.fetch(Keyring(), lambda: False)


def test_a_hook_fetches_at_most_once_in_ten_seconds_and_what_a_list_has_no_more_ends(
    upstream: Upstream, server: GitHttp, tmp_path: Path
) -> None:
    upstream.push("main")
    url = f"{server.url}app.git"
    listed = [{"git": url}]
    ended: list[bool] = []
    changes: list[float] = []
    printed: list[str] = []
    with LoggingServer(lambda _: Reply(body=json.dumps(listed).encode())) as lists:
        settings = ProjectSettings((), (f"{lists.url}/l",), ("127.0.0.1",), fetch=3600)
        projects = Projects(
            settings,
            tmp_path / "clones",
            Keyring,
            printed.append,
            lambda: bool(ended),
            lambda: changes.append(time.monotonic()),
        )
        began = time.monotonic()
        projects.start()
        try:
            wait_until(lambda: len(changes) == 1, seconds=60, what="the first clone")
            upstream.commit("b/Dockerfile", "FROM scratch\n")
            upstream.push("main")
            assert projects.hurry(url.removesuffix(".git")) == 1
            wait_until(lambda: len(changes) == 2, seconds=60, what="the second clone")
            assert changes[1] - began >= 10
            assert [it.named for it in projects.trees()] == [f"{url}@main"]
            listed.clear()
            projects.fetch_all()
            assert list(projects.trees()) == []
        finally:
            ended.append(True)
    assert printed == []
