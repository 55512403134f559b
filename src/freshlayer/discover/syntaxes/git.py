"""``git``: what clones, fetches and submodules name. All git commands of a script are read together.

``git+<URL>#<ref>``: the ref is a branch or tag as named, or a commit; without one, the default branch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word, Words, plain
from freshlayer.discover.syntaxes.options import Operand, OptionTable, read
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_LETTERS = {
    **{"b": "branch", "o": "origin", "c": "config", "j": "jobs", "u": "upload-pack", "C": "directory"},
}
_TABLE = OptionTable.of(
    "branch origin config jobs upload-pack depth reference template separate-git-dir shallow-since filter"
    " shallow-exclude server-option git-dir work-tree bundle-uri",
    _LETTERS,
)
_FETCH_TABLE = OptionTable.of(
    "depth deepen shallow-since filter upload-pack server-option refmap negotiation-tip jobs",
    {"j": "jobs", "o": "server-option"},
)
_CHECKOUT_TABLE = OptionTable.of("orphan conflict", {"b": "new-branch", "B": "new-branch", "c": "new-branch"})
_REMOTE = compiled(r"(?:https?|git|ssh|file|ftp)://|[\w.-]+@[\w.-]+:")


class Source(Struct, frozen=True):
    """A repository that the script reads, and the ref, as far as commands have named it."""

    url: Word
    ref: Word = ""
    via: str = "git clone"
    kind: str = "git"


def git(commands: list[Words]) -> Iterator[Finding]:
    """Read the arguments of all git commands of a script, in order.

    A later ``checkout`` or ``reset --hard`` decides the ref of the clone before it.
    """
    sources: list[Source] = []
    remotes: dict[str, Word] = {}
    missed: list[Missed] = []
    for arguments in commands:
        verb, rest = _verb(arguments)
        if verb == "clone":
            sources += _clone(rest)
        elif verb in {"fetch", "pull", "ls-remote"}:
            sources += _fetch(rest, remotes, verb)
        elif verb in {"remote", "submodule"}:
            missed += _named(rest, remotes, sources, verb)
        elif verb in {"checkout", "switch", "reset"} and sources:
            ref = _checked_out(rest, verb)
            if ref is not None:
                sources[-1] = replace(sources[-1], ref=ref)
    yield from (finding_of(source) for source in sources)
    yield from missed


def _verb(arguments: Words) -> tuple[str, Words]:
    """The subcommand behind git's own options."""
    waiting = list(arguments)
    while waiting and isinstance(waiting[0], str) and waiting[0].startswith("-"):
        takes = waiting[0] in {"-C", "-c", "--git-dir", "--work-tree", "--namespace"}
        waiting = waiting[2 if takes else 1 :]
    if not waiting or isinstance(waiting[0], Unknown):
        return "", []
    return waiting[0], waiting[1:]


def _clone(arguments: Words) -> Iterator[Source]:
    ref: Word = ""
    found: list[Word] = []
    for item in read(arguments, _TABLE):
        if isinstance(item, Operand):
            found.append(item.value)
        elif item.name in {"branch", "revision"} and item.value is not None:
            ref = item.value
    if found and _is_remote(found[0]):
        yield Source(found[0], ref)


def _fetch(arguments: Words, remotes: dict[str, Word], verb: str) -> Iterator[Source]:
    """``fetch URL REF`` or ``fetch NAME REF`` of a remote that the script added."""
    found = [item.value for item in read(arguments, _FETCH_TABLE) if isinstance(item, Operand)]
    if not found:
        return
    first = found[0]
    address = remotes.get(first, first) if isinstance(first, str) else first
    if _is_remote(address):
        refs = found[1:] or [""]
        yield from (Source(address, _plain_ref(ref), f"git {verb}") for ref in refs)


def _named(arguments: Words, remotes: dict[str, Word], sources: list[Source], verb: str) -> Iterator[Missed]:
    """``remote add NAME URL``; submodules are pinned by the commit of their parent unless ``--remote``."""
    words = plain(arguments)
    if verb == "remote" and "add" in words:
        names = [word for word in arguments if not (isinstance(word, str) and word.startswith("-"))]
        if len(names) >= 3 and isinstance(names[1], str):
            remotes[names[1]] = names[2]
    elif verb == "submodule" and "add" in words:
        sources += [Source(word, "", "git submodule") for word in arguments if _is_remote(word)][:1]
    elif verb == "submodule" and "--remote" in words:
        yield Missed("git submodule update --remote", Reason("submodule-branches"))


def _checked_out(arguments: Words, verb: str) -> Word | None:
    """The ref that a checkout names; None for files and for what was fetched."""
    if verb == "reset" and "--hard" not in plain(arguments):
        return None
    if "--" in arguments:
        arguments = arguments[: arguments.index("--")]
    found = [item.value for item in read(arguments, _CHECKOUT_TABLE) if isinstance(item, Operand)]
    if not found or found[0] in {".", ""} or _is_here(found[0]):
        return None
    return _plain_ref(found[0])


def _is_here(ref: Word) -> bool:
    """Whether a revision is relative to what is checked out or was fetched: ``HEAD~1``, ``FETCH_HEAD^``."""
    return isinstance(ref, str) and re.fullmatch(r"(?:@|HEAD|FETCH_HEAD)(?:[~^@].*)?", ref) is not None


def _plain_ref(ref: Word) -> Word:
    """``+refs/heads/x:y`` → ``refs/heads/x``, ``origin/x`` → ``x``, ``tags/v1`` → ``refs/tags/v1``.

    ``v1^{commit}``, ``main~2``: what is relative to a ref changes with it. ``HEAD`` is the default branch.
    """
    if isinstance(ref, Unknown):
        return ref
    ref = ref.lstrip("+").partition(":")[0].removeprefix("refs/remotes/").removeprefix("origin/")
    ref = re.split(r"[~^]", ref, maxsplit=1)[0]
    ref = "" if ref in {"HEAD", "origin"} else ref
    return f"refs/{ref}" if re.match(r"(?:tags|heads)/", ref) else ref


def _is_remote(word: Word) -> bool:
    return isinstance(word, Unknown) or bool(_REMOTE.match(word))


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
