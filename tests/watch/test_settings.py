"""watch.toml: what it means, and how its faults are named."""

from __future__ import annotations

import pytest

from freshlayer.errors import OptionError
from freshlayer.watch.firing import On, Rule
from freshlayer.watch.schedule import Pace
from freshlayer.watch.settings import Trigger, WatchSettings, read
from freshlayer.watch.settings_table import SecretPlace
from freshlayer.watch.triggers.command import CommandTarget
from freshlayer.watch.triggers.webhook import WebhookTarget

WHOLE = """
paths = ["projects"]
interval = "30m"
longest_wait = "2h"
search = 5
reread = "2h"
settle = "2m"
seed = "west"
[hosts]
"Registry-1.docker.io" = "1h"
[kinds]
image = 600
[triggers.rebuild]
type = "command"
command = ["make", "image"]
on = "base"
min_interval = "1h"
timeout = "10m"
[triggers.ci]
type = "webhook"
url = "https://ci.example/hook?a=b"
secret_env = "CI_SECRET"
"""

CI_SECRET = SecretPlace("CI_SECRET", setting="w: [triggers.ci] secret_env")


def test_every_setting_has_its_place() -> None:
    pace = Pace(1800, {"registry-1.docker.io": 3600}, {"image": 600}, longest=7200)
    triggers = {
        "rebuild": Trigger(Rule("rebuild", On.BASE, 3600), CommandTarget(("make", "image"), 600)),
        "ci": Trigger(
            Rule("ci"),
            WebhookTarget("https://ci.example/hook?a=b", CI_SECRET),
        ),
    }
    assert read(WHOLE, "w") == WatchSettings(("projects",), pace, 5, 7200, 120, "west", triggers)
    assert read("", "w") == WatchSettings()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("interval = ", "w: "),
        ("interval = 0", "w: interval is not a time of at least 1 s (write 15m, 1h, or seconds)"),
        ("interval = true", "w: interval is not a time"),
        ('intervall = "1h"', "w: there is no setting 'intervall' (there are api, hosts, interval, kinds"),
        ("[triggers.a]\ntype = 'nope'", "w: [triggers.a]: type 'nope' is none of command, webhook, "),
        (
            "x = 1",
            "w: there is no setting 'x' (there are api, hosts, interval, kinds, ",
        ),
        (
            "[repositories]\nallow_host = []",
            "w: [repositories]: there is no setting 'allow_host' (there",
        ),
        (
            "[[projects]]\ngitt = 'x'",
            "w: [[projects]]: there is no setting 'gitt' (there are branches",
        ),
        ("[repositories]\nallow_hosts = 'x'", "w: [repositories]: allow_hosts is not a list of texts"),
        ("paths = 'x'", "w: paths is not a list of texts"),
        ("[kinds]\nimages = 60", "w: [kinds]: there is no 'images' (there are "),
        ("triggers = 1", "w: triggers is not a table of tables"),
        ('[triggers."a b"]', "w: [triggers]: 'a b' is not a name"),
        ("[triggers.a]", "w: [triggers.a]: type is not set (write command or webhook or"),
        (
            '[triggers.a]\ntype = "command"',
            "w: [triggers.a]: command is not set (write a list with a ",
        ),
        (
            '[triggers.a]\ntype = "command"\ncommand = ["x"]\non = "all"',
            "w: [triggers.a]: on 'all' is none of any, ",
        ),
        (
            '[triggers.a]\ntype = "webhook"\nurl = "ftp://x/"',
            "w: [triggers.a]: url is not an http or https URL",
        ),
        (
            '[triggers.a]\ntype = "webhook"\nurl = "https://u:secret@x/"',
            "w: [triggers.a]: url is not a URL without a password (name secret_env)",
        ),
        (
            '[triggers.a]\ntype = "webhook"\nurl = "https://x/"\nsecret = "abc"',
            "w: [triggers.a]: there is no setting 'secret'",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_without_its_value(text: str, fault: str) -> None:
    with pytest.raises(OptionError) as raised:
        read(text, "w")
    assert str(raised.value).startswith(fault)
    assert "secret@" not in str(raised.value)


@pytest.mark.parametrize("word", ["127.0.0.1/99", "http://x", "a b", "127.0.0.1:18080", "", "300.1.1.1"])
def test_a_host_that_can_not_be_one_is_a_fault(word: str) -> None:
    with pytest.raises(OptionError) as raised:
        read(f"[repositories]\nallow_hosts = ['{word}']", "watch.toml")
    if word:
        what = f"{word!r} is not a host, an address or a network"
        assert str(raised.value) == f"watch.toml: [repositories]: allow_hosts: {what}"


def test_hosts_are_names_patterns_addresses_and_networks() -> None:
    words = ("git.example.org", "*.example.org", "localhost", "10.0.0.0/8", "::1", "fd00::/8", "git-[ab].x")
    assert read(f"[repositories]\nallow_hosts = {list(words)}", "w").projects.allow_hosts == words


@pytest.mark.parametrize(
    "url",
    ["https:///hook", "https://x:99999/", "https://x:0/", "https://[::1/", "http://h\u00fc/", "//x/", ""],
)
def test_a_url_that_no_request_can_be_sent_to_is_a_fault(url: str) -> None:
    with pytest.raises(OptionError, match="url is not an http or https URL"):
        read(f'[triggers.a]\ntype = "webhook"\nurl = "{url}"', "w")


def test_an_at_sign_behind_the_host_is_no_password() -> None:
    for url in ("https://x?a=b@c", "https://x/@c", "http://[::1]:80/"):
        (trigger,) = read(f'[triggers.a]\ntype = "webhook"\nurl = "{url}"', "w").triggers.values()
        assert trigger.target == WebhookTarget(url)
