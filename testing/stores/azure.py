"""Azure's blobs as Azurite plays them: a revision for a tag, and Content-MD5 where one request wrote all."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from testing.stores.ask import demand
from testing.stores.fronted import Fronted

AZURITE = Path(__file__).parents[1] / "azurite" / "node_modules" / ".bin" / "azurite-blob"
ACCOUNT = "freshlayertest"
KEY = base64.b64encode(b"freshlayer-test-account-key").decode("ascii")
VERSION = "2021-12-02"


class Azurite(Fronted):
    """A blob is `url` + `ACCOUNT/CONTAINER/NAME`; 5 s until it is up. The account and its key are ours."""

    PROGRAM: ClassVar[str] = str(AZURITE)

    def command(self) -> list[str]:
        place = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(self.directory)]
        return [self.program, *place, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}

    def blob(self, container: str, name: str) -> str:
        """The blob's URL, without a signature."""
        return f"{self.url}{ACCOUNT}/{container}/{name}"

    def make_container(self, container: str, *, public: bool = False) -> None:
        """A new container; anybody may read the blobs of a public one."""
        access = {"x-ms-blob-public-access": "blob"} if public else {}
        url = f"{self.direct}{ACCOUNT}/{container}?restype=container&{account_sas()}"
        demand("PUT", url, headers={"Content-Length": "0", **access})

    def put(self, container: str, name: str, body: bytes) -> str:
        """Write or overwrite a blob in one request; its entity tag."""
        kind = {"x-ms-blob-type": "BlockBlob", "Content-Length": str(len(body))}
        answer = demand("PUT", self._owned(container, name), headers=kind, body=body)
        return answer.headers["etag"]

    def delete(self, container: str, name: str) -> None:
        demand("DELETE", self._owned(container, name))

    def with_sas(self, container: str, name: str, *, seconds: int = 300) -> str:
        """The blob's URL with a shared access signature: anybody may read it for this long."""
        return f"{self.blob(container, name)}?{blob_sas(container, name, seconds=seconds)}"

    def _owned(self, container: str, name: str) -> str:
        return f"{self.direct}{ACCOUNT}/{container}/{name}?{account_sas()}"


def account_sas() -> str:
    """A query that may do everything to blobs and containers for an hour.

    https://learn.microsoft.com/rest/api/storageservices/create-account-sas
    """
    fields = {"sp": "rwdlac", "ss": "b", "srt": "sco", "se": _end(3600), "sv": VERSION}
    signed = [ACCOUNT, fields["sp"], fields["ss"], fields["srt"], "", fields["se"], "", "", VERSION, "", ""]
    return _signed(fields, "\n".join(signed))


def blob_sas(container: str, name: str, *, seconds: int) -> str:
    """A query with which one blob may be read; `seconds` may be negative: it has ended then.

    https://learn.microsoft.com/rest/api/storageservices/create-service-sas
    """
    fields = {"sp": "r", "se": _end(seconds), "sr": "b", "sv": VERSION}
    resource = f"/blob/{ACCOUNT}/{container}/{name}"
    # Start, identifier, address, protocol; after the kind: snapshot, encryption scope, five headers.
    signed = ["r", "", fields["se"], resource, "", "", "", VERSION, "b", *[""] * 7]
    return _signed(fields, "\n".join(signed))


def _signed(fields: Mapping[str, str], text: str) -> str:
    mac = hmac.digest(base64.b64decode(KEY), text.encode(), hashlib.sha256)
    return urlencode({**fields, "sig": base64.b64encode(mac).decode("ascii")})


def _end(seconds: int) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
