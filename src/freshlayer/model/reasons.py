"""Reasons: a stable code, what happened, and what to do. The one place that words and prints them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct
from msgspec.structs import replace

REASONS: dict[str, tuple[str, str]] = {
    # Probes: what an origin returned. Code → what it means, what to do.
    "being-published": ("the file is newer than its checksums", "wait until it is published"),
    "connect-timed-out": ("the host can't be reached in time", "check the network, or raise --timeout"),
    "connection-closed": (
        "the connection was closed before the end of the answer",
        "request the URL by hand",
    ),
    "connection-refused": (
        "the host refused the connection or can't be reached",
        "start the origin, or correct its port",
    ),
    "credential-invalid": ("the credential has the wrong form", "correct the credential"),
    "credential-program-failed": ("the program that prints the credential failed", "run it by hand"),
    "deadline": ("the time for all probes ended before this one", "raise --deadline"),
    "endpoint-invalid": ("the endpoint of the object store is not a URL", "correct the endpoint"),
    "ftp-not-found": ("the FTP server has no such file", "correct the URL"),
    "git-failed": ("git could not read the repository", "run git ls-remote on the URL"),
    "git-ref-absent": ("the repository has no such branch or tag", "correct the branch or tag"),
    "headers-too-large": ("the headers of the answer are too large", "request the URL by hand"),
    "hg-failed": ("Mercurial could not read the repository", "run hg identify on the URL"),
    "hg-revision-absent": (
        "the repository has no such branch, tag or bookmark",
        "correct the revision",
    ),
    "host-unresolved": ("the host name does not resolve", "correct the name, or check the DNS"),
    "http-forbidden": ("the origin returned 403 Forbidden", "give freshlayer a credential for the host"),
    "http-gone": ("the origin returned 410 Gone", "correct the URL"),
    "http-not-found": ("the origin returned 404 Not Found", "correct the URL"),
    "http-server-error": ("the origin returned a status of 500 or more", "try again later"),
    "http-status": ("the origin returned a status that gives no evidence", "request the URL by hand"),
    "http-too-many-requests": ("the origin returned 429 Too Many Requests", "wait, or give a credential"),
    "http-unauthorized": (
        "the origin returned 401 Unauthorized",
        "give freshlayer a credential for the host",
    ),
    "internal-error": ("freshlayer itself failed", "report it, with the file that --report FILE writes"),
    "listing-invalid": ("the object store returned no list of objects", "check the endpoint"),
    "listing-too-large": ("the list of objects is larger than is read", "use a longer prefix"),
    "login-page": (
        "the answer is a page to sign in, in place of the file",
        "give freshlayer a credential for the host",
    ),
    "login-refused": ("the server refused the login", "correct the credential of the host"),
    "no-answer": ("there is no answer", "request the URL by hand"),
    "no-evidence": ("the answer has nothing that identifies the bytes", "pin a checksum, or set a ttl"),
    "object-key-unsupported": ("the key of the object can't be requested", "rename the object"),
    "observed": ("the origin stated evidence", "nothing"),
    "offline": ("no origin is probed with --offline", "leave out --offline"),
    "page-in-place-of-file": ("the answer is a web page in place of the file", "correct the URL"),
    "pinned": ("the reference pins its bytes", "nothing"),
    "platform-absent": ("the image has no manifest for the platform", "correct the platform"),
    "prefix-empty": ("there are no objects with this prefix", "correct the prefix"),
    "probe-failed": ("the probe failed", "run freshlayer probe on the reference"),
    "program-not-started": ("a program that the probe needs can't be started", "install it, or correct PATH"),
    "program-output-too-large": ("the program printed more than is read", "run the program by hand"),
    "program-timed-out": ("the program did not end in time", "raise --timeout"),
    "proxy-failed": ("the connection through the proxy failed", "correct the proxy settings"),
    "proxy-refused": ("the proxy refused the connection or can't be reached", "correct the proxy settings"),
    "proxy-status": ("the proxy refused to connect to the origin", "correct the proxy settings"),
    "proxy-timed-out": ("the proxy can't be reached in time", "correct the proxy settings"),
    "proxy-unauthorized": (
        "a proxy returned 407 Proxy Authentication Required",
        "give the proxy a credential",
    ),
    "proxy-unresolved": ("the host name of the proxy does not resolve", "correct the proxy settings"),
    "redirect-invalid": ("the target of a redirect is not a URL", "request the URL by hand"),
    "redirect-loop": ("there are too many redirects", "request the URL by hand"),
    "redirect-refused": ("a redirect leaves TLS or HTTP", "use the target of the redirect"),
    "registry-digest-mismatch": (
        "the manifest does not have the digest that the registry states",
        "report it",
    ),
    "registry-index-invalid": ("the index of the image can't be read", "push the image again"),
    "registry-manifest-too-large": ("the manifest is larger than is read", "push the image again"),
    "registry-token-failed": ("the token service of the registry gave no token", "log in to the registry"),
    "registry-token-insecure": ("the token service of the registry has no TLS", "use a registry with TLS"),
    "release-absent": (
        "the repository has no release, or is private",
        "give freshlayer a credential for the host",
    ),
    "request-invalid": ("the request can't be made", "correct the certificate or the option"),
    "snapshot-absent": ("the Maven metadata do not list the file", "correct the name of the file"),
    "timed-out": ("the origin did not answer in time", "raise --timeout, or check the origin"),
    "tls-failed": ("the TLS connection failed", "add the certificate authority of the host to the settings"),
    "transport-unsupported": ("freshlayer does not use this transport", "use HTTPS or ssh"),
    "ttl": ("the recorded answer is younger than its ttl", "shorten the ttl to probe more often"),
    "unstable-evidence": (
        "the content differs at every request, and nothing else identifies it",
        "pin a checksum, or set a ttl",
    ),
    # Inputs: what was recorded, or built with, against what was observed.
    "first-seen": ("this input was never recorded before", "nothing"),
    "incomparable": ("the evidence can't be compared with the recorded evidence", "nothing"),
    "input-added": ("the instruction reads an input that it did not read at the last build", "nothing"),
    "input-changed": ("the input differs from what was recorded or built with", "build again"),
    "input-removed": ("the instruction no longer reads an input of the last build", "nothing"),
    "input-restored": ("the inputs are again those of the last build", "nothing"),
    "key-removed": ("the instruction had a key at the last build and has none now", "nothing"),
    "moved-during-build": ("the input changed while an earlier build read it", "nothing"),
    "no-build-recorded": ("no build with this input is recorded", "build once"),
    "no-input": ("the instruction has no remote input", "nothing"),
    "not-modified": ("the origin returned 304 Not Modified", "nothing"),
    "rebuild-on-unknown": ("the input could not be probed, and --on-unknown is rebuild", "see why it failed"),
    "unchanged": ("the input is what it was", "nothing"),
    "unprobed-before": ("the input could not be probed at the last build", "nothing"),
    # Instructions that have no record of a build.
    "edited": ("the instruction was edited since the last build", "nothing"),
    "identities-lack-it": (
        "the identities file has no entry for this input",
        "run freshlayer build",
    ),
    "identities-of-others": ("the identities file has the entry for other Dockerfiles only", "build once"),
    "never-built": ("the instruction was never built through freshlayer", "build once"),
    "never-built-by-builder": ("it was built by another builder only", "build once"),
    "never-built-for-platform": ("it was built for another platform only", "build once"),
    "never-built-from-dockerfile": ("it was built from another Dockerfile only", "build once"),
    "never-built-here": ("no build is recorded on this machine", "build once, or keep an identities file"),
    "never-built-on-engine": ("it was built on another engine only", "build once"),
    "never-built-stage": ("the stage was never built", "build once"),
    "new-dockerfile": ("no build of this Dockerfile is recorded", "build once"),
    "not-watched-before": ("the inputs were not watched at the last build", "build once"),
    # Instructions: what an earlier one means for a later one.
    "earlier-changed": ("an earlier instruction or a build argument changed", "nothing"),
    "earlier-edited": ("an earlier instruction was edited since the last build", "nothing"),
    "earlier-rekeyed": ("an earlier instruction was built with other inputs, and was cached", "nothing"),
    "follows": ("an earlier instruction runs again, so this one does too", "nothing"),
    "reads-stage": ("the stage that it reads may change", "nothing"),
    # Instructions: why they ran, or why they were cached.
    "base-or-cache-changed": ("the stage starts from another image, or the cache was emptied", "nothing"),
    "built-before": ("it was built with the same inputs before", "nothing"),
    "built-elsewhere": ("another build had the same inputs", "nothing"),
    "key-format-changed": ("an older freshlayer wrote the key in another format", "nothing"),
    "files-changed": ("the files that it copies or mounts changed", "nothing"),
    "no-cache": ("the builder was run without its cache", "leave out --no-cache"),
    "unexpected-cache": ("the key is new, and the instruction was cached", "report it, with --report FILE"),
    "unexpected-rebuild": ("nothing changed, and the instruction ran", "report it, with --report FILE"),
    # Findings about a whole build, or about the order of instructions.
    "builder-failed": ("the builder ended with an error", "see the output of the builder"),
    "changed-during-build": ("an input changed while the builder ran", "build again"),
    "instruction-order": ("another order of instructions keeps more layers", "move the instruction"),
    # Commands that the builder runs as typed.
    "bake-words": ("the words of bake have a -- that freshlayer does not follow", "leave out the --"),
    "builds-nothing": ("the command builds nothing", "nothing"),
    "compose-command": ("what this compose command builds is not watched", "run compose build before it"),
    "context-not-watched": ("the build context is not a directory of this machine", "name a directory"),
    "file-not-watched": ("the file comes from standard input or from another host", "name a file"),
    "no-buildkit": ("compose builds without BuildKit", "unset DOCKER_BUILDKIT"),
    "no-context": ("no build context is given", "name a directory"),
    "not-readable-for-bake": ("bake may not read the Dockerfile", "pass --allow=fs.read=DIR"),
    "option-unknown": ("freshlayer does not know an option of the builder", "report it"),
    "preprocessed": ("the Dockerfile is preprocessed before the builder reads it", "nothing"),
    "several-contexts": ("more than one build context is given", "name one directory"),
    "several-dockerfiles": ("more than one Dockerfile is given", "name one file"),
    # Not watched: a value that only the build knows.
    "depends-on-answer": ("depends on the answer of a server", "nothing: the request itself is an input"),
    "from-secret": ("comes from a build secret", "name the input in a '# freshlayer: watch URL' comment"),
    "limit-reached": ("a limit of freshlayer's reader was reached", "make the script or the value shorter"),
    "needs-base-image": (
        "needs the environment of the base image",
        "set it in the Dockerfile with ARG or ENV",
    ),
    "needs-build-arg": ("needs a build argument", "pass --build-arg, or give the ARG a default"),
    "needs-command-output": (
        "depends on the output of a program",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "needs-image-files": (
        "depends on a file of the image",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "not-computed": (
        "freshlayer does not compute this expression",
        "write the value in the Dockerfile, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "not-set": ("is not set", "set it in the Dockerfile with ARG or ENV"),
    # Not watched: a script or an instruction that is not read.
    "onbuild-trigger": (
        "an ONBUILD trigger runs in the build of another image",
        "run freshlayer on the Dockerfile whose FROM names this image",
    ),
    "other-interpreter": (
        "the script is for an interpreter that freshlayer does not read",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-not-followed": (
        "freshlayer can't follow the script to its end",
        "make the script simpler, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "script-too-long": (
        "the script is too long for freshlayer to read",
        "divide the RUN, or name the input in a '# freshlayer: watch URL' comment",
    ),
    "windows-shell": (
        "freshlayer reads scripts for Windows shells only in part",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    # Not watched: what a program reads.
    "every-tag": ("the command reads every tag of a repository", "name one image and its tag"),
    "file-of-image": ("it is a file of the image", "nothing: the image is keyed on its own inputs"),
    "incomplete-command": (
        "the command line does not name the object in full",
        "put account, container and name on the command line",
    ),
    "kind-not-probed": (
        "freshlayer has no probe for this kind of reference",
        "name a URL that changes with it in a '# freshlayer: watch URL' comment",
    ),
    "objects-by-pattern": ("a pattern selects the objects", "name a prefix in place of the pattern"),
    "only-the-page": (
        "only the page itself is watched, not what the command finds from it",
        "name the files in '# freshlayer: watch URL' comments",
    ),
    "other-platforms": (
        "the image is read for other platforms than that of the build",
        "name the image by digest",
    ),
    "packages-by-name": (
        "packages by name are not watched",
        "pin their versions, or install from a lock file",
    ),
    "post-request": (
        "the command sends data, and freshlayer does not repeat such a request",
        "name a URL that changes with the answer in a '# freshlayer: watch URL' comment",
    ),
    "program-not-probed": (
        "freshlayer has no probe for what this program fetches",
        "name a URL that changes with it in a '# freshlayer: watch URL' comment",
    ),
    "store-in-configuration": (
        "a configuration of the image names the object store",
        "name the input in a '# freshlayer: watch URL' comment",
    ),
    "submodule-branches": (
        "the branches are named in .gitmodules",
        "name the repositories in '# freshlayer: watch URL' comments",
    ),
    "unknown-program": (
        "freshlayer does not know what this program does with the URL",
        "name the input in a '# freshlayer: watch URL' comment if the program reads it",
    ),
    "url-pattern": (
        "curl expands the pattern in the URL ({} or []), and freshlayer does not",
        "write the URLs in full",
    ),
    "urls-in-file": (
        "the URLs are in a file that only the build can read",
        "name the inputs in '# freshlayer: watch URL' comments",
    ),
    # Not watched, or watched with a doubt: how a URL is requested.
    "container-loopback": (
        "it is the container's own loopback (this machine's with --network=host)",
        "build with --network=host if the origin is on this machine",
    ),
    "header-not-sent": (
        "a header is known only in the build, so the URL is probed without it",
        "write the header in full, or keep the credential in netrc",
    ),
    "headers-in-file": ("the headers are in a file", "write the headers on the command line"),
    "metadata-address": (
        "it is a link-local metadata address, whose answer is about the machine that requests it",
        "nothing: the builder's machine has other metadata",
    ),
    "not-a-url": ("it is not a URL that freshlayer can request", "correct the URL"),
    "secret-decides": (
        "another URL differs from it only in what looks like a secret; one of the two is requested",
        "move the secret to a header",
    ),
    # Not watched because the Dockerfile says so, and warnings.
    "cache-mount-keeps-file": (
        "a command keeps a file that is already in the cache mount, so a new run has no effect",
        "remove the test or the option, or write the file outside of the cache mount",
    ),
    "checksum-pinned": ("its checksum is pinned", "nothing: the builder checks the bytes"),
    "ignored-by-comment": ("a comment above says ignore", "remove the comment to watch it"),
    "immutable-by-comment": ("a comment above says immutable", "remove the comment to watch it"),
}
"""Code → what it means, what to do. Both are clauses: no capital at the start, no full stop."""


class Reason(Struct, frozen=True):
    """Why something is as it is. Code elsewhere compares ``code`` alone.

    ``subject``: what it is about, where the place that prints it does not say so. ``detail``: what happened,
    as a clause; without one the meaning of the code is printed. ``hint``: what to do, where there is more to
    say than the table does.
    """

    code: str
    subject: str = ""
    detail: str = ""
    hint: str = ""

    @property
    def what(self) -> str:
        """What happened, as a clause."""
        return self.detail or meaning_of(self.code)

    @property
    def text(self) -> str:
        """``SUBJECT: what happened (what to do)``."""
        about = f"{self.subject}: {self.what}" if self.subject else self.what
        return f"{about} ({self.hint})" if self.hint else about

    def __str__(self) -> str:
        return self.text

    def changed(self, change: Callable[[str], str]) -> Reason:
        """The same with other texts: what hides secrets is applied to each."""
        texts = (self.subject, self.detail, self.hint)
        subject, detail, hint = (change(text) if text else "" for text in texts)
        return Reason(self.code, subject, detail, hint)

    @property
    def document(self) -> dict[str, str]:
        """As it is written in JSON."""
        return {"code": self.code, "text": self.text, "hint": self.hint or hint_of(self.code)}


def meaning_of(code: str) -> str:
    """What a code means, as a clause."""
    return REASONS[code][0]


def hint_of(code: str) -> str:
    """What to do about it, as a clause."""
    return REASONS[code][1]


def about(subject: str, reason: Reason) -> Reason:
    """The reason with what it is about, before its own subject."""
    return replace(reason, subject=f"{subject}: {reason.subject}" if reason.subject else subject)


def followed_by(reason: Reason, clause: str) -> Reason:
    """The reason with one more clause."""
    return replace(reason, detail=f"{reason.detail or meaning_of(reason.code)}; {clause}")


def joined(reasons: Iterable[Reason]) -> Reason:
    """Several reasons as one: the code and the subject of the first."""
    first, *others = reasons
    if not others:
        return first
    detail = "; ".join([first.detail or meaning_of(first.code), *(str(other) for other in others)])
    return replace(first, detail=detail)


def entry(code: str) -> str:
    """The entry of a code in plain text."""
    return f"{code}: {meaning_of(code)}.\nWhat to do: {hint_of(code)}.\n"


def reference_page() -> str:
    """``docs/reasons.md``: every code under a heading of its own."""
    lines = [
        "# Reasons",
        "",
        "Every decision of freshlayer has a reason with a stable code, which is also in the JSON reports.",
        "`freshlayer explain CODE` prints an entry of this page, `freshlayer explain` prints all of it.",
    ]
    for code in sorted(REASONS):
        lines += ["", f"## {code}", "", _sentence(meaning_of(code)), "", f"What to do: {hint_of(code)}."]
    return "\n".join([*lines, ""])


def _sentence(clause: str) -> str:
    return f"{clause[0].upper()}{clause[1:]}."
