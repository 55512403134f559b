"""A mail, by SMTP with TLS."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from msgspec import Struct

from freshlayer.model.watched import Message
from freshlayer.watch.settings_table import SecretPlace, Table
from freshlayer.watch.triggers.text import USUAL, template_of, text_of
from freshlayer.watch.urls import is_loopback

_ADDRESS = r"[A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_SUBJECT = "{event}: {dockerfile} is stale"
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LONGEST = 20_000
_LONGEST_SUBJECT = 200


class SmtpTarget(Struct, frozen=True):
    """``tls``: starttls, tls or none. ``secret``: the password of ``user``, who may be empty."""

    host: str
    port: int
    tls: str
    sender: str
    recipients: tuple[str, ...]
    user: str = ""
    secret: SecretPlace = SecretPlace()
    subject: str = _SUBJECT
    text: str = USUAL
    timeout: int = 30

    def mail(self, message: Message, now: datetime) -> bytes:
        """With CRLF. A message that is sent again has the same Message-ID (RFC 5322, 3.6.4)."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Subject"] = text_of(self.subject, message, _LONGEST_SUBJECT).replace("\n", " ")
        mail["Date"] = now
        mail["Message-ID"] = f"<{message.key}@{self.sender.partition('@')[2]}>"
        # No vacation notice and no robot answers it (RFC 3834, 5).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text_of(self.text, message, _LONGEST))
        return mail.as_bytes()


def read(table: Table) -> SmtpTarget:
    """Raises OptionError."""
    host = table.matching("host", r"[A-Za-z0-9.-]+|[0-9a-fA-F:]+", "the name or address of a host")
    tls = table.choice("tls", "starttls", *_PORTS)
    user, secret = table.text("user"), table.secret("password")
    if bool(user) != secret.is_named or not user.isprintable():
        raise table.fault("user", "a name with a password (name both user and password_env)")
    if tls == "none" and user and not is_loopback(host):
        raise table.fault("tls", "starttls or tls, which a password needs")
    recipients = table.words("to")
    if not recipients or not all(table.is_of(_ADDRESS, it) for it in recipients):
        raise table.fault("to", "a list of addresses")
    return SmtpTarget(
        host,
        table.number("port", _PORTS[tls], 1, 65535),
        tls,
        table.matching("from", _ADDRESS, "an address"),
        recipients,
        user,
        secret,
        template_of(table, "subject", _SUBJECT),
        template_of(table),
        table.seconds("timeout", 30, least=1),
    )
