"""One RUN for every protocol, on a real builder, against real servers; each changed in turn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.command import Freshlayer
from testing.git_daemon import GitDaemon
from testing.servers.git_http import GitHttp
from testing.servers.needs import require
from testing.servers.nginx import Nginx, basic_auth
from testing.stores.ftp import Login, Pyftpd
from testing.stores.maven import MavenRepository
from testing.stores.registry import Registry
from testing.stores.s3 import RcloneS3
from testing.tls import self_signed

pytestmark = pytest.mark.slow

SECRET = "hunter2"
DAY = 86400
SNAPSHOT = "1.0-SNAPSHOT"

# Each in a stage of its own: in one stage, whatever follows would run again as well. The tools whose protocol
# the base image does not speak say that they ran, and nothing else; so does `ran`, after the others.
STAGES = {
    "http": "wget -q -O /file {http}file",
    "https": "wget -q --no-check-certificate -O /file {https}file",
    "basic": 'wget -q -O /file "http://$LOGIN@127.0.0.1:{basic}/file"',
    "presigned": 'wget -q -O /file "$SIGNED"',
    "signed": "aws s3 cp s3://bucket/signed.bin /file",
    "git": "git clone -q {git}repository /source",
    "image": "skopeo copy docker://{image}/app:1 dir:/image",
    "maven": "wget -q -O /file {maven} || true",
    "ftp": "wget -q -O /file ftp://$LOGIN@127.0.0.1:{ftp}/file",
}
TOOL = "#!/bin/sh\n"
# In awk, for what a shell script requests would be an input of the RUN.
RAN = '#!/bin/awk -f\nBEGIN {{ exit system("wget -q -O /dev/null {url}" ARGV[1]) != 0 }}\n'


@dataclass(slots=True)
class World:
    """Every origin. ``change``: a stage's name → how its origin changes; `ran` tells what a build ran."""

    addresses: Mapping[str, str]
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    settings: str
    change: Mapping[str, Callable[[], object]]
    counter: Nginx
    told: int = 0

    def ran(self) -> list[str]:
        """The stages that ran since this was last asked."""
        paths = [request.path.strip("/") for request in self.counter.requests()]
        new, self.told = paths[self.told :], len(paths)
        return sorted(new)


class Aged:
    """A file that gets other bytes, and a date of its own, whenever it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writes = 0
        self()

    def __call__(self) -> None:
        self._writes += 1
        self._path.write_text(f"content {self._writes}")
        at = self._path.stat().st_mtime - 10 * DAY + self._writes * 60
        os.utime(self._path, (at, at))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, maven: MavenRepository) -> Iterator[World]:
    require("nginx", "fcgiwrap", "rclone", "docker-registry")
    folder = tmp_path_factory.mktemp("world")
    tls = self_signed(folder)
    with ExitStack() as stack:
        counter = stack.enter_context(Nginx(server='location / { return 200 "ran"; }\n'))
        http, https = stack.enter_context(Nginx()), stack.enter_context(Nginx(tls=tls))
        guard = basic_auth("/", folder / "passwords", {"ada": SECRET})
        basic = stack.enter_context(Nginx(server=guard))
        ftp = stack.enter_context(Pyftpd(login=Login("ada", SECRET)))
        store = stack.enter_context(RcloneS3())
        store.make_bucket("bucket")
        registry = stack.enter_context(Registry())
        repository = stack.enter_context(GitDaemon(folder / "git"))
        served = stack.enter_context(GitHttp(repository.path.parent))
        versions = iter(range(1000))

        def put(key: str) -> Callable[[], object]:
            return lambda: store.put("bucket", key, f"content {next(versions)}".encode())

        change: dict[str, Callable[[], object]] = {
            "http": Aged(http.directory / "file"),
            "https": Aged(https.directory / "file"),
            "basic": Aged(basic.directory / "file"),
            "presigned": put("presigned.bin"),
            "signed": put("signed.bin"),
            "git": lambda: repository.commit("another"),
            "image": lambda: registry.push("app", "1", f"content {next(versions)}"),
            "maven": lambda: maven.deploy("protocols", SNAPSHOT, f"content {next(versions)}".encode()),
            "ftp": Aged(ftp.directory / "file"),
        }
        for name in ("presigned", "signed", "image", "maven"):
            change[name]()
        addresses = {
            "http": http.url,
            "https": https.url,
            "basic": str(basic.port),
            "git": served.url,
            "image": registry.host,
            "maven": maven.jar("protocols", SNAPSHOT),
            "ftp": str(ftp.port),
        }
        (folder / "netrc").write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
        signed = store.presign("bucket", "presigned.bin", seconds=3600)
        yield World(
            addresses,
            ("--build-arg", f"LOGIN=ada:{SECRET}", "--build-arg", f"SIGNED={signed}"),
            {**store.environment_of_clients, "NETRC": str(folder / "netrc")},
            f'[hosts."127.0.0.1:{https.port}"]\nca = "{tls.certificate}"\n',
            change,
            counter,
        )


def write(project: Path, world: World) -> None:
    tools = project / "tools"
    tools.mkdir()
    for name in ("aws", "git", "skopeo"):
        (tools / name).write_text(TOOL)
    (tools / "ran").write_text(RAN.format(url=world.counter.url))
    for tool in tools.iterdir():
        tool.chmod(0o755)
    lines = [f"FROM {BASE} AS tools", "COPY tools/ /usr/local/bin/"]
    for name, script in STAGES.items():
        fetch = script.format(**world.addresses)
        lines += [f"FROM tools AS {name}", "ARG LOGIN", "ARG SIGNED", f"RUN {fetch}; ran {name}"]
    lines += [f"FROM {BASE}", *(f"COPY --from={name} /etc/passwd /{name}" for name in STAGES)]
    (project / "Dockerfile").write_text("\n".join(lines) + "\n")
    (project / "freshlayer.toml").write_text(world.settings)


@pytest.mark.parametrize("builder", ["classic", "buildkit"], indirect=True)
def test_each_origin_that_changes_has_its_own_instruction_run_again_and_no_other(
    freshlayer: Freshlayer, world: World, project: Path
) -> None:
    write(project, world)
    command = replace(freshlayer, environment={**freshlayer.environment, **world.environment})
    assert command("trust", ".").code == 0
    world.ran()
    told = command.build(*world.arguments, ".")
    assert told.code == 0, told.err
    assert world.ran() == sorted(STAGES)
    assert "warning" not in told.err.lower(), told.err

    assert command.build(*world.arguments, ".").code == 0
    assert world.ran() == []

    for name, change in world.change.items():
        change()
        told = command.build(*world.arguments, ".")
        assert told.code == 0, told.err
        assert (name, world.ran()) == (name, [name]), told.err

    assert command.build(*world.arguments, ".").code == 0
    assert world.ran() == []
