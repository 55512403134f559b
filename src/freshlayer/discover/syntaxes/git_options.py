"""The options of git's subcommands that take a value (git 2.20 … 2.50). git takes unique prefixes of them."""

from __future__ import annotations

from posixpath import join, normpath

from msgspec import Struct

from freshlayer.discover.syntaxes.found import Unknown, Word, Words, written
from freshlayer.discover.syntaxes.options import Operand, Option, OptionTable, read

CLONE = OptionTable.of(
    "branch origin config jobs upload-pack depth reference reference-if-able template separate-git-dir"
    " shallow-since filter shallow-exclude server-option bundle-uri revision ref-format",
    {"b": "branch", "o": "origin", "c": "config", "j": "jobs", "u": "upload-pack"},
)
_FETCH = OptionTable.of(
    "depth deepen shallow-since shallow-exclude filter upload-pack server-option refmap negotiation-tip jobs"
    " recurse-submodules-default submodule-prefix strategy strategy-option",
    {"j": "jobs", "o": "server-option", "s": "strategy", "X": "strategy-option"},
)
TABLES = {
    "clone": CLONE,
    "fetch": _FETCH,
    "pull": _FETCH,
    "ls-remote": OptionTable.of("upload-pack server-option sort", {"o": "server-option"}),
    "checkout": OptionTable.of(
        "orphan conflict pathspec-from-file", {"b": "new-branch", "B": "new-branch"}, {"f": "force"}
    ),
    "switch": OptionTable.of("orphan conflict create force-create", {"c": "new-branch", "C": "new-branch"}),
    "worktree": OptionTable.of("reason", {"b": "new-branch", "B": "new-branch"}),
    "remote": OptionTable.of("", {"t": "track", "m": "master"}),
    "submodule": OptionTable.of("branch name depth reference jobs", {"b": "branch", "j": "jobs"}),
    "archive": OptionTable.of("remote format output prefix exec mtime", {"o": "output"}),
    "subtree": OptionTable.of("prefix message branch", {"P": "prefix", "m": "message", "b": "branch"}),
    "branch": OptionTable.of("set-upstream-to", {"u": "set-upstream-to"}),
    "init": OptionTable.of(
        "initial-branch template separate-git-dir object-format ref-format", {"b": "initial-branch"}
    ),
}
_WITH_VALUE = frozenset(
    {"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env"}
)


class Arguments(Struct, frozen=True):
    """The arguments of a subcommand: options by their long name (the last value counts), and operands.

    ``files``: the operands behind ``--``.
    """

    options: dict[str, Word | None]
    operands: Words
    files: Words = []

    def value(self, *names: str) -> Word:
        """The value of the first of these options that is given."""
        return next((value for name in names if (value := self.options.get(name)) is not None), "")


def arguments(verb: str, words: Words) -> Arguments:
    """Read the words behind a subcommand."""
    items = list(read(words, TABLES.get(verb, OptionTable.of("", {}))))
    options = {item.name: item.value for item in items if isinstance(item, Option)}
    operands = [item.value for item in items if isinstance(item, Operand)]
    files = words[words.index("--") + 1 :] if "--" in words else []
    return Arguments(options, operands, files)


def subcommand(words: Words, directory: str) -> tuple[str, Words, str]:
    """The subcommand behind git's own options, its words, and the directory in which it works."""
    waiting = list(words)
    while waiting and isinstance(waiting[0], str) and waiting[0].startswith("-"):
        name, _, value = waiting[0].partition("=")
        takes = waiting[0] in _WITH_VALUE
        given = written(waiting[1]) if takes and len(waiting) > 1 else value
        if name in {"-C", "--work-tree"} or name == "--git-dir":
            directory = inside(directory, given.removesuffix("/.git") if name == "--git-dir" else given)
        waiting = waiting[2 if takes else 1 :]
    if not waiting or isinstance(waiting[0], Unknown):
        return "", [], directory
    return waiting[0], waiting[1:], directory


def inside(directory: str, path: str) -> str:
    """A path seen from a directory. One that begins with an unknown part is taken for an absolute one."""
    return normpath(path if path.startswith(("$", "~", "`")) else join(directory, path))
