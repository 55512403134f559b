"""An origin that states its quota gets no more requests than it answers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from email.utils import formatdate

from freshlayer.model.observation import ProbeOutcome
from freshlayer.probe import Limits, each
from freshlayer.reference import parse
from testing.logging_server import Logged, LoggingServer, Reply

LIMIT, REFERENCES = 20, 45


class Api:
    """As api.github.com: it refuses with 403 once its quota is used up."""

    def __init__(self) -> None:
        self.left, self.resets = LIMIT, int(time.time()) + 3600
        self.answered: Counter[int] = Counter()
        self._lock = threading.Lock()

    def answer(self, _: Logged) -> Reply:
        with self._lock:
            status = 200 if self.left else 403
            self.left -= status == 200
            self.answered[status] += 1
            stated = {"X-RateLimit-Limit": f"{LIMIT}", "X-RateLimit-Remaining": f"{self.left}"}
        stated |= {"X-RateLimit-Reset": f"{self.resets}", "Date": formatdate(usegmt=True)}
        return Reply(status, {**stated, "ETag": '"0123456789abcdef0123456789abcdef"'}, b"")


def test_as_a_quota_ends_no_request_is_sent_that_would_be_refused() -> None:
    api = Api()
    with LoggingServer(api.answer) as origin:
        references = [parse(f"{origin.url}/{number}") for number in range(REFERENCES)]
        seen = list(each(references, {}, Limits()))
    assert api.answered[200] == LIMIT
    assert api.answered[403] <= 2
    assert len(seen) == REFERENCES
    refused = [it for it in seen if it.outcome is ProbeOutcome.UNKNOWN]
    assert len(refused) >= REFERENCES - LIMIT
    assert {it.reason.code for it in refused} == {"http-too-many-requests"}
    assert all(it.retry_after is not None and it.retry_after > 3000 for it in refused)
    stated = [it.quota for it in seen if it.quota is not None]
    assert {it.host for it in stated} == {origin.url.removeprefix("http://")}
    assert min(it.remaining for it in stated) == 0
    assert {it.limit for it in stated} == {LIMIT}
