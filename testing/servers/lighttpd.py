"""lighttpd: a tag made of inode, size and mtime, which cannot be taken apart."""

from __future__ import annotations

from testing.servers.base import Server

CONFIGURATION = """\
server.modules = ("mod_accesslog")
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{directory}"
server.upload-dirs = ("{home}")
# A pipe is written to at once; a file only every few seconds.
accesslog.filename = "| exec cat >> {log}"
accesslog.format = "%m %U%q %s %b"
mimetype.assign = ("" => "application/octet-stream")
"""


class Lighttpd(Server):
    """With its defaults: what it knows of a file it believes for a second."""

    PROGRAM = "lighttpd"
    REMEMBERS = 2.0

    def configure(self) -> None:
        text = CONFIGURATION.format(port=self.port, directory=self.directory, home=self.home, log=self.log)
        (self.home / "lighttpd.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        return [self.program, "-D", "-f", str(self.home / "lighttpd.conf")]
