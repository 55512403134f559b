"""The names that a script has not set: what their values are where it starts."""

from __future__ import annotations

from collections.abc import Callable

from freshlayer.shell.values import NOTHING, Hole, Values, known

Outer = Callable[[str], Values]
"""The value of a name that the script has not set."""

Having = Callable[[tuple[str, ...]], tuple[tuple[str, str], ...]]
"""Names → those with one known value that is not empty, and the value."""

PROXIES = tuple(
    name
    for small in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
    for name in (small, small.upper())
)


class Outside:
    """The names that a script has not set, as an ``Outer``: many scripts see the same ones.

    ``having``: those of some names that have a known value, with it; without it each is looked up.
    """

    known_proxies: tuple[tuple[str, str], ...] | None = None

    def __init__(self, value: Callable[[str], str | Hole], having: Having | None = None) -> None:
        self._value = value
        self._having = having
        self._known: dict[str, Values] = {}

    def __call__(self, name: str) -> Values:
        """The values of a name."""
        found = self._known.get(name)
        if found is None:
            value = self._value(name)
            found = self._known[name] = ((value,),) if value != "" else NOTHING
        return found

    def proxies(self) -> tuple[tuple[str, str], ...]:
        """The variables that name a proxy and have a known value: at every call the same."""
        self.known_proxies = self._having(PROXIES) if self._having else having(PROXIES, self)
        return self.known_proxies


def having(names: tuple[str, ...], get: Outer) -> tuple[tuple[str, str], ...]:
    """Those of some names that have one known value, with it."""
    found = ((name, get(name)) for name in names)
    return tuple((name, value) for name, values in found if len(values) == 1 and (value := known(values[0])))
