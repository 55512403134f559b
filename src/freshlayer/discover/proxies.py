"""The proxies that a command uses: of its options, else of the variables that it sees.

curl and git (libcurl) read ``http_proxy`` in small letters alone, and the others in both; wget and aria2c
read all of them in small letters alone; Go's and Python's programs read both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from freshlayer.discover.syntaxes.aria2c import TABLE as ARIA2C
from freshlayer.discover.syntaxes.curl import TABLE as CURL
from freshlayer.discover.syntaxes.found import Finding, Found, Unknown, Words
from freshlayer.discover.syntaxes.options import Option, OptionTable, read
from freshlayer.discover.syntaxes.wget import TABLE as WGET
from freshlayer.request_form import Proxies

_TABLES: dict[str, OptionTable] = {"curl": CURL, "wget": WGET, "aria2c": ARIA2C}
_SMALL = frozenset({"wget", "aria2c", "axel"})
_LIBCURL = frozenset({"curl", "git"})
_WITHOUT_ALL = frozenset({"wget", "axel"})
_SCHEMES = ("http", "https", "ftp")
_SOCKS = {"socks4": "socks4", "socks4a": "socks4a", "socks5": "socks5", "socks5-hostname": "socks5h"}
_OFF = frozenset({"off", "no", "0", "false"})
_LETTERS = frozenset("xeY")
_NAMES = (
    *("proxy", "proxy1.0", "all-proxy", "noproxy", "no-proxy", "execute", *_SOCKS),
    *(f"{scheme}-proxy" for scheme in _SCHEMES),
)
_BEGINNINGS = frozenset(name[:length] for name in _NAMES for length in range(1, len(name) + 1))
"""Of the long options that decide it: a beginning may be enough."""


def used(program: str, arguments: Words, environment: Mapping[str, str]) -> Proxies | None:
    """None where the command sees no proxy at all."""
    found = _of_environment(program, environment) if environment else {}
    table = _TABLES.get(program)
    if table is not None and _may_name_proxy(arguments):
        for name, value in _options(arguments, table):
            found = _with(found, name, value)
    if not found or not found.keys() & {"all", "direct", *_SCHEMES}:
        return None
    proxies = {} if "direct" in found else {s: found.get(s, found.get("all", "")) for s in _SCHEMES}
    return Proxies(**{s: _url(program, proxies[s]) for s in proxies}, bypassed=found.get("no", ""))


def read_through(
    found: list[Finding], program: str, arguments: Words, environment: Collection[tuple[str, str]]
) -> list[Finding]:
    """What a command reads, through the proxies that it uses."""
    if not environment and not (program in _TABLES and _may_name_proxy(arguments)):
        # As most commands.
        return found
    if not [it for it in found if isinstance(it, Found)]:
        return found
    proxies = used(program, arguments, dict(environment))
    return [through(it, proxies) for it in found] if proxies else found


def through(finding: Finding, proxies: Proxies | None) -> Finding:
    """The finding, read through these proxies."""
    if proxies is None or not isinstance(finding, Found):
        return finding
    return replace(finding, form=replace(finding.form, proxies=proxies))


def _of_environment(program: str, environment: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for scheme in (*_SCHEMES, "all", "no"):
        if scheme == "all" and program in _WITHOUT_ALL:
            continue
        value = environment.get(f"{scheme}_proxy", "")
        if not value and program not in _SMALL and not (program in _LIBCURL and scheme == "http"):
            value = environment.get(f"{scheme}_proxy".upper(), "")
        if value:
            found[scheme] = value
    return found


def _options(arguments: Words, table: OptionTable) -> Iterator[tuple[str, str]]:
    """(name, value) of the options whose value is known."""
    for item in read(list(arguments), table):
        if isinstance(item, Option) and isinstance(item.value or "", str):
            yield item.name, str(item.value or "")


def _may_name_proxy(arguments: Words) -> bool:
    """Whether a word may be an option that decides it: a long one, ``-x`` (curl), ``-e``, ``-Y`` (wget)."""
    for word in arguments:
        if isinstance(word, Unknown):
            return True
        if word[:1] != "-":
            continue
        if word[:2] == "--":
            if word[2:].partition("=")[0] in _BEGINNINGS:
                return True
        elif not _LETTERS.isdisjoint(word):
            return True
    return False


def _with(found: dict[str, str], name: str, value: str) -> dict[str, str]:
    """What an option changes; curl's proxy is for all schemes, and an empty one is none."""
    if name in {"proxy", "proxy1.0", "all-proxy"} and value not in _OFF:
        kept = {key: known for key, known in found.items() if key == "no"}
        return {**kept, "all": value} if value else {**kept, "direct": "yes"}
    if name in _SOCKS and value:
        return {**found, **dict.fromkeys(_SCHEMES, f"{_SOCKS[name]}://{value}")}
    if name == "noproxy" or (name == "no-proxy" and value):
        return {**found, "no": value}
    if name == "no-proxy" or (name == "proxy" and value in _OFF):
        return {"direct": "yes"} if found else {}
    if name == "execute":
        return _executed(found, value)
    scheme = name.removesuffix("-proxy")
    return {**found, scheme: value} if name.endswith("-proxy") and scheme in _SCHEMES and value else found


def _executed(found: dict[str, str], command: str) -> dict[str, str]:
    """``wget -e https_proxy=…``, ``-e use_proxy=no``."""
    name, _, value = (part.strip() for part in command.partition("="))
    scheme = name.lower().replace("-", "_").removesuffix("_proxy")
    if scheme == "use":
        return {"direct": "yes"} if value.lower() in _OFF and found else found
    return (
        {**found, scheme: value} if name.lower().endswith("proxy") and scheme in {*_SCHEMES, "no"} else found
    )


def _url(program: str, proxy: str) -> str:
    """Without a port, curl's proxies listen on 1080 and wget's on 80."""
    if not proxy:
        return ""
    url = proxy if "://" in proxy else f"http://{proxy}"
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    has_port = ":" in host.rpartition("]")[2]
    return (
        url
        if has_port or program in _LIBCURL
        else f"{url.rstrip('/')}:{443 if url.startswith('https:') else 80}"
    )
