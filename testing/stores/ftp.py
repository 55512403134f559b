"""FTP as vsftpd and pyftpdlib speak it. A request in their logs is a command: `MDTM`, `SIZE`, `RETR`, …

Its `path` is what follows the verb, its `status` the first reply, its `connection` one of a session.
"""

from __future__ import annotations

import re
import socket
import sys
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from testing.servers.base import Served, Server
from testing.tls import SelfSigned

CONFIGURATION = """\
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
run_as_launching_user=YES
anonymous_enable=YES
no_anon_password=YES
anon_root={directory}
secure_chroot_dir={directory}
xferlog_enable=YES
xferlog_std_format=NO
log_ftp_protocol=YES
vsftpd_log_file={log}
isolate=NO
isolate_network=NO
seccomp_sandbox=NO
"""


@dataclass(frozen=True, slots=True)
class Login:
    """Who may come in."""

    user: str
    password: str


class FtpServer(Server):
    """A file is `url` + `NAME`. `COMMAND` and `REPLY` find these in a line of the log."""

    COMMAND: ClassVar[re.Pattern[str]]
    REPLY: ClassVar[re.Pattern[str]]

    def __init__(self, directory: Path | None = None) -> None:
        super().__init__(directory, scheme="ftp")

    @abstractmethod
    def text(self) -> str:
        """All of the log."""

    def requests(self) -> list[Served]:
        """Every command that was answered before this call, oldest first, but `QUIT`: clients don't wait."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            # A server that greets us has logged what it answered to others.
            connection.recv(1)
        return [command for command in self.logged() if command.method != "QUIT"]

    def logged(self) -> Iterable[Served]:
        commands: list[Served] = []
        unanswered: dict[int, int] = {}
        for line in self.text().splitlines():
            if found := self.COMMAND.search(line):
                session, verb, argument = int(found[1]), found[2], found[3]
                unanswered[session] = len(commands)
                commands.append(Served(verb.upper(), argument, 0, 0, connection=session))
            elif (found := self.REPLY.search(line)) and int(found[1]) in unanswered:
                place = unanswered.pop(int(found[1]))
                commands[place] = _answered(commands[place], int(found[2]))
        return commands


class Vsftpd(FtpServer):
    """vsftpd as it runs for any user: everybody may read, and write nothing."""

    PROGRAM = "vsftpd"
    COMMAND = re.compile(r'\[pid (\d+)\] .*FTP command: .*?, "(\S+) ?(.*)"')
    REPLY = re.compile(r'\[pid (\d+)\] .*FTP response: .*?, "(\d{3}) ')

    def configure(self) -> None:
        text = CONFIGURATION.format(port=self.port, directory=self.directory, log=self.log)
        (self.home / "vsftpd.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        return [self.program, str(self.home / "vsftpd.conf")]

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Pyftpd(FtpServer):
    """pyftpdlib: only for `login`, where one is given; with `tls`, only after `AUTH TLS`."""

    PROGRAM = sys.executable
    COMMAND = re.compile(r"127\.0\.0\.1:(\d+)-\[\S*\] <- (\S+) ?(.*)")
    REPLY = re.compile(r"127\.0\.0\.1:(\d+)-\[\S*\] -> (\d{3}) ")

    def __init__(
        self, directory: Path | None = None, *, login: Login | None = None, tls: SelfSigned | None = None
    ) -> None:
        self._login = login
        self._tls = tls
        super().__init__(directory)

    def command(self) -> list[str]:
        place = ["-D", "-i", "127.0.0.1", "-p", str(self.port), "-d", str(self.directory)]
        return [self.program, "-m", "pyftpdlib", *place, *self._login_options(), *self._tls_options()]

    def text(self) -> str:
        outputs = sorted(self.home.glob("output-*.log"), key=lambda path: (len(path.name), path.name))
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in outputs)

    def _login_options(self) -> list[str]:
        return ["-u", self._login.user, "-P", self._login.password] if self._login else []

    def _tls_options(self) -> list[str]:
        if self._tls is None:
            return []
        pair = [f"--certfile={self._tls.certificate}", f"--keyfile={self._tls.key}"]
        return ["--tls", *pair, "--tls-control-required", "--tls-data-required"]


def _answered(command: Served, status: int) -> Served:
    return Served(command.method, command.path, status, 0, connection=command.connection)
