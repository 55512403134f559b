"""The sources of NuGet by its published rules: "Common NuGet configurations", "Package Source Mapping".

The files are those of a build context; dotnet is in none of the distributions that this suite installs from.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.reading import analyse
from freshlayer.model.packages import PackageCommand

A, B, C = (f"https://{name}.example/v3/index.json" for name in "abc")
_PROJECT = '<Project><ItemGroup><PackageReference Include="{}" Version="1.*" /></ItemGroup></Project>'


def config(sources: str = "", **sections: str) -> str:
    """``sources``: ``name=address`` for each, and ``clear``."""
    items = "".join(
        "<clear />" if it == "clear" else '<add key="{}" value="{}" />'.format(*it.split("=", 1))
        for it in sources.split()
    )
    more = "".join(f"<{name}>{text}</{name}>" for name, text in sections.items())
    return f"<configuration><packageSources>{items}</packageSources>{more}</configuration>"


def mapping(**patterns: str) -> str:
    return "".join(
        f'<packageSource key="{key}">'
        + "".join(f'<package pattern="{it}" />' for it in texts.split())
        + "</packageSource>"
        for key, texts in patterns.items()
    )


def commands(at: Path, command: str, files: Mapping[str, str], before: str = "") -> list[PackageCommand]:
    for name, text in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text)
    text = f"FROM base\nWORKDIR /src/app\nCOPY . /src\n{before}RUN {command}\n"
    found = analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(at, None).read).discovery
    return [it for every in found.packages.values() for it in every]


def sources(found: PackageCommand) -> list[str]:
    return [value for name, value in found.options if name == "source"]


def disabled(*names: str) -> str:
    return "".join(f'<add key="{name}" value="true" />' for name in names)


@pytest.mark.parametrize(
    ("files", "urls"),
    [
        ({}, []),
        ({"nuget.config": config(f"a={A}")}, [A, "default"]),
        ({"NuGet.Config": config(f"clear a={A}")}, [A]),
        # The nearest file is the first; what is above a <clear /> does not count.
        ({"app/nuget.config": config(f"a={A}"), "nuget.config": config(f"b={B}")}, [A, B, "default"]),
        ({"app/nuget.config": config(f"a={A}"), "nuget.config": config(f"clear b={B}")}, [A, B]),
        ({"app/nuget.config": config(f"clear a={A}"), "nuget.config": config(f"b={B}")}, [A]),
        ({"app/nuget.config": config(f"x={A}"), "nuget.config": config(f"clear X={B}")}, [A]),
        ({"nuget.config": config(f"b={B} clear a={A}")}, [A]),
        ({"nuget.config": config("clear nuget.org=https://api.nuget.org/v3/index.json")}, ["https://api.nuget.org/v3/index.json"]),
        # Disabled by name, whatever file states it; the nearest one decides.
        ({"nuget.config": config(f"a={A}", disabledPackageSources=disabled("nuget.org"))}, [A]),
        ({"nuget.config": config(f"clear a={A} b={B}", disabledPackageSources=disabled("A"))}, [B]),
        (
            {
                "app/nuget.config": config(disabledPackageSources='<add key="a" value="false" />'),
                "nuget.config": config(f"clear a={A} b={B}", disabledPackageSources=disabled("a", "b")),
            },
            [A],
        ),
        (
            {
                "app/nuget.config": config(disabledPackageSources="<clear />"),
                "nuget.config": config(f"clear a={A}", disabledPackageSources=disabled("a")),
            },
            [A],
        ),
        ({"nuget.config": config("clear a=https://%WHERE%/v3/index.json")}, ["https://w.example/v3/index.json"]),
    ],
)  # fmt: skip
def test_the_sources_of_the_files_of_a_context(
    files: Mapping[str, str], urls: list[str], tmp_path: Path
) -> None:
    (found,) = commands(tmp_path, "dotnet add package Lib", files, "ENV WHERE=w.example\n")
    assert (sources(found), found.unknown) == (urls, None)


@pytest.mark.parametrize(
    ("command", "urls"),
    [
        ("dotnet add package Lib -s a", [A]),
        ("dotnet add package Lib --source A --source https://c.example/v3/index.json", [A, C]),
        (f"dotnet tool install -g Lib --add-source {C}", [A, B, C]),
        ("dotnet tool install -g Lib --configfile other.config", [C]),
        ("dotnet add ../lib/lib.csproj package Lib", [C, A, B]),
        ("dotnet restore ../lib", [C, A, B]),
    ],
)
def test_the_sources_of_a_command(command: str, urls: list[str], tmp_path: Path) -> None:
    files = {
        "nuget.config": config(f"clear a={A} b={B}"),
        "app/other.config": config(f"c={C}"),
        "lib/nuget.config": config(f"c={C}"),
        "lib/lib.csproj": _PROJECT.format("Lib"),
    }
    (found,) = commands(tmp_path, command, files)
    assert (sources(found), found.unknown) == (urls, None)


@pytest.mark.parametrize(
    ("package", "urls"),
    [
        ("Contoso.Core", [A]),
        ("contoso.core.abstractions", [A]),
        ("Contoso.Public.Lib", [B]),
        ("Contoso.Public.Exact", [A]),
        ("NuGet.Common", [B]),
        ("Shared", [A, B]),
    ],
)
def test_a_package_is_that_of_the_source_whose_pattern_is_the_most_specific(
    package: str, urls: list[str], tmp_path: Path
) -> None:
    patterns = mapping(a="Contoso.* Contoso.Public.Exact Shared", b="* Contoso.Public.* shared")
    files = {"nuget.config": config(f"clear a={A} b={B}", packageSourceMapping=patterns)}
    (found,) = commands(tmp_path, f"dotnet add package {package}", files)
    assert (sources(found), found.unknown) == (urls, None)


def test_a_project_whose_packages_have_several_sources(tmp_path: Path) -> None:
    references = "".join(
        f'<PackageReference Include="{name}" Version="1.*" />' for name in ("Own.A", "Other", "Own.B")
    )
    files = {
        "app/app.csproj": f"<Project><ItemGroup>{references}</ItemGroup></Project>",
        "nuget.config": config(f"clear a={A} b={B}", packageSourceMapping=mapping(a="Own.*", b="*")),
    }
    found = commands(tmp_path, "dotnet restore", files)
    assert [(it.words, sources(it)) for it in found] == [
        (("Own.A@1.*", "Own.B@1.*"), [A]),
        (("Other@1.*",), [B]),
    ]


@pytest.mark.parametrize(
    "text",
    [
        config("clear"),
        config(f"clear a={A}", disabledPackageSources=disabled("a")),
        config(f"clear a={A}", packageSourceMapping=mapping(a="Own.*")),
        config(f"clear a={A} b={B}", packageSourceMapping=mapping(a="*", gone="Lib")),
    ],
)
def test_a_package_without_a_source_is_not_one_of_the_usual_index(text: str, tmp_path: Path) -> None:
    (found,) = commands(tmp_path, "dotnet add package Lib", {"nuget.config": text})
    assert found.unknown is not None
    assert found.unknown.code == "package-source-unknown"
