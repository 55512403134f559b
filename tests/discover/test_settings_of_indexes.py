"""Settings decide from which index packages come: of files, of commands before, of variables.

The index is the one that they state; where that is not known, the packages are not known. It is never the
default one instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from testing.package_sources import requested

M = "https://m.example/x"
_UNKNOWN = "package-source-unknown"
_GEMS = {"Gemfile": 'source "https://rubygems.org"\ngem "a"\n'}
_CARGO = f'[source.crates-io]\nreplace-with = "m"\n[source.m]\nregistry = "sparse+{M}/"\n'
_PIP = f"[global]\nindex-url = {M}\n"
_BUN = f'[install]\nregistry = "{M}"\n'

STATED: list[tuple[list[str], Mapping[str, str]]] = [
    ([f"printf '[global]\\nindex-url = {M}\\n' > /etc/pip.conf", "pip install a"], {}),
    (
        [f"echo '[global]' > ~/.pip/pip.conf && echo 'index-url={M}' >> ~/.pip/pip.conf", "pip install a"],
        {},
    ),
    (["COPY pip.conf /etc/xdg/pip/pip.conf", "pip install a"], {"pip.conf": _PIP}),
    (["ENV PIP_CONFIG_FILE=/app/x.conf", "pip install a"], {"x.conf": _PIP}),
    (["ENV VIRTUAL_ENV=/venv", "COPY x.conf /venv/pip.conf", "pip install a"], {"x.conf": _PIP}),
    (["ENV XDG_CONFIG_HOME=/c", "COPY x.conf /c/pip/pip.conf", "pip install a"], {"x.conf": _PIP}),
    (["USER app", "COPY x.conf /home/app/.pip/pip.conf", "pip install a"], {"x.conf": _PIP}),
    (["ENV HOME=/home/me", "COPY x.conf /home/me/.pip/pip.conf", "pip install a"], {"x.conf": _PIP}),
    (
        [f'printf "[global]\\nindex-url = https://u:$(cat u)@{M[8:]}\\n" > /etc/pip.conf', "pip install a"],
        {},
    ),
    ([f"pip config set global.index-url {M}", "pip install a"], {}),
    (
        ["pip config set global.index-url $(cat u)", f"pip config set global.index-url {M}", "pip install a"],
        {},
    ),
    ([f"python -m pip config set global.index-url {M}", "pip install a"], {}),
    ([f"python3.11 -m pip config --user set global.index-url {M}", "python3 -m pip install a"], {}),
    ([f"pip3 config set --site global.index-url {M}", "pip3 install a"], {}),
    ([f"pip3.11 config --global set install.index-url {M} && pip install a"], {}),
    (["USER app", f"pip config set global.index-url {M}", "pip install a"], {}),
    ([f"echo 'registry={M}' >> ~/.npmrc", "npm i a"], {}),
    ([f"printf 'registry=%s\\n' {M} > .npmrc", "npm i a"], {}),
    (["COPY .npmrc /root/.npmrc", "WORKDIR /", "npm i a"], {".npmrc": f"registry={M}\n"}),
    (["USER node", "COPY .npmrc /home/node/", "WORKDIR /x", "npm i a"], {".npmrc": f"registry={M}\n"}),
    (["npm i a"], {".npmrc": f"registry={M}\n//m.example/:_authToken=${{TOKEN}}\n"}),
    ([f'printf "registry={M}\\n//m.example/:_authToken=$(cat t)\\n" > ~/.npmrc', "npm i a"], {}),
    ([f"ENV REG={M}", "npm i a"], {".npmrc": "registry=${REG}\n"}),
    (["WORKDIR /app/sub", "npm i a"], {".npmrc": f"registry={M}\n", "package.json": "{}"}),
    (["ENV NPM_CONFIG_USERCONFIG=/app/u", "npm i a"], {"u": f"registry={M}\n"}),
    ([f"npm config set registry {M} --location=project", "npm i a"], {}),
    ([f"npm config set registry {M} -L project && npm i a"], {"package.json": "{}"}),
    ([f"nrm add m {M} && nrm use m && npm i a"], {}),
    ([f"yarn config set registry {M}", "yarn add a"], {}),
    ([f"npm config set registry {M}", "yarn add a"], {}),
    ([f"npm config set registry {M}", "pnpm add a"], {}),
    ([f"ENV YARN_REGISTRY={M}", "yarn add a"], {}),
    (["yarn add a"], {".yarnrc": 'registry "https://o.example"\n', ".npmrc": f"registry={M}\n"}),
    ([f"yarn config set -H npmRegistryServer {M}", "yarn add a"], {}),
    ([f"echo 'npmRegistryServer: {M}' > ~/.yarnrc.yml", "yarn add a"], {}),
    (
        [f"yarn config set npmRegistryServer {M}", "yarn add a"],
        {".yarnrc.yml": "npmRegistryServer: https://o"},
    ),
    (
        [f"ENV YARN_NPM_REGISTRY_SERVER={M}", "yarn add a"],
        {".yarnrc.yml": "", ".npmrc": "registry=https://o"},
    ),
    (["yarn add a"], {".yarnrc.yml": f'npmRegistryServer: "${{R:-{M}}}"\n'}),
    (
        ["pnpm add a"],
        {"pnpm-workspace.yaml": f"registries:\n  default: {M}\n", ".npmrc": "registry=https://o"},
    ),
    (["bun add a"], {"bunfig.toml": _BUN, ".npmrc": "registry=https://o.example\n"}),
    ([f"ENV NPM_CONFIG_REGISTRY={M}", "bun add a"], {"bunfig.toml": _BUN.replace("m.example", "o.example")}),
    ([f"gem sources --add {M} --remove https://rubygems.org/", "gem install a"], {}),
    ([f"echo ':sources: [\"{M}\"]' > ~/.gemrc", "gem install a"], {}),
    ([f'echo "gem: --no-document --source {M}" > ~/.gemrc', "gem install a"], {}),
    (["ENV GEMRC=/app/rc", "gem install a"], {"rc": f":sources:\n- {M}\n"}),
    ([f"go env -w GOPROXY={M}", "go install b.example/x@latest"], {}),
    (["ENV GOENV=/app/env", "go install b.example/x@latest"], {"env": f"GOPROXY={M}\n"}),
    (["COPY c.toml /usr/local/cargo/config.toml", "cargo install a"], {"c.toml": _CARGO}),
    (["COPY c.toml /root/.cargo/config.toml", "cargo install a"], {"c.toml": _CARGO}),
    (["COPY .condarc /root/", "conda install a"], {".condarc": f"channels: [{M}]\n"}),
    (["ENV CONDARC=/app/c", "conda install a"], {"c": f"channels:\n  - {M}\n"}),
]


@pytest.mark.parametrize(("lines", "files"), STATED, ids=str)
def test_packages_come_from_the_index_that_settings_state(
    tmp_path: Path, lines: list[str], files: Mapping[str, str]
) -> None:
    found = requested(tmp_path, lines, files)
    assert found
    assert {it[: len(M)] for it in found} == {M}


NOT_KNOWN: list[tuple[list[str], Mapping[str, str]]] = [
    (
        ["echo '[global]' > /etc/pip.conf && echo \"index-url=$(cat u)\" >> /etc/pip.conf", "pip install a"],
        {},
    ),
    (["COPY --from=other /pip.conf /etc/pip.conf", "pip install a"], {}),
    ([f"curl -o /etc/pip.conf {M}/pip.conf", "pip install a"], {}),
    (["PIP_CONFIG_FILE=/x.conf pip install a"], {}),
    (["pip config set global.index-url $(cat u)", "pip install a"], {}),
    ([f'if [ -n "$X" ]; then pip config set global.index-url {M}; fi', "pip install a"], {}),
    (["python -m pip config set global.index-url $(cat u) && pip install a"], {}),
    (["echo 'not an ini file' > /etc/pip.conf", "pip install a"], {}),
    (["npm i a"], {".npmrc": "registry=${REG}\n"}),
    (['echo "registry=$(cat r)" > ~/.npmrc', "npm i a"], {}),
    (["npm config set registry $(cat r)", "npm i a"], {}),
    (["npm config set @a:registry $(cat r)", "npm i @a/b"], {}),
    (["npm i a --userconfig u"], {"u": f"registry={M}\n"}),
    (["nrm use taobao", "npm i a"], {}),
    (["npx --yes nrm use cnpm && npm i a"], {}),
    (["yarn config set registry $(cat r)", "yarn add a"], {}),
    (["yarn config set npmScopes --json '{}'", "yarn add a"], {}),
    (["yarn add a"], {".yarnrc.yml": "npmRegistryServer: ${R}\n"}),
    (["bun add a"], {"bunfig.toml": '[install]\nregistry = "$R"\n'}),
    (["gem sources --add $(cat u)", "gem install a"], {}),
    (['echo "gem: --prerelease" > ~/.gemrc', "gem install a"], {}),
    ([f"ENV BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG={M}", "bundle install"], _GEMS),
    (["COPY --from=other /config /root/.bundle/config", "bundle install"], _GEMS),
    (["go env -w GOPROXY=$(cat u)", "go install b.example/x@latest"], {}),
    (["dotnet nuget add source $(cat u) -n mine", "dotnet tool install -g t"], {}),
    (["COPY --from=other /n /root/.nuget/NuGet/NuGet.Config", "dotnet tool install -g t"], {}),
    (["composer config -g repositories.packagist.org false", "composer global require a/b"], {}),
    (['echo "$(cat u)" > ~/.cargo/config.toml', "cargo install a"], {}),
    (['echo "channels: [$(cat u)]" > ~/.condarc', "conda install a"], {}),
]


@pytest.mark.parametrize(("lines", "files"), NOT_KNOWN, ids=str)
def test_packages_are_not_known_where_settings_are_not(
    tmp_path: Path, lines: list[str], files: Mapping[str, str]
) -> None:
    assert requested(tmp_path, lines, files) == [_UNKNOWN]


@pytest.mark.parametrize(
    ("lines", "files", "host"),
    [
        (
            [f"pip config set global.index-url {M}", "pip config unset global.index-url", "pip install a"],
            {},
            "pypi.org",
        ),
        (["ENV PIP_CONFIG_FILE=/dev/null", "COPY p /etc/pip.conf", "pip install a"], {"p": _PIP}, "pypi.org"),
        (["COPY --from=other /srv /srv", "pip install a"], {}, "pypi.org"),
        (["npm i -g a"], {".npmrc": f"registry={M}\n"}, "registry.npmjs.org"),
        (['echo "//r.example/:_authToken=$(cat t)" > ~/.npmrc', "npm i a"], {}, "registry.npmjs.org"),
        (["npm i a"], {".npmrc": "//r.example/:_authToken=${TOKEN}\n"}, "registry.npmjs.org"),
        ([f"npm config set registry {M} && npm config delete registry", "npm i a"], {}, "registry.npmjs.org"),
        (["nrm use npm && npm i a"], {}, "registry.npmjs.org"),
        (["yarn add a"], {".yarnrc.yml": "", ".npmrc": f"registry={M}\n"}, "registry.npmjs.org"),
        (["gem sources --clear-all", "gem install a"], {}, "index.rubygems.org"),
        (
            [f"go env -w GOPROXY={M} && go env -u GOPROXY", "go install b.example/x@latest"],
            {},
            "proxy.golang.org",
        ),
        (["cargo install a"], {".cargo/config.toml": _CARGO}, "index.crates.io"),
    ],
)
def test_settings_that_do_not_count(
    tmp_path: Path, lines: list[str], files: Mapping[str, str], host: str
) -> None:
    assert {it.split("/")[2] for it in requested(tmp_path, lines, files)} == {host}
