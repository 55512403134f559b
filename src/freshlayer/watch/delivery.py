"""Deliver a message of a trigger. ``DELIVERIES`` is the table: what it is delivered to → how."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from freshlayer.children import MARK, TRIGGER, limited
from freshlayer.model.watched import Message
from freshlayer.watch.sending import DeliveryError, Means, Stopping, deliver_by_http, deliver_by_mail
from freshlayer.watch.triggers.base import Target
from freshlayer.watch.triggers.command import CommandTarget
from freshlayer.watch.triggers.smtp import SmtpTarget

LONGEST_WAIT = 3600
_FIRST_WAIT = 5
_GRACE = 2.0
"""Seconds between SIGTERM and SIGKILL for a command."""

_STEP = 0.05
_PEEK = os.WEXITED | os.WNOHANG | os.WNOWAIT


def deliver(target: Target, message: Message, means: Means, stopping: Stopping) -> None:
    """Raises DeliveryError. ``stopping``: whether the service is to end."""
    DELIVERIES.get(type(target), deliver_by_http)(target, message, means, stopping)


def wait_after(tries: int) -> int:
    """Seconds before the next attempt, after so many."""
    return int(min(_FIRST_WAIT * 2 ** min(tries, 20), LONGEST_WAIT))


def _command(target: CommandTarget, message: Message, means: Means, stopping: Stopping) -> None:
    """The message is its standard input. It runs in a session of its own, which ends with it."""
    without = {MARK, *means.withheld}
    environment = {
        **{name: value for name, value in os.environ.items() if name not in without},
        "FRESHLAYER_TRIGGER": message.trigger,
        "FRESHLAYER_DOCKERFILE": message.dockerfile,
        "FRESHLAYER_IDEMPOTENCY_KEY": message.key,
    }
    with tempfile.TemporaryFile() as given:
        given.write(message.body.encode())
        given.seek(0)
        try:
            process = subprocess.Popen(
                limited(target.argv, TRIGGER),
                stdin=given,
                stdout=2,
                cwd=means.directory,
                env=environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise DeliveryError(f"can't be started: {why}", of_receiver=True) from None
    try:
        code = _ended(process, target.timeout, stopping)
    finally:
        _end(process)
    if code:
        raise DeliveryError(f"ended with exit code {code}")


def _ended(process: subprocess.Popen[bytes], timeout: float, stopping: Stopping) -> int:
    """The exit code. Its process stays a zombie, so that the number of its group is not used again."""
    latest = time.monotonic() + timeout
    while not (found := os.waitid(os.P_PID, process.pid, _PEEK)):
        if stopping():
            raise DeliveryError("was ended with the service")
        if time.monotonic() >= latest:
            raise DeliveryError(f"took more than {timeout:g} s")
        time.sleep(_STEP)
    return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def _end(process: subprocess.Popen[bytes]) -> None:
    """End all of its process group: what it started is not left behind."""
    latest = time.monotonic() + _GRACE
    try:
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < latest and not os.waitid(os.P_PID, process.pid, _PEEK):
            time.sleep(_STEP)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


DELIVERIES: Mapping[type, Callable[[Any, Message, Means, Stopping], None]] = {
    CommandTarget: _command,
    SmtpTarget: deliver_by_mail,
}
"""Every other target states an HTTP request."""
