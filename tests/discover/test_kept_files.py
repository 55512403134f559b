"""A download into a cache mount that brings only what is missing there has a warning."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.inputs import NotWatched

U = "https://example.org/tool"
MOUNT = "--mount=type=cache,target=/dl"


def warnings(text: str) -> list[NotWatched]:
    found = analyse(f"FROM scratch\n{text}\n", BuildRequest(("linux/amd64",))).discovery
    assert [item.reference.text for item in found.inputs if item.reference.kind == "http"] == [U]
    return [item for item in found.not_watched if item.warns]


KEPT = [
    (f"test -f /dl/tool || wget -O /dl/tool {U}", "test -f /dl/tool"),
    (f"[ -e /dl/tool ] || curl -L -o /dl/tool {U}", "[ -e /dl/tool"),
    (f"[ ! -f /dl/tool ] && curl -L -o /dl/tool {U}", "[ ! -f /dl/tool"),
    (f"[[ -s /dl/tool ]] || curl -L -o /dl/tool {U}", "[[ -s /dl/tool"),
    (f"if [ ! -f /dl/tool ]; then wget -O /dl/tool {U}; fi", "[ ! -f /dl/tool"),
    (f'F=/dl/tool; if ! test -e "$F"; then wget -O $F {U}; fi', 'test -e "$F"'),
    (f"cd /dl && [ -f tool ] || wget {U}", "[ -f tool"),
    (f"[ -d /dl ] && wget -O /dl/tool {U}", "[ -d /dl"),
    (f"wget -nc -P /dl {U}", "wget -nc"),
    (f"wget -nc -P/dl {U}", "wget -nc"),
    (f"wget --no-clobber --directory-prefix=/dl {U}", "wget --no-clobber"),
    (f"cd /dl && wget -q -N {U}", "wget -N"),
    (f"wget -c -O /dl/tool {U}", "wget -c"),
    (f"curl -L -z /dl/tool -o /dl/tool {U}", "curl --time-cond"),
    (f"curl -L -C - -o /dl/tool {U}", "curl --continue-at"),
    (f"curl -L --skip-existing --output-dir /dl -O {U}", "curl --skip-existing"),
    (f"aria2c -c -d /dl {U}", "aria2c -c"),
]


@pytest.mark.parametrize(("script", "how"), KEPT)
def test_what_is_there_already_may_stay(script: str, how: str) -> None:
    (warning,) = warnings(f"RUN {MOUNT} {script}")
    assert warning.text == "cache mount /dl"
    assert warning.reason.code == "cache-mount-keeps-file"
    assert str(warning.reason).startswith(how)
    assert " may keep the old file" in str(warning.reason)


OTHERS = [
    f"wget -O /dl/tool {U}",
    f"curl -L -o /dl/tool {U}",
    f"test -f /etc/other || wget -O /usr/bin/tool {U}",
    f"wget -nc -P /opt {U}",
    f"[ -n x ] && wget -O /dl/tool {U}",
    f"[ -f /dlx/tool ] || wget -O /dlx/tool {U}",
]


@pytest.mark.parametrize("script", OTHERS)
def test_what_is_got_again_or_is_elsewhere_has_none(script: str) -> None:
    assert warnings(f"RUN {MOUNT} {script}") == []


def test_without_a_cache_mount_there_is_none() -> None:
    assert warnings(f"RUN test -f /dl/tool || wget -O /dl/tool {U}") == []
    assert warnings(f"RUN --mount=type=tmpfs,target=/dl test -f /dl/tool || wget -O /dl/tool {U}") == []


def test_mounts_are_named_in_every_way() -> None:
    for flag in (
        "type=cache,dst=/dl",
        "destination=/dl,type=cache,sharing=locked",
        "id=x,type=cache,target=/dl/",
    ):
        assert len(warnings(f"RUN --mount={flag} test -f /dl/tool || wget -O /dl/tool {U}")) == 1
    text = f"ARG D=/dl\nRUN --mount=type=cache,target=$D [ -f ${{D}}/tool ] || wget -O $D/tool {U}"
    assert len(warnings(text)) == 1


def test_the_working_directory_counts() -> None:
    assert len(warnings(f"WORKDIR /dl\nRUN {MOUNT} [ -f tool ] || wget {U}")) == 1
    assert len(warnings(f"WORKDIR /\nWORKDIR dl\nRUN {MOUNT} wget -nc {U}")) == 1
    assert warnings(f"WORKDIR /opt\nRUN {MOUNT} wget -nc {U}") == []


def test_an_exec_form_and_a_heredoc_are_read_too() -> None:
    assert len(warnings(f'RUN {MOUNT} ["wget", "-nc", "-P", "/dl", "{U}"]')) == 1
    assert len(warnings(f"RUN {MOUNT} <<EOF\n[ -f /dl/tool ] || wget -O /dl/tool {U}\nEOF")) == 1


@pytest.mark.parametrize(
    ("command", "what"),
    [
        ("wget -r U", "what wget -r finds below"),
        ("wget -m -q U", "what wget -m finds below"),
        ("wget -qmnp U", "what wget -m finds below"),
        ("wget --mirror U", "what wget -m finds below"),
        ("wget --recursive -l 2 U", "what wget -r finds below"),
        ("wget -p -k U", "what wget -p needs for"),
    ],
)
def test_wget_finds_more_than_the_page_that_is_watched(command: str, what: str) -> None:
    text = f"FROM scratch\nRUN {command.replace(' U', ' ' + U)}\n"
    found = analyse(text, BuildRequest(("linux/amd64",))).discovery
    assert [item.reference.text for item in found.inputs] == [U]
    assert [item.text for item in found.not_watched] == [f"{what} {U}"]
