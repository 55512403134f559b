"""``npm install``, ``yarn add``, ``pnpm add``, ``bun add``: a command line → the packages that it names.

Options: ``registry``, ``@scope:registry``, ``berry`` for yarn from version 2 on. A command without names
installs those of package.json, written as ``name@range``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from posixpath import join, normpath

from msgspec.structs import replace

from freshlayer.discover.syntaxes.language_lines import (
    LanguageLine,
    Listed,
    ProjectFiles,
    divided,
    names_nothing,
)
from freshlayer.discover.syntaxes.node_members import Members, is_met, members_of, name_of
from freshlayer.discover.syntaxes.node_overrides import of_member, of_npm, of_word, referred, replaced
from freshlayer.discover.syntaxes.node_registries import registries
from freshlayer.discover.syntaxes.node_words import PEERS_OF, is_project, words_of
from freshlayer.discover.syntaxes.node_workspaces import (
    PEERS,
    SECTIONS,
    Manifest,
    Workspace,
    local,
    read_manifest,
    stated,
    upwards,
    with_local,
    workspace,
)
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.lazy_regex import compiled
from freshlayer.model.reasons import Reason

_COMMON = """
    registry= prefix,C,cwd,dir= cache= loglevel= omit= include= only= tag= userconfig=
    globalconfig= install-strategy= network-timeout= modules-folder= cache-folder= mutex= store-dir=
    virtual-store-dir= fetch-retries= fetch-timeout= cpu= os= libc= global,g save,S save-dev,D,dev,d
    save-prod,P,production,p save-optional,O,optional save-exact,E,exact no-save force,f ignore-scripts
    silent,s unsafe-perm legacy-peer-deps no-audit no-fund no-optional no-progress frozen-lockfile
    prefer-offline verbose no-package-lock no-lockfile ignore-engines non-interactive no-shrinkwrap
    yes,y quiet,q token= otp= auth-type= before= filter,F=
    """
_USUAL = table_of(f"workspace,w= {_COMMON}")
_TABLES = {"pnpm": table_of(f"workspace-root,w workspace recursive,r {_COMMON}")}
"""Program → its own table; ``-w`` of pnpm takes no value."""
_NAMED = compiled(r"(?!\.|.*\.(?:tgz|tar|tar\.gz)$)(@[\w.~-]+/[\w.~-]+|[\w.~-]+)(?:@(.+))?")
_VERBS = frozenset("install i add isntall in ins inst".split())
_ALONE = frozenset({"yarn", "yarnpkg"})
"""Programs that install without a word."""
_FILTER = compiled(r"[*{\[!]|\.\.\.|^\.\.?/?$")
"""A word of ``--filter`` that is more than a name or a directory."""
_KEPT = frozenset({"registry", "global", "legacy-peer-deps"})
_FILES = frozenset({"userconfig", "globalconfig"})
"""Options that name a file of settings."""
_SCOPED = compiled(r"@[\w.~-]+:registry")
_OF_CONTEXT = compiled(r"(?:file|link|workspace|portal):|[.~]*/")
_OF_ANOTHER_FILE = compiled(r"(?:catalog|patch):|\$")
_REMOTE = compiled(r"[\w+]+://|git[@:+]|(?:github|gitlab|bitbucket|gist):|[\w.-]+/[\w.-]+(?:#|$)")
"""What the value of a dependency is where it is no version: see ``npm help package-spec``."""


def node(name: str, arguments: Sequence[str], files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing."""
    divided_line = divided(arguments, *_TABLES.get(name, _USUAL))
    options = divided_line.options
    operands = [divided_line.verb, *divided_line.words] if divided_line.verb else []
    if operands[:1] == ["global"]:
        operands = operands[1:]
    alone = not operands and name in _ALONE
    if not alone and (not operands or operands[0] not in _VERBS):
        return None
    kept = tuple(item for item in options if item[0] in _KEPT or _SCOPED.match(item[0]))
    root = dict(options).get("prefix") or "."
    tool = _tool(name, files, root)
    named = next((it for it in options if it[0] in _FILES), None)
    if named is not None:
        return LanguageLine(unknown=Reason("package-source-unknown", detail=f"--{named[0]} {named[1]}"[:120]))
    stated_ = registries(tool, files, upwards(files, root))
    kept = (*stated_.options, *kept, *((("berry", ""),) if tool == "berry" else ()))
    in_project = tool == "npm" and "global" not in dict(options)
    words = [it for it in operands[1:] if not (in_project and is_project(it, root, files))]
    if words:
        found = words_of(tool, words, files)
        line = LanguageLine(found.named, kept, listed=found.listed, files=stated_.files)
        own = _in_project(line, files, workspace(tool, files, root), options) if in_project else _named(line)
        more = tuple(_word(*it) for it in found.required if not _is_elsewhere(it[1]))
        away = [it for it in found.required if _is_elsewhere(it[1])]
        return _with_elsewhere(replace(own, words=tuple(dict.fromkeys((*own.words, *more)))), away)
    command = " ".join([name, *operands])
    line = _of_manifests(command, tool, files, workspace(tool, files, root), options)
    return replace(line, options=(*kept, *line.options), files=stated_.files)


