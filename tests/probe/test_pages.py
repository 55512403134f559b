"""Across the wire: a web page in place of the file, and files that look like one and are none."""

from __future__ import annotations

import gzip

import pytest
from msgspec.structs import replace

from freshlayer.model.evidence import Evidence, Identity, Strength
from freshlayer.model.observation import Observation, ProbeOutcome, Recorded
from testing import asking
from testing.misbehaving import MisbehavingOrigin, redirect, status

HTML = {"Content-Type": "text/html; charset=utf-8"}
SIGN_IN = b"<!DOCTYPE html>\n<html><head><title>\n Sign in to Example </title></head>"
FORM = b"<html><body><form><input type='password' name=p>"
PAGE = b"\xef\xbb\xbf<!-- generated -->\n<html><head><title>Oops</title></head>"
SCRIPT = b"#!/bin/sh\necho '<html>'\n"
KNOWN = Recorded(
    Identity("etag", "v1", Strength.STRONG),
    (Evidence("etag", "v1", Strength.STRONG),),
    content_type="text/plain",
)


def ask(name: str, body: bytes, known: Recorded | None = None, **headers: str) -> Observation:
    sent = {**HTML, **{name.replace("_", "-"): value for name, value in headers.items()}}
    with MisbehavingOrigin(status(200, {"ETag": '"v2"', **sent}, body)) as origin:
        return asking.ask(f"{origin.url}{name}", known)


FILES = ["tool.tar.gz", "install.sh", "data.json", "values.yaml", "notes.txt", "tool.exe", "key.asc", "a.py"]


@pytest.mark.parametrize("known", [None, KNOWN], ids=["first seen", "recorded"])
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("page", [SIGN_IN, FORM, PAGE])
def test_a_page_in_place_of_a_file_is_unknown(name: str, page: bytes, known: Recorded | None) -> None:
    seen = ask(name, page, known)
    assert seen.outcome is ProbeOutcome.UNKNOWN
    assert seen.reason.text.startswith("the answer is a web page in place of the file (text/html")


def test_the_reason_says_what_came() -> None:
    with (
        MisbehavingOrigin(status(200, HTML, SIGN_IN)) as form,
        MisbehavingOrigin(redirect(form.url)) as origin,
    ):
        seen = asking.ask(f"{origin.url}install.sh")
    assert (
        seen.reason.text == "a redirect to a web page in place of the file (text/html, 'Sign in to Example')"
    )


@pytest.mark.parametrize("name", ["install", "v1.2.3", "latest"])
def test_a_name_without_ending_is_judged_by_the_type_before_and_by_what_the_page_is(name: str) -> None:
    assert ask(name, SIGN_IN).outcome is ProbeOutcome.UNKNOWN
    assert ask(name, FORM).outcome is ProbeOutcome.UNKNOWN
    assert ask(name, PAGE, KNOWN).outcome is ProbeOutcome.UNKNOWN
    assert ask(name, PAGE).outcome is ProbeOutcome.SEEN
    assert ask(name, PAGE, replace(KNOWN, content_type="text/html")).outcome is ProbeOutcome.SEEN


@pytest.mark.parametrize("name", ["", "index.html", "docs/", "a.htm", "list.php", "simple/index"])
def test_a_page_that_is_meant_is_a_page(name: str) -> None:
    assert ask(name, SIGN_IN).outcome is ProbeOutcome.SEEN


@pytest.mark.parametrize("name", FILES)
def test_a_server_that_labels_every_file_as_a_page_is_believed_by_the_first_bytes(name: str) -> None:
    assert ask(name, SCRIPT).outcome is ProbeOutcome.SEEN
    assert ask(name, SCRIPT, KNOWN).outcome is ProbeOutcome.SEEN


def test_a_text_file_labelled_as_text_is_not_looked_at() -> None:
    with MisbehavingOrigin(status(200, {"ETag": '"a"', "Content-Type": "text/plain"}, PAGE)) as origin:
        assert asking.ask(f"{origin.url}page.txt").outcome is ProbeOutcome.SEEN
        assert asking.ask(f"{origin.url}tool.tgz").outcome is ProbeOutcome.UNKNOWN


def test_a_page_that_comes_compressed_is_a_page() -> None:
    assert ask("tool.zip", gzip.compress(SIGN_IN), Content_Encoding="gzip").outcome is ProbeOutcome.UNKNOWN
    assert ask("tool.zip", gzip.compress(SCRIPT), Content_Encoding="gzip").outcome is ProbeOutcome.SEEN


def test_what_is_as_it_was_recorded_is_not_read() -> None:
    known = replace(KNOWN, evidence=(Evidence("etag", "v2", Strength.STRONG),))
    assert ask("install.sh", PAGE, known).outcome is ProbeOutcome.SEEN


def test_a_page_without_end_is_read_no_further_than_its_first_bytes() -> None:
    assert ask("install.sh", PAGE + b" " * 10_000_000).outcome is ProbeOutcome.UNKNOWN


def test_a_title_with_escapes_is_shown_without_them() -> None:
    reason = ask("install.sh", b"<html><title>\x1b]0;x\x07Sign in</title>").reason
    assert reason.text.isprintable()
