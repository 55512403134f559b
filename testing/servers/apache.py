"""Apache httpd, with the entity tags that `FileETag` makes."""

from __future__ import annotations

import os
from pathlib import Path

from testing.servers.base import Server, as_nobody

MODULES = Path("/usr/lib/apache2/modules")
CONFIGURATION = """\
ServerRoot {home}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {home}/httpd.pid
Mutex file:{home}
DefaultRuntimeDir {home}
{modules}
StartServers 1
ServerLimit 1
MaxRequestWorkers 1
# One worker that keeps no connection: the log is in order.
KeepAlive Off
ErrorLog {home}/error.log
LogFormat "%m %U%q %>s %B" lines
CustomLog {log} lines
DocumentRoot {directory}
<Directory {directory}>
  Require all granted
</Directory>
{lines}
"""


class Apache(Server):
    """`etag`: the words after FileETag, none for the default, MTime Size. It refuses to run as root."""

    PROGRAM = "apache2"
    SEVERAL_WRITERS = True

    def __init__(self, directory: Path | None = None, *, etag: str = "") -> None:
        self._lines = f"FileETag {etag}" if etag else ""
        super().__init__(directory)

    def configure(self) -> None:
        names = ("mpm_prefork", "authz_core")
        text = CONFIGURATION.format(
            home=self.home,
            port=self.port,
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names),
            log=self.log,
            directory=self.directory,
            lines=self._lines,
        )
        (self.home / "httpd.conf").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        argv = [self.program, "-f", str(self.home / "httpd.conf"), "-DFOREGROUND"]
        return as_nobody(argv, self.home)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "APACHE_RUN_DIR": os.fspath(self.home)}
