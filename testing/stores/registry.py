"""An image registry, distribution 2.8: for anybody, behind a password, or behind a token service.

Images are pushed over HTTP, as tiny as the specification allows; no container engine is needed.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum, StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import zstandard

from testing.stores.ask import Answer, demand
from testing.stores.fronted import Fronted
from testing.stores.tokens import ISSUER, SERVICE, TokenService

USER = "somebody"
PASSWORD = "open-sesame"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
# PASSWORD by bcrypt, the one hash that this registry knows.
HTPASSWD = f"{USER}:$2y$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO\n"
OCTETS = {"Content-Type": "application/octet-stream"}

CONFIGURATION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {directory}}}
  delete: {{enabled: true}}
http: {{addr: "127.0.0.1:{port}", relativeurls: true, secret: freshlayer-test}}
{auth}
"""


class Auth(StrEnum):
    """Who may pull. `TOKEN` wants USER and PASSWORD; `ANONYMOUS_TOKEN` nothing, as Docker Hub."""

    NONE = "none"
    BASIC = "basic"
    TOKEN = "token"
    ANONYMOUS_TOKEN = "anonymous token"


class MediaTypes(Enum):
    """The two families that manifests come in."""

    OCI = "application/vnd.oci.image"
    DOCKER = "application/vnd.docker.distribution"

    @property
    def index(self) -> str:
        return f"{self.value}.{'index.v1' if self is MediaTypes.OCI else 'manifest.list.v2'}+json"

    @property
    def manifest(self) -> str:
        return f"{self.value}.manifest.{'v1' if self is MediaTypes.OCI else 'v2'}+json"

    def layer(self, content: bytes) -> str:
        """The type of a layer with this content."""
        if self is MediaTypes.OCI:
            suffix = {b"\x1f\x8b": "+gzip", b"\x28\xb5": "+zstd"}.get(content[:2], "")
            return f"{self.value}.layer.v1.tar{suffix}"
        suffix = {b"\x1f\x8b": ".gzip", b"\x28\xb5": ".zstd"}.get(content[:2], "")
        return f"application/vnd.docker.image.rootfs.diff.tar{suffix}"

    @property
    def config(self) -> str:
        if self is MediaTypes.OCI:
            return f"{self.value}.config.v1+json"
        return "application/vnd.docker.container.image.v1+json"


