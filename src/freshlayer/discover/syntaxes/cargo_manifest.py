"""Cargo.toml: which crates of a registry a build of it downloads (https://doc.rust-lang.org/cargo/reference)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from posixpath import dirname, join, normpath

from msgspec import Struct, field

from freshlayer.discover.locks.project import Table, from_toml, inside, table, texts
from freshlayer.discover.syntaxes.cargo_targets import holds
from freshlayer.discover.syntaxes.language_lines import Listed, ProjectFiles
from freshlayer.masking.logins import without_login
from freshlayer.model.reasons import Reason

_MOST_MANIFESTS = 200
_MANIFEST = "Cargo.toml"


class CargoOptions(Struct, frozen=True):
    """What a command wants of a project. ``everything``: all that its lock file names (``cargo fetch``)."""

    features: frozenset[str] = frozenset()
    default: bool = True
    every_feature: bool = False
    tests: bool = False
    everything: bool = False
    target: str = ""
    platform: str = "linux/amd64"


class Needed(Struct):
    """``words``: ``name@requirement``. ``sources``: ``registry:CRATE`` or ``index:CRATE`` → which one.

    ``repositories``: what is taken from git.
    """

    words: dict[str, None] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    repositories: dict[str, Listed] = field(default_factory=dict)
    rust: str = ""
    prefers_old: bool = False
    problem: Reason | None = None


class CargoProject:
    """The manifests of a workspace, from that of the command on."""

    def __init__(self, files: ProjectFiles, options: CargoOptions) -> None:
        self._files = files
        self._options = options
        self._read: dict[str, Table] = {}
        self._done: set[tuple[str, frozenset[str]]] = set()
        self.needed = Needed()

    def needs(self, path: str) -> Needed:
        """Of the manifest at a path, or of the members of a workspace without a package."""
        manifest = self._manifest(path)
        root_path, root = self._root(path, manifest)
        self._resolver(manifest, root)
        members = [path] if "package" in manifest else list(self._members(path, manifest))
        patched = {name for source in table(root.get("patch")).values() for name in table(source)}
        for member in members:
            self._member(member, root_path, root, self._features(member), top=True)
        for word in [word for word in self.needed.words if word.partition("@")[0] in patched]:
            del self.needed.words[word]
        return self.needed

    def _manifest(self, path: str) -> Table:
        if path not in self._read and len(self._read) < _MOST_MANIFESTS:
            text = self._files.read(path)
            try:
                self._read[path] = {} if isinstance(text, Reason) else from_toml(text)
            except ValueError:
                text = Reason("lock-not-read", detail=f"{path} is not TOML")
                self._read[path] = {}
            if isinstance(text, Reason):
                self.needed.problem = self.needed.problem or text
        return self._read.get(path, {})

    def _root(self, path: str, manifest: Table) -> tuple[str, Table]:
        """The manifest of the workspace; itself where there is none."""
        if "workspace" in manifest:
            return path, manifest
        above = dirname(self._files.path(path))
        # The root is its own parent, and so are two slashes.
        while (parent := dirname(above)) != above:
            above = parent
            found = join(above, _MANIFEST)
            if self._files.text(found) is not None and "workspace" in (read := self._manifest(found)):
                return found, read
        return path, manifest

    def _members(self, path: str, manifest: Table) -> Iterator[str]:
        workspace = inside(manifest, "workspace")
        left_out = {normpath(it) for it in texts(workspace.get("exclude"))}
        for pattern in texts(workspace.get("default-members")) or texts(workspace.get("members")):
            for name in self._matching(join(dirname(path), pattern)):
                if name not in left_out and self._files.text(join(name, _MANIFEST)) is not None:
                    yield join(name, _MANIFEST)

    def _matching(self, pattern: str) -> list[str]:
        """The directories of a pattern with ``*``."""
        found = [""]
        for part in normpath(pattern).split("/"):
            if "*" not in part:
                found = [join(place, part or "/") for place in found]
                continue
            names = [(place, name) for place in found for name in sorted(self._files.names(place))]
            found = [join(place, name) for place, name in names if fnmatchcase(name, part)][:_MOST_MANIFESTS]
        return found

    def _resolver(self, manifest: Table, root: Table) -> None:
        """Whether crates for an older compiler come first (resolver 3), and for which one."""
        package, shared = inside(manifest, "package"), inside(root, "workspace", "package")
        rust = package.get("rust-version")
        rust = shared.get("rust-version") if isinstance(rust, Mapping) or not package else rust
        edition = package.get("edition")
        edition = shared.get("edition") if isinstance(edition, Mapping) else edition
        stated = inside(root, "workspace").get("resolver") or inside(root, "package").get("resolver")
        own = "package" in root and str(edition) >= "2024"
        self.needed.prefers_old = str(stated) == "3" if stated else own
        self.needed.rust = rust if isinstance(rust, str) else ""

    def _features(self, path: str) -> frozenset[str]:
        manifest, options = self._manifest(path), self._options
        known = table(manifest.get("features"))
        if options.every_feature or options.everything:
            return frozenset({*known, "*"})
        wanted = options.features | (frozenset({"default"}) if options.default else frozenset())
        return _enabled(known, wanted)

    def _member(self, path: str, root_path: str, root: Table, features: frozenset[str], *, top: bool) -> None:
        if (path, features) in self._done or len(self._done) >= _MOST_MANIFESTS:
            return
        self._done.add((path, features))
        manifest, options = self._manifest(path), self._options
        shared = inside(root, "workspace", "dependencies")
        sections = ["dependencies", "build-dependencies", "build_dependencies"]
        sections += (
            ["dev-dependencies", "dev_dependencies"] if top and (options.tests or options.everything) else []
        )
        for place in (manifest, *self._targets(manifest)):
            for section in sections:
                for name, spec in inside(place, section).items():
                    wanted = _spec(name, spec)
                    if wanted.get("workspace") is True:
                        base = _spec(name, shared.get(name))
                        wanted = {
                            **base,
                            **{key: it for key, it in wanted.items() if key in {"optional", "features"}},
                        }
                        self._dependency(root_path, root, name, wanted, features)
                    else:
                        self._dependency(path, root, name, wanted, features, root_path)

    def _targets(self, manifest: Table) -> Iterator[Table]:
        for condition, section in table(manifest.get("target")).items():
            every = self._options.everything and not self._options.target
            if every or holds(condition, self._options.target, self._options.platform):
                yield table(section)

    def _dependency(
        self, path: str, root: Table, name: str, spec: Table, features: frozenset[str], root_path: str = ""
    ) -> None:
        if spec.get("optional") is True and not features & {"*", f"dep:{name}"}:
            return
        own = spec.get("path")
        if isinstance(own, str):
            manifest = normpath(join(dirname(path), own, _MANIFEST))
            wanted = frozenset(texts(spec.get("features")))
            wanted |= frozenset() if spec.get("default-features") is False else frozenset({"default"})
            known = table(self._manifest(manifest).get("features"))
            self._member(manifest, root_path or path, root, _enabled(known, wanted), top=False)
        elif "git" in spec:
            self.needed.repositories[name] = _of_repository(name, spec)
        else:
            crate = str(spec.get("package") or name)
            self.needed.words[f"{crate}@{spec.get('version', '*')}"] = None
            for key, kind in (("registry", "registry"), ("registry-index", "index")):
                if isinstance(value := spec.get(key), str):
                    self.needed.sources[f"{kind}:{crate}"] = value


def _of_repository(name: str, spec: Table) -> Listed:
    """A dependency at a commit is fixed; any other one is what its repository has."""
    url = without_login(str(spec.get("git")))
    if re.fullmatch(r"[0-9a-f]{40}", str(spec.get("rev", ""))):
        return Listed(f"{name} of {url}", Reason("exact-version"))
    return Listed(f"{name} of {url}", Reason("package-source-unknown", detail="Cargo.toml takes it from git"))


def _spec(_name: str, spec: object) -> dict[str, object]:
    return {"version": spec} if isinstance(spec, str) else table(spec)


def _enabled(known: Table, wanted: frozenset[str]) -> frozenset[str]:
    """The features that these turn on, and ``dep:NAME`` for each optional dependency."""
    found: set[str] = set()
    waiting: list[str] = sorted(wanted)
    while waiting:
        item = waiting.pop()
        if item in found:
            continue
        found.add(item)
        name, slash, _ = item.partition("/")
        if slash and not name.endswith("?"):
            waiting += [name, f"dep:{name}"]
        elif not slash and item in known:
            waiting += texts(known[item])
        elif not slash and not item.startswith("dep:"):
            # A dependency that is optional is a feature by itself, unless a feature names it with dep:.
            waiting.append(f"dep:{item}")
    return frozenset(found)


def every(words: Sequence[str]) -> frozenset[str]:
    """The names of ``--features "a b,c"``."""
    return frozenset(name for word in words for name in re.split(r"[\s,]+", word) if name)
