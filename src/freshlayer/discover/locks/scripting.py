"""bundler, composer, mix, pub, renv."""

from __future__ import annotations

import re

from freshlayer.discover.locks.bundler_settings import configurations, is_frozen
from freshlayer.discover.locks.project import (
    Lock,
    Locked,
    Project,
    covered,
    floating,
    from_json,
    missing,
    table,
    tables,
    unreadable,
)
from freshlayer.lazy_regex import compiled

_GEM = compiled(r"(?m)^[ \t]*gem[ \t]*(?:\([ \t]*)?[\"']([\w.-]+)[\"']")
_DEPENDENCIES = compiled(r"(?ms)^DEPENDENCIES\n(.*?)(?:^\S|\Z)")
_LOCKED_GEM = compiled(r"(?m)^ {2}([\w.-]+)!?(?: \([^)\n]*\))?!?$")
_DEPS = compiled(r"\bdefp?[ \t]+deps(?:\(\))?\s*do\b")
_END = compiled(r"\n[ \t]*end\b")
_HEX = compiled(r"\{\s*:(\w+)\s*,")
_LOCKED_HEX = compiled(r"(?m)^[ \t]*\"?(\w+)\"?:\s*\{:(?:hex|git)")
_PUB = compiled(r"(?ms)^(?:dev_)?dependencies:\n(.*?)(?=^\S|\Z)")
_PUB_NAME = compiled(r"(?m)^ {2}(\w+):(?!\s*\n\s{4}(?:sdk|path):)")
_LOCKED_PUB = compiled(r"(?m)^ {2}(\w+):\s*$")


def bundler(project: Project) -> Lock:
    """``bundle install`` that is frozen, or in deployment mode."""
    file = project.value("--gemfile") or project.environment("BUNDLE_GEMFILE") or "Gemfile"
    text, manifest = project.text(f"{file}.lock"), project.text(file)
    if text is None or manifest is None:
        return missing(f"{file}.lock")
    configured = [project.text(path) or "" for path in configurations(project.environment)]
    frozen = project.has("--frozen", "--deployment") or is_frozen(configured, project.environment)
    if not frozen:
        return floating("bundle install updates its lock file unless it is frozen or in deployment mode")
    section = _DEPENDENCIES.search(text)
    locked = _LOCKED_GEM.findall(section[1]) if section else []
    return covered(f"{file}.lock", _GEM.findall(manifest), locked)


def composer(project: Project) -> Lock:
    """``composer install`` installs what its lock file has."""
    text, manifest = project.text("composer.lock"), project.text("composer.json")
    if text is None or manifest is None:
        return missing("composer.lock")
    try:
        lock, wanted = from_json(text), from_json(manifest)
    except ValueError:
        return unreadable("composer.lock")
    sections = ["require"] if project.has("--no-dev") else ["require", "require-dev"]
    names = {name.lower() for section in sections for name in table(wanted.get(section)) if "/" in name}
    packages = [*tables(lock.get("packages")), *tables(lock.get("packages-dev"))]
    locked = {str(item.get("name", "")).lower() for item in packages}
    provided = {
        name.lower() for item in packages for key in ("replace", "provide") for name in table(item.get(key))
    }
    return covered("composer.lock", names, locked | provided)


def mix(project: Project) -> Lock:
    """``mix deps.get`` installs what its lock file has."""
    text, manifest = project.text("mix.lock"), project.text("mix.exs")
    if text is None or manifest is None:
        return missing("mix.lock")
    _, *after = _DEPS.split(re.sub(r"#.*", "", manifest), maxsplit=1)
    wanted = _HEX.findall(_END.split(after[0], maxsplit=1)[0]) if after else []
    return covered("mix.lock", wanted, _LOCKED_HEX.findall(text))


def pub(project: Project) -> Lock:
    """``dart pub get --enforce-lockfile``."""
    if not project.has("--enforce-lockfile"):
        return floating("pub get updates its lock file unless it is given --enforce-lockfile")
    text, manifest = project.text("pubspec.lock"), project.text("pubspec.yaml")
    if text is None or manifest is None:
        return missing("pubspec.lock")
    wanted = [name for section in _PUB.findall(manifest) for name in _PUB_NAME.findall(section)]
    return covered("pubspec.lock", wanted, _LOCKED_PUB.findall(text))


def renv(project: Project) -> Lock:
    """``renv::restore()`` installs what its lock file has."""
    text = project.text("renv.lock")
    if text is None:
        return missing("renv.lock")
    try:
        packages = table(from_json(text).get("Packages"))
    except ValueError:
        return unreadable("renv.lock")
    return Locked("renv.lock") if packages else unreadable("renv.lock")
