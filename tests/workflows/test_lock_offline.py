"""``verify --offline``: an edit that changes what a Dockerfile reads is named, any other one is not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freshlayer.context import Source
from freshlayer.decisions.locking import merged
from freshlayer.discover.package_policy import under_policy
from freshlayer.model.lock import Lock, LockedDockerfile
from freshlayer.model.packages import PackagesWanted
from freshlayer.workflows.lock_offline import offline_differences
from freshlayer.workflows.lock_parts import part_of
from freshlayer.workflows.lock_targets import LockTarget, targets_for
from freshlayer.workflows.target import report_of

DESCRIBED = LockedDockerfile(path="Dockerfile", platforms=("linux/amd64", "linux/arm64"))


def targets(lines: list[str]) -> list[LockTarget]:
    text = "\n".join([*lines, ""]).encode()
    return targets_for(DESCRIBED, Source(text, "Dockerfile", "/Dockerfile", "/nowhere", None))


def lock_of(lines: list[str]) -> Lock:
    """As ``freshlayer lock`` writes it where no origin answers."""
    parts = []
    for it in targets(lines):
        chains = under_policy(it.target.watched, {}).package_chains
        report = report_of(it.target, under_policy(it.target.watched, {}), ())
        report = replace(report, packages_wanted=PackagesWanted(chains))
        parts.append(part_of(it.described, it.target, report, {}))
    return merged(Lock(), parts)


def named(lock: Lock, lines: list[str]) -> set[str]:
    return {it.subject for it in offline_differences(lock, targets(lines), lambda _: {})}


START = [
    "FROM docker.io/library/debian:bookworm AS build",
    "RUN curl -o a https://example.org/a",
    "RUN apt-get update && apt-get install -y curl jq",
    "RUN git clone https://example.org/r.git r",
    "FROM docker.io/library/alpine:3.20",
    "ADD https://example.org/added /added",
    "RUN luarocks install say",
    "COPY --from=build /a /a",
]
NEUTRAL = [
    *(
        "",
        "# a comment",
        "ENV UNRELATED=1",
        "LABEL a=b",
        "RUN echo https://example.org/not-read",
        "WORKDIR /w",
    ),
    *("RUN true", "COPY . .", "USER root", "EXPOSE 80"),
]
READING = {
    "RUN wget https://example.org/new": "https://example.org/new",
    "RUN git clone https://example.org/other.git o": "git+https://example.org/other.git",
    "ADD https://example.org/more /more": "https://example.org/more",
    "RUN apt-get install -y vim": "apt-get install --yes vim",
    "COPY --from=docker.io/library/busybox:1 /bin/sh /sh": "docker-image://docker.io/library/busybox:1",
    "RUN luarocks install other": "luarocks install other",
}
LOCK = lock_of(START)


def edited(places: list[tuple[int, str]]) -> list[str]:
    """With lines put in; none before the first FROM, where not all of them may be."""
    lines = list(START)
    for place, line in places:
        lines.insert(1 + place % len(lines), line)
    return lines


def test_the_start_is_in_step() -> None:
    assert named(LOCK, START) == set()


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(NEUTRAL)), max_size=6))
def test_what_changes_no_input_changes_nothing(places: list[tuple[int, str]]) -> None:
    assert named(LOCK, edited(places)) == set()


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(NEUTRAL)), max_size=3),
    st.integers(0, 20),
    st.sampled_from(sorted(READING)),
)
def test_what_reads_more_is_named(places: list[tuple[int, str]], place: int, line: str) -> None:
    found = named(LOCK, edited([*places, (place, line)]))
    assert any(READING[line] in subject or subject in line for subject in found)


@given(st.sampled_from([1, 2, 3, 5, 6]))
def test_what_is_no_longer_read_is_named(place: int) -> None:
    found = named(LOCK, [*START[:place], *START[place + 1 :]])
    assert len(found) >= 1


def test_words_in_another_order_are_the_same_command() -> None:
    lines = [line.replace("curl jq", "jq curl") for line in START]
    assert named(LOCK, lines) == set()


def test_another_platform_of_an_image_is_named() -> None:
    lines = [
        line.replace("FROM docker.io/library/alpine", "FROM --platform=linux/s390x docker.io/library/alpine")
        for line in START
    ]
    assert named(LOCK, lines) == {"docker-image://docker.io/library/alpine:3.20"}
