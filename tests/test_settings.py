from __future__ import annotations

import pytest

from freshlayer.errors import OptionError
from freshlayer.model.package_policy import PackagePolicy
from freshlayer.settings import HostSettings, OnUnknown, Policy, Pull, read

TOOL = ("tool", "freshlayer")


def test_nothing_said_is_the_default() -> None:
    assert read("", "freshlayer.toml") == Policy()
    assert Policy() == Policy(OnUnknown.KEEP, 4 * 1024 * 1024, 100, 20.0, offline=False)


def test_every_setting_is_read() -> None:
    text = 'on_unknown = "fail"\nhash_up_to = 1024\nconnections = 7\ntimeout = 2.5\n'
    assert read(text, "freshlayer.toml") == Policy(OnUnknown.FAIL, 1024, 7, 2.5)


@pytest.mark.parametrize(("said", "seconds"), [('"7d"', 604_800), ('" 12 h "', 43_200), ("90", 90), ("0", 0)])
def test_a_time_is_a_number_of_seconds_or_has_a_unit(said: str, seconds: int) -> None:
    assert read(f"full_answer_every = {said}", "freshlayer.toml").full_answer_every == seconds


def test_hash_up_to_may_be_nothing() -> None:
    assert read("hash_up_to = 0", "freshlayer.toml").hash_up_to == 0


def test_settings_may_stand_in_a_table_of_a_shared_file() -> None:
    text = "[tool.other]\nconnections = 1\n[tool.freshlayer]\nconnections = 7\n"
    assert read(text, "pyproject.toml", *TOOL).connections == 7


@pytest.mark.parametrize("text", ["", "[tool]", "[tool.other]\nx = 1", "[project]\nname = 'x'", "tool = 3"])
def test_a_shared_file_may_say_nothing_of_us(text: str) -> None:
    assert read(text, "pyproject.toml", *TOOL) == Policy()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (
            "connection = 7",
            "there is no setting 'connection' (there are base_up_to, connections, deadline,",
        ),
        ('on_unknown = "drop"', "on_unknown is keep, rebuild or fail"),
        ("on_unknown = 3", "on_unknown can't be 3"),
        ("connections = 0", "connections can't be 0 (at least 1)"),
        ("connections = -1", "connections can't be -1 (at least 1)"),
        ("connections = true", "connections can't be True"),
        ("connections = 1.5", "connections can't be 1.5"),
        ('connections = "7"', "connections can't be '7'"),
        ("timeout = 0", "timeout can't be 0 (at least 0.1)"),
        ("timeout = nan", "timeout"),
        ("hash_up_to = -1", "hash_up_to"),
        ("full_answer_every = -1", "full_answer_every"),
        ('full_answer_every = "a week"', "full_answer_every can't be"),
        ("full_answer_every = true", "full_answer_every can't be"),
        ("hash_up_to = 1.5", "hash_up_to can't be 1.5"),
        ("offline = true", "there is no setting 'offline'"),
        ("connections = \nx = 1", "line 1"),
        ("a = " + "[" * 5000, ""),
    ],
    ids=lambda text: text[:24],
)
def test_what_can_not_be_meant_is_refused_with_file_and_setting(text: str, part: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(text, "x/freshlayer.toml")
    assert part in str(caught.value)
    assert str(caught.value).startswith("x/freshlayer.toml: ")


def test_a_table_that_is_none_is_refused() -> None:
    with pytest.raises(OptionError, match=r"\[tool\.freshlayer\] must be a table"):
        read("[tool]\nfreshlayer = 3\n", "pyproject.toml", *TOOL)


def test_the_command_line_goes_before_the_file() -> None:
    policy = read('on_unknown = "fail"\nconnections = 7\ntimeout = 2.5\n', "f")
    changed = policy.but(on_unknown="keep", connections=3, timeout=1.0, offline=True)
    assert changed == Policy(OnUnknown.KEEP, connections=3, timeout=1.0, offline=True)


def test_images_that_moved_are_pulled_unless_the_settings_say_never() -> None:
    assert read("", "f").pull is Pull.CHANGED
    assert read('pull = "never"', "f").pull is Pull.NEVER
    with pytest.raises(OptionError, match="f: pull is changed or never"):
        read('pull = "always"', "f")


def test_what_the_command_line_does_not_say_stays() -> None:
    policy = read('on_unknown = "fail"\nconnections = 7\ntimeout = 2.5\n', "f")
    assert policy.but() == policy


def test_a_host_has_the_places_of_its_credential() -> None:
    text = '[hosts."a.example:8443"]\nuser = "ci"\ncommand = ["pass", "show"]\nheader = "X-Token"\n'
    assert read(text, "f").hosts == {
        "a.example:8443": HostSettings(user="ci", command=("pass", "show"), header="X-Token")
    }


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ('password = "hunter2"', "there is no 'password'"),
        ('token_env = ["A"]', "token_env can't be"),
        ("command = []", "command can't be"),
        ("command = [1]", "command can't be"),
        ('header = "X: y"', "header is no name of a header field"),
        ('insecure = "yes"', "insecure can't be"),
    ],
)
def test_what_a_host_can_not_have_is_refused_with_its_name(said: str, part: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(f'[hosts."a.example"]\n{said}\n', "freshlayer.toml")
    assert part in str(caught.value)
    assert 'freshlayer.toml: [hosts."a.example"]' in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["hosts = 1", 'hosts = ["a"]', "[hosts]\na = 1"])
