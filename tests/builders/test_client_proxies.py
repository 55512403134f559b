"""``proxies`` of docker's config.json: build args that its client adds by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freshlayer.docker_client.config import proxies as client_proxies

P = "http://proxy.example.org:3128"


def given(folder: Path, document: object, **environ: str) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(document))
    return client_proxies({"DOCKER_CONFIG": str(folder), **environ})


def test_each_is_given_in_small_letters_and_in_capitals(tmp_path: Path) -> None:
    default = {"httpProxy": P, "httpsProxy": P, "noProxy": "a,b", "ftpProxy": "", "other": "x", "allProxy": P}
    assert given(tmp_path, {"proxies": {"default": default}}) == {
        **{"http_proxy": P, "HTTP_PROXY": P, "https_proxy": P, "HTTPS_PROXY": P},
        **{"no_proxy": "a,b", "NO_PROXY": "a,b", "all_proxy": P, "ALL_PROXY": P},
    }


def test_a_daemons_own_go_before_the_default_ones(tmp_path: Path) -> None:
    document = {"proxies": {"default": {"httpProxy": P}, "tcp://d:2375": {"httpProxy": "http://own:1"}}}
    assert given(tmp_path, document)["http_proxy"] == P
    assert given(tmp_path, document, DOCKER_HOST="tcp://d:2375")["http_proxy"] == "http://own:1"
    assert given(tmp_path, document, DOCKER_HOST="tcp://e:2375")["http_proxy"] == P


@pytest.mark.parametrize("proxies", [None, [], "x", {"default": []}, {"default": {"httpProxy": 1}}])
def test_what_is_malformed_gives_none(tmp_path: Path, proxies: object) -> None:
    assert given(tmp_path, {"proxies": proxies}) == {}
    assert given(tmp_path, {}) == {}
