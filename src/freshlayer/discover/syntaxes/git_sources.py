"""What git reads, as a value: a repository and a ref, and the spellings of both.

``git+<URL>#<ref>``: the ref is a branch or tag as named, or a commit; without one, the default branch. One
that ends in a slash (``refs/tags/``) is all refs below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word
from freshlayer.lazy_regex import compiled

ALL_TAGS = "refs/tags/"
FETCHED = "FETCH_HEAD"
_REMOTE = compiled(r"(?:https?|git|ssh|file|ftp)://|[\w.-]+@[\w.-]+:")
_LOCAL = compiled(r"file://|\.{0,2}/|~")
_OF_REPOSITORY = compiled(
    r"\$\(git (?:describe|tag|rev-list|rev-parse|log|for-each-ref|branch|name-rev|show)\b"
)


class Source(Struct, frozen=True):
    """A repository that the script reads, and the ref, as far as commands have named it."""

    url: Word
    ref: Word = ""
    via: str = "git clone"
    kind: str = "git"


def finding_of(source: Source) -> Finding:
    """The reference, or why it is not known."""
    if isinstance(source.url, Unknown):
        return Missed(source.url.text, source.url.reason, source.via)
    if isinstance(source.ref, Unknown):
        return Missed(f"{source.url}#{source.ref.text}", source.ref.reason, source.via)
    return Found(repository_text(source.kind, source.url, source.ref), source.via)


def git_text(url: str, ref: str) -> str:
    """A git repository as ``reference.parse`` reads it."""
    return repository_text("git", url, ref)


def repository_text(kind: str, url: str, ref: str) -> str:
    """The same for any kind of repository."""
    scp = re.fullmatch(r"([\w.-]+@[\w.-]+):(?!//)(.+)", url)
    address = f"ssh://{scp[1]}/{scp[2]}" if scp else url
    return f"{kind}+{address}#{ref}" if ref else f"{kind}+{address}"


def is_remote(word: Word) -> bool:
    """Whether a word can name a repository elsewhere."""
    return isinstance(word, Unknown) or bool(_REMOTE.match(word))


def is_local(word: Word) -> bool:
    """Whether a word names a repository of the image by its path."""
    return isinstance(word, str) and bool(_LOCAL.match(word))


def of_the_repository(word: Word) -> bool:
    """Whether git itself chooses the ref from those of the repository: ``$(git describe --tags)``."""
    return isinstance(word, Unknown) and bool(_OF_REPOSITORY.search(word.text))


def is_here(ref: Word) -> bool:
    """Whether a revision is relative to what is checked out: ``HEAD~1``, ``@``."""
    return isinstance(ref, str) and re.fullmatch(r"(?:@|HEAD|ORIG_HEAD|-)(?:[~^@].*)?", ref) is not None


def plain_ref(ref: Word, remotes: Iterable[str] = ("origin",)) -> Word:
    """``+refs/heads/x:y`` → ``refs/heads/x``, ``origin/x`` → ``x``, ``tags/v1`` → ``refs/tags/v1``.

    ``v1^{commit}``, ``main~2``: what is relative to a ref changes with it. ``HEAD`` is the default branch.
    """
    if isinstance(ref, Unknown):
        return ref
    ref = ref.lstrip("+").partition(":")[0].removeprefix("refs/remotes/")
    for name in remotes:
        ref = "" if ref == name else ref.removeprefix(f"{name}/")
    ref = re.split(r"[~^]|@\{", ref, maxsplit=1)[0]
    ref = "" if ref == "HEAD" else ref
    return f"refs/{ref}" if re.match(r"(?:tags|heads|pull|merge-requests)/", ref) else ref


def local_name(refspec: Word) -> str:
    """The name that ``fetch`` gives to a ref: ``pull/15/head:pr`` → ``pr``."""
    name = refspec.partition(":")[2] if isinstance(refspec, str) else ""
    return name.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("origin/")
