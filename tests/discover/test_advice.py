"""Better orders of instructions."""

from __future__ import annotations

import pytest

from freshlayer.discover.analysis import BuildRequest, analyse


def advice(text: str) -> list[tuple[int, str]]:
    return [(item.line, item.text) for item in analyse(text, BuildRequest(("linux/amd64",))).advice]


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
