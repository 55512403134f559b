"""Which channels a command reads: by its options, ``conda config`` before it, and configuration files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from msgspec import Struct, field

from freshlayer.lazy_regex import compiled
from freshlayer.masking.channels import public_channel
from freshlayer.model.packages import PackageCommand
from freshlayer.model.reasons import Reason
from freshlayer.model.str_enum import StrEnum
from freshlayer.plain_yaml import Node, documents, node
from freshlayer.reference import shown

_ALIAS = "https://conda.anaconda.org"
_DEFAULTS = ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")
_FORGE = "conda-forge"
_USUAL = "*"
"""In a list of channels: those of the distribution."""
_OF_ANACONDA = compiled(r"pkgs/(?:main|r|msys2|free|pro|archive|mro)")
_SUBDIR = compiled(r"/(?:noarch|(?:linux|osx|win)-\w+)/?$")
_LISTS = frozenset({"channels", "default_channels"})
_MOST = 50


class Priority(StrEnum):
    """Whether a channel hides those behind it, comes before them, or only decides between equal builds."""

    STRICT = "strict"
    FLEXIBLE = "flexible"
    DISABLED = "disabled"


class Configuration(Struct):
    """What ``.condarc`` files and ``conda config`` set. ``lists``: the first value counts most."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    several: dict[str, list[str]] = field(default_factory=dict)

    def read(self, text: str) -> None:
        """A file, before all that are read so far."""
        try:
            found = next((node(lines) for lines in documents(iter(text.splitlines()))), None)
        except ValueError:
            return
        for key, value in found.items() if isinstance(found, dict) else ():
            if key in _LISTS:
                self.lists[key] = list(dict.fromkeys([*_texts(value), *self.lists.get(key, [])]))
            elif key == "custom_channels" and isinstance(value, dict):
                self.custom |= {name: it for name, it in value.items() if isinstance(it, str)}
            elif key == "custom_multichannels" and isinstance(value, dict):
                self.several |= {name: _texts(it) for name, it in value.items()}
            elif isinstance(value, str):
                self.values[key] = value.strip("\"'")

    def configure(self, options: Iterable[tuple[str, str]]) -> None:
        """``conda config`` with these options: ``KEY VALUE`` behind each."""
        for option, value in options:
            key, _, text = value.partition(" ")
            known = self.lists.setdefault(key, [_USUAL] if key == "channels" else [])
            match option:
                case "add" | "prepend":
                    self.lists[key] = [text, *(it for it in known if it != text)]
                case "append":
                    self.lists[key] = [*(it for it in known if it != text), text]
                case "remove":
                    gone = {text, _USUAL} if text == "defaults" else {text}
                    self.lists[key] = [it for it in known if it not in gone]
                case "remove-key":
                    self.lists.pop(key, None)
                    self.values.pop(key, None)
                case _:
                    self.values[key] = text


class Channels(Struct, frozen=True):
    """``urls``: the strongest first, without a slash at the end."""

    urls: tuple[str, ...]
    priority: Priority


def channels_of(command: PackageCommand, configuration: Configuration, reference: str) -> Channels | Reason:
    """Those of a command; ``reference``: of the base image, whose name may state its distribution."""
    options = dict(command.options)
    named = [value for name, value in command.options if name == "channel"]
    configured = [] if "override-channels" in options else _configured(command, configuration, reference)
    names = [it for it in (*named, *configured) if not ("nodefaults" in named and it == "defaults")]
    urls: dict[str, None] = {}
    for name in [it for it in names if it != "nodefaults"][:_MOST]:
        found = list(urls_of(name, configuration))
        if not found:
            text = shown(public_channel(name), 100)
            return Reason("package-source-unknown", detail=f"{text!r} is no channel of an http server")
        urls |= dict.fromkeys(found)
    stated = options.get("channel-priority") or configuration.values.get("channel_priority", "")
    return Channels(tuple(urls), _priority(stated))


def _priority(stated: str) -> Priority:
    text = {"true": "flexible", "false": "disabled"}.get(stated.lower(), stated.lower())
    return Priority(text) if text in set(Priority) else Priority.FLEXIBLE


def _configured(command: PackageCommand, configuration: Configuration, reference: str) -> Sequence[str]:
    environment = dict(command.options).get("channels", "")
    found = environment.split(",") if environment else configuration.lists.get("channels", [])
    forge = command.program != "conda" or re.search(r"mini(?:forge|mamba)|mambaforge|micromamba", reference)
    usual = _FORGE if forge else "defaults"
    return [usual if it == _USUAL else it for it in found or [_USUAL]]


def urls_of(name: str, configuration: Configuration) -> Iterator[str]:
    """The addresses of a channel; nothing for a directory."""
    name = name.strip().rstrip("/")
    if "://" in name:
        url = _SUBDIR.sub("", public_channel(name))
        yield from [url.rstrip("/")] if url.startswith(("https://", "http://")) else []
    elif name == "defaults":
        stated = configuration.lists.get("default_channels") or _DEFAULTS
        yield from chain.from_iterable(urls_of(it, configuration) for it in stated if it != "defaults")
    elif name in configuration.several:
        others = [it for it in configuration.several[name] if it not in configuration.several]
        yield from chain.from_iterable(urls_of(it, configuration) for it in others)
    elif re.fullmatch(r"[A-Za-z0-9_][\w.+/-]*", name) and name != "local":
        yield from urls_of(f"{_server(name, configuration)}/{name}", Configuration())


def _server(name: str, configuration: Configuration) -> str:
    own = configuration.custom.get(name) or configuration.custom.get(name.partition("/")[0])
    if own:
        return own.rstrip("/")
    if _OF_ANACONDA.fullmatch(name):
        return "https://repo.anaconda.com"
    return configuration.values.get("channel_alias", "").rstrip("/") or _ALIAS


def _texts(value: Node) -> list[str]:
    return [it.strip("\"'") for it in value if isinstance(it, str)] if isinstance(value, list) else []
