"""Figures of the service → the text format of Prometheus (its exposition format, version 0.0.4). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

_MOST_HOSTS = 500
"""Hosts with figures of their own; those of all others are together, as "other"."""


class Figures(Struct, frozen=True):
    """What the service did and found.

    ``oldest``: seconds since the first of the stale images became stale. ``lag``: seconds by which the oldest
    probe that was due was late. ``undelivered``: messages of triggers. ``dead``: threads of delivery that a
    fault ended. ``probes``, ``failures``: by host, since the start. ``quotas``: by host: the requests that
    are left, and the interval in seconds that its quota is enough for.
    """

    dockerfiles: int = 0
    stale: int = 0
    oldest: int = 0
    references: int = 0
    rounds: int = 0
    lag: float = 0.0
    undelivered: int = 0
    dead: int = 0
    probes: Mapping[str, int] = {}
    failures: Mapping[str, int] = {}
    quotas: Mapping[str, tuple[int, float]] = {}


def text_of(figures: Figures) -> str:
    """One line for each figure, behind its help and its type."""
    return "\n".join([*_lines(figures), ""])


def _lines(figures: Figures) -> Iterator[str]:
    plain = (
        ("dockerfiles", "gauge", "Dockerfiles that are watched", figures.dockerfiles),
        ("stale_images", "gauge", "Dockerfiles whose image is stale", figures.stale),
        ("oldest_stale_seconds", "gauge", "Time since the first of them became stale", figures.oldest),
        ("references", "gauge", "References that are probed", figures.references),
        ("probe_lag_seconds", "gauge", "How late the oldest probe of the last round was", figures.lag),
        ("undelivered_messages", "gauge", "Messages of triggers that wait", figures.undelivered),
        ("dead_delivery_threads", "gauge", "Threads of delivery that ended by a fault", figures.dead),
        ("rounds_total", "counter", "Rounds since the start", figures.rounds),
    )
    for name, kind, meaning, value in plain:
        yield from _head(name, kind, meaning)
        yield f"freshlayer_{name} {value:g}"
    for name, meaning, by_host in (
        ("probes_total", "Probes since the start", figures.probes),
        ("probe_failures_total", "Probes without an answer that counts", figures.failures),
    ):
        yield from _head(name, "counter", meaning)
        for host, value in _bounded(by_host).items():
            yield f'freshlayer_{name}{{host="{_escaped(host)}"}} {value:g}'
    for place, name, meaning in (
        (0, "quota_remaining", "Requests that a host answers until its quota starts again"),
        (1, "quota_interval_seconds", "The shortest interval that the quota of a host is enough for"),
    ):
        yield from _head(name, "gauge", meaning)
        for host, of_host in list(figures.quotas.items())[:_MOST_HOSTS]:
            yield f'freshlayer_{name}{{host="{_escaped(host)}"}} {of_host[place]:g}'


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP freshlayer_{name} {meaning}."
    yield f"# TYPE freshlayer_{name} {kind}"


def _bounded(by_host: Mapping[str, int]) -> dict[str, int]:
    named = dict(list(by_host.items())[:_MOST_HOSTS])
    others = sum(by_host.values()) - sum(named.values())
    return {**named, "other": others} if len(by_host) > len(named) else named


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
