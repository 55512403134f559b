"""``git+…``: ``git ls-remote`` of the exact refs, so that credentials, ssh and protocols are git's.

HTTP validators are useless here: ``info/refs`` has none, and with protocol version 2 it holds no refs at all.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from freshlayer.model import Evidence, Observation, Outcome, Recorded, Strength
from freshlayer.probe.wire import Answer, Conversation, Means, Run
from freshlayer.reference import Reference, shown

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LINE = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?)\t(\S+)")
_MOST = 256 * 1024

# No prompt ever, on no terminal; and no transport that could run a program that the URL names (ext::).
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "http:https:git:ssh",
    "LC_ALL": "C",
}
# A credential in a URL would stand among the arguments, which everybody on the machine can read: git is given
# the URL without it, and a helper whose words are fixed and whose values are in the environment.
_HELPER = """!printf 'username=%s\\npassword=%s\\n' "$FRESHLAYER_USER" "$FRESHLAYER_PASSWORD" #"""
_SSH = "ssh -oBatchMode=yes"


def ask(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:  # noqa: ARG001
    """The commit that a ref names now, peeled. A full commit is never asked for: it is its own answer."""
    address, _, ref = reference.ask.partition("#")
    if _COMMIT.fullmatch(ref):
        return _seen(reference, ref, "the commit is named in full")
    names = _names(ref)
    url, credential = _without_credential(address)
    argv = ("git", "ls-remote", "--quiet", "--end-of-options", url, *names)
    answer = yield Run(argv, {**_ENVIRONMENT, **credential}, {"GIT_SSH_COMMAND": _SSH}, most=_MOST)
    if answer.error or answer.exit_code:
        return Observation(reference, Outcome.UNKNOWN, _why(answer, url))
    oids = {name: oid for oid, name in _LINE.findall(answer.output)}
    found = next((oids[name] for name in names if name in oids), None)
    if found is None:
        what = f"has no branch or tag {shown(ref, 60)}" if ref else "has no default branch"
        return Observation(reference, Outcome.ABSENT, what)
    return _seen(reference, found, "git ls-remote")


def _without_credential(address: str) -> tuple[str, dict[str, str]]:
    """The URL, and the environment that gives git its user name and password; ssh's user name is none."""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or "@" not in parts.netloc:
        return address, {}
    userinfo, _, host = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    url = parts._replace(netloc=host).geturl()
    return url, {
        "FRESHLAYER_USER": unquote(user),
        "FRESHLAYER_PASSWORD": unquote(password),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{parts.scheme}://{host}.helper",
        "GIT_CONFIG_VALUE_0": _HELPER,
    }


def _names(ref: str) -> tuple[str, ...]:
    """Full names, best first: a branch goes before a tag of the same name, a tag is peeled (``^{}``).

    ``ls-remote URL main`` would also match ``refs/heads/x/main``.
    """
    if not ref:
        return ("HEAD",)
    if ref.startswith("refs/"):
        return (f"{ref}^{{}}", ref)
    return (f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}")


def _seen(reference: Reference, oid: str, reason: str) -> Observation:
    evidence = (Evidence("commit", oid, Strength.CONTENT),)
    return Observation(reference, Outcome.SEEN, reason, evidence)


def _why(answer: Answer, url: str) -> str:
    """Git's own last words, without the URL and whatever stands in it."""
    if answer.error:
        return answer.error
    said = [line for line in answer.output.splitlines() if re.match(r"(?:fatal|error|remote):|ssh:", line)]
    words = (
        re.sub(r"^(?:fatal|error|remote): ", "", said[0]) if said else f"git ended with {answer.exit_code}"
    )
    return f"can't be asked: {shown(words.replace(url, 'the repository'), 120)}"
