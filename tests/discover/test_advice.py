"""Better orders of instructions."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse


def advice(text: str) -> list[tuple[int, str]]:
    found = analyse(text, BuildRequest(("linux/amd64",))).advice
    return [(item.line, item.text) for item in found if item.code == "instruction-order"]


@pytest.mark.parametrize(
    ("install", "manifests"),
    [
        ("npm ci", "package.json package-lock.json"),
        ("npm install --production", "package.json package-lock.json"),
        ("yarn", "package.json yarn.lock"),
        ("yarn install --frozen-lockfile", "package.json yarn.lock"),
        ("pnpm install", "package.json pnpm-lock.yaml"),
        ("pip install -r requirements.txt", "requirements.txt"),
        ("python3 -m pip install --no-cache-dir -r requirements.txt", "requirements.txt"),
        ("poetry install", "pyproject.toml poetry.lock"),
        ("uv sync --frozen", "pyproject.toml uv.lock"),
        ("bundle install", "Gemfile Gemfile.lock"),
        ("go mod download", "go.mod go.sum"),
        ("cargo fetch", "Cargo.toml Cargo.lock"),
        ("composer install", "composer.json composer.lock"),
        ("mvn dependency:go-offline", "pom.xml"),
    ],
)
def test_a_whole_context_before_an_install_is_told_with_the_better_order(
    install: str, manifests: str
) -> None:
    ((line, text),) = advice(f"FROM a\nWORKDIR /w\nCOPY . .\nRUN {install}\nCMD x\n")
    assert line == 3
    assert "COPY of the whole context is before the dependency install on line 4" in text
    command = install.partition(" --")[0].partition(" -r")[0]
    assert f"better: COPY {manifests} ./, then RUN {command}" in text
    assert text.endswith("then COPY . .")


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
        "FROM a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm install\n",
        "FROM a\nCOPY src/ .\nRUN npm ci\n",
        "FROM a AS s\nCOPY . .\nFROM b\nRUN npm ci\n",
        "FROM a\nCOPY --from=b . .\nRUN npm ci\n",
        "FROM a\nCOPY . .\nRUN npm install -g yarn-tool && make\n",
        "FROM a\nCOPY . .\nRUN pip install flask\n",
        "FROM a\nCOPY . .\nRUN npm install left-pad\n",
    ],
)
def test_what_is_in_order_or_no_install_of_a_manifest_is_left_alone(text: str) -> None:
    assert advice(text) == []


def test_a_comment_silences_it() -> None:
    assert advice("FROM a\n# freshlayer: no-advice\nCOPY . .\nRUN npm ci\n") == []
    assert advice("FROM a\nCOPY . .\n# freshlayer: no-advice\nRUN npm ci\n") == []


UPDATE = "RUN apt-get update\nENV A=1\nRUN apt-get install -y curl\n"


def test_an_update_in_an_instruction_of_its_own_is_told_with_the_better_order() -> None:
    ((line, text),) = advice(f"FROM a\n{UPDATE}")
    assert line == 2
    assert "apt-get update is in a RUN of its own, and line 4 installs from lists" in text
    assert "better: RUN apt-get update && apt-get install curl in one instruction" in text
    assert advice(f"FROM a\n# freshlayer: no-advice\n{UPDATE}") == []


@pytest.mark.parametrize(
    "text",
    [
        "RUN apt-get update && apt-get install -y a",
        "RUN apt-get update\nRUN apt-get update && apt-get install -y a",
        "RUN apt-get update && apt-get install -y a\nRUN apt-get install -y b",
        "RUN apt-get update",
        "RUN apt-get update\nRUN apk add --no-cache a",
        "RUN apt-get update\nRUN apt-get remove a",
        "RUN dnf makecache\nRUN dnf install a",
    ],
)
def test_lists_that_are_read_where_they_are_used_are_left_alone(text: str) -> None:
    assert advice(f"FROM a\n{text}\n") == []


def test_an_upgrade_of_a_base_image_that_is_watched_is_told_once() -> None:
    ((line, text),) = advice("FROM a\nRUN apk upgrade --no-cache\nRUN apk upgrade --no-cache\n")
    assert line == 2
    assert text.startswith("apk upgrade upgrades the packages of the base image, which is watched itself")
    assert advice("FROM scratch\nRUN apk upgrade --no-cache\n") == []
    assert advice("FROM a\nRUN apt-get update && apt-get upgrade -y curl\n") == []
