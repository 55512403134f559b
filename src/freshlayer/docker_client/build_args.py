"""Values of ``--build-arg``, as docker's client and its peers read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def build_args(given: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """``K=V``, or ``K`` with its value from the environment; unset there, docker passes nothing."""
    found: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if equals:
            found[name] = value
        elif name in environ:
            found[name] = environ[name]
    return found
