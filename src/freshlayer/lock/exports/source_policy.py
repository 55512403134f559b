"""BuildKit's source policy: images by digest, files by checksum, git by commit.

A rule replaces what a Dockerfile names; what a RUN downloads, no policy reaches. BuildKit reads
``match_type``, buildah ``matchType``; each ignores the other one.
https://github.com/moby/buildkit/blob/master/sourcepolicy/pb/policy.proto
"""

from __future__ import annotations

import json
from collections import defaultdict

from freshlayer.lock.descriptors import digest_of, image_name
from freshlayer.lock.exports import NO_DIGEST, Export
from freshlayer.model.evidence import Strength
from freshlayer.model.lock import Lock, LockedInput

_GIT = ("git+https://", "git+http://", "git+git://")
_FILES = ("https://", "http://")
_READ_BY_RUN = "only a RUN reads it, where no policy is applied"


def export(lock: Lock, created: str) -> Export:
    """The policy, in the order of references. No time is in it."""
    del created
    by_reference: dict[str, list[LockedInput]] = defaultdict(list)
    for item in lock.inputs:
        by_reference[item.reference].append(item)
    rules: list[object] = []
    left_out: list[tuple[str, str]] = []
    for reference, items in sorted(by_reference.items()):
        rule = _rule(reference, items)
        if isinstance(rule, str):
            left_out.append((reference, rule))
        elif rule:
            rules.append(rule)
    text = json.dumps({"version": 1, "rules": rules}, indent=2, ensure_ascii=False) + "\n"
    return Export(text, tuple(left_out))


def _rule(reference: str, items: list[LockedInput]) -> dict[str, object] | str:
    """The rule of a reference; empty where it names its content already; text: why there is none."""
    if all(_is_of_run(item) for item in items):
        return _READ_BY_RUN
    if image_name(reference):
        return _of_image(reference, items)
    item = items[0]
    if reference.startswith(_GIT):
        return _of_git(reference, item)
    sha256 = digest_of(item).get("sha256", "")
    if not reference.startswith(_FILES):
        return "a source policy has no rule for its kind"
    if "#" in reference:
        return "" if not sha256 else "a RUN requests it with options of its own"
    if not sha256:
        return NO_DIGEST
    return _convert(reference, {"identifier": reference, "attrs": {"http.checksum": f"sha256:{sha256}"}})


def _of_image(reference: str, items: list[LockedInput]) -> dict[str, object] | str:
    if "@" in reference:
        return {}
    indexes = {item.index for item in items}
    digests = {digest for item in items if (digest := digest_of(item).get("sha256"))}
    (index,) = indexes if len(indexes) == 1 else ("",)
    if not index and len(digests) == 1:
        index = f"sha256:{next(iter(digests))}"
    return _convert(reference, {"identifier": f"{reference}@{index}"}) if index else "its digest is not known"


def _of_git(reference: str, item: LockedInput) -> dict[str, object] | str:
    commit = digest_of(item).get("gitCommit", "")
    if not commit or item.identity is None or item.identity.strength is not Strength.CONTENT:
        return "its commit is not known"
    # BuildKit's own spelling of a source; that of the Dockerfile never matches.
    address = f"git://{reference.partition('://')[2]}"
    repository, _, ref = address.partition("#")
    return {} if ref == commit else _convert(address, {"identifier": f"{repository}#{commit}"})


def _convert(identifier: str, updates: dict[str, object]) -> dict[str, object]:
    selector = {"identifier": identifier, "match_type": "EXACT", "matchType": "EXACT"}
    return {"action": "CONVERT", "selector": selector, "updates": updates}


def _is_of_run(item: LockedInput) -> bool:
    return (
        bool(item.used_by)
        and all(user.instruction == "RUN" for user in item.used_by)
        and not (image_name(item.reference))
    )
