"""``freshlayer.toml``, ``[tool.freshlayer]`` and comments in the Dockerfile → policy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from freshlayer.errors import OptionError
from freshlayer.lazy_regex import compiled
from freshlayer.model.duration import SECONDS, seconds_of
from freshlayer.model.package_policy import URL_TYPES, PackagePolicy, usual_policy
from freshlayer.model.str_enum import StrEnum
from freshlayer.reference import shown

_MIB = 1024 * 1024


class OnUnknown(StrEnum):
    """What an input that can't be probed does to its instruction (rule 4 of ARCHITECTURE.md)."""

    KEEP = "keep"
    REBUILD = "rebuild"
    FAIL = "fail"


class Pull(StrEnum):
    """Whether base images are pinned to the digest that was judged, so that those that moved are pulled."""

    CHANGED = "changed"
    NEVER = "never"


class HostSettings(Struct, frozen=True):
    """Where ``[hosts."name"]`` finds a credential, never the credential itself.

    ``…_env`` name environment variables. ``command`` prints the password or token. ``header`` sends it in a
    field of that name instead of ``Authorization``. ``ca``, ``certificate`` and ``key`` are PEM files.
    """

    user: str = ""
    user_env: str = ""
    password_env: str = ""
    token_env: str = ""
    command: tuple[str, ...] = ()
    header: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    key_password_env: str = ""
    insecure: bool = False


_MANAGERS = tuple(URL_TYPES)
_USUAL_POLICIES = {manager: usual_policy(manager) for manager in _MANAGERS}


class Policy(Struct, frozen=True):
    """``hash_up_to``, ``base_up_to``, ``download_up_to`` in bytes.

    ``timeout`` in seconds for a reference, ``deadline`` for all. ``hosts`` by ``name[:port]``.
    ``full_answer_every``: seconds after which a reference is probed without conditions; 0: each time.
    ``keep_history`` in seconds, ``keep_history_up_to`` in bytes: older events of the history, and more of
    them, are removed. ``packages``: package manager → which of its packages are inputs. ``snapshots``: URL of
    a package repository without its scheme → the archive that serves it as it was at a ``{time}``.
    ``strangers``: of a Dockerfile that a service cloned, the hosts that may be local and get credentials.
    """

    on_unknown: OnUnknown = OnUnknown.KEEP
    hash_up_to: int = 4 * _MIB
    connections: int = 100
    timeout: float = 20.0
    deadline: float = 60.0
    offline: bool = False
    pull: Pull = Pull.CHANGED
    packages: Mapping[str, PackagePolicy] = field(default_factory=lambda: dict(_USUAL_POLICIES))
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)
    full_answer_every: int = 7 * 86400
    keep_history: int = 400 * 86400
    keep_history_up_to: int = 200_000_000
    base_up_to: int = 500_000_000
    download_up_to: int = 4_000_000_000
    locked: bool = False
    lock_file: str = ""
    strangers: tuple[str, ...] | None = None
    snapshots: Mapping[str, str] = field(default_factory=dict)
    report_url: str = ""
    report_token_file: str = ""

    def but(
        self,
        *,
        on_unknown: str | None = None,
        connections: int | None = None,
        timeout: float | None = None,
        deadline: float | None = None,
        offline: bool = False,
        locked: bool = False,
    ) -> Policy:
        """The same with what the command line sets. None leaves a setting as it is."""
        return replace(
            self,
            on_unknown=OnUnknown(on_unknown) if on_unknown else self.on_unknown,
            connections=connections or self.connections,
            timeout=timeout or self.timeout,
            deadline=deadline or self.deadline,
            offline=offline or self.offline,
            locked=locked or self.locked,
        )


class Setting(Struct, frozen=True):
    """``least``: of a number. ``own``: it counts in the user's own settings alone."""

    types: tuple[type, ...]
    means: str
    least: float = 0
    own: bool = False


_USUAL = Policy()
_MOST = 2**53
SETTINGS: dict[str, Setting] = {
    "on_unknown": Setting((str,), "what an input that can't be probed does to its instruction"),
    "hash_up_to": Setting(
        (int,), "the largest body in bytes that is read where the evidence is weak or none"
    ),
    "full_answer_every": Setting((int, str), "after that time an origin is probed without conditions"),
    "keep_history": Setting((int, str), "older events of the history are removed", own=True),
    "keep_history_up_to": Setting(
        (int,), "the bytes of the history; the oldest events above that are removed", own=True
    ),
    "base_up_to": Setting(
        (int,), "the bytes of the layers of a base image that are downloaded to read its files"
    ),
    "download_up_to": Setting(
        (int,), "the largest body in bytes that lock, update and verify --content download to hash it"
    ),
    "connections": Setting((int,), "the maximum of concurrent connections", 1),
    "timeout": Setting((int, float), "seconds for one reference", 0.1),
    "deadline": Setting((int, float), "seconds for all references", 0.1),
    "pull": Setting((str,), "whether base images that changed are built"),
    "locked": Setting((bool,), "whether nothing is built that is not as in the lock file, as by --locked"),
    "lock_file": Setting((str,), "where the lock file is, as seen from the root of the repository"),
    "report_url": Setting((str,), "the freshlayer watch that builds are reported to", own=True),
    "report_token_file": Setting((str,), "the file with the token for that", own=True),
    "packages": Setting((str, dict), "which packages that a command installs are inputs"),
    "snapshots": Setting((dict,), "archives of package repositories, with {time} in their URLs"),
    "hosts": Setting((dict,), "by name[:port]"),
}
"""Every setting, in the order of the documents. The JSON schema and ``freshlayer init`` have these words."""

