"""Report a build to ``freshlayer watch``: so that its page states what is fresh again, and since when."""

from __future__ import annotations

import os
from collections.abc import Sequence
from secrets import token_hex
from typing import TYPE_CHECKING

from freshlayer.reference import shown
from freshlayer.report.terminal import warn

if TYPE_CHECKING:
    from freshlayer.settings import Policy
    from freshlayer.state import BuildRecord

TOKEN = "FRESHLAYER_REPORT_TOKEN"
_DOCKERFILE = "FRESHLAYER_DOCKERFILE"
"""What a trigger names; set by hand where the service has another path than the machine that builds."""

_PATH = "/api/builds"
_SECONDS = 5.0
_ATTEMPTS = 2
_OK = range(200, 300)
_LARGEST = 4 * 1024 * 1024
_LARGEST_TOKEN = 64 * 1024


class _TokenError(Exception):
    """There is no token that can be sent; the text is a clause without it."""


def report_builds(records: Sequence[BuildRecord], url: str, policy: Policy) -> None:
    """A build that can't be reported is a warning: it is done, and costs its user nothing more."""
    if not records:
        return
    try:
        problem = _reported(records, url, policy)
    except KeyboardInterrupt:
        problem = "interrupted"
    except Exception as error:  # noqa: BLE001 - see above
        problem = f"an error of freshlayer itself ({type(error).__name__})"
    if problem:
        warn(f"--report {shown(url)}: the build was not reported: {problem}")


def _reported(records: Sequence[BuildRecord], url: str, policy: Policy) -> str:
    """Why not; empty where it was. The second attempt has the key of the first, and is recorded once."""
    from freshlayer.probe.network.post import Post, PostError, post
    from freshlayer.watch.urls import fault_of
    from freshlayer.workflows.build_reports import document_of

    if fault := fault_of(url, private=True):
        return f"it is not {fault}"
    try:
        token = _token(policy)
    except _TokenError as error:
        return str(error)
    body = document_of(records, token_hex(16), os.environ.get(_DOCKERFILE, ""))
    if len(body) > _LARGEST:
        return f"it has more than {_LARGEST} bytes"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    problem = ""
    for _ in range(_ATTEMPTS):
        try:
            status = post(Post(f"{url.rstrip('/')}{_PATH}", body, headers), _SECONDS, lambda: False)
        except PostError as error:
            problem = f"no answer: {error}"
            continue
        if status in _OK:
            return ""
        problem = f"it was answered with status {status}"
        if status < 500:
            break
    return problem


def _token(policy: Policy) -> str:
    """Raises _TokenError."""
    token = os.environ.get(TOKEN, "")
    if not token and not policy.report_token_file:
        raise _TokenError(f"there is no token (set {TOKEN}, or report_token_file)")
    token = token or _of_file(policy.report_token_file)
    if not token.isascii() or not token.isprintable():
        raise _TokenError("the token has a character other than those of printable ASCII")
    return token


def _of_file(name: str) -> str:
    """Raises _TokenError. A relative path would name a file of the checkout."""
    from freshlayer.files.bounded_read import read_file

    if not os.path.isabs(name):
        raise _TokenError(f"report_token_file {shown(name, 200)} is no absolute path (write all of it)")
    place = f"the file {shown(name, 200)}"
    try:
        token = read_file(name, _LARGEST_TOKEN).decode().strip()
    except OSError as error:
        raise _TokenError(f"{place} can't be read: {error.strerror} (see that it is there)") from None
    except UnicodeDecodeError:
        raise _TokenError(f"{place} is not UTF-8") from None
    if not token:
        raise _TokenError(f"{place} holds no token (write it there)")
    return token
