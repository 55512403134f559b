"""``npm install``, ``yarn add``, ``pnpm add``, ``bun add``: a command line → the packages that it names.

Options: ``registry``, ``@scope:registry``, ``berry`` for yarn from version 2 on. A command without names
installs those of package.json, written as ``name@range``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from posixpath import join, normpath

import msgspec
from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles, names_nothing
from freshlayer.discover.syntaxes.options import Operand, read
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    registry= prefix,C,cwd,dir= cache= loglevel= omit= include= only= workspace,w,filter,F= tag= userconfig=
    globalconfig= install-strategy= network-timeout= modules-folder= cache-folder= mutex= store-dir=
    virtual-store-dir= fetch-retries= fetch-timeout= cpu= os= libc= global,g save,S save-dev,D,dev,d
    save-prod,P,production,p save-optional,O,optional save-exact,E,exact no-save force,f ignore-scripts
    silent,s unsafe-perm legacy-peer-deps no-audit no-fund no-optional no-progress frozen-lockfile
    prefer-offline verbose no-package-lock no-lockfile ignore-engines non-interactive no-shrinkwrap
    yes,y quiet,q token= otp= auth-type= before=
    """
)
_VERBS = frozenset("install i add isntall in ins inst".split())
_MOST_MEMBERS = 200
_ALONE = frozenset({"yarn", "yarnpkg"})
"""Programs that install without a word."""
_SECTIONS = ("dependencies", "optionalDependencies", "devDependencies")
_KEPT = frozenset({"registry", "global", "legacy-peer-deps"})
_SCOPED = compiled(r"@[\w.~-]+:registry")
_OF_CONTEXT = compiled(r"(?:file|link|workspace|portal):|[.~]*/")
_OF_ANOTHER_FILE = compiled(r"(?:catalog|patch):")
_REMOTE = compiled(r"[\w+]+://|git[@:+]|(?:github|gitlab|bitbucket|gist):|[\w.-]+/[\w.-]+(?:#|$)")
"""What the value of a dependency is where it is no version: see ``npm help package-spec``."""


