"""Secrets are planted wherever one can be found; afterwards everything that we wrote is searched for them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from testing.base_image import BASE
from testing.builders.base import Builder
from testing.command import Ended, Freshlayer
from testing.git_daemon import GitDaemon
from testing.servers.base import Server
from testing.servers.git_http import GitHttp
from testing.servers.needs import require
from testing.servers.nginx import Nginx, basic_auth, bearer_auth
from testing.stores.git import only_for
from testing.stores.registry import PASSWORD, USER, Auth, Registry
from testing.stores.s3 import SECRET_KEY, RcloneS3
from testing.watcher import Watcher

NETRC, TOKEN, PRINTED, GIT, IN_URL = (
    "planted-in-netrc",
    "planted-in-the-environment",
    "planted-behind-a-command",
    "planted-for-git",
    "planted-in-a-url",
)
PLANTED = (NETRC, TOKEN, PRINTED, GIT, PASSWORD, SECRET_KEY)
SETTINGS = """
[hosts."127.0.0.1:{token}"]
token_env = "THE_TOKEN"
[hosts."127.0.0.1:{printed}"]
command = ["{script}"]
[hosts."127.0.0.1:{git}"]
user = "ada"
password_env = "GIT_WORD"
"""


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as Basic authentication and JSON would hide it."""
    yield secret.encode()
    for user in ("ada", USER, ""):
        for shift in range(3):
            # Base64 looks different at each of three places; its ends depend on the neighbours.
            whole = base64.b64encode(b"x" * shift + f"{user}:{secret}".encode())
            yield whole[4:-4]


@dataclass(frozen=True, slots=True)
class Vault:
    """Servers that each want a secret, and where a user of theirs keeps it."""

    lines: tuple[str, ...]
    settings: str
    environment: dict[str, str]
    signed: str
    servers: tuple[Server, ...]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    require("nginx", "fcgiwrap", "rclone", "docker-registry")
    script = tmp_path / "printer"
    script.write_text(f"#!/bin/sh\necho {PRINTED}\n")
    script.chmod(0o755)
    with ExitStack() as stack:
        repository = stack.enter_context(GitDaemon(tmp_path / "git"))
        (tmp_path / "git-users").mkdir()
        guard = only_for({"ada": GIT}, tmp_path / "git-users")
        git = stack.enter_context(GitHttp(repository.path.parent, server=guard))
        basic = stack.enter_context(
            Nginx(server=basic_auth("/", tmp_path / "passwords", {"ada": NETRC, "bob": IN_URL}))
        )
        token = stack.enter_context(Nginx(server=bearer_auth("/", TOKEN)))
        printed = stack.enter_context(Nginx(server=bearer_auth("/", PRINTED)))
        for server in (basic, token, printed):
            (server.directory / "file").write_text("content")
        (basic.directory / "other").write_text("content")
        store = stack.enter_context(RcloneS3())
        store.make_bucket("bucket")
        store.put("bucket", "file", b"content")
        registry = stack.enter_context(Registry(auth=Auth.BASIC))
        registry.push("app", "1", "content")
        (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login ada password {NETRC}\n")
        auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        (tmp_path / "auth.json").write_text(json.dumps({"auths": {registry.host: {"auth": auth}}}))
        yield Vault(
            (
                f"# freshlayer: watch {basic.url}file",
                f"# freshlayer: watch {token.url}file",
                f"# freshlayer: watch {printed.url}file",
                f"# freshlayer: watch git+{git.url}repository#refs/heads/main",
                f"# freshlayer: watch docker-image://{registry.host}/app:1",
                "# freshlayer: watch s3://bucket/file",
                "# freshlayer: watch $SIGNED",
                f"# freshlayer: watch http://bob:{IN_URL}@127.0.0.1:{basic.port}/other",
                "RUN echo content",
            ),
            SETTINGS.format(token=token.port, printed=printed.port, git=git.nginx.port, script=script),
            {
                **store.environment_of_clients,
                "NETRC": str(tmp_path / "netrc"),
                "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
                "THE_TOKEN": TOKEN,
                "GIT_WORD": GIT,
            },
            store.presign("bucket", "file"),
            (basic, token, printed, store, registry, git.nginx),
        )


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def save(builder: Builder, tag: str, archive: Path) -> None:
    """The image as it is, every byte."""
    if builder.command[0] == "docker":
        builder.run("image", "save", "--output", str(archive), tag)
    else:
        builder.run("push", "--quiet", tag, f"docker-archive:{archive}")


def test_no_secret_is_in_anything_that_we_write(
    freshlayer: Freshlayer,
    builder: Builder,
    vault: Vault,
    project: Path,
    tmp_path: Path,
) -> None:
    (project / "Dockerfile").write_text("\n".join([f"FROM {BASE}", "ARG SIGNED", *vault.lines]) + "\n")
    (project / "freshlayer.toml").write_text(vault.settings)
    written, temporary = tmp_path / "written", tmp_path / "temporary"
    written.mkdir()
    temporary.mkdir()
    ours = ("--report", str(written / "report.json"), "--identities", str(written / "identities.toml"))
    command = replace(
        freshlayer.but("--verbose", *ours, state=written / "state.sqlite3"),
        environment={**freshlayer.environment, **vault.environment, "TMPDIR": str(temporary)},
    )
    assert replace(command, options=("--verbose",))("trust", ".").code == 0
    said: list[Ended] = []
    with Watcher(temporary) as watcher:
        # The signature is in the argument that the user gives; the URL without it must do for us.
        said.append(command.build("--build-arg", f"SIGNED={vault.signed}", "-t", "secrets:1", "."))
        assert said[0].code == 0, said[0].err
        said.append(command("check", "--json", "--build-arg", f"SIGNED={vault.signed}", "."))
        unobserved = [item for item in said[1].document["inputs"] if item["verdict"] != "unchanged"]
        assert unobserved == []
        said.append(command("inputs", "--json", "--build-arg", f"SIGNED={vault.signed}", "."))
        said.append(command("probe", "s3://bucket/file"))
        said.append(command("flag", "s3://bucket/file", "-o", str(written / "flag")))
        for server in vault.servers:
            server.down()
        said.append(command("check", "--build-arg", f"SIGNED={vault.signed}", "."))
    report = json.loads((written / "report.json").read_text())
    assert len(report["inputs"]) == len(vault.lines) - 1

    spoken = "\n".join(ended.out + ended.err for ended in said).encode()
    image = tmp_path / "image.tar"
    save(builder, "secrets:1", image)
    history = repr(builder.image("secrets:1").history).encode()
    places = {
        "what it says": spoken,
        "what it keeps": everything(written),
        "temporary files": b"\n".join(watcher.files),
        "arguments": b"\n".join(watcher.arguments),
        "the image": image.read_bytes() + history,
    }
    if builder.name != "classic":
        # The derived Dockerfile was seen: else nothing would have been searched.
        assert b"id=fl-" in places["temporary files"]
    assert b"ls-remote" in places["arguments"]
    for secret in PLANTED:
        for form in forms(secret):
            assert [name for name, content in places.items() if form in content] == [], secret
    signature = vault.signed.partition("X-Amz-Signature=")[2].partition("&")[0].encode()
    assert signature
    assert signature not in places["what it keeps"]
    assert IN_URL.encode() not in places["what it keeps"] + spoken
    kept = subprocess.run(["find", str(written), "-perm", "/o+w"], capture_output=True, text=True, check=True)
    assert kept.stdout == ""
