"""The files of a stage while its instructions run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from posixpath import normpath

from msgspec import Struct
from msgspec.structs import replace

from freshlayer.discover.files.base import UnreadBase
from freshlayer.discover.files.copies import Copied
from freshlayer.discover.files.layers import (
    LOOKING_BELOW,
    NOTHING,
    TOO_MANY,
    Duplicate,
    Found,
    Gone,
    Known,
    Layer,
    Link,
    Linked,
    Mounted,
    Removed,
    Saved,
    Written,
    are_apart,
    below_path,
)
from freshlayer.model.base_image import is_wanted
from freshlayer.shell.files import FileText, absolute
from freshlayer.shell.programs.script_files import PATH
from freshlayer.shell.values import alternatives

_NO_NAMES: frozenset[str] = frozenset()
_NOT_LOOKED = (0, _NO_NAMES)
_MOST_LAYERS = 300
_FEW_LAYERS = 40
"""As many are looked at again for each name; of more, the names in each directory are kept."""
_OF_ONE_FILE = (Written, Saved)
_DEEPEST = 16


class _Below(Struct, frozen=True):
    """The first ``count`` layers. ``copies``: how many copies of directories may still be looked through."""

    layers: list[Layer]
    count: int
    copies: int = 2

    def find(self, path: str) -> Found | None:
        """Of the newest that knows it."""
        return _newest(self.layers, self.count, path)

    def names(self, directory: str) -> frozenset[str]:
        """Of all of them."""
        return self.names_from(0, directory, _NO_NAMES) if self.copies else _NO_NAMES

    def names_from(self, start: int, directory: str, names: frozenset[str]) -> frozenset[str]:
        """Of all of them, where those before ``start`` have these names."""
        if LOOKING_BELOW.isdisjoint(map(type, self.layers)):
            for layer in self.layers[start : self.count]:
                names = layer.names(directory, names, NOTHING)
            return names
        for number in range(start, self.count):
            layer = self.layers[number]
            looks = type(layer) in LOOKING_BELOW
            below = _Below(self.layers, number, self.copies - 1) if looks else NOTHING
            names = layer.names(directory, names, below)
        return names


class FilesNow(Struct, frozen=True, eq=False):
    """The first ``count`` layers; a ``shell.files.FilesSeen``."""

    layers: list[Layer]
    count: int

    def find(self, path: str) -> Known | None:
        """What is known of a file."""
        found = _followed(self.layers, self.count, path)
        return None if found is None or isinstance(found, Gone) else found

    def exists(self, path: str) -> bool | None:
        """Whether there is a file."""
        match _followed(self.layers, self.count, path):
            case Gone():
                return False
            case FileText(perhaps=False):
                return True
            case _:
                return None

    def names(self, directory: str) -> frozenset[str]:
        """Names in a directory."""
        return _plain(_Below(self.layers, self.count).names(normpath(directory)))

    def may_have(self, places: tuple[str, ...]) -> bool:
        """Whether something may be known of one of these paths, or of what is below it."""
        layers = self.layers
        if self.count and isinstance(layers[0], UnreadBase):
            layers[0].find(places[0])
            return not are_apart(layers[1 : self.count], places)
        return not are_apart(layers[: self.count], places)

    def is_whole(self, directory: str) -> bool:
        """Whether no copy of files that are not known is in a directory."""
        directory = normpath(directory)
        for layer in reversed(self.layers[: self.count]):
            inner = layer.layer if isinstance(layer, Mounted) else layer
            if isinstance(inner, Copied) and not inner.is_whole(directory):
                return False
            hides = isinstance(layer, Mounted) and below_path(directory, layer.path) is not None
            if hides or (isinstance(layer, Removed) and below_path(directory, layer.path) is not None):
                return True
        return True


class ImageFiles:
    """What is known of the files of one stage; a ``shell.files.Files``. ``base``: the layer below all."""

    def __init__(self, layers: Iterable[Layer] = (), base: Layer | None = None) -> None:
        self._base = [base] if base else []
        self._lowest = len(self._base)
        self._layers = [*self._base, *layers]
        self._inherited = len(self._layers)
        self._mounts = 0
        self._now = FilesNow(self._layers, self._inherited)
        self._looks_below = False
        """Whether one of the layers may be one of LOOKING_BELOW."""
        self._names: dict[str, tuple[int, frozenset[str]]] = {}
        """Directory → how many layers were looked through, and the names that these have there."""

    def fork(self, *mounts: Layer) -> ImageFiles:
        """The same files, to be changed apart from these; with mounts over them."""
        base = self._base[0] if self._base else None
        forked = ImageFiles([*self._layers[self._lowest :], *mounts], base)
        forked._mounts = len(mounts)
        forked._looks_below = self._looks_below
        forked._names = dict(self._names)
        return forked

    def run(self, mounts: tuple[Layer, ...]) -> ImageFiles:
        """What a RUN sees and changes: these files; a fork, to be kept, where mounts are over them."""
        if mounts:
            return self.fork(*mounts)
        self._inherited = len(self._layers)
        return self

    def keep(self, ran: ImageFiles) -> None:
        """What was changed in a fork, without its mounts."""
        if ran is not self:
            self._layers += ran._layers[len(self._layers) + ran._mounts :]
            self._looks_below |= ran._looks_below

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed a file of the image."""
        return len(self._layers) == self._lowest

    def now(self) -> FilesNow:
        """The files as they are now."""
        now, layers = self._now, self._layers
        if now.count != len(layers) or now.layers is not layers:
            now = self._now = FilesNow(layers, len(layers))
        return now

    def add(self, layer: Layer) -> None:
        """What an instruction did. Of a stage with too many layers, scripts are no longer known."""
        if len(self._layers) < _MOST_LAYERS:
            self._layers.append(layer)
        elif self._layers[-1] is not TOO_MANY:
            self._layers.append(TOO_MANY)

    def find(self, path: str) -> Known | None:
        """What is known of a file."""
        found = _followed(self._layers, len(self._layers), path)
        return None if found is None or isinstance(found, Gone) else found

    def exists(self, path: str) -> bool | None:
        """Whether there is a file."""
        return self.now().exists(path)

    def names(self, directory: str) -> frozenset[str]:
        """Names in a directory; each layer is looked through once."""
        layers, count = self._layers, len(self._layers)
        # Most directories of PATH are looked up again as they are written.
        known = self._names.get(directory)
        if known is None:
            directory = absolute(directory, "")
            known = self._names.get(directory, _NOT_LOOKED)
        start, names = known
        if start < count and self._looks_below:
            names = _Below(layers, count).names_from(start, directory, names)
        elif start < count:
            for layer in layers[start:]:
                names = layer.names(directory, names, NOTHING)
            # What is wanted of the base image is noted for each instruction, and a link may lead there.
            if not is_wanted(directory):
                self._names[directory] = count, names
        return _plain(names) if names else names

    def having(self, name: str, directories: Sequence[str]) -> Iterator[str]:
        """The directories that have a name, in their order."""
        if isinstance(directories, tuple) and not self._may_bring(name, directories):
            return
        for directory in directories:
            if name in self.names(directory):
                yield directory

    def _may_bring(self, name: str, directories: tuple[str, ...]) -> bool:
        """Whether a layer may have brought a name to one of these: one look for all of them."""
        layers = self._layers
        if len(layers) > _FEW_LAYERS or (self._base and not isinstance(self._base[0], UnreadBase)):
            return True
        if directories is not PATH and any(map(is_wanted, directories)):
            # What is wanted of the base image is noted.
            return True
        return not are_apart(layers[self._lowest :], directories, name)

    def may_have(self, places: tuple[str, ...]) -> bool:
        """Whether something may be known of one of these paths, or of what is below it."""
        return self.now().may_have(places)

    def is_whole(self, directory: str) -> bool:
        """Whether no copy of files that are not known is in a directory."""
        return self.now().is_whole(directory)

    def write(self, path: str, content: Known, *, certain: bool) -> None:
        """A file is written."""
        before = None if certain else self.find(path)
        if not certain and isinstance(content, FileText):
            earlier = before.text if isinstance(before, FileText) else ()
            content = replace(content, text=alternatives([*earlier, *content.text]), perhaps=True)
        self._put(Written(path, content))

    def save(self, path: str, read: Callable[[], Known]) -> None:
        """A file is written in any case; ``read`` gives its content where it is looked up."""
        self._put(Saved(path, read))

    def _put(self, layer: Written | Saved) -> None:
        last = self._layers[-1] if len(self._layers) > self._inherited else None
        if isinstance(last, _OF_ONE_FILE) and last.path == layer.path:
            # A loop that appends would fill the layers.
            self._layers = [*self._layers[:-1], layer]
        else:
            self.add(layer)

    def copy(self, source: str, target: str) -> None:
        """What is at one path is at another."""
        self._looks_below = True
        self.add(Duplicate(_Below(self._layers, len(self._layers)), source, target))

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._looks_below = True
        self.add(Linked(path, target))

    def remove(self, path: str) -> None:
        """A file or a directory is removed."""
        self.add(Removed(path))


def _newest(layers: list[Layer], count: int, path: str) -> Found | None:
    """What the newest of the first ``count`` layers knows of a path that knows it."""
    for layer in layers[count - 1 :: -1] if count else ():
        found = layer.find(path) if path.startswith(layer.path) else None
        if found is not None:
            return found
    return None


def _followed(layers: list[Layer], count: int, path: str) -> Known | Gone | None:
    """The same; links are followed."""
    path = absolute(path, "")
    for _ in range(_DEEPEST):
        found = _newest(layers, count, path)
        if found is None or not isinstance(found, Link):
            return found
        path = found.target
    return None


def _plain(names: frozenset[str]) -> frozenset[str]:
    """Those of directories without the slash at their end."""
    return frozenset([name.rstrip("/") for name in names]) if names else names