def _in_project(
    line: LanguageLine, files: ProjectFiles, project: Workspace, options: Sequence[tuple[str, str]]
) -> LanguageLine:
    """The words as npm takes them in a project: a name alone is what the manifest wants, if it names it."""
    named = [value for option, value in options if option == "workspace" and value]
    chosen = _directories("npm", files, project, options)[:1] if named else [project.root]
    manifest = read_manifest(files, chosen[0]) if chosen else {}
    manifest = {} if isinstance(manifest, Reason) else manifest
    root = read_manifest(files, project.above or project.root)
    of_root = {} if isinstance(root, Reason) else dict(stated(root))
    member = name_of(manifest) if named or project.above else None
    own = dict(stated(manifest, (*SECTIONS, PEERS)))
    words: list[str] = []
    elsewhere: list[tuple[str, str]] = []
    unknown = line.unknown
    for word in line.words:
        match = _NAMED.fullmatch(word)
        if match is None:
            words.append(word)
            continue
        wanted = match[2] or own.get(match[1], "")
        value = of_word(project.overrides, member, match[1], wanted, of_root)
        unknown = unknown or (value if isinstance(value, Reason) else None)
        if isinstance(value, str):
            elsewhere += [(match[1], value)] if _is_elsewhere(value) else []
            words += [] if _is_elsewhere(value) else [_word(match[1], value)]
    note = (("overrides", ""),) if project.overrides else ()
    found = replace(line, words=tuple(words), options=(*line.options, *note), unknown=unknown)
    return _with_elsewhere(found, elsewhere)


def _named(line: LanguageLine) -> LanguageLine:
    """Words that name no version but where the package is from, ``NAME@github:OWNER/REPOSITORY``, by that."""
    named = {word: match for word in line.words if (match := _NAMED.fullmatch(word)) is not None}
    elsewhere = {word: (it[1], it[2]) for word, it in named.items() if it[2] and _is_elsewhere(it[2])}
    kept = tuple(word for word in line.words if word not in elsewhere)
    return _with_elsewhere(replace(line, words=kept), list(elsewhere.values()))


def _with_elsewhere(line: LanguageLine, wanted: Sequence[tuple[str, str]]) -> LanguageLine:
    """With packages that are in no index. What a file or a directory requires is not read for a word."""
    remotes = dict.fromkeys(value for _, value in wanted if _is_remote(value))
    texts = [f"{name}@{value}"[:80] for name, value in wanted if not _is_remote(value)]
    listed = [Listed(it, Reason("requirements-not-stated", detail=it)) for it in dict.fromkeys(texts)]
    return replace(line, remotes=(*line.remotes, *remotes), listed=(*line.listed, *listed))


def _tool(name: str, files: ProjectFiles, root: str) -> str:
    """Whose rules count: ``berry`` for a project of yarn from version 2 on."""
    if name not in _ALONE:
        return name
    for directory in (*upwards(files, root), files.home):
        manifest = read_manifest(files, directory)
        program = "" if isinstance(manifest, Reason) else str(manifest.get("packageManager") or "")
        settings = files.files.find(files.path(f"{directory}/.yarnrc.yml"))
        if settings is not None or re.match(r"yarn@(?!0|1\.)", program):
            return "berry"
    return "yarn"


def _directories(
    tool: str, files: ProjectFiles, project: Workspace, options: Sequence[tuple[str, str]]
) -> list[str]:
    """Where the manifests are: of the project and of its members, or of the members that are named."""
    wanted = [value for option, value in options if option in {"workspace", "filter"} and value]
    whole = [project.root, *project.members]
    if tool in {"pnpm", "bun"} and any(_FILTER.search(word) for word in wanted):
        return whole
    named = [
        it for it in project.members if any(_is_member(files, project.root, it, word) for word in wanted)
    ]
    others = [join(project.root, word) for word in wanted if not named]
    found = _with_required(files, project, named) if tool in {"npm", "bun"} else named
    return [*found, *others] if wanted else whole


def _with_required(files: ProjectFiles, project: Workspace, named: Sequence[str]) -> list[str]:
    """Also the members that these require: npm and bun install what both need."""
    manifests = {it: read_manifest(files, it) for it in project.members}
    by_name = {name_of(it): at for at, it in manifests.items() if not isinstance(it, Reason)}
    found = dict.fromkeys(named)
    waiting = list(found)
    while waiting:
        manifest = manifests[waiting.pop()]
        for name, _ in () if isinstance(manifest, Reason) else stated(manifest, (*SECTIONS, PEERS)):
            if by_name.get(name, project.root) not in (*found, project.root):
                found[by_name[name]] = None
                waiting.append(by_name[name])
    return list(found)


def _is_member(files: ProjectFiles, root: str, directory: str, word: str) -> bool:
    """Whether a word names a workspace: by its directory, one above it, or its own name."""
    path = normpath(join(root, word))
    if normpath(directory) == path or normpath(directory).startswith(f"{path}/"):
        return True
    manifest = read_manifest(files, directory)
    return not isinstance(manifest, Reason) and manifest.get("name") == word


