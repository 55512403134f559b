"""The headers by which origins state their quotas → how many requests are left, and for how long. Pure.

GitHub sends X-RateLimit-Remaining and -Reset, a time since 1970; GitLab the same as RateLimit-Remaining and
-Reset; drafts 3 to 7 of draft-ietf-httpapi-ratelimit-headers have seconds there; Docker Hub sends
``ratelimit-remaining: 76;w=21600``; later drafts, and Hugging Face, ``RateLimit: "default";r=50;t=30``.
"""

from __future__ import annotations

from freshlayer.evidence import http_date
from freshlayer.evidence.hop import Hop
from freshlayer.lazy_regex import ASCII, compiled
from freshlayer.model.quota import Quota

_COUNT = compiled(r"(\d{1,9})(?:\s*;\s*w=(\d{1,8}))?(?:\s*[,;].*)?", ASCII)
_MOMENT = compiled(r"\d{1,11}", ASCII)
_ITEM = compiled(r"[^,;]{1,100};[^,]{0,200}", ASCII)
_REMAINING = compiled(r";\s*r=(\d{1,9})(?![\d.])", ASCII)
_UNTIL = compiled(r";\s*t=(\d{1,8})(?![\d.])", ASCII)
_SINCE_1970 = 100_000_000
"""From so many on, a reset is a time, and not a number of seconds."""
_LONGEST = 31 * 86400
_PREFIXES = ("x-ratelimit", "ratelimit")
_NAMES = frozenset({"ratelimit", *(f"{prefix}-remaining" for prefix in _PREFIXES)})


def quota_of(hop: Hop, host: str) -> Quota | None:
    """That of a response of this host; None where it states none that is understood."""
    names = hop.names
    if names.isdisjoint(_NAMES):
        return None
    for prefix in _PREFIXES:
        if f"{prefix}-remaining" in names:
            return _in_lines(hop, host, prefix)
    return _in_one_line(hop, host) if "ratelimit" in names else None


def _in_lines(hop: Hop, host: str, prefix: str) -> Quota | None:
    remaining = _COUNT.fullmatch(hop.one(f"{prefix}-remaining"))
    if remaining is None:
        return None
    seconds = float(remaining[2]) if remaining[2] else _until_reset(hop, hop.one(f"{prefix}-reset"))
    limit = _COUNT.fullmatch(hop.one(f"{prefix}-limit"))
    if seconds is None or seconds > _LONGEST:
        return None
    return Quota(host, int(remaining[1]), seconds, int(limit[1]) if limit else 0)


def _until_reset(hop: Hop, reset: str) -> float | None:
    """A time counts from the Date of the same response: the clocks of two machines may differ."""
    if not _MOMENT.fullmatch(reset):
        return None
    if int(reset) < _SINCE_1970:
        return float(reset)
    sent = http_date.seconds(hop.one("date"))
    return None if sent is None else float(max(0, int(reset) - sent))


def _in_one_line(hop: Hop, host: str) -> Quota | None:
    """The one of several policies that is used up first."""
    found: list[Quota] = []
    for item in _ITEM.finditer(",".join(hop.all("ratelimit"))[:1000]):
        remaining, until = _REMAINING.search(item[0]), _UNTIL.search(item[0])
        if remaining and until:
            found.append(Quota(host, int(remaining[1]), float(until[1])))
    return min(found, key=lambda it: it.remaining / max(it.seconds, 1), default=None)
