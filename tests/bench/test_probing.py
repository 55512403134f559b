"""What the bench of probing counts, at a small size; and that each peer asks what it is said to ask."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import peers, probing
from bench.peers import Peer
from bench.probing import Case, Counts, Probing, Timed
from testing.servers.needs import needs

pytestmark = needs("nginx", "curl")


def test_what_is_known_takes_one_request_and_no_body_over_one_connection_to_each_origin() -> None:
    assert probing.counts(inputs=60, origins=3) == Counts(60, 60, 0, 3)


@pytest.mark.parametrize(("peer", "asked"), [(peers.curl(100), 30), (peers.ONE_EACH, 10), (peers.PYCURL, 30)])
def test_a_peer_asks_each_url_once(peer: Peer, asked: int) -> None:
    with probing.world(Case(30, 2, 0.01)) as made, made.origin.watched() as requests:
        assert made.seconds(peer) is not None
    assert Counter(request.method for request in requests) == {"HEAD": asked}


@pytest.mark.parametrize(("ours", "octets", "met"), [(0.1, 0, "yes"), (0.2, 0, "no"), (0.1, 7, "no")])
def test_a_target_is_met_by_time_and_by_counts(ours: float, octets: int, met: str) -> None:
    timed = (Timed("curl", ours, 0.1, 10), Timed("another", ours, 9.0, 3), Timed("slow", ours, None, 1))
    found = Probing(Case(1_000, 1, 0.0), Counts(1_000, 1_000, octets, 1), timed, peak=40.0)
    assert str(found).split(" | ")[-1].strip("*| ") == met