def _unread(files: ProjectFiles, directory: str, wanted: Iterable[tuple[str, str]]) -> Iterator[Listed]:
    """Directories and archives that dependencies name as ``file:PATH``, of which no manifest is known."""
    for name, value in wanted:
        if value.startswith("file:"):
            manifest = read_manifest(files, local(directory, value))
            if isinstance(manifest, Reason):
                yield Listed(f"{name}@{value}"[:80], manifest)


def _of_manifests(
    command: str, tool: str, files: ProjectFiles, project: Workspace, options: Sequence[tuple[str, str]]
) -> LanguageLine:
    """The packages that the manifests of a project name, but for those that are members themselves."""
    chosen = _directories(tool, files, project, options)
    manifests = {it: read_manifest(files, it) for it in with_local(tool, files, chosen)}
    unknown = project.unknown or next((it for it in manifests.values() if isinstance(it, Reason)), None)
    known = {at: it for at, it in manifests.items() if not isinstance(it, Reason)}
    sections = {at: _sections(tool, options, is_local=tool != "npm" and at not in chosen) for at in known}
    root = read_manifest(files, project.above or project.root)
    stated_by_root = dict(_wanted({} if isinstance(root, Reason) else root, SECTIONS, project))
    own_wishes = referred(tool, stated_by_root)
    every: list[tuple[str, str]] = []
    for at, it in known.items():
        is_member = tool == "npm" and (at != normpath(project.root) or bool(project.above))
        for name, stated_ in _wanted(it, sections[at], project):
            value = replaced(name, stated_, project.replacements, own_wishes)
            found = (
                of_member(project.overrides, name_of(it), name, stated_, own_wishes) if is_member else value
            )
            unknown = unknown or (found if isinstance(found, Reason) else None)
            every += [(name, found)] if isinstance(found, str) else []
    members = _members(files, project)
    wanted = [item for item in every if not is_met(tool, members, *item)]
    elsewhere = next((f"{name}: {value}" for name, value in wanted if _OF_ANOTHER_FILE.match(value)), "")
    if elsewhere:
        unknown = unknown or Reason("requirements-not-stated", detail=elsewhere[:80])
    remotes = tuple(dict.fromkeys(value for _, value in wanted if _is_remote(value)))
    words = dict.fromkeys(_word(*it) for it in wanted if not _is_elsewhere(it[1]))
    listed = tuple(item for at, it in known.items() for item in _unread(files, at, stated(it, sections[at])))
    if not words and not remotes and not unknown and not listed:
        return LanguageLine(listed=(names_nothing(command, join(chosen[0], "package.json")),))
    overrides = tuple(_overrides(files, project, list(known.values())))
    return LanguageLine(tuple(words), overrides, unknown, listed=listed, remotes=remotes)


def _overrides(
    files: ProjectFiles, project: Workspace, manifests: Sequence[Manifest]
) -> Iterator[tuple[str, str]]:
    """For the closure of npm; ``overrides`` where they, or those of several manifests, are not computed.

    They are those of the root, also for a member, which must not state itself what they replace.
    """
    root = read_manifest(files, project.above or project.root)
    found = None
    if len(manifests) == 1 and not isinstance(root, Reason):
        found = of_npm(root, {**dict(stated(manifests[0])), **dict(stated(root))})
    yield from [("overrides", "")] if found is None else (("override", it) for it in found)


def _sections(tool: str, options: Sequence[tuple[str, str]], *, is_local: bool) -> Sequence[str]:
    names, values = {option for option, _ in options}, dict(options)
    production = "save-prod" in names or values.get("omit") == "dev" or values.get("only", "")[:4] == "prod"
    peers = PEERS_OF.get(tool, ()) if "legacy-peer-deps" not in names else ()
    return (*(SECTIONS[:2] if production or is_local else SECTIONS), *peers)


def _members(files: ProjectFiles, project: Workspace) -> Members:
    """What can be linked where a version is wanted; never the manifest of the root."""
    found = (read_manifest(files, it) for it in project.members) if project.links else ()
    return members_of(it for it in found if not isinstance(it, Reason))


def _wanted(manifest: Manifest, sections: Sequence[str], project: Workspace) -> Iterator[tuple[str, str]]:
    """Names and what is wanted of them, with the versions of catalogs."""
    for name, value in stated(manifest, sections):
        of, mark, catalog = value.partition(":")
        known = project.catalogs.get(catalog.strip() or "default", {}) if mark and of == "catalog" else {}
        yield name, known.get(name, value)


def _is_remote(wanted: str) -> bool:
    return _REMOTE.match(wanted) is not None and _OF_CONTEXT.match(wanted) is None


def _is_elsewhere(wanted: str) -> bool:
    return any(it.match(wanted) for it in (_OF_CONTEXT, _OF_ANOTHER_FILE, _REMOTE))


def _word(name: str, wanted: str) -> str:
    return f"{name}@{wanted}" if wanted else name
