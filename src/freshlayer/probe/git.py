"""``git+…``: ``git ls-remote`` of the exact refs; credentials, ssh and protocols are those of git.

HTTP validators are useless here: ``info/refs`` has none, and with protocol version 2 it holds no refs at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from freshlayer.children import VERSION_CONTROL
from freshlayer.credentials import Credential, Scheme
from freshlayer.lazy_regex import compiled
from freshlayer.model.evidence import Evidence, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from freshlayer.model.reasons import Reason
from freshlayer.probe.git_history import commit_at
from freshlayer.probe.network.exchange import credential_for, reason_of
from freshlayer.probe.network.messages import Answer, Conversation, Means, Run
from freshlayer.reference import Reference, shown

_LINE = compiled(r"([0-9a-f]{40}(?:[0-9a-f]{24})?)\t(\S+)")
_MOST = 256 * 1024
_MOST_BELOW = 8 * 1024 * 1024
# git rev-parse takes four digits and more; fewer than seven are a misspelt ref more often than a commit.
_ABBREVIATED = compiled(r"[0-9A-Fa-f]{7,63}")

# No prompt ever, on no terminal; and no transport that could run a program that the URL names (ext::).
SILENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "http:https:git:ssh",
    "LC_ALL": "C",
}
# A credential in a URL would be among the arguments, which every user of the machine can read: git gets the
# URL without it, and a helper with a fixed text whose values are in the environment.
_HELPER = """!printf 'username=%s\\npassword=%s\\n' "$FRESHLAYER_USER" "$FRESHLAYER_PASSWORD" #"""


# Beside the empty working directory: a directory is not a bare repository just because of its files.
_CONFIGURATION = ("-c", "safe.bareRepository=explicit")
_USERS = {"JOB-TOKEN": "gitlab-ci-token"}


def probe(reference: Reference, recorded: Recorded | None, means: Means) -> Conversation:  # noqa: ARG001
    """The commit that a ref names now, peeled."""
    address, _, ref = reference.address.partition("#")
    names = _names(ref)
    url, own = without_credential(address)
    credential = own or (yield from credential_for(url, means))
    if isinstance(credential, Answer):
        return Observation(reference, ProbeOutcome.UNKNOWN, reason_of(credential))
    argv = ("git", *_CONFIGURATION, "ls-remote", "--quiet", "--end-of-options", url, *names)
    environment = {
        **SILENT,
        **proxied(reference),
        **credential_helper(url, credential, means.keyring.environ),
    }
    most = _MOST_BELOW if ref.endswith("/") else _MOST
    answer = yield Run(argv, VERSION_CONTROL, environment, most=most)
    if answer.error or answer.exit_code:
        return Observation(reference, ProbeOutcome.UNKNOWN, _reason(answer, url, reference))
    oids = {name: oid for oid, name in _LINE.findall(answer.output)}
    if ref.endswith("/"):
        return _undated(reference) if means.until else _below(reference, oids)
    found = [oids[name] for name in names if name in oids]
    if not found and _ABBREVIATED.fullmatch(ref):
        pinned = (Evidence("commit", ref.lower(), Strength.CONTENT),)
        detail = "not a branch or a tag: an abbreviated commit"
        return Observation(reference, ProbeOutcome.SEEN, Reason("pinned", detail=detail), pinned)
    if not found:
        what = f"the repository has no branch or tag {shown(ref, 60)}" if ref else "no default branch"
        return Observation(reference, ProbeOutcome.ABSENT, Reason("git-ref-absent", detail=what))
    if means.until:
        name = next(name for name in names if name in oids)
        return (yield from _as_of(reference, url, name, oids[name], means.until, environment))
    return Observation(
        reference, ProbeOutcome.SEEN, Reason("observed", detail="git ls-remote"), _evidence(found)
    )


def _as_of(
    reference: Reference, url: str, name: str, oid: str, until: int, environment: Mapping[str, str]
) -> Conversation:
    """What a branch was on a day. A tag is the commit that it names, if that is not of a later day."""
    ref = name.removesuffix("^{}")
    found = yield from commit_at(url, ref, until, environment)
    if isinstance(found, Answer):
        return Observation(reference, ProbeOutcome.UNKNOWN, _reason(found, url, reference))
    if not found or (ref.startswith("refs/tags/") and found != oid):
        detail = f"{shown(ref, 60)} has no commit of that day or before"
        return Observation(reference, ProbeOutcome.UNKNOWN, Reason("git-ref-absent", detail=detail))
    evidence = (Evidence("commit", found, Strength.CONTENT),)
    detail = "the newest commit of its line by then"
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed", detail=detail), evidence)


