"""What testing.stores promises of FTP, of Maven and of git behind a password."""

from __future__ import annotations

import ftplib
import hashlib
import ssl
import subprocess
from pathlib import Path

import pytest

from testing.servers.git_http import GitHttp
from testing.servers.needs import needs, require
from testing.stores.ask import ask
from testing.stores.ftp import FtpServer, Login, Pyftpd, Vsftpd
from testing.stores.git import only_for
from testing.stores.maven import MavenRepository
from testing.tls import self_signed

LOGIN = Login("somebody", "open-sesame")


def size(client: ftplib.FTP, server: FtpServer, login: Login) -> int | None:
    """The size of `file`, asked for in a session of its own."""
    with client:
        client.connect("127.0.0.1", server.port, timeout=10)
        client.login(login.user, login.password)
        client.voidcmd("TYPE I")
        return client.size("file")


@pytest.mark.parametrize("kind", [Vsftpd, Pyftpd])
def test_an_ftp_server_tells_every_command_and_its_reply(kind: type[Vsftpd | Pyftpd]) -> None:
    require(kind.PROGRAM)
    with kind() as server, ftplib.FTP() as client:
        (server.directory / "file").write_bytes(b"12345")
        assert size(ftplib.FTP(), server, Login("anonymous", "")) == 5
        server.restart()
        client.connect("127.0.0.1", server.port, timeout=10)
        client.login()
        assert client.sendcmd("MDTM file").startswith("213 ")
        with pytest.raises(ftplib.error_perm, match="550"):
            client.sendcmd("MDTM nothing")
        client.retrbinary("RETR file", lambda _: None)
        log = [(r.method, r.path, r.status) for r in server.requests()]
    assert [entry for entry in log if entry[0] in {"SIZE", "MDTM"}] == [
        ("SIZE", "file", 213),
        ("MDTM", "file", 213),
        ("MDTM", "nothing", 550),
    ]
    assert [(verb, path) for verb, path, status in log if status in {125, 150}] == [("RETR", "file")]


def test_an_ftp_server_with_a_login_lets_in_nobody_else() -> None:
    with Pyftpd(login=LOGIN) as server:
        (server.directory / "file").write_bytes(b"12345")
        assert size(ftplib.FTP(), server, LOGIN) == 5
        with pytest.raises(ftplib.error_perm, match="530"):
            size(ftplib.FTP(), server, Login("anonymous", ""))
        first = server.requests()[0]
    assert (first.method, first.path, first.status) == ("USER", "somebody", 331)


def test_an_ftp_server_with_tls_says_nothing_to_who_does_not_start_it(tmp_path: Path) -> None:
    pair = self_signed(tmp_path)
    trusting = ssl.create_default_context(cafile=str(pair.certificate))
    trusting.check_hostname = False
    with Pyftpd(login=LOGIN, tls=pair) as server:
        (server.directory / "file").write_bytes(b"12345")
        assert size(ftplib.FTP_TLS(context=trusting), server, LOGIN) == 5
        with pytest.raises(ftplib.error_perm, match="550"):
            size(ftplib.FTP(), server, LOGIN)


def test_a_snapshot_deployed_again_has_another_file_and_other_metadata(maven: MavenRepository) -> None:
    maven.deploy("app", "1.0-SNAPSHOT", b"bytes")
    folder = maven.files_of("app", "1.0-SNAPSHOT")
    metadata = (folder / "maven-metadata.xml").read_bytes()
    maven.deploy("app", "1.0-SNAPSHOT", b"bytes")
    sums = [path.read_text() for path in sorted(folder.glob("app-1.0-*.jar.sha1"))]
    assert sums == [hashlib.sha1(b"bytes").hexdigest()] * 2
    assert (folder / "maven-metadata.xml").read_bytes() != metadata
    assert ask("HEAD", maven.jar("app", "1.0-SNAPSHOT")).status == 404
    assert maven.requests()[-1].path == "/org/example/app/1.0-SNAPSHOT/app-1.0-SNAPSHOT.jar"


@needs("nginx", "fcgiwrap")
def test_git_over_http_behind_a_password_lets_in_who_knows_it(tmp_path: Path) -> None:
    repositories = tmp_path / "repositories"
    repositories.mkdir()
    subprocess.run(["git", "init", "-q", "--bare", str(repositories / "app")], check=True)
    with GitHttp(repositories, server=only_for({LOGIN.user: LOGIN.password}, tmp_path)) as served:
        known = served.url.replace("http://", f"http://{LOGIN.user}:{LOGIN.password}@")
        codes = [
            subprocess.run(
                ["git", "ls-remote", f"{url}app"],
                check=False,
                capture_output=True,
                env={"GIT_TERMINAL_PROMPT": "0"},
            ).returncode
            for url in (served.url, known)
        ]
        statuses = [request.status for request in served.requests()]
    assert codes == [128, 0]
    assert statuses[0] == 401
    assert 200 in statuses
