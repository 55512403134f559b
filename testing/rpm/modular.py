"""A repository with modules, groups and updates, as those of enterprise distributions are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testing.rpm.packages import Package
from testing.rpm.repositories import add, make


@dataclass(frozen=True)
class Build:
    """A build of a stream."""

    name: str
    stream: str
    version: int
    context: str
    packages: tuple[Package, ...]
    profiles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its document, as libmodulemd writes one."""
        requires = {"platform": ("el9",), **self.requires}
        lines = ["---", "document: modulemd", "version: 2", "data:", f"  name: {self.name}"]
        lines += [f'  stream: "{self.stream}"', f"  version: {self.version}", f"  context: {self.context}"]
        lines += ["  arch: x86_64", f"  summary: The {self.name} module", "  description: >-"]
        lines += ["    Two lines that name: nothing,", "    and 'quotes' # no comment", "  license:"]
        lines += ["    module:", "    - MIT", "  xmd: {}", "  dependencies:", "  - buildrequires:"]
        lines += ["      platform: [el9]", "    requires:"]
        lines += [f"      {name}: [{', '.join(streams)}]" for name, streams in requires.items()]
        lines += ["  profiles:"] if self.profiles else []
        for name, packages in self.profiles.items():
            lines += [f"    {name}:", "      rpms:", *(f"      - {package}" for package in packages)]
        lines += ["  artifacts:", "    rpms:"]
        lines += [f"    - {_full(package)}" for package in self.packages]
        return "\n".join([*lines, "..."]) + "\n"


def _full(package: Package) -> str:
    return f"{package.name}-{package.epoch or 0}:{package.version}-{package.release}.{package.arch}"


def default(name: str, stream: str, profiles: dict[str, Sequence[str]]) -> str:
    """The document of a default stream."""
    lines = ["---", "document: modulemd-defaults", "version: 1", "data:", f"  module: {name}"]
    lines += [f'  stream: "{stream}"'] if stream else []
    lines += ["  profiles:", *(f'    "{key}": [{", ".join(one)}]' for key, one in profiles.items())]
    return "\n".join([*lines, "..."]) + "\n"


def _of(name: str, version: str, label: str, requires: Sequence[str] = (), **more: Any) -> Package:
    return Package(name, version, f"1.{label}", "x86_64", requires=tuple(requires), **more)


def _perl(stream: str, version: int) -> Build:
    label = f"perl{stream.replace('.', '')}v{version}"
    packages = (
        _of("perl-extra", f"{stream}.{version}", label, provides=(f"perl(:EXTRA_{stream})",)),
        _of("perl-extra-doc", f"{stream}.{version}", label),
    )
    return Build("perl", stream, version, f"aa{version}", packages, {"common": ("perl-extra",)})


def _node(stream: str, version: int) -> Build:
    label = f"node{stream}v{version}"
    packages = (
        _of("nodejs", f"{stream}.{version}", label, ("libssl.so.3()(64bit)",), recommends=("npm",)),
        _of("npm", f"8.{stream}.{version}", label, (f"nodejs = {stream}.{version}-1.{label}",)),
        _of("nodejs-devel", f"{stream}.{version}", label, ("nodejs",)),
    )
    profiles = {
        "common": ("nodejs", "npm"),
        "minimal": ("nodejs",),
        "development": ("nodejs", "nodejs-devel", "make"),
    }
    return Build("nodejs", stream, version, f"bb{stream}", packages, profiles)


def _postgres(stream: str, perl: str) -> Build:
    label = f"pg{stream}p{perl.replace('.', '')}"
    packages = (
        _of("postgresql", stream, label, ("libssl.so.3()(64bit)",)),
        _of("postgresql-server", stream, label, (f"postgresql = {stream}-1.{label}", f"perl(:EXTRA_{perl})")),
    )
    profiles = {"server": ("postgresql-server",), "client": ("postgresql",)}
    return Build("postgresql", stream, 20240101, f"cc{perl[-2:]}", packages, profiles, {"perl": (perl,)})


