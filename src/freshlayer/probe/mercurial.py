"""``hg+…``: ``hg identify`` of the revision, so that Mercurial's own client speaks its protocols.

It runs without any configuration: neither that of the user nor that of a repository, whose hooks and
extensions are programs.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from freshlayer.children import VERSION_CONTROL
from freshlayer.credentials import Credential
from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.git import proxied, through, without_credential
from freshlayer.probe.network.exchange import credential_for, reason_of
from freshlayer.probe.network.messages import Answer, Conversation, Means, Run
from freshlayer.reference import Reference, shown

_NODE = compiled(r"(?m)^[0-9a-f]{40}$")
_EMPTY = "0" * 40
_MOST = 64 * 1024
_SCHEMES = frozenset({"http", "https", "ssh"})
# What a clone checks out: the bookmark @, else the default branch, else what was added last.
_DEFAULT = ("@", "default", "tip")

# The only configuration is standard input: a credential is in no argument and in no file.
_ENVIRONMENT = {"HGRCPATH": "/dev/stdin", "HGRCSKIPREPO": "1", "HGPLAIN": "1", "LC_ALL": "C"}
_ARGV = ("hg", "--noninteractive", "--config", "ui.ssh=ssh -o BatchMode=yes", "identify")


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:  # noqa: ARG001
    """The changeset that a branch, tag, bookmark or abbreviated hash names now."""
    address, _, ref = reference.address.partition("#")
    url, own = without_credential(address)
    if urlsplit(url).scheme not in _SCHEMES:
        return Observation(reference, ProbeOutcome.UNKNOWN, Reason("transport-unsupported"))
    credential = own or (yield from credential_for(url, means))
    if isinstance(credential, Answer):
        return Observation(reference, ProbeOutcome.UNKNOWN, reason_of(credential))
    environment = {**_ENVIRONMENT, **proxied(reference)}
    for name in (ref,) if ref else _DEFAULT:
        argv = (*_ARGV, "--template", "{node}\\n", f"--rev={name}", "--", url)
        answer = yield Run(argv, VERSION_CONTROL, environment, most=_MOST, stdin=_login(url, credential))
        if not answer.error and "abort: unknown revision" in answer.output:
            continue
        node = _NODE.search(answer.output)
        if answer.error or answer.exit_code or not node:
            return Observation(reference, ProbeOutcome.UNKNOWN, _reason(answer, url, reference))
        if node[0] != _EMPTY:
            found = (Evidence("commit", node[0], Strength.CONTENT),)
            return Observation(reference, ProbeOutcome.SEEN, Reason("observed", detail="hg identify"), found)
    wanted = f"branch, tag or bookmark {shown(ref, 60)}" if ref else "changeset"
    reason = Reason("hg-revision-absent", detail=f"the repository has no {wanted}")
    return Observation(reference, ProbeOutcome.ABSENT, reason)


def _login(url: str, credential: Credential | None) -> str:
    """The configuration that gives Mercurial a credential for this host alone."""
    parts = urlsplit(url)
    if credential is None or parts.scheme not in {"http", "https"}:
        return ""
    # Forges accept any user name beside a token.
    user, secret = credential.user or "oauth2", credential.secret
    if not user.isprintable() or not secret.isprintable():
        return ""
    prefix = f"{parts.scheme}://{parts.netloc}"
    return f"[auth]\nhost.prefix = {prefix}\nhost.username = {user}\nhost.password = {secret}\n"


def _reason(answer: Answer, url: str, reference: Reference) -> Reason:
    """The last message of Mercurial, without the URL."""
    if answer.error:
        return answer.error
    return Reason("hg-failed", detail=f"hg: {_message(answer, url)}{through(reference, url)}")


def _message(answer: Answer, url: str) -> str:
    messages = re.findall(r"(?m)^(?:abort|remote): (.+)", answer.output)
    if not messages:
        return f"exit code {answer.exit_code}"
    message = messages[-1].replace(f"'{url}'", url).replace(url, "the repository")
    return shown(message.rstrip(":!"), 120)
