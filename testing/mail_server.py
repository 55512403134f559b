"""A mail server on loopback that keeps what it receives."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from msgspec import Struct


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """It would connect to port 0."""
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class Received(Struct, frozen=True):
    """``login``: who logged in; empty where nobody did. ``is_private``: whether it came by TLS."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    login: str
    is_private: bool


class MailServer:
    """``tls``: that of STARTTLS; with ``at_once``, the whole connection. ``password``: of each user."""

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, at_once: bool = False, password: str = ""
    ) -> None:
        self.received: list[Received] = []
        self.answer = "250 OK"
        outer = self

        class Handler:
            async def handle_DATA(self, _: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
                login = session.auth_data.login.decode() if session.auth_data else ""
                recipients = tuple(envelope.rcpt_tos)
                is_private = session.ssl is not None or at_once
                outer.received.append(
                    Received(envelope.mail_from, recipients, envelope.content, login, is_private)
                )
                return outer.answer

        def authenticate(_server: SMTP, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
            is_known = isinstance(data, LoginPassword) and data.password == password.encode()
            return AuthResult(success=is_known, auth_data=data, handled=False)

        self._controller = _Controller(
            Handler(),
            hostname="127.0.0.1",
            port=0,
            ssl_context=tls if at_once else None,
            tls_context=None if at_once else tls,
            require_starttls=bool(tls) and not at_once,
            authenticator=authenticate if password else None,
            auth_require_tls=not at_once,
        )

    @property
    def port(self) -> int:
        return self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
