"""Reason codes of evidence: why it does not count, or what limits it. Code → meaning, what to do. Pure."""

from __future__ import annotations

EVIDENCE: dict[str, tuple[str, str]] = {
    "answer-from-cache": (
        "a cache returned the answer, which may be out of date",
        "nothing, or purge the cache in front of the origin",
    ),
    "checksums-outdated": (
        "the file of checksums is older than the file",
        "report it to the publisher",
    ),
    "date-generated": (
        "Last-Modified equals Date: the origin makes it up for each answer",
        "configure the origin to send the date of the file, or no date",
    ),
    "date-malformed": ("not an HTTP date", "correct the origin"),
    "date-unstable": ("the date differs at every request", "pin a checksum, or set a ttl"),
    "digest-conflict": ("the origin states two different digests", "correct the origin"),
    "digest-malformed": ("not a digest of its scheme", "correct the origin"),
    "digest-of-message": ("the digest is of one message, not of the whole file", "nothing"),
    "digest-of-part": ("the digest is of a part of the file", "nothing"),
    "digest-of-parts": ("a hash of the hashes of parts, not of the bytes", "nothing"),
    "file-too-young": (
        "the file changed less than two seconds before the answer: it may change again with the same date",
        "nothing: the next probe reads it again",
    ),
    "git-blob": ("the name of a git blob, not the SHA-1 of the bytes", "nothing"),
    "git-ref-shadowed": (
        "another ref of that name, or the tag object itself, points to it",
        "name the full ref: refs/heads/… or refs/tags/…",
    ),
    "index-changed": ("the index of the image changed, for other platforms only", "nothing"),
    "length-unusable": ("not a number, or not the length of the whole file", "nothing"),
    "of-compressed-form": ("it is of a compressed form, not of the file", "nothing"),
    "of-empty-file": ("it is that of an empty file, and the file is not empty", "correct the origin"),
    "of-redirect": ("it is of the redirect, not of its target", "nothing"),
    "recorded-for-other-platforms": (
        "it was recorded for other platforms than it is probed for",
        "nothing, or build for the same platforms",
    ),
    "redirected": ("a redirect led to the answer", "nothing"),
    "registry-rate-limited": (
        "the registry allows no more pulls for this address",
        "wait, or log in to the registry",
    ),
    "tag-ambiguous": ("several entity tags, or none", "correct the origin"),
    "tag-malformed": ("the entity tag is malformed or too long", "correct the origin"),
    "tag-not-md5": ("the entity tag is not the MD5 of the bytes", "nothing"),
    "tag-placeholder": (
        "the entity tag is empty, or a placeholder",
        "correct the origin",
    ),
    "tag-unstable": ("the entity tag differs at every request", "pin a checksum, or set a ttl"),
}
