"""A script that a RUN downloads and executes, on a real origin: what is requested, kept, and sent to whom."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.credentials import NO_CREDENTIALS
from freshlayer.model.downloaded_scripts import Confinement
from freshlayer.probe import Limits, ScriptsKnown, each
from freshlayer.probe.network.local_addresses import is_named, is_refused
from freshlayer.reference import parse
from testing.command import Freshlayer
from testing.installer import InstallerOrigin
from testing.logging_server import LoggingServer, Reply


@pytest.fixture
def installer() -> Iterator[InstallerOrigin]:
    with InstallerOrigin() as server:
        yield server


@pytest.fixture
def run(tmp_path: Path) -> Freshlayer:
    (tmp_path / "project").mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NETRC": str(tmp_path / "netrc")}
    return Freshlayer(environment, tmp_path / "state.sqlite3", tmp_path / "project")


def written(run: Freshlayer, *runs: str) -> None:
    text = "".join(f"RUN {it}\n" for it in runs)
    (run.directory / "Dockerfile").write_text(f"FROM scratch\n{text}")


def keys(run: Freshlayer, *options: str) -> str:
    done = run(*options, "render", "--platform", "linux/amd64", ".")
    assert done.code == 0, done.err
    return done.out


def inputs(run: Freshlayer) -> list[str]:
    document = run("inputs", "--json", "--platform", "linux/amd64", ".").document
    return [item["reference"] for item in document["inputs"]]


def not_watched(run: Freshlayer, *command: str) -> list[str]:
    document = run(*command, "--json", "--platform", "linux/amd64", ".").document
    return [item["reason"]["code"] for item in document["not_watched"]]


def piped(origin: LoggingServer, *arguments: str) -> str:
    return f"wget -qO- {origin.url}/install.sh | sh -s -- {' '.join(arguments)}"


def test_an_unchanged_script_costs_one_conditional_request(
    run: Freshlayer, installer: InstallerOrigin
) -> None:
    written(run, piped(installer, "edge"))
    first = keys(run)
    assert "GET /install.sh" in installer.seen()
    assert keys(run) == first
    paths = ("/edge/latest", "/edge/tool-amd64", "/install.sh", "/plugins.sh", "/plugin")
    assert sorted(installer.seen()) == sorted(f"HEAD {path}?" for path in paths)


def test_what_the_script_reads_is_in_the_key(run: Freshlayer, installer: InstallerOrigin) -> None:
    written(run, piped(installer))
    first = keys(run)
    installer.files["/edge/latest"] = "2.0"
    assert keys(run) == first
    for path in ("/stable/latest", "/stable/tool-amd64", "/plugin"):
        installer.files[path] += "+"
        assert keys(run) != first
        installer.files[path] = installer.files[path][:-1]
        assert keys(run) == first


def test_a_changed_script_is_read_again(run: Freshlayer, installer: InstallerOrigin) -> None:
    written(run, piped(installer))
    keys(run)
    installer.files["/more"] = "1"
    installer.files["/install.sh"] += "get $BASE/more\n"
    changed = keys(run)
    assert f"{installer.url}/more" in inputs(run)
    installer.files["/more"] = "2"
    assert keys(run) != changed


def test_a_failing_origin_changes_no_key(run: Freshlayer, installer: InstallerOrigin) -> None:
    """Design rule 4: what the script reads is known from the last look."""
    written(run, piped(installer))
    first = keys(run)
    assert keys(run, "--offline") == first
    installer.failing = True
    assert keys(run) == first


def test_inputs_shows_the_last_look_without_a_request(run: Freshlayer, installer: InstallerOrigin) -> None:
    written(run, piped(installer))
    assert inputs(run) == [f"{installer.url}/install.sh"]
    assert not_watched(run, "inputs") == ["script-not-read"]
    assert not run.state.exists()
    keys(run)
    installer.seen()
    assert f"{installer.url}/stable/latest" in inputs(run)
    assert set(not_watched(run, "inputs")) == {"script-as-last-read"}
    assert installer.seen() == []


def test_many_dockerfiles_share_a_script(run: Freshlayer, installer: InstallerOrigin) -> None:
    for name in ("a", "b"):
        (run.directory / name).mkdir()
        (run.directory / name / "Dockerfile").write_text(f"FROM scratch\nRUN {piped(installer, name)}\n")
    done = run("check", "--recursive", "--json", "--platform", "linux/amd64", ".")
    assert done.code == 1, done.err
    for name in ("a", "b"):
        assert f"{installer.url}/{name}/latest" in done.out
    assert installer.seen().count("HEAD /plugins.sh") == 1


@pytest.mark.parametrize("content", ["\x7fELF\0\0", "<!doctype html><html></html>", "x" * (1024 * 1024 + 1)])
def test_what_is_not_a_script_is_read_once(run: Freshlayer, installer: InstallerOrigin, content: str) -> None:
    installer.files["/install.sh"] = content
    written(run, f"wget -O /x {installer.url}/install.sh && chmod +x /x && /x")
    (code,) = not_watched(run, "check")
    assert code in {"script-not-text", "script-too-long"}
    installer.seen()
    assert not_watched(run, "check") == [code]
    assert installer.seen() == ["HEAD /install.sh?"]


def test_the_state_keeps_scripts_compressed(run: Freshlayer, installer: InstallerOrigin) -> None:
    installer.files["/install.sh"] += "# long\n" * 10_000
    written(run, piped(installer))
    keys(run)
    with sqlite3.connect(run.state) as connection:
        sizes = [size for (size,) in connection.execute("SELECT length(script) FROM script")]
    assert len(sizes) == 2
    assert max(sizes) < 5_000


def authorised(server: LoggingServer) -> set[str]:
    """The paths that were requested with a credential."""
    return {it.target for it in server.requests() if "authorization" in it.headers}


def test_a_script_sends_no_credential_to_a_host_that_it_names(run: Freshlayer, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine localhost login ada password s3cret\n")
    with LoggingServer() as private, InstallerOrigin() as evil:
        url = f"http://localhost:{private.port}"
        evil.files["/install.sh"] = f"wget {url}/x; wget -qO- {url}/two.sh | sh; git clone {url}/r.git"
        written(run, piped(evil))
        run("check", ".")
        assert {"/x", "/two.sh"} <= {it.target for it in private.requests()}
        run("check", ".")
        assert authorised(private) == set()
        written(run, piped(evil), f"wget {url}/x")
        run("check", ".")
        assert authorised(private) == {"/x"}


def test_the_own_host_of_a_script_gets_its_credential(
    run: Freshlayer, tmp_path: Path, installer: InstallerOrigin
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    with LoggingServer() as other:
        installer.files["/install.sh"] = f"wget {{url}}/plugin {other.url}/x"
        written(run, piped(installer))
        run("check", ".")
        assert authorised(installer) == {"/install.sh", "/plugin"}
        assert authorised(other) == set()


def test_a_private_script_is_neither_read_nor_kept(run: Freshlayer, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login ada password s3cret\n")
    with LoggingServer() as server:
        server.script = lambda it: (
            Reply(body=f"wget {server.url}/inner".encode()) if "authorization" in it.headers else Reply(401)
        )
        written(run, piped(server))
        assert not_watched(run, "check") == ["script-private"]
        assert "/inner" not in {it.target for it in server.requests()}
    with sqlite3.connect(run.state) as connection:
        assert connection.execute("SELECT count(*) FROM script").fetchone() == (0,)


@pytest.mark.parametrize(
    "form", ["http://ada:s3cret@127.0.0.1:{port}/s", "http://127.0.0.1:{port}/s?token=s3cret"]
)
def test_a_script_whose_url_has_a_secret_is_not_read(run: Freshlayer, form: str) -> None:
    with LoggingServer(lambda _: Reply(body=b"wget http://127.0.0.1/inner")) as server:
        written(run, f"wget -qO- '{form.format(port=server.port)}' | sh")
        assert not_watched(run, "check") == ["script-private"]
    assert b"s3cret" not in run.state.read_bytes()


def test_a_script_names_no_proxy(run: Freshlayer, installer: InstallerOrigin) -> None:
    with LoggingServer() as proxy:
        name = (
            f"export http_proxy={proxy.url}; wget {{url}}/plugin; curl -x {proxy.url} {{url}}/stable/latest"
        )
        installer.files["/install.sh"] = name
        written(run, piped(installer))
        run("check", ".")
        assert proxy.requests() == []
    assert {"HEAD /plugin", "HEAD /stable/latest"} <= set(installer.seen())


def confined(url: str, *, loopback: bool) -> str:
    reference = parse(url)
    known = ScriptsKnown({reference: Confinement(loopback=loopback)})
    (seen,) = each([reference], {}, Limits(), keyring=NO_CREDENTIALS, scripts_known=known)
    return seen.reason.code


def test_no_name_and_no_redirect_leads_to_this_machine() -> None:
    with LoggingServer(lambda _: Reply(302, {"Location": "http://169.254.169.254/latest/"})) as server:
        for host in ("127.0.0.1", "localhost"):
            assert confined(f"http://{host}:{server.port}/x", loopback=False) == "address-refused"
        assert server.requests() == []
        assert confined(f"{server.url}/x", loopback=True) == "address-refused"
        assert server.requests() != []


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]", "metadata.google.internal"]
)
def test_a_redirect_through_a_proxy_is_checked_by_its_name(host: str) -> None:
    assert is_named(f"http://{host}/x", loopback=True)
    assert not is_named("http://localhost/x", loopback=True)
    assert is_named("http://localhost/x", loopback=False)
    assert not is_named("http://example.org/x", loopback=False)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.0.1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
    ],
)
def test_metadata_addresses_are_refused_in_any_case(address: str) -> None:
    assert is_refused(address, loopback=True)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"])
def test_this_machine_is_refused_unless_the_script_comes_from_it(address: str) -> None:
    assert is_refused(address, loopback=False)
    assert not is_refused(address, loopback=True)


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1"])
def test_other_addresses_are_not_refused(address: str) -> None:
    assert not is_refused(address, loopback=False)