HOST_SETTINGS: dict[str, str] = {
    "user": "the user name",
    "user_env": "the variable that holds the user name",
    "password_env": "the variable that holds the password",
    "token_env": "the variable that holds the token",
    "command": "the program that prints the password or token, and its arguments",
    "header": "the header field of the token, in place of Authorization",
    "ca": "a PEM file with the private CA",
    "certificate": "a PEM file with the client certificate",
    "key": "a PEM file with the key of the certificate",
    "key_password_env": "the variable that holds the password of the key",
    "insecure": "request its images by plain HTTP",
}
"""Every field of ``[hosts."name"]``."""

_FAILS = compiled(r"""(?m)^[ \t]*["']?on_unknown["']?[ \t]*=[ \t]*["']fail["']""")
_REPOSITORY = compiled(r"[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[A-Za-z0-9._~-]+)*")
_ARCHIVE = compiled(r"https?://[A-Za-z0-9.:-]+/[A-Za-z0-9._~/-]*\{time\}[A-Za-z0-9._~/-]*")
_HEADER = compiled(r"[A-Za-z0-9-]{1,64}")

_TIMES = ("full_answer_every", "keep_history")
_CHOICES: Mapping[str, type[StrEnum]] = {"on_unknown": OnUnknown, "pull": Pull}
_HOST_FIELDS = asdict(HostSettings())


def read(text: str, where: str, *table: str, below: Policy = _USUAL) -> Policy:
    """Read settings; ``table`` is the path to ours in a shared file.

    ``below``: what counts where the text sets nothing; of the hosts those that it does not name.

    Raises OptionError, naming the file and the setting, for whatever can't be meant.
    """
    import tomllib  # noqa: PLC0415 - where there is a settings file

    try:
        document: object = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OptionError(f"{where}: {error}") from None
    for name in table:
        document = document.get(name, {}) if isinstance(document, dict) else {}
    if not isinstance(document, dict):
        raise OptionError(f"{where}: [{'.'.join(table)}] must be a table")
    for name, value in document.items():
        _check(where, name, value)
    chosen: dict[str, object] = {
        name: _choice(where, name, document[name]) for name in _CHOICES if name in document
    }
    hosts = {name.lower(): _host(where, name, given) for name, given in document.get("hosts", {}).items()}
    times = {name: _seconds(where, name, document[name]) for name in _TIMES if name in document}
    _check_lock_file(where, str(document.get("lock_file", "")))
    if "packages" in document:
        chosen["packages"] = {**below.packages, **_packages(where, document["packages"])}
    if "snapshots" in document:
        chosen["snapshots"] = {**below.snapshots, **_snapshots(where, document["snapshots"])}
    known = {**document, **chosen, **times}
    return replace(below, **{**known, "hosts": {**below.hosts, **hosts}})


def _check_lock_file(where: str, name: str) -> None:
    """A checkout chooses no file outside of itself, and none that is something else."""
    parts = name.split("/")
    inside = not name.startswith("/") and ".." not in parts and "\\" not in name
    if name and not (inside and name.endswith(".lock") and name.isprintable() and ".git" not in parts):
        raise OptionError(
            f"{where}: lock_file: {shown(name)}: not a path below the repository that ends in .lock"
            " (name one, as ci/freshlayer.lock)"
        )


def is_set_to_fail(text: str) -> bool:
    """Whether settings have ``on_unknown = "fail"``, whatever else is wrong in them."""
    return _FAILS.search(text) is not None


def _packages(where: str, given: object) -> dict[str, PackagePolicy]:
    """One policy for every manager, or a table with one for some."""
    table = given if isinstance(given, dict) else dict.fromkeys(_MANAGERS, given)
    for manager in table:
        if manager not in _MANAGERS:
            there = ", ".join(_MANAGERS)
            raise OptionError(f"{where}: [packages]: there is no {shown(manager, 30)!r} (there are {there})")
    return {manager: _one_of(where, "packages", PackagePolicy, one) for manager, one in table.items()}


