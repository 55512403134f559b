"""Object stores: ``aws s3``, ``gsutil``, ``gcloud storage``, ``az storage``, s3cmd, mc, rclone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from freshlayer.discover.syntaxes.found import Finding, Found, Missed, Unknown, Word, Words, plain, written
from freshlayer.lazy_regex import compiled
from freshlayer.masking import masked_words
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_MOST_SHOWN = 80

_READS = {
    "cp",
    "sync",
    "mv",
    "get",
    "cat",
    "copy",
    "copyto",
    "download",
    "rsync",
    "mirror",
    "get-object",
    "ls",
}
_COPIES = {"cp", "sync", "mv", "copy", "copyto", "rsync", "mirror"}
_BELOW = {"sync", "rsync", "mirror", "--recursive", "-r", "-R"}
_ENDPOINTS = {"--endpoint-url", "--endpoint", "--host"}
_OBJECT = compiled(r"(?:s3|gs)://\S+")
# ``gsutil cp -r`` takes one object as well, and is often written so.
_FILE_OF_GS = compiled(
    r"gs://[^/]+/\S*\.(?:tar|t?(?:gz|xz|bz2)|zst|zip|7z|jar|war|whl|deb|rpm|apk|json|ya?ml|txt|csv|pdf|bin|exe|sh)"
)


def storage(arguments: Words) -> Iterator[Finding]:
    """The objects and prefixes that a command copies from; what it copies to is not an input."""
    words = plain(arguments)
    if not any(word in _READS for word in words):
        return
    operands = [word for word in arguments if isinstance(word, Unknown) or not word.startswith("-")]
    named = [word for word in operands if re.search(r"(?:s3|gs)://", written(word))]
    for word in named:
        if word is _destination(operands):
            continue
        if isinstance(word, Unknown):
            yield Missed(word.text, word.reason)
        elif _OBJECT.fullmatch(word):
            yield _object(word, words, _endpoint(arguments))


def _destination(operands: Words) -> Word | None:
    """The last path of a copy, where it has a source."""
    place = next((n for n, word in enumerate(operands) if word in _COPIES), len(operands))
    return operands[-1] if len(operands) - place > 2 else None


def _endpoint(arguments: Words) -> str:
    """The server that ``aws --endpoint-url``, ``s3cmd --host`` and the like name."""
    for option, value in pairwise([*map(written, arguments), ""]):
        name, equals, joined = option.partition("=")
        if name in _ENDPOINTS:
            found = joined if equals else value
            return found if "://" in found else f"http://{found}"
    return ""


def _object(word: str, words: list[str], endpoint: str) -> Finding:
    """An object, or all below a prefix, which is written with a slash at its end.

    A key is literal on the command line, so a per cent sign in it is escaped.
    """
    if re.search(r"[*?\[]", word):
        return Missed(word, Reason("objects-by-pattern"))
    literal = word.replace("%", "%25")
    below = any(item in _BELOW for item in words)
    is_file = "cp" in words and _FILE_OF_GS.fullmatch(literal)
    is_prefix = below and not literal.endswith("/") and not is_file
    return Found(f"{literal}/" if is_prefix else literal, endpoint=endpoint)


def az(arguments: Words) -> Iterator[Finding]:
    """``az storage blob download --account-name A -c C -n N``."""
    words = [written(word) for word in arguments]
    if words[:2] != ["storage", "blob"] or not any("download" in word for word in words[2:3]):
        return
    values = {
        name: next((words[i + 1] for i, word in enumerate(words[:-1]) if word in spellings), "")
        for name, spellings in _AZURE.items()
    }
    unknown = next((word for word in arguments if isinstance(word, Unknown)), None)
    if unknown is not None:
        yield Missed("az storage blob download", unknown.reason)
    elif all(values.values()):
        yield Found(f"azblob://{values['account']}/{values['container']}/{values['name']}")
    else:
        yield Missed("az storage blob download", Reason("incomplete-command"))


_AZURE = {
    "account": {"--account-name"},
    "container": {"-c", "--container-name"},
    "name": {"-n", "--name"},
}


def named_remotes(name: str, arguments: Words) -> Iterator[Finding]:
    """``mc`` and ``rclone`` take the names of their stores from a configuration."""
    if any(word in _READS for word in plain(arguments)):
        text = " ".join(masked_words([name, *map(written, arguments)]))
        yield Missed(shown(text, _MOST_SHOWN), Reason("store-in-configuration"))
