"""References as people type them: URLs, git addresses, image names."""

from __future__ import annotations

from freshlayer.errors import ReferenceInvalidError
from freshlayer.lazy_regex import compiled
from freshlayer.reference import Reference, parse, scheme_of, shown

_GIT = compiled(r"(?i)(?:git|ssh)://|[\w.-]+@[\w.-]+:(?!//)[^:@]*$")


def typed(text: str) -> Reference:
    """A reference in its own spelling, as an address that git takes, or as an image name that docker takes.

    Raises ReferenceInvalidError.
    """
    if _GIT.match(text):
        from freshlayer.discover.syntaxes.git_sources import git_text

        address, _, ref = text.partition("#")
        return parse(git_text(address, ref))
    if "://" in text or scheme_of(text) == "pkg":
        return parse(text)
    try:
        return parse(f"docker-image://{text}")
    except ReferenceInvalidError:
        what = "not a URL (https://…), a git address or an image name"
        raise ReferenceInvalidError(shown(text), what) from None