def node(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    operands: list[str] = []
    options: list[tuple[str, str]] = []
    for item in read(list(arguments), _TABLE):
        if isinstance(item, Operand):
            operands += [item.value] if isinstance(item.value, str) else []
        else:
            options.append((_NAMES.get(item.name, item.name), str(item.value or "")))
    if operands[:1] == ["global"]:
        operands = operands[1:]
    alone = not operands and name in _ALONE
    if not alone and (not operands or operands[0] not in _VERBS):
        return None
    kept = tuple(item for item in options if item[0] in _KEPT or _SCOPED.match(item[0]))
    kept += (
        (("berry", ""),) if name in _ALONE and _is_berry(files, dict(options).get("prefix") or ".") else ()
    )
    words = tuple(operands[1:])
    if words:
        return LanguageLine(words, kept)
    command = " ".join([name, *operands])
    line = _of_manifests(command, files, _directories(name, files, options), options)
    return replace(line, options=(*kept, *line.options))


def _is_berry(files: ProjectFiles, root: str) -> bool:
    """Whether a project is for yarn from version 2 on, which chooses by other rules."""
    manifest = _read_manifest(files, root)
    stated = "" if isinstance(manifest, Reason) else str(manifest.get("packageManager") or "")
    return files.text(f"{root}/.yarnrc.yml") is not None or re.match(r"yarn@(?!0|1\.)", stated) is not None


def _directories(name: str, files: ProjectFiles, options: Sequence[tuple[str, str]]) -> list[str]:
    """Where the manifests are: of the project and of its workspaces, or of the workspaces that are named."""
    root = dict(options).get("prefix") or "."
    if name != "npm":
        return [root]
    wanted = [value for option, value in options if option == "workspace"]
    manifest = _read_manifest(files, root)
    members = [] if isinstance(manifest, Reason) else list(_members(files, root, manifest))[:_MOST_MEMBERS]
    named = [it for it in members if any(_is_member(files, root, it, word) for word in wanted)]
    others = [join(root, word) for word in wanted if not named]
    found = [*named, *others] if wanted else [root, *members]
    return _with_local(found, files)


def _with_local(directories: Sequence[str], files: ProjectFiles) -> list[str]:
    """Also the directories that dependencies name as ``file:PATH``, which npm installs as members."""
    found = dict.fromkeys(map(normpath, directories))
    waiting = list(found)
    while waiting and len(found) <= _MOST_MEMBERS:
        directory = waiting.pop()
        manifest = _read_manifest(files, directory)
        stated = [] if isinstance(manifest, Reason) else _stated(manifest, _SECTIONS)
        for member in (_local(directory, it) for _, it in stated if it.startswith("file:")):
            if member not in found and not isinstance(_read_manifest(files, member), Reason):
                found[member] = None
                waiting.append(member)
    return list(found)


def _local(directory: str, wanted: str) -> str:
    return normpath(join(directory, wanted.removeprefix("file:")))


def _unread(files: ProjectFiles, directory: str, stated: Iterable[tuple[str, str]]) -> Iterator[Listed]:
    """Directories and archives that dependencies name as ``file:PATH``, of which no manifest is known."""
    for name, wanted in stated:
        if wanted.startswith("file:"):
            manifest = _read_manifest(files, _local(directory, wanted))
            if isinstance(manifest, Reason):
                yield Listed(f"{name}@{wanted}"[:80], manifest)


def _members(files: ProjectFiles, root: str, manifest: Mapping[str, object]) -> Iterator[str]:
    """The directories of the workspaces: paths, and all below one."""
    stated = manifest.get("workspaces")
    listed = stated.get("packages") if isinstance(stated, dict) else stated
    for pattern in listed if isinstance(listed, list) else ():
        above, star, rest = str(pattern).removeprefix("./").rstrip("/").partition("*")
        if not star:
            yield join(root, above)
        elif above.endswith("/") and rest in {"", "*"}:
            yield from (join(root, above, it) for it in sorted(files.names(join(root, above))))


def _is_member(files: ProjectFiles, root: str, directory: str, word: str) -> bool:
    """Whether a word names a workspace: by its directory, one above it, or its own name."""
    path = normpath(join(root, word))
    if normpath(directory) == path or normpath(directory).startswith(f"{path}/"):
        return True
    manifest = _read_manifest(files, directory)
    return not isinstance(manifest, Reason) and manifest.get("name") == word


def _read_manifest(files: ProjectFiles, directory: str) -> Mapping[str, object] | Reason:
    text = files.read(f"{directory}/package.json")
    if isinstance(text, Reason):
        return text
    try:
        found = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return Reason("lock-not-read", detail="package.json is not JSON")
    return found if isinstance(found, dict) else {}


def _of_manifests(
    command: str, files: ProjectFiles, directories: Sequence[str], options: Sequence[tuple[str, str]]
) -> LanguageLine:
    """The packages that these manifests name, but for those that are members themselves."""
    names, values = {option for option, _ in options}, dict(options)
    production = "save-prod" in names or values.get("omit") == "dev" or values.get("only", "")[:4] == "prod"
    sections = _SECTIONS[:2] if production else _SECTIONS
    manifests = [_read_manifest(files, directory) for directory in directories]
    unknown = next((it for it in manifests if isinstance(it, Reason)), None)
    known = [it for it in manifests if not isinstance(it, Reason)]
    own = {it.get("name") for it in known}
    stated = [item for it in known for item in _stated(it, sections) if item[0] not in own]
    elsewhere = next((f"{name}: {value}" for name, value in stated if _OF_ANOTHER_FILE.match(value)), "")
    if elsewhere:
        unknown = unknown or Reason("requirements-not-stated", detail=elsewhere[:80])
    remotes = tuple(dict.fromkeys(value for _, value in stated if _is_remote(value)))
    words = dict.fromkeys(_word(*it) for it in stated if not _is_elsewhere(it[1]))
    listed = tuple(
        item
        for directory, it in zip(directories, manifests, strict=True)
        if not isinstance(it, Reason)
        for item in _unread(files, directory, _stated(it, sections))
    )
    if not words and not remotes and not unknown and not listed:
        return LanguageLine(listed=(names_nothing(command, join(directories[0], "package.json")),))
    overrides = len(known) > 1 or any(it.get("overrides") or it.get("resolutions") for it in known)
    return LanguageLine(
        tuple(words), (("overrides", ""),) if overrides else (), unknown, listed=listed, remotes=remotes
    )


def _stated(manifest: Mapping[str, object], sections: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and what is wanted of them."""
    for section in sections:
        table = manifest.get(section)
        for name, wanted in table.items() if isinstance(table, dict) else ():
            if isinstance(name, str) and isinstance(wanted, str):
                yield name, wanted


def _is_remote(wanted: str) -> bool:
    return _REMOTE.match(wanted) is not None and _OF_CONTEXT.match(wanted) is None


def _is_elsewhere(wanted: str) -> bool:
    return any(it.match(wanted) for it in (_OF_CONTEXT, _OF_ANOTHER_FILE, _REMOTE))


def _word(name: str, wanted: str) -> str:
    return f"{name}@{wanted}" if wanted else name
