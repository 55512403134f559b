"""The files of each stage, by its instructions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from posixpath import basename, join, normpath

from freshlayer.discover.downloads import source_of
from freshlayer.discover.files.copies import Copied, Downloaded
from freshlayer.discover.files.image import ImageFiles
from freshlayer.discover.files.layers import Layer, Mounted, Written
from freshlayer.discover.files.trees import ContextTree, ImageTree, StageTree, Tree
from freshlayer.dockerfile.model import Dockerfile, Instruction, Stage
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown
from freshlayer.shell.files import FileText, NoText, absolute
from freshlayer.shell.programs.script_files import PATH

_NAME = compiled(r"\\\$|\$(?:[A-Za-z_]\w*|\{[^{}\n]*\})")
_HEREDOC = compiled(r"<<-?\s*([\"']?)([\w.-]+)\1")
_FROM_ELSEWHERE = compiled(r"(?i)^(?:https?|ftp|git|ssh)://|^git@")

_OTHER_CONTEXT = Reason("script-not-in-context", detail="freshlayer does not read named build contexts")

Expand = Callable[[str], str | None]
"""A word of an instruction, expanded; None where its value is not known."""


class StageFiles:
    """The files of the stage that is being read, and those of the stages before it."""

    def __init__(
        self, dockerfile: Dockerfile, context: ContextTree, contexts: Mapping[str, str] | None = None
    ) -> None:
        self._dockerfile = dockerfile
        self._contexts = contexts or {}
        self._context = context
        self._ends: dict[int, ImageFiles] = {}
        self._searches: dict[int, tuple[str, ...]] = {}
        self._files = ImageFiles()
        self._search: tuple[str, ...] = PATH

    @property
    def files(self) -> ImageFiles:
        """The files of the stage, as far as it has been read."""
        return self._files

    def begin(self, parent: Stage | None, base: Layer | None = None, search: str = "") -> None:
        """A stage that continues another one, or an image. ``search``: the PATH of the image."""
        before = self._ends.get(parent.number) if parent else None
        self._files = before.fork() if before else ImageFiles((), base)
        parts = search.split(":") if search else ()
        known = tuple([normpath(part) for part in parts if part.startswith("/")])
        self._search = self._searches.get(parent.number, PATH) if parent else known or PATH

    def end(self, stage: Stage) -> None:
        """The stage is as later ones see it."""
        self._ends[stage.number] = self._files
        self._searches[stage.number] = self._search

    def before(self, instruction: Instruction, expand: Expand, directory: str) -> None:
        """COPY and ADD bring files in a working directory; ENV may change where programs are looked for."""
        if instruction.name in {"COPY", "ADD"}:
            for layer in self._copied(instruction, expand, directory):
                self._files.add(layer)
        elif instruction.name == "ENV":
            for name, value in zip(instruction.words[::3], instruction.words[1::3], strict=False):
                if name == "PATH":
                    self._search = tuple(dict.fromkeys(_directories(value, expand, self._search)))

    @property
    def search(self) -> tuple[str, ...]:
        """The directories of PATH."""
        return self._search

    def run(self, *mounts: Layer) -> ImageFiles:
        """The files that a RUN sees and may change, with ``mounts`` over them."""
        return self._files.run(mounts)

    def keep(self, ran: ImageFiles) -> None:
        """What a RUN has changed of them."""
        self._files.keep(ran)

    def _copied(self, instruction: Instruction, expand: Expand, directory: str) -> Iterator[Layer]:
        *sources, last = instruction.words or ("",)
        written = expand(last)
        if written is None:
            return
        target = absolute(written, directory)
        into = written.endswith(("/", "/.")) or written in {".", ""} or len(sources) > 1
        tree, adds = self._tree(instruction.flag("from"), expand), instruction.name == "ADD"
        yield from _documents(instruction, expand, target, into=into)
        plain: list[str] = []
        for source in sources if tree else ():
            path = expand(source)
            if path is None or _HEREDOC.fullmatch(source):
                continue
            if adds and _FROM_ELSEWHERE.search(path):
                yield _downloaded(path, target, into=into)
            else:
                plain.append(_rooted(path))
        if plain and tree:
            excluded = tuple(flag.partition("=")[2] for flag in instruction.flags if "--exclude=" in flag)
            parents = any(flag in {"--parents", "--parents=true"} for flag in instruction.flags)
            yield Copied(tree, tuple(plain), target, into, adds, parents, excluded)

    def _tree(self, name: str, expand: Expand, *, numbers: bool = True) -> Tree | None:
        """What ``--from`` or ``from=`` names; the context where it is empty. A mount knows no ``numbers``."""
        if not name:
            return self._context
        known = expand(name)
        if known in self._contexts:
            return ContextTree(None, _OTHER_CONTEXT)
        by_name = numbers or not (known or "").isdigit()
        stage = self._dockerfile.stage_named(known) if known and by_name else None
        if stage is None:
            return ImageTree(shown(known or name))
        files = self._ends.get(stage.number)
        return StageTree(files) if files else None

    def mounts(self, instruction: Instruction, expand: Expand, directory: str) -> Iterator[Layer]:
        """What the flags of a RUN mount."""
        for flag in instruction.flags:
            name, _, value = flag.partition("=")
            fields = dict(item.partition("=")[::2] for item in value.split(","))
            written = fields.get("target") or fields.get("dst") or fields.get("destination")
            target = expand(written) if written else None
            if name != "--mount" or target is None:
                continue
            target = absolute(target, directory)
            kind = fields.get("type", "bind")
            if kind in {"cache", "tmpfs"}:
                yield Mounted(None, target)
            elif kind == "bind":
                source = expand(fields.get("source") or fields.get("src") or ".")
                tree = self._tree(fields.get("from", ""), expand, numbers=False)
                known = source is not None and tree is not None
                yield Mounted(Copied(tree, (_rooted(source),), target) if known else None, target)  # type: ignore[arg-type]


def _directories(value: str, expand: Expand, before: tuple[str, ...]) -> Iterator[str]:
    """The directories of a PATH that may go on with the one before it."""
    for part in value.strip("\"'").split(":"):
        if part in {"$PATH", "${PATH}"}:
            yield from before
        elif (known := expand(part)) and known.startswith("/"):
            yield normpath(known)


def _rooted(path: str) -> str:
    """A source below its root, which ``..`` does not leave; the pivot of ``--parents`` is kept."""
    base, pivot, kept = path.partition("/./")
    if pivot and kept:
        return f"{normpath(join('/', base)).rstrip('/')}/./{kept.rstrip('/')}"
    return absolute(path, "/")


def _documents(instruction: Instruction, expand: Expand, target: str, *, into: bool) -> Iterator[Layer]:
    """``COPY <<EOF /x.sh``: each document is a file with its text, expanded unless its name has quotes."""
    words = [match for word in instruction.words[:-1] if (match := _HEREDOC.fullmatch(word))]
    for word, document in zip(words, instruction.heredocs, strict=False):
        text = re.sub(r"(?m)^\t+", "", document.content) if document.strip_tabs else document.content
        if not word[1]:
            text = _NAME.sub(lambda match: _expanded(match[0], expand), text)
        path = join(target, document.name) if into else target
        yield Written(path, FileText(path, ((text,),) if text else ((),)))


def _expanded(written: str, expand: Expand) -> str:
    if written.startswith("\\"):
        return written[1:]
    value = expand(written)
    return written if value is None else value


def _downloaded(url: str, target: str, *, into: bool) -> Layer:
    name = basename(re.sub(r"[?#].*", "", url)) or "file"
    path = join(target, name) if into else target
    return Downloaded(NoText(path, Reason("script-downloaded"), source_of(url)), name, target, into)
