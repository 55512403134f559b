"""The token service of a registry: what `auth.docker.io` is to Docker Hub.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
import uuid
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt

from testing.servers.base import Served
from testing.tls import self_signed

IDENTITY_TOKEN = "an-identity-token"
ISSUER = "freshlayer-test-tokens"
SERVICE = "freshlayer-test-registry"


class TokenService:
    """Gives tokens to who shows `authorization` (a whole header); when that is None, to anybody, to pull.

    IDENTITY_TOKEN, posted as a refresh token (OAuth 2), is as good.
    `seconds`: how long a token holds. Keys are written to `directory`; `certificate` is for the registry.
    """

    def __init__(self, directory: Path, *, authorization: str | None, seconds: int = 300) -> None:
        self._authorization = authorization
        self._seconds = seconds
        self._pair = self_signed(directory)
        self.certificate = self._pair.certificate
        self._served: list[Served] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/token"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def requests(self) -> list[Served]:
        """Every request that was answered, oldest first."""
        return list(self._served)

    def token(self, repository: str, *actions: str) -> str:
        """A token for these actions (`pull`, `push`, `delete`), without a request."""
        return self._signed([{"type": "repository", "name": repository, "actions": list(actions)}])

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _signed(self, access: Sequence[dict[str, object]]) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "somebody",
            "aud": SERVICE,
            "nbf": now - 10,
            "iat": now,
            "exp": now + self._seconds,
            "jti": str(uuid.uuid4()),
            "access": list(access),
        }
        der = ssl.PEM_cert_to_DER_cert(self.certificate.read_text(encoding="ascii"))
        # A registry of version 2 finds the key by the chain in x5c.
        chain = {"x5c": [base64.b64encode(der).decode("ascii")]}
        return jwt.encode(claims, self._pair.key.read_bytes(), algorithm="ES256", headers=chain)

    def _answer(self, query: str, authorization: str) -> tuple[int, dict[str, object]]:
        if self._authorization is not None and authorization != self._authorization:
            return 401, {"details": "incorrect username or password"}
        scopes = parse_qs(query).get("scope", [])
        # Who has shown a password may push as well.
        granted = _pull_only if self._authorization is None else _as_requested
        token = self._signed([granted(scope) for scope in scopes])
        return 200, {"token": token, "expires_in": self._seconds}

    def _exchanged(self, form: str) -> tuple[int, dict[str, object]]:
        """https://distribution.github.io/distribution/spec/auth/oauth/."""
        fields = parse_qs(form)
        if (fields.get("grant_type"), fields.get("refresh_token")) != (["refresh_token"], [IDENTITY_TOKEN]):
            return 401, {"details": "no such refresh token"}
        token = self._signed([_pull_only(scope) for scope in fields.get("scope", [])])
        return 200, {"access_token": token, "expires_in": self._seconds}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shown = self.headers.get("Authorization", "")
                self._reply(*service._answer(urlsplit(self.path).query, shown))

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
                self._reply(*service._exchanged(form))

            def _reply(self, status: int, document: dict[str, object]) -> None:
                body = json.dumps(document).encode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                # Noted first, so that a client that has its answer finds it in the list.
                service._served.append(Served(self.command, self.path, status, len(body), headers))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pull_only(scope: str) -> dict[str, object]:
    """What of `repository:NAME:ACTION,ACTION` is granted to anybody."""
    granted = _as_requested(scope)
    return {**granted, "actions": [action for action in granted["actions"] if action == "pull"]}


def _as_requested(scope: str) -> dict[str, Any]:
    resource, _, actions = scope.rpartition(":")
    kind, _, name = resource.partition(":")
    return {"type": kind, "name": name, "actions": actions.split(",")}