def _snapshots(where: str, given: Mapping[str, object]) -> dict[str, str]:
    """``"deb.example/debian" = "https://snapshot.example/debian/{time}"``."""
    for repository, archive in given.items():
        plain = _REPOSITORY.fullmatch(repository)
        known = isinstance(archive, str) and _ARCHIVE.fullmatch(archive)
        if not (plain and known):
            raise OptionError(
                f"{where}: [snapshots]: {shown(repository, 60)}: not a repository without its scheme and the"
                ' URL of its archive (write "deb.example/debian" = "https://snapshot.example/{time}")'
            )
    return {repository: str(archive) for repository, archive in given.items()}


def _choice(where: str, name: str, given: object) -> StrEnum:
    """One of a setting's words."""
    return _one_of(where, name, _CHOICES[name], given)


_Word = TypeVar("_Word", bound=StrEnum)


def _one_of(where: str, name: str, choices: type[_Word], given: object) -> _Word:
    words = list(choices)
    found = next((word for word in words if word == given), None)
    if found is None:
        raise OptionError(f"{where}: {name} is {', '.join(words[:-1])} or {words[-1]}")
    return found


def _host(where: str, name: str, given: object) -> HostSettings:
    """One host's table; a password written into it is refused, for the file is meant to be committed."""
    place = f'{where}: [hosts."{shown(name, 60)}"]'
    if not isinstance(given, dict):
        raise OptionError(f"{place} must be a table")
    for key, value in given.items():
        if key not in _HOST_FIELDS:
            raise OptionError(
                f"{place}: there is no {shown(key, 30)!r} (there are {', '.join(_HOST_FIELDS)})"
            )
        if not _is_like(_HOST_FIELDS[key], value):
            raise OptionError(f"{place}: {key} can't be {shown(repr(value), 40)}")
    if "header" in given and not _HEADER.fullmatch(given["header"]):
        raise OptionError(f"{place}: header is no name of a header field")
    return HostSettings(**{**given, "command": tuple(given.get("command", ()))})


def _is_like(default: object, value: object) -> bool:
    if isinstance(default, tuple):
        return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)
    return type(value) is type(default)


def _check(where: str, name: str, value: object) -> None:
    if name not in SETTINGS:
        raise OptionError(f"{where}: there is no setting {name!r} (there are {', '.join(sorted(SETTINGS))})")
    types = SETTINGS[name].types
    if not isinstance(value, types) or isinstance(value, bool) != (bool in types):
        raise OptionError(f"{where}: {name} can't be {value!r}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        least = SETTINGS[name].least
        if not least <= value < _MOST:
            raise OptionError(f"{where}: {name} can't be {value!r} (at least {least:g})")


def _seconds(where: str, name: str, given: int | str) -> int:
    """A time as a number of seconds, or as ``7d``."""
    if isinstance(given, int):
        return given
    found = seconds_of(given)
    if found is None:
        raise OptionError(f"{where}: {name} can't be {shown(repr(given), 40)} (write 7d, 12h, or seconds)")
    return found


def commented() -> str:
    """A settings file in which every setting is a comment with its default."""
    lines = [_HEAD]
    for name, setting in SETTINGS.items():
        if name != "hosts":
            lines += ["", f"# {_described(name, setting)}", f"# {name} = {_written(name)}"]
    lines += ["", *_HOSTS_HEAD]
    lines += [f"# {name} = {_example(name)}  # {means}" for name, means in HOST_SETTINGS.items()]
    return "\n".join([*lines, ""])


_HEAD = """\
# Settings of freshlayer. Each is a comment that shows the default: remove the "#" to change it.
# freshlayer trust approves [hosts]; everything else counts without that."""
_HOSTS_HEAD = (
    "# Where the credential of a host is found; never the credential itself.",
    '# [hosts."registry.example:5000"]',
)


def _described(name: str, setting: Setting) -> str:
    choices = PackagePolicy if name == "packages" else _CHOICES.get(name, ())
    words = [f'"{word}"' for word in choices]
    choice = f": {', '.join(words[:-1])} or {words[-1]}" if words else ""
    unit = "; seconds, or a number with s, m, h, d, w" if name in _TIMES else ""
    own = " (counts only in your own $XDG_CONFIG_HOME/freshlayer/config.toml)" if setting.own else ""
    return f"{setting.means}{choice}{unit}{own}"


def _written(name: str) -> str:
    """The default as TOML."""
    if name == "packages":
        # Those of systems, and one of a language: all of them make a line that is too long to read.
        named = [it for it, policy in _USUAL_POLICIES.items() if policy is PackagePolicy.CLOSURE]
        usual = (f'{it} = "{_USUAL_POLICIES[it]}"' for it in (*named, "pypi"))
        return "{ " + ", ".join(usual) + " }"
    if name == "snapshots":
        return "{}"
    value = getattr(_USUAL, name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _TIMES:
        return f'"{value // SECONDS["d"]}d"'
    return (
        f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def _example(name: str) -> str:
    """A value of the kind that the field has."""
    default = _HOST_FIELDS[name]
    if isinstance(default, bool):
        return "false"
    return '["program", "argument"]' if isinstance(default, tuple) else '""'
