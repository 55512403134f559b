"""What a service that runs for months prints of what comes again in each round."""

from __future__ import annotations

from freshlayer.cli.watch_warnings import ServiceWarnings

SERVER = "postgresql://db/x"
CURE = "(see that the server is there, or pass another --state)"


class Clock:
    """``now``: set by a test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_outage_is_one_warning_and_its_end_another() -> None:
    clock, printed = Clock(), list[str]()
    warnings = ServiceWarnings(SERVER, printed.append, clock)
    warnings.usable()
    for number in range(30):
        clock.now += 5
        warnings(f"{SERVER}: connection {number} was refused; nothing is judged {CURE}")
    clock.now += 5
    warnings.usable()
    warnings.usable()
    # A connection that was open meanwhile fails a moment later.
    clock.now += 2
    warnings(f"{SERVER}: server closed the connection; nothing was recorded {CURE}")
    warnings.usable()
    assert printed == [
        f"{SERVER}: connection 0 was refused; nothing is judged {CURE}",
        f"{SERVER}: the state can be used again",
    ]
    clock.now += 60
    warnings(f"{SERVER}: gone; nothing is judged {CURE}")
    assert len(printed) == 3


def test_a_long_outage_is_printed_now_and_then_and_other_warnings_once_in_ten_minutes() -> None:
    clock, printed = Clock(), list[str]()
    warnings = ServiceWarnings(SERVER, printed.append, clock)
    for _ in range(240):
        clock.now += 5
        warnings(f"{SERVER}: gone; nothing is judged {CURE}")
        warnings("another")
        warnings(f"{SERVER}: holds rows that freshlayer does not write; they are left out")
    assert [printed.count(it) for it in dict.fromkeys(printed)] == [2, 2, 2]


def test_of_a_state_file_nothing_is_an_outage() -> None:
    printed: list[str] = []
    warnings = ServiceWarnings("", printed.append, Clock())
    for text in ("/s: full (pass another --state)", "/s: damaged (pass another --state)"):
        warnings(text)
        warnings(text)
    warnings.usable()
    assert len(printed) == 2