def _undated(reference: Reference) -> Observation:
    detail = "what all refs below a prefix were on a day is not known"
    return Observation(reference, ProbeOutcome.UNKNOWN, Reason("git-failed", detail=detail))


def _below(reference: Reference, oids: Mapping[str, str]) -> Observation:
    """All refs below a prefix: the digest of their sorted list."""
    lines = "".join(f"{oid}\t{name}\n" for name, oid in sorted(oids.items()))
    found = (Evidence("refs", sha256(lines.encode()).hexdigest(), Strength.CONTENT),)
    return Observation(reference, ProbeOutcome.SEEN, Reason("observed", detail="git ls-remote"), found)


def proxied(reference: Reference) -> dict[str, str]:
    """The environment that makes git use the proxies of the command, and no others."""
    proxies = reference.form.proxies
    if proxies is None:
        return {}
    both = {"https_proxy": proxies.https, "no_proxy": proxies.bypassed, "all_proxy": ""}
    return {"http_proxy": proxies.http, **both, **{name.upper(): value for name, value in both.items()}}


def through(reference: Reference, url: str) -> str:
    """For a message: the proxy of the command, if it uses one."""
    proxies = reference.form.proxies
    if proxies is None or not proxies.for_url(url):
        return ""
    return f" (through the proxy {proxies.named(url)})"


def _evidence(oids: list[str]) -> tuple[Evidence, ...]:
    """The first name's commit; those of other refs of the same name (a tag and a branch) do not count."""
    others = dict.fromkeys(oid for oid in oids[1:] if oid != oids[0])
    shadowed = Reason("git-ref-shadowed")
    first = Evidence("commit", oids[0], Strength.CONTENT)
    return (first, *(Evidence("commit", oid, Strength.CONTENT, ignored=shadowed) for oid in others))


def without_credential(address: str) -> tuple[str, Credential | None]:
    """The URL, and the user name and password that it had; ssh's user name stays in the URL.

    ssh and git:// use no password of a URL: it would only be among the arguments of git and of ssh.
    """
    parts = urlsplit(address)
    userinfo, at, host = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    if not at:
        return address, None
    if parts.scheme not in {"http", "https"}:
        return parts._replace(netloc=f"{user}@{host}" if parts.scheme == "ssh" else host).geturl(), None
    credential = Credential(Scheme.BASIC, unquote(password), unquote(user))
    return parts._replace(netloc=host).geturl(), credential


def credential_helper(url: str, credential: Credential | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment that gives git a credential, after the helpers of the user."""
    parts = urlsplit(url)
    if credential is None or parts.scheme not in {"http", "https"}:
        return {}
    before = environ.get("GIT_CONFIG_COUNT", "")
    count = int(before) if re.fullmatch(r"[0-9]{1,4}", before) else 0
    return {
        # Forges accept any name beside a token.
        "FRESHLAYER_USER": credential.user or _USERS.get(credential.header, "oauth2"),
        "FRESHLAYER_PASSWORD": credential.secret,
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": f"credential.{parts.scheme}://{parts.netloc}.helper",
        f"GIT_CONFIG_VALUE_{count}": _HELPER,
    }


def _names(ref: str) -> tuple[str, ...]:
    """Full names, best first: a branch goes before a tag of the same name, a tag is peeled (``^{}``).

    ``ls-remote URL main`` would also match ``refs/heads/x/main``.
    """
    if not ref:
        return ("HEAD",)
    if ref.endswith("/"):
        return (f"{ref}*",)
    if ref.startswith("refs/"):
        return (f"{ref}^{{}}", ref)
    return (f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}")


def _reason(answer: Answer, url: str, reference: Reference) -> Reason:
    if answer.error:
        return answer.error
    message = shown(complaint(answer.output, url), 120) or f"exit code {answer.exit_code}"
    return Reason("git-failed", detail=f"git: {message}{through(reference, url)}")


def complaint(output: str, url: str) -> str:
    """Git's error message, or ssh's before it, without the URL; empty where there is none."""
    lines = [line for line in output.splitlines() if line.strip()]
    places = [n for n, line in enumerate(lines) if re.match(r"(?:fatal|error|remote):|ssh:", line)]
    if not places:
        return ""
    first = places[0]
    if first and "Could not read from remote repository" in lines[first]:
        first -= 1
    return without_url(re.sub(r"^(?:fatal|error|remote): ", "", lines[first]), url)


def without_url(message: str, url: str) -> str:
    """Git's words with "the repository" in place of its URL, which it quotes and ends with a slash."""
    named = rf"""(repository )?(['"]?){re.escape(url.rstrip("/"))}/*\2"""
    return re.sub(named, lambda found: "repository" if found[1] else "the repository", message)
