"""``npm install``, ``yarn add``, ``pnpm add``, ``bun add``: a command line → the packages that it names.

Options: ``registry``, ``@scope:registry``. A command without names installs those of package.json, written
as ``name@range``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from freshlayer.discover.syntaxes.language_lines import LanguageLine, ProjectFiles
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
_ALONE = frozenset({"yarn", "yarnpkg"})
"""Programs that install without a word."""
_SCOPED = compiled(r"@[\w.~-]+:registry")
_NOT_OF_A_REGISTRY = compiled(r"^(?:file|link|workspace|portal|patch|catalog|git|github|https?)[:+]|/")


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
    kept = tuple(item for item in options if item[0] == "registry" or _SCOPED.match(item[0]))
    words = tuple(operands[1:])
    if words:
        return LanguageLine(words, kept)
    return _of_manifest(files, {option for option, _ in options}, dict(options), kept)


def _of_manifest(
    files: ProjectFiles, names: set[str], values: dict[str, str], kept: tuple[tuple[str, str], ...]
) -> LanguageLine:
    directory = values.get("prefix") or "."
    text = files.read(f"{directory}/package.json")
    if isinstance(text, Reason):
        return LanguageLine(options=kept, unknown=text)
    only = values.get("only", "")
    production = "save-prod" in names or values.get("omit") == "dev" or only.startswith("prod")
    try:
        manifest = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return LanguageLine(options=kept, unknown=Reason("lock-not-read", detail="package.json is not JSON"))
    sections = ("dependencies", "optionalDependencies", *(() if production else ("devDependencies",)))
    return LanguageLine(tuple(dict.fromkeys(_words(manifest, sections))), kept)


def _words(manifest: object, sections: Sequence[str]) -> Iterator[str]:
    known = manifest if isinstance(manifest, dict) else {}
    for section in sections:
        table = known.get(section)
        for name, wanted in table.items() if isinstance(table, dict) else ():
            if isinstance(name, str) and isinstance(wanted, str):
                alias = re.match(r"npm:(.+)", wanted)
                if alias:
                    yield f"{name}@{wanted}"
                elif not _NOT_OF_A_REGISTRY.search(wanted):
                    yield f"{name}@{wanted}" if wanted else name
