"""Options of curl, wget and aria2c that decide the request, beside the URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Missed, Unknown, Word
from freshlayer.discover.syntaxes.options import Operand, Option
from freshlayer.lazy_regex import compiled
from freshlayer.masking import is_secret_name
from freshlayer.model.reasons import Reason
from freshlayer.request_form import PLAIN, Header, RequestForm, basic, header_of

_SECRET_HEADER = compiled(r"\s*([A-Za-z0-9_.-]{1,64})\s*:")
_VALUED = {"user-agent": "user-agent", "referer": "referer", "cookie": "cookie", "oauth2-bearer": "bearer"}
_USERS = {"user", "http-user"}
_PASSWORDS = {"password", "http-password", "http-passwd"}
# With these the password is never sent as it is.
_OTHER_SCHEMES = {"digest", "ntlm", "negotiate", "anyauth", "aws-sigv4"}
OF_REQUEST = frozenset({*_VALUED, *_USERS, *_PASSWORDS, *_OTHER_SCHEMES, "header"})
"""The options that change the request."""


class RequestOptions(Struct):
    """The request by the options of one command.

    ``trouble``: why the request is not known. ``doubt``: why the probe may differ from the request.
    """

    program: str
    headers: list[Header] = field(default_factory=list)
    user: Word | None = None
    password: Word | None = None
    scheme: str = ""
    trouble: Reason | None = None
    doubt: Reason | None = None

    def take(self, item: Option | Operand) -> None:
        """Take an option into account; one that does not change the request is ignored."""
        if isinstance(item, Operand) or item.name not in OF_REQUEST:
            return
        name, value = item.name, item.value
        if name in _OTHER_SCHEMES:
            self.scheme = name
        elif name in _USERS:
            self.user = value
        elif name in _PASSWORDS:
            self.password = value
        elif name == "header" and value is not None:
            self._header(value)
        elif name in _VALUED and value is not None:
            self._valued(_VALUED[name], value)

    def _header(self, value: Word) -> None:
        if isinstance(value, Unknown):
            self._unknown(value)
        elif self.program == "curl" and value.startswith("@"):
            self.trouble = Reason("headers-in-file", detail=f"its headers are in a file ({value[:60]})")
        elif value == "" and self.program == "wget":
            self.headers.clear()
        elif (found := header_of(value)) is not None:
            self.headers.append(found)

    def _unknown(self, value: Unknown) -> None:
        """A secret that only the build knows is replaced by the credential for the host, if there is one."""
        named = _SECRET_HEADER.match(value.known)
        if named and is_secret_name(named[1]):
            return
        what = f"its header {named[1] if named else value.text[:60]}: {value.reason}"
        if named:
            self.trouble = Reason(value.reason.code, detail=what)
        else:
            self.doubt = Reason("header-not-sent", detail=f"{what}; it is probed without it")

    def _valued(self, name: str, value: Word) -> None:
        if isinstance(value, Unknown):
            if name in {"user-agent", "referer"}:
                self.trouble = Reason(value.reason.code, detail=f"its {name}: {value.reason}")
        elif name == "bearer":
            self.headers.append(("authorization", f"Bearer {value}"))
        elif name == "cookie" and "=" not in value:
            return
        else:
            text = value.partition(";")[0] if name == "referer" and value.endswith(";auto") else value
            if text or name == "user-agent":
                self.headers.append((name, text))

    def form(self, *, follow: bool = True) -> RequestForm:
        """The request as the command sends it."""
        if follow and not self.headers and self.user is None:
            return PLAIN
        return RequestForm.of([*self.headers, *self._login()], follow=follow)

    def _login(self) -> Iterator[Header]:
        if self.scheme or not isinstance(self.user, str):
            return
        user, colon, password = self.user.partition(":") if self.program == "curl" else (self.user, "", "")
        if colon:
            yield basic(user, password)
        elif self.program != "curl" and isinstance(self.password, str):
            yield basic(user, self.password)

    def findings(self, found: Iterable[Finding], *, follow: bool = True) -> Iterable[Finding]:
        """Each URL with the form of its request, or why that is not known."""
        form = self.form(follow=follow)
        changes = form is not PLAIN or self.trouble or self.doubt
        return self._formed(found, form) if changes else found

    def _formed(self, found: Iterable[Finding], form: RequestForm) -> Iterator[Finding]:
        for finding in found:
            if isinstance(finding, Missed) or not finding.text[:6].lower().startswith(("http:", "https:")):
                yield finding
            elif self.trouble:
                yield Missed(finding.text, self.trouble)
            else:
                yield finding if form is PLAIN else replace(finding, form=form)
                if self.doubt:
                    yield Missed(finding.text, self.doubt)