class Registry(Fronted):
    """`host` is what is before the repository in an image's name. Pushing goes round the log.

    `tokens`, where `auth` wants one, logs apart: `registry.tokens.requests()`.
    """

    PROGRAM = "docker-registry"

    def __init__(self, directory: Path | None = None, *, auth: Auth = Auth.NONE) -> None:
        self.auth = auth
        self.tokens: TokenService | None = None
        super().__init__(directory)
        self.host = self.url.removeprefix("http://").rstrip("/")

    def prepare(self) -> None:
        super().prepare()
        if self.auth in {Auth.TOKEN, Auth.ANONYMOUS_TOKEN}:
            keys = Path(self.also(TemporaryDirectory(prefix="freshlayer-")))
            wanted = BASIC if self.auth is Auth.TOKEN else None
            self.tokens = self.also(TokenService(keys, authorization=wanted))

    def configure(self) -> None:
        (self.home / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
        text = CONFIGURATION.format(directory=self.directory, port=self.port, auth=self._auth_lines())
        (self.home / "registry.yml").write_text(text, encoding="utf-8")

    def command(self) -> list[str]:
        return [self.program, "serve", str(self.home / "registry.yml")]

    def push(
        self,
        repository: str,
        tag: str,
        content: str,
        *,
        platform: str = "linux/amd64",
        media: MediaTypes = MediaTypes.OCI,
    ) -> str:
        """Push an image without layers that differs by `content` alone; its digest."""
        manifest = self._upload_image(repository, content, platform, media)
        return self._put_manifest(repository, tag, manifest, media.manifest)

    def push_index(
        self,
        repository: str,
        tag: str,
        contents: Mapping[str, str],
        *,
        media: MediaTypes = MediaTypes.OCI,
        created: str = "",
    ) -> str:
        """Push an image for several platforms (`linux/arm64` → content); the digest of its index.

        `created` is the date that an annotation of the index states.
        """
        entries = [self._index_entry(repository, content, p, media) for p, content in contents.items()]
        dated = {"annotations": {"org.opencontainers.image.created": created}} if created else {}
        index = _encoded({"schemaVersion": 2, "mediaType": media.index, "manifests": entries, **dated})
        return self._put_manifest(repository, tag, index, media.index)

    def push_layers(
        self,
        repository: str,
        tag: str,
        layers: Sequence[bytes],
        *,
        config: Mapping[str, Any] | None = None,
        platform: str = "linux/amd64",
        media: MediaTypes = MediaTypes.OCI,
        kinds: Sequence[str] = (),
        created: str = "",
    ) -> str:
        """Push an image of layers, the oldest first, compressed or not; its digest.

        `config` is what containers of it get (Env, User, …); `kinds` are the media types of the layers;
        `created` is the date of the image, as its configuration states it.
        """
        system, architecture = platform.split("/")[:2]
        content = {"rootfs": {"type": "layers", "diff_ids": [_digest(uncompressed(it)) for it in layers]}}
        about = {"os": system, "architecture": architecture, "config": dict(config or {})}
        about |= {"created": created} if created else {}
        # buildah caches nothing that is built on an image whose history does not name its layers.
        history = [{"created_by": f"layer {number}"} for number, _ in enumerate(layers)]
        document = _encoded({**about, **content, "history": history})
        for blob in {document, *layers}:
            self._put_blob(repository, blob)
        named = kinds or [media.layer(layer) for layer in layers]
        described = [_descriptor(layer, kind) for layer, kind in zip(layers, named, strict=True)]
        manifest = {"schemaVersion": 2, "mediaType": media.manifest, "layers": described}
        body = _encoded({**manifest, "config": _descriptor(document, media.config)})
        return self._put_manifest(repository, tag, body, media.manifest)

    def push_joined(self, repository: str, tag: str, manifests: Mapping[str, str]) -> str:
        """Push an index of manifests that are here (platform → their tag or digest); its digest."""
        entries = []
        for platform, reference in manifests.items():
            kinds = {"Accept": f"{MediaTypes.OCI.manifest}, {MediaTypes.DOCKER.manifest}"}
            answer = self._send("GET", repository, f"manifests/{reference}", headers=kinds)
            system, architecture = platform.split("/")
            where = {"os": system, "architecture": architecture}
            entries.append({**_descriptor(answer.body, answer.headers["content-type"]), "platform": where})
        index = _encoded({"schemaVersion": 2, "mediaType": MediaTypes.OCI.index, "manifests": entries})
        return self._put_manifest(repository, tag, index, MediaTypes.OCI.index)

    def retag(self, repository: str, tag: str, reference: str) -> str:
        """Let a tag mean what another tag or a digest means; the digest."""
        kinds = ", ".join(kind for media in MediaTypes for kind in (media.manifest, media.index))
        answer = self._send("GET", repository, f"manifests/{reference}", headers={"Accept": kinds})
        return self._put_manifest(repository, tag, answer.body, answer.headers["content-type"])

    def delete(self, repository: str, digest: str) -> None:
        """Delete a manifest, and with it every tag that names it: this registry deletes no tag alone."""
        self._send("DELETE", repository, f"manifests/{digest}")

    def _index_entry(self, repository: str, content: str, platform: str, media: MediaTypes) -> dict[str, Any]:
        manifest = self._upload_image(repository, content, platform, media)
        self._put_manifest(repository, _digest(manifest), manifest, media.manifest)
        system, architecture = platform.split("/")
        where = {"os": system, "architecture": architecture}
        return {**_descriptor(manifest, media.manifest), "platform": where}

    def _upload_image(self, repository: str, content: str, platform: str, media: MediaTypes) -> bytes:
        """Upload the configuration of an image; its manifest, not yet pushed."""
        system, architecture = platform.split("/")
        labels = {"config": {"Labels": {"content": content}}}
        nothing = {"rootfs": {"type": "layers", "diff_ids": []}}
        config = _encoded({"os": system, "architecture": architecture, **labels, **nothing})
        self._put_blob(repository, config)
        described = _descriptor(config, media.config)
        return _encoded({"schemaVersion": 2, "mediaType": media.manifest, "config": described, "layers": []})

    def _put_blob(self, repository: str, blob: bytes) -> None:
        started = self._send("POST", repository, "blobs/uploads/", headers={"Content-Length": "0"})
        place = self.direct.rstrip("/") + started.headers["location"]
        joint = "&" if "?" in place else "?"
        headers = {**OCTETS, **self._authorization(repository)}
        demand("PUT", f"{place}{joint}digest={_digest(blob)}", headers=headers, body=blob)

    def _put_manifest(self, repository: str, reference: str, manifest: bytes, kind: str) -> str:
        headers = {"Content-Type": kind}
        answer = self._send("PUT", repository, f"manifests/{reference}", headers=headers, body=manifest)
        return answer.headers["docker-content-digest"]

    def _send(
        self,
        method: str,
        repository: str,
        rest: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        sent = {**self._authorization(repository), **(headers or {})}
        return demand(method, f"{self.direct}v2/{repository}/{rest}", headers=sent, body=body)

    def _authorization(self, repository: str) -> dict[str, str]:
        if self.tokens is not None:
            token = self.tokens.token(repository, "pull", "push", "delete")
            return {"Authorization": f"Bearer {token}"}
        return {"Authorization": BASIC} if self.auth is Auth.BASIC else {}

    def _auth_lines(self) -> str:
        if self.tokens is not None:
            who = f"service: {SERVICE}, issuer: {ISSUER}, rootcertbundle: {self.tokens.certificate}"
            return f'auth: {{token: {{realm: "{self.tokens.url}", {who}}}}}'
        if self.auth is Auth.BASIC:
            return f"auth: {{htpasswd: {{realm: images, path: {self.home / 'htpasswd'}}}}}"
        return ""


def uncompressed(layer: bytes) -> bytes:
    """A layer as its digest in the configuration is of; as it is where it is damaged."""
    with suppress(OSError, EOFError, zlib.error, zstandard.ZstdError):
        if layer.startswith(b"\x1f\x8b"):
            return gzip.decompress(layer)
        if layer.startswith(b"\x28\xb5"):
            stream = zstandard.ZstdDecompressor().stream_reader(layer, read_across_frames=True)
            return bytes(stream.read())
    return layer


def _encoded(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _digest(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def _descriptor(blob: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(blob), "size": len(blob)}
