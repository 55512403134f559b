"""Values that are secret because of the name that a Dockerfile gives them."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.reading import analyse
from freshlayer.masking import assigned, may_assign_secret, secret_values, url_without_values
from freshlayer.reference import parse as reference

S = "Kx9-plain-77"
U = "https://h.example"


def found(text: str, build_args: dict[str, str] | None = None) -> Discovery:
    return analyse(text, BuildRequest(("linux/amd64",), build_args=build_args or {})).discovery


@pytest.mark.parametrize(
    "text",
    [
        f"ARG LICENSE_KEY={S}\nRUN curl {U}/$LICENSE_KEY/a",
        f"ENV API_TOKEN={S}\nRUN curl {U}/a?x=$API_TOKEN",
        f"ENV API_TOKEN {S}\nRUN curl {U}/$API_TOKEN/a",
        f"ARG TOKEN\nRUN curl {U}/$TOKEN/a",
        f"RUN TOKEN={S}; curl {U}/$TOKEN/a",
        f"RUN export DB_PASS='{S}' && curl {U}/x-$DB_PASS/a",
        f"ARG PAT={S}\nRUN git clone {U}/$PAT/r.git",
        f"ARG PAT={S}\nADD {U}/$PAT/f /f",
        f"ARG PW={S}\nRUN curl {U}/$PW/$(date)",
        f"ARG PW={S}\nRUN V=$(fetch $PW); curl {U}/$V",
        f"ARG PW={S}\n# freshlayer: watch {U}/$PW/a\nRUN true",
        f'RUN curl "{U}/a" && SECRET="{S} b" && curl "{U}/$SECRET"',
    ],
)
def test_the_value_of_a_secret_is_requested_and_is_in_nothing_else(text: str) -> None:
    discovery = found(f"FROM a\n{text}\n", {"TOKEN": S})
    asked = "".join(item.reference.address for item in discovery.inputs)
    assert S not in repr(discovery).replace(asked, "")
    for item in discovery.inputs:
        assert S not in item.reference.text
        assert reference(item.reference.text).text == item.reference.text
    assert S in asked or discovery.not_watched


@pytest.mark.parametrize("odd", [0, 0xE9, 0xD800, 0xDCE9])
def test_the_value_of_a_secret_may_be_any_text(odd: int) -> None:
    text = f"FROM a\nARG TOKEN\nRUN curl {U}/$TOKEN/a\n"
    discovery = found(text, {"TOKEN": f"s3cr{chr(odd)}t-99-x"})
    names = [item.reference.text for item in discovery.inputs]
    assert "t-99-x" not in "".join([*names, *(item.text for item in discovery.not_watched)])


def test_two_build_args_that_differ_in_a_secret_alone_give_one_reference() -> None:
    text = f"FROM a\nARG TOKEN\nRUN curl {U}/$TOKEN/a\n"
    one, other = (found(text, {"TOKEN": value}).inputs[1].reference for value in (S, "Other-99-x"))
    assert one == other
    assert one.address != other.address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GPG_KEY", "0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D"),
        ("NGINX_KEY", "573BFD6B3D8FBC641079A6ABABF5BD827BD9BF62"),
        ("KEY", f"{U}/key.asc"),
        ("POSTGRES_PASSWORD", "postgres"),
        ("MYSQL_ROOT_PASSWORD", "root"),
        ("DB_PASS", "changeme"),
        ("TOKEN", "123456"),
        ("APP_KEY", "1.2.3"),
        ("SSL_KEY", "/etc/ssl/key.pem"),
        ("VERSION", S),
    ],
)
def test_a_value_that_is_ordinary_or_public_is_not_hidden(name: str, value: str) -> None:
    assert secret_values([(name, value)]) == ()


def test_a_host_and_a_ref_stay() -> None:
    url = f"https://{S}.example/{S}/a?b={S}#{S}"
    assert url_without_values(url, [S]) == f"https://{S}.example/***/a?b=***#{S}"


@pytest.mark.parametrize(
    "script",
    [
        f"TOKEN={S}",
        f"a=b; export DB_PASS='{S}'",
        f'x --a=b=c SECRET="{S} b"',
        f"{'x' * 97}_PW={S}",
        f"é=1 API_KEY={S}=",
        f"A=$B\nPAT={S}",
    ],
)
def test_a_script_that_assigns_a_secret_is_told_by_its_names(script: str) -> None:
    assert secret_values(assigned(script))
    assert may_assign_secret(script)


def test_a_script_without_the_name_of_a_secret_assigns_none() -> None:
    assert not may_assign_secret("A=1 --token-less=x B=2 https://h.example/?q=a curl")
