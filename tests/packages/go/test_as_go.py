"""What go itself takes from a module proxy for a query is what we choose."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import Resolution
from freshlayer.packages.go.documents import entries
from freshlayer.packages.go.versions import query_of
from testing.go_proxy import GoModule, GoProxy
from testing.named_packages import resolved, resolved_command

_PSEUDO = "v0.0.0-20240101000000-0123456789ab"
_LATER = "v1.3.1-0.20240202000000-abcdefabcdef"


def _mod(path: str, *lines: str) -> str:
    return "\n".join([f"module {path}", "", "go 1.17", *lines, ""])


MODULES = {
    "m.example/plain": GoModule(
        ["v1.0.0", "v1.2.0", "v1.10.0", "v1.9.9", "v1.11.0-beta.1"], revisions={"main": _LATER}
    ),
    "m.example/plain/v2": GoModule(["v2.0.0", "v2.1.0"]),
    "m.example/early": GoModule(["v0.1.0-a.1", "v0.1.0-a.10", "v0.1.0-a.9"]),
    "m.example/untagged": GoModule(latest=_PSEUDO, revisions={"master": _PSEUDO}),
    "m.example/pseudo": GoModule(["v1.0.0", "v1.0.1-0.20240101000000-0123456789ab", "bad"]),
    "m.example/retracted": GoModule(
        ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"],
        {"v1.3.0": _mod("m.example/retracted", "retract v1.3.0 // by accident", "retract [v1.1.0, v1.2.0]")},
    ),
    "m.example/all-retracted": GoModule(
        ["v1.0.0"], {"v1.0.0": _mod("m.example/all-retracted", "retract (", "\tv1.0.0", ")")}, latest=_PSEUDO
    ),
    "m.example/old": GoModule(
        ["v1.0.0", "v2.0.0+incompatible", "v3.1.0+incompatible"], {"v1.0.0": "module m.example/old\n"}
    ),
    "m.example/moved": GoModule(["v1.0.0", "v1.5.0", "v2.0.0+incompatible"]),
    "m.example/Upper/Case": GoModule(["v1.0.0", "v1.0.1"]),
    "m.example/deep": GoModule(["v1.0.0", "v1.1.0"], packages=("", "cmd/tool")),
    "m.example/deep/nested": GoModule(["v0.3.0", "v0.4.0"], packages=("", "cmd/other")),
    "github.com/own/repo": GoModule(["v0.9.0", "v0.10.0"], packages=("cmd/x",)),
    "gopkg.in/yaml.v3": GoModule(["v3.0.0", "v3.0.1"]),
}

CASES = (
    *("m.example/plain@latest", "m.example/plain@v1", "m.example/plain@v1.2", "m.example/plain@v1.9"),
    *(
        "m.example/plain@<v1.9.9",
        "m.example/plain@<v1.10",
        "m.example/plain@<=v1.9.9",
        "m.example/plain@>v1.2.0",
    ),
    *(
        "m.example/plain@>=v1.0.0",
        "m.example/plain@>=v1.2",
        "m.example/plain@main",
        "m.example/plain@upgrade",
    ),
    *(
        "m.example/plain@v2",
        "m.example/plain/v2@latest",
        "m.example/plain/v2@v2.0",
        "m.example/plain/v2@<v2.1.0",
    ),
    *("m.example/early@latest", "m.example/early@v0", "m.example/early@<v0.1.0-a.10"),
    *(
        "m.example/untagged@latest",
        "m.example/untagged@master",
        "m.example/pseudo@latest",
        "m.example/pseudo@v1",
    ),
    *(
        "m.example/retracted@latest",
        "m.example/retracted@v1",
        "m.example/retracted@v1.2",
        "m.example/retracted@<v1.3.0",
    ),
    *("m.example/all-retracted@latest", "m.example/old@latest", "m.example/old@v2", "m.example/moved@latest"),
    *("m.example/moved@v2", "m.example/old@<v3.0.0", "m.example/moved@<v3.0.0"),
    *("m.example/Upper/Case@latest", "m.example/deep/cmd/tool@latest", "m.example/deep/nested@latest"),
    *(
        "m.example/deep/nested/cmd/other@v0.3",
        "github.com/own/repo/cmd/x@latest",
        "github.com/own/repo/cmd/...@latest",
    ),
    *(
        "gopkg.in/yaml.v3@latest",
        "m.example/absent@latest",
        "m.example/plain@v7",
        "m.example/plain@<=v1",
    ),
    *("m.example/plain@>v1", "m.example/plain@nothing"),
)


@pytest.fixture(scope="module")
def proxy() -> Iterator[GoProxy]:
    with GoProxy() as found:
        for path, module in MODULES.items():
            found.publish(path, module)
        yield found


@pytest.fixture(scope="module")
def go() -> str:
    program = shutil.which("go")
    if program is None:
        pytest.skip("go is not installed, and scripts/setup can't install it here")
    return program


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("go")


def taken(go: str, proxy: GoProxy, home: Path, case: str) -> tuple[str, str] | None:
    """Module and version, by ``go list`` of a package in a module of its own; None where go finds none."""
    directory = home / case.replace("/", "_").replace("@", "-").replace("<", "l").replace(">", "g")
    directory.mkdir()
    environment = {
        **{"HOME": str(home), "GOPATH": str(home / "path"), "GOPROXY": proxy.url, "GONOSUMDB": "*"},
        **{
            "GONOSUMCHECK": "1",
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOTOOLCHAIN": "local",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
        },
        **{"GOSUMDB": "off", "GOVCS": "*:off", "CGO_ENABLED": "0"},
    }
    (directory / "go.mod").write_text("module own.example/app\n\ngo 1.17\n")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        argv = [go, *arguments]
        return subprocess.run(
            argv, check=False, capture_output=True, text=True, timeout=120, env=environment, cwd=directory
        )

    if run("get", case).returncode:
        return None
    listed = run("mod", "edit", "-json").stdout
    (required,) = json.loads(listed)["Require"]
    return required["Path"], required["Version"]


def chosen(proxy: GoProxy, case: str) -> Resolution:
    text = f"FROM base\nENV GOPROXY={proxy.url}\nRUN go install -v '{case}'\n"
    (commands,) = analyse(text, BuildRequest(("linux/amd64",))).discovery.packages.values()
    return resolved_command(commands[0])


@pytest.mark.parametrize("case", CASES)
def test_the_version_is_the_one_that_go_takes(case: str, go: str, proxy: GoProxy, home: Path) -> None:
    wanted = taken(go, proxy, home, case)
    found = chosen(proxy, case)
    if wanted is None:
        assert found.problem is not None
        assert not found.unreachable
    else:
        assert [(it.name, it.version) for it in found.packages] == [wanted]
        assert found.packages[0].purl == f"pkg:golang/{wanted[0]}"


@pytest.mark.parametrize(
    "settings", ["GOPROXY=off", "GOPROXY=direct", "GOPRIVATE=m.example", "GONOPROXY=x.example,m.*"]
)
def test_a_module_that_no_proxy_has_is_not_watched(settings: str, proxy: GoProxy) -> None:
    name, _, value = settings.partition("=")
    found = resolved("go", ["m.example/plain@latest"], [("GOPROXY", proxy.url), (name, value)])
    assert found.problem is not None
    assert (found.problem.code, found.unreachable) == ("package-source-unknown", False)


def test_go_get_takes_no_version_below_the_one_that_is_required(proxy: GoProxy) -> None:
    def version(word: str, current: str) -> str:
        options = [("GOPROXY", proxy.url), ("require:m.example/plain", current)]
        return resolved("go", [word], options).packages[0].version

    assert version("m.example/plain@upgrade", "v1.11.0-beta.1") == "v1.11.0-beta.1"
    assert version("m.example/plain@upgrade", "v1.0.0") == "v1.10.0"
    assert version("m.example/plain@patch", "v1.2.0") == "v1.2.0"


def test_the_file_of_go_env_names_the_proxies(proxy: GoProxy) -> None:
    files = {"/root/.config/go/env": f"GOFLAGS=-v\nGOPROXY={proxy.url}|direct\n"}
    assert resolved("go", ["m.example/plain@v1.2"], files=files).packages[0].version == "v1.2.0"


def test_a_proxy_that_is_down_is_unreachable() -> None:
    with GoProxy() as gone:
        pass
    found = resolved("go", ["m.example/plain@latest"], [("GOPROXY", gone.url)])
    assert found.problem is not None
    assert found.unreachable


@pytest.mark.parametrize("text", ["", "patch", "<", "<x", ">v1", "<=v1.2", "a/b", "v" * 300, "\x1b[31m"])
def test_what_is_no_query(text: str) -> None:
    assert query_of(text) is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [("list", b"<html>"), ("mod", b"<html>"), ("info", b"[" * 100_000), ("info", b'{"Version": "main"}')],
)
def test_a_document_of_another_form_is_none(kind: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        dict(entries(kind, body))
