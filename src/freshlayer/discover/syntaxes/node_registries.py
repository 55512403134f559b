"""The registries that the files of yarn, pnpm and bun themselves state, besides ``.npmrc``.

Measured with the managers of ``testing/node_managers``. The strongest last:

====== =======================================================================================
yarn 1 ``.yarnrc`` of the directories above, of the user, of the directory; then ``.npmrc``, variables
yarn   ``.yarnrc.yml`` of the user, of the directories from the root on; then its variable
pnpm   ``.npmrc``, then ``pnpm-workspace.yaml``, then variables
bun    ``.npmrc``, ``bunfig.toml`` of the user, that of the directory, then variables
====== =======================================================================================
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from posixpath import join

from msgspec import Struct, field

from freshlayer.discover.syntaxes.language_lines import ProjectFiles
from freshlayer.lazy_regex import compiled
from freshlayer.masking.logins import without_login
from freshlayer.plain_yaml import documents, node
from freshlayer.shell.files import NOT_KNOWN

USUAL = "usual:"
"""Before an option that counts where no ``.npmrc`` states it."""
_OF_YARN = compiled(r"(?m)^\s*\"?((?:@[\w.~-]{1,100}:)?registry)\"?\s+\"?(https?://[^\s\"]{1,1000})")
_REFERRED = compiled(r"\$\{(\w+)(?::?-([^}\n]*))?\}")


class Registries(Struct, frozen=True):
    """``options``: (option, URL), the strongest last. ``files``: path → text, in the form of npm."""

    options: tuple[tuple[str, str], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def registries(tool: str, files: ProjectFiles, above: list[str]) -> Registries:
    """``above``: the directory of the project, and those above it, the nearest first."""
    home = files.home
    match tool:
        case "yarn":
            own = ("/usr/local/share/.yarnrc", join(home, ".yarnrc"), join(above[0], ".yarnrc"))
            texts = dict(files.texts((*(join(it, ".yarnrc") for it in above[:0:-1]), *own)))
            return Registries(tuple(_of_yarn(texts, files)), texts)
        case "berry":
            places = dict.fromkeys(map(files.path, (home, *above[::-1])))
            texts = dict(files.texts(join(it, ".yarnrc.yml") for it in places))
            return Registries(*_of_berry(texts, files))
        case "pnpm":
            texts = dict(files.texts(join(it, "pnpm-workspace.yaml") for it in above[::-1]))
            return Registries(files={path: _of_pnpm(text) for path, text in texts.items()})
        case "bun":
            texts = dict(files.texts((join(home, ".bunfig.toml"), join(above[0], "bunfig.toml"))))
            return Registries(files={path: _of_bun(text) for path, text in texts.items()})
        case _:
            return Registries()


def _of_yarn(texts: Mapping[str, str], files: ProjectFiles) -> Iterator[tuple[str, str]]:
    for text in texts.values():
        yield from ((f"{USUAL}{name}", url) for name, url in _OF_YARN.findall(text))
    own = files.variable("YARN_REGISTRY") or files.variable("yarn_registry")
    yield from [(f"{USUAL}registry", without_login(own))] if own else []


def _of_berry(
    texts: Mapping[str, str], files: ProjectFiles
) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    known: dict[str, str] = {}
    options: list[tuple[str, str]] = []
    for path, text in texts.items():
        known[path] = _REFERRED.sub(lambda it: files.variable(it[1]) or it[2] or NOT_KNOWN, text)
        settings = _yaml(known[path])
        scopes = settings.get("npmScopes")
        every = scopes if isinstance(scopes, dict) else {}
        tables = {"registry": settings, **{f"@{it}:registry": every[it] for it in every}}
        for option, table in tables.items():
            url = table.get("npmRegistryServer") if isinstance(table, dict) else None
            options += [(option, without_login(url))] if isinstance(url, str) and "://" in url else []
        if NOT_KNOWN in settings:
            known[path] = NOT_KNOWN
    own = files.variable("YARN_NPM_REGISTRY_SERVER")
    return (*options, *((("registry", without_login(own)),) if own else ())), known


def _of_pnpm(text: str) -> str:
    settings = _yaml(text)
    stated = settings.get("registries")
    table = stated if isinstance(stated, dict) else {}
    lines = [f"{'registry' if it == 'default' else f'{it}:registry'}={table[it]}" for it in table]
    return "\n".join([*lines, *([NOT_KNOWN] if NOT_KNOWN in settings else [])])


def _of_bun(text: str) -> str:
    """``[install] registry``, and ``[install.scopes]``: an address, or a table with one."""
    try:
        stated = tomllib.loads(text).get("install", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        return NOT_KNOWN
    table = stated if isinstance(stated, dict) else {}
    scopes = table.get("scopes")
    every = {"registry": table.get("registry")} | {
        f"@{it.removeprefix('@')}:registry": url
        for it, url in (scopes.items() if isinstance(scopes, dict) else ())
    }
    found = {name: it.get("url") if isinstance(it, dict) else it for name, it in every.items() if it}
    return "\n".join(
        f"{it}={url if isinstance(url, str) and '$' not in url else NOT_KNOWN}" for it, url in found.items()
    )


def _yaml(text: str) -> Mapping[str, object]:
    """The mapping of a file; one that is not read has ``NOT_KNOWN`` as its key."""
    try:
        found = next((node(lines) for lines in documents(iter(text.splitlines()))), {})
    except ValueError:
        return {NOT_KNOWN: ""} if "egist" in text else {}
    return found if isinstance(found, dict) else {}