def test_hosts_that_are_no_tables_are_refused(text: str) -> None:
    with pytest.raises(OptionError):
        read(text, "freshlayer.toml")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ("closure", "closure", "closure")),
        ('packages = "security"', ("security", "security", "security")),
        ('[packages]\napt = "named"\nrpm = "off"', ("named", "closure", "off")),
        ('packages = { apk = "off" }', ("closure", "off", "closure")),
    ],
)
def test_packages_are_inputs_by_manager(text: str, wanted: tuple[str, ...]) -> None:
    found = read(text, "f").packages
    assert tuple(found[name] for name in ("apt", "apk", "rpm")) == wanted


def test_a_table_of_packages_changes_what_is_below_it_for_the_managers_that_it_names() -> None:
    below = read('packages = "security"', "own")
    assert read('[packages]\napt = "closure"', "f", below=below).packages == {
        **dict.fromkeys(Policy().packages, PackagePolicy.SECURITY),
        "apt": PackagePolicy.CLOSURE,
    }
    assert set(read('packages = "closure"', "f", below=below).packages.values()) == {PackagePolicy.CLOSURE}
    assert Policy().packages["apt"] is PackagePolicy.CLOSURE
    assert Policy().packages["pypi"] is PackagePolicy.NAMED


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('packages = "all"', "f: packages is closure, security, named or off"),
        ("packages = 1", "f: packages can't be 1"),
        ('[packages]\npip = "off"', "[packages]: there is no 'pip' (there are apt, apk, rpm, pypi,"),
        ("[packages]\napt = true", "f: packages is closure, security, named or off"),
        ("[packages]\napt = []", "f: packages is closure, security, named or off"),
    ],
)
def test_other_policies_of_packages_are_refused(text: str, part: str) -> None:
    with pytest.raises(OptionError) as caught:
        read(text, "f")
    assert part in str(caught.value)


def test_archives_of_package_repositories_are_read() -> None:
    text = '[snapshots]\n"deb.example/a" = "https://s.example:8443/a/{time}/b"\n'
    assert read(text, "f").snapshots == {"deb.example/a": "https://s.example:8443/a/{time}/b"}


@pytest.mark.parametrize(
    "line",
    [
        '"http://deb.example/a" = "https://s.example/{time}"',
        '"deb.example/a" = "https://s.example/a"',
        '"deb.example/a" = "https://me:secret@s.example/{time}"',
        '"deb.example/a" = "file:///{time}"',
        '"deb.example/a" = "https://s.example/{time} main [trusted=yes]"',
        '"deb.example/a" = 3',
    ],
)
def test_what_is_no_archive_is_refused(line: str) -> None:
    with pytest.raises(OptionError, match=r"f: \[snapshots\]: ") as caught:
        read(f"[snapshots]\n{line}\n", "f")
    assert "secret" not in str(caught.value)