BUILDS = (
    *(_perl(stream, version) for stream in ("5.26", "5.30") for version in (1, 2)),
    *(_node(stream, version) for stream in ("14", "18", "20") for version in (1, 2)),
    *(_postgres(stream, perl) for stream in ("13", "15") for perl in ("5.26", "5.30")),
    Build("alone", "1", 1, "dd", (_of("alone", "1", "alone1"),), {"default": ("alone",)}),
    Build("broken", "1", 1, "ee", (_of("broken-module", "1", "br"),), {}, {"nothing": ("1",)}),
)
PLAIN = (
    Package("nodejs-plain", "1", arch="x86_64", provides=("nodejs = 99",)),
    Package("app-on-node", "1", requires=("nodejs >= 18",)),
    Package("app-on-any-node", "1", requires=("nodejs",)),
    Package("app-on-postgres", "1", requires=("postgresql-server",)),
    Package("perl-extra", "9.9", arch="x86_64"),
)
DEFAULTS = (
    default("perl", "5.26", {"5.26": ["common"], "5.30": ["common"]}),
    default("nodejs", "14", {"14": ["common"], "18": ["common"], "20": ["minimal"]}),
    default("postgresql", "13", {"13": ["server"], "15": ["server"]}),
)

COMPS = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE comps PUBLIC "-//Test//DTD Comps info//EN" "comps.dtd">
<comps>
  <group><id>web</id><name>Web Server</name><name xml:lang="de">Webserver</name>
    <description>d</description><default>true</default><uservisible>true</uservisible>
    <packagelist>
      <packagereq type="mandatory">httpd</packagereq><packagereq type="default">mod_ssl</packagereq>
      <packagereq type="optional">nginx</packagereq>
      <packagereq type="conditional" requires="git">wget</packagereq>
      <packagereq type="default">not-in-any-repository</packagereq>
    </packagelist></group>
  <group><id>tools</id><name>Development Tools</name><description>d</description><default>false</default>
    <uservisible>true</uservisible>
    <packagelist><packagereq type="mandatory">gcc</packagereq><packagereq type="default">make</packagereq>
      <packagereq type="mandatory">old-tool</packagereq><packagereq basearchonly="true">lib32</packagereq>
    </packagelist></group>
  <environment><id>server-environment</id><name>Server</name><description>d</description>
    <display_order>1</display_order><grouplist><groupid>web</groupid></grouplist>
    <optionlist><groupid>tools</groupid></optionlist></environment>
</comps>
"""


def updates(rows: Iterable[tuple[str, Package]]) -> str:
    """updateinfo.xml: (type, package) of each update."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<updates>"]
    for number, (kind, one) in enumerate(rows):
        lines += [f'<update from="t" status="final" type="{kind}" version="1"><id>U-{number}</id>']
        lines += ['<title>t</title><issued date="2024-01-01"/><severity>Low</severity>']
        lines += ['<pkglist><collection short="c"><name>c</name>']
        lines += [f'<package name="{one.name}" version="{one.version}" release="{one.release}"']
        lines += [f' epoch="{one.epoch or 0}" arch="{one.arch}" src="s.src.rpm">']
        lines += [f"<filename>{one.name}.rpm</filename></package></collection></pkglist></update>"]
    return "\n".join([*lines, "</updates>", ""])


def make_modular(directory: Path, updated: Iterable[tuple[str, Package]]) -> None:
    """The repository, with an index of everything."""
    make([package for build in BUILDS for package in build.packages] + list(PLAIN), directory)
    texts = directory.parent / f"{directory.name}-texts"
    texts.mkdir()
    documents = {
        "modules": "".join((*(build.text for build in BUILDS), *DEFAULTS)),
        "comps": COMPS,
        "updateinfo": updates(updated),
    }
    for name, kind, end in (
        ("modules", "modules", "yaml"),
        ("comps", "group", "xml"),
        ("updateinfo", "updateinfo", "xml"),
    ):
        file = texts / f"{name}.{end}"
        file.write_text(documents[name])
        add(directory, kind, file)
