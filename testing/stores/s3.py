"""S3 as rclone and SeaweedFS speak it: both check signatures, and refuse HEAD on a URL signed for GET."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import ClassVar

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from testing.process import wait_until
from testing.servers.base import free_port
from testing.stores.ask import NO_HEADERS, Answer, ask, demand
from testing.stores.fronted import Fronted

ACCESS_KEY = "freshlayer-test-key"
SECRET_KEY = "freshlayer-test-secret"
REGION = "us-east-1"


class S3Store(Fronted):
    """Path style: `url` + `BUCKET/KEY`. What the methods here send goes round the log."""

    @property
    def environment_of_clients(self) -> dict[str, str]:
        """What leads a client of AWS here, as its owner."""
        return {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_S3": self.url.rstrip("/"),
        }

    def make_bucket(self, bucket: str) -> None:
        """A new bucket; its name has at least 3 characters."""
        demand_signed("PUT", f"{self.direct}{bucket}")

    def put(self, bucket: str, key: str, body: bytes, *, headers: Mapping[str, str] = NO_HEADERS) -> str:
        """Write or overwrite an object, with headers such as `x-amz-checksum-sha256`; its entity tag."""
        return demand_signed("PUT", f"{self.direct}{bucket}/{key}", body, headers=headers).headers["etag"]

    def delete(self, bucket: str, key: str) -> None:
        demand_signed("DELETE", f"{self.direct}{bucket}/{key}")

    def presign(self, bucket: str, key: str, *, seconds: int = 300) -> str:
        """A URL with which anybody may GET the object for this long."""
        request = AWSRequest(method="GET", url=f"{self.url}{bucket}/{key}")
        S3SigV4QueryAuth(_credentials(), "s3", REGION, expires=seconds).add_auth(request)
        return str(request.prepare().url)


class RcloneS3(S3Store):
    """rclone: a bucket is a directory; up in 0.3 s. It knows the owner of the keys alone."""

    PROGRAM = "rclone"

    def command(self) -> list[str]:
        address = ["--addr", f"127.0.0.1:{self.port}", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"]
        return [self.program, "serve", "s3", *address, str(self.directory)]


class SeaweedS3(S3Store):
    """SeaweedFS: closest to AWS of what can be installed. 15 s until it is up: once for many tests.

    Objects in the bucket `PUBLIC` can be read without a signature.
    """

    PROGRAM = "weed"
    # It goes on for longer than anybody wants to wait, and what it holds is removed.
    GRACE: ClassVar[float] = 0.2
    PUBLIC: ClassVar[str] = "public"
    SERVICES: ClassVar[tuple[str, ...]] = ("master", "volume", "filer")

    def prepare(self) -> None:
        super().prepare()
        owner = {"name": "owner", "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]}
        anybody = {"name": "anonymous", "actions": [f"Read:{self.PUBLIC}"]}
        everything = ["Admin", "Read", "Write", "List", "Tagging"]
        identities = {"identities": [owner | {"actions": everything}, anybody]}
        self._identities.write_text(json.dumps(identities), encoding="utf-8")

    @property
    def _identities(self) -> Path:
        return self.home / "identities.json"

    def command(self) -> list[str]:
        # By default port + 10,000 is gRPC's, which may be no port. Iceberg's and Lance's are fixed.
        listeners = [
            f"-{service}.port{kind}={free_port()}" for service in self.SERVICES for kind in ("", ".grpc")
        ]
        fixed = ["-s3.port.iceberg=0", "-s3.port.lance=0"]
        s3 = ["-s3", f"-s3.port={self.port}", f"-s3.port.grpc={free_port()}", *fixed]
        # A bucket takes several volumes, and by default there are eight: the third bucket would take nothing.
        many = ["-volume.max=500", "-master.volumeSizeLimitMB=64"]
        place = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={self.directory}"]
        return [self.program, "server", *place, *many, *listeners, *s3, f"-s3.config={self._identities}"]

    def up(self) -> None:
        super().up()
        wait_until(self._is_writable, seconds=120, what="SeaweedFS to take an object")

    def _is_writable(self) -> bool:
        """It listens before it can store: the bucket for everybody is made by trying."""
        bucket = f"{self.direct}{self.PUBLIC}"
        # Before it is ready it hangs up on some.
        with contextlib.suppress(OSError, HTTPException):
            made = ask_signed("PUT", bucket).status in {200, 409}
            return made and ask_signed("PUT", f"{bucket}/.ready", b"ready").status == 200
        return False


def demand_signed(
    method: str, url: str, body: bytes = b"", *, headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    """A request signed by the owner; raises RefusedError unless the status is 2xx."""
    return demand(method, url, headers=_signed(method, url, body, headers), body=body)


def ask_signed(
    method: str, url: str, body: bytes = b"", *, headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    """A request signed by the owner, and its answer whatever the status."""
    return ask(method, url, headers=_signed(method, url, body, headers), body=body)


def _signed(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """`headers`, and those that sign them."""
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    S3SigV4Auth(_credentials(), "s3", REGION).add_auth(request)
    return {name: str(value) for name, value in request.headers.items()}


def _credentials() -> Credentials:
    return Credentials(ACCESS_KEY, SECRET_KEY)
