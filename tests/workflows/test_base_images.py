"""Base images of a real registry and of real engines: what is read of them, by how many requests."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

import pytest
from msgspec import Struct

from freshlayer.builders.image_store import ImageStore
from freshlayer.credentials import Keyring
from freshlayer.model.base_image import BaseImage, BaseWanted
from freshlayer.settings import Policy
from freshlayer.state import SqliteStore
from freshlayer.workflows.base_images import BaseImages, JudgedBase
from freshlayer.workflows.session import Session
from testing.builders.table import MEMBERS, Builders
from testing.debian_root import debian_root, require_debian_root
from testing.image_layers import (
    Member,
    directory,
    file,
    gzipped,
    hard_link,
    layer,
    link,
    opaque,
    whiteout,
    zstd,
)
from testing.servers.needs import require
from testing.servers.nginx import Nginx, proxied
from testing.stores.registry import PASSWORD, USER, Auth, MediaTypes, Registry

AMD64 = "linux/amd64"
STATUS = "Package: a\nStatus: install ok installed\nVersion: 1\n"
ALPINE = layer(
    [
        *map(directory, ("etc", "etc/apk", "etc/apk/keys", "lib", "lib/apk", "lib/apk/db", "usr", "usr/lib")),
        file("etc/alpine-release", "3.19.1\n"),
        file("etc/apk/arch", "x86_64\n"),
        file("etc/apk/keys/a.rsa.pub", "key"),
        file("etc/apk/repositories", "https://a.example/alpine/v3.19/main\n"),
        file("etc/apk/world", "musl\n"),
        file("lib/apk/db/installed", "P:musl\nV:1.2.4-r2\nA:x86_64\n\n"),
        file("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.19.1\n"),
        link("etc/os-release", "../usr/lib/os-release"),
    ]
)
CONFIG = {
    "Env": ["PATH=/bin", "VERSION=1"],
    "Shell": ["/bin/ash", "-c"],
    "User": "app",
    "WorkingDir": "/app",
    "OnBuild": ["RUN touch /triggered"],
    "Volumes": {"/data": {}},
}


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    require("nginx", "docker-registry")
    with Registry() as started:
        yield started


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Store(Struct, frozen=True):
    """The images of a builder."""

    program: tuple[str, ...]
    environment: Mapping[str, str]

    def takes_local_images(self, named: str) -> bool:  # noqa: ARG002
        return True


def session(tmp_path: Path, policy: Policy = Policy(), environ: Mapping[str, str] | None = None) -> Session:  # noqa: B008
    return Session(
        store=SqliteStore(tmp_path / "state.db", print),
        policy=policy,
        warn=print,
        clock=lambda: 0,
        keyring=Keyring(environ or {}),
    )


def judged(
    registry: Registry, tag: str, digest: str, *, contents: bool = True, platform: str = AMD64
) -> JudgedBase:
    return JudgedBase(BaseWanted(f"docker-image://{registry.host}/{tag}", platform, contents), digest)


def read(item: JudgedBase, session: Session, engine: ImageStore | None = None) -> BaseImage:
    (image,) = BaseImages(session, engine).read([item]).values()
    return image


def paths(registry: Registry, since: int = 0) -> list[str]:
    return [f"{it.method} {it.path.split('/')[-2]}" for it in registry.requests()[since:]]


def clear_cache() -> None:
    shutil.rmtree(os.environ["XDG_CACHE_HOME"])


@pytest.mark.parametrize("media", MediaTypes)
@pytest.mark.parametrize("form", [bytes, gzipped, zstd])
def test_an_image_is_read_from_its_registry(
    registry: Registry, tmp_path: Path, media: MediaTypes, form: type[bytes]
) -> None:
    digest = registry.push_layers("alpine", "1", [form(ALPINE)], config=CONFIG, media=media)
    image = read(judged(registry, "alpine:1", digest), session(tmp_path))
    assert image.why_not is None
    assert image.digest == digest
    assert image.config.environment == (("PATH", "/bin"), ("VERSION", "1"))
    assert (image.config.shell, image.config.triggers) == (("/bin/ash", "-c"), ("RUN touch /triggered",))
    assert image.contents is not None
    assert image.contents.installed == {"apk": "P:musl\nV:1.2.4-r2\nA:x86_64\n\n"}
    assert image.contents.files["/etc/os-release"] == "ID=alpine\nVERSION_ID=3.19.1\n"
    assert "/etc/apk/keys/a.rsa.pub" not in image.contents.files


def test_a_configuration_costs_two_requests_the_contents_one_a_layer_and_both_are_kept(
    registry: Registry, tmp_path: Path
) -> None:
    top = layer([file("etc/apk/world", "musl\ncurl\n")])
    digest = registry.push_layers("kept", "1", [gzipped(ALPINE), gzipped(top)], config=CONFIG)
    before = len(registry.requests())
    run = session(tmp_path)
    config = read(judged(registry, "kept:1", digest, contents=False), run)
    assert config.contents is None
    assert paths(registry, before) == ["GET manifests", "GET blobs"]
    images = BaseImages(run)
    (image,) = images.read([judged(registry, "kept:1", digest)]).values()
    assert images.read([judged(registry, "kept:1", digest)]) == {(image.reference, AMD64): image}
    assert image.contents is not None
    assert image.contents.files["/etc/apk/world"] == "musl\ncurl\n"
    assert paths(registry, before)[2:] == ["GET manifests", "GET blobs", "GET blobs"]
    for policy in (Policy(), Policy(offline=True)):
        assert read(judged(registry, "kept:1", digest), session(tmp_path, policy)) == image
    assert len(paths(registry, before)) == 5


def test_an_image_that_has_two_names_is_read_once(registry: Registry, tmp_path: Path) -> None:
    digest = registry.push_layers("named", "12", [gzipped(ALPINE)], config=CONFIG)
    registry.retag("named", "bookworm", "12")
    before = len(registry.requests())
    names = ("named:12", "named:bookworm", f"named@{digest}")
    wanted = [judged(registry, name, digest, contents=name == names[0]) for name in names]
    found = BaseImages(session(tmp_path)).read(wanted)
    assert list(found) == [(item.wanted.reference, AMD64) for item in sorted(wanted, key=_wants_contents)]
    assert {(image.digest, image.config.environment, image.why_not) for image in found.values()} == {
        (digest, (("PATH", "/bin"), ("VERSION", "1")), None)
    }
    assert found[wanted[0].wanted.key].contents is not None
    assert paths(registry, before) == ["GET manifests", "GET blobs", "GET blobs"]


def _wants_contents(item: JudgedBase) -> bool:
    return item.wanted.contents


def test_what_can_not_be_read_is_tried_once_a_run_and_says_why(registry: Registry, tmp_path: Path) -> None:
    digest = registry.push_layers("gone", "1", [gzipped(ALPINE)])
    registry.delete("gone", digest)
    before = len(registry.requests())
    images = BaseImages(session(tmp_path))
    for _ in range(2):
        (image,) = images.read([judged(registry, "gone:1", digest)]).values()
        assert image.why_not is not None
        assert image.why_not.code == "http-not-found"
    assert len(registry.requests()) == before + 1


def test_offline_there_is_the_cache_alone(registry: Registry, tmp_path: Path) -> None:
    digest = registry.push_layers("offline", "1", [gzipped(ALPINE)])
    before = len(registry.requests())
    image = read(judged(registry, "offline:1", digest), session(tmp_path, Policy(offline=True)))
    assert image.why_not is not None
    assert image.why_not.code == "base-offline"
    assert len(registry.requests()) == before


def test_layers_above_the_setting_are_not_downloaded(registry: Registry, tmp_path: Path) -> None:
    digest = registry.push_layers("large", "1", [gzipped(ALPINE)], config=CONFIG)
    before = len(registry.requests())
    image = read(judged(registry, "large:1", digest), session(tmp_path, Policy(base_up_to=10)))
    assert image.why_not is not None
    assert image.why_not.code == "base-too-large"
    assert image.config.user == "app"
    assert paths(registry, before) == ["GET manifests", "GET blobs"]


def test_images_of_an_index_are_told_apart_by_the_platform(registry: Registry, tmp_path: Path) -> None:
    index = registry.push_index("many", "1", {AMD64: "one", "linux/arm64": "two"})
    one, two = (
        judged(registry, "many:1", index, contents=False, platform=it) for it in (AMD64, "linux/arm64")
    )
    run = session(tmp_path)
    images = BaseImages(run).read([one, two])
    assert [it.config.architecture for it in images.values()] == ["amd64", "arm64"]
    assert len({it.digest for it in images.values()} - {index}) == 2
    assert BaseImages(session(tmp_path, Policy(offline=True))).read([one, two]) == images


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.TOKEN, Auth.ANONYMOUS_TOKEN])
def test_layers_are_requested_with_the_credential_that_the_registry_requires(
    tmp_path: Path, auth: Auth
) -> None:
    require("nginx", "docker-registry")
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with Registry(auth=auth) as guarded:
        (tmp_path / "config.json").write_text(json.dumps({"auths": {guarded.host: {"auth": encoded}}}))
        digest = guarded.push_layers("some/app", "1", [gzipped(ALPINE)])
        environ = {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
        image = read(judged(guarded, "some/app:1", digest), session(tmp_path, environ=environ))
        assert image.contents is not None
        # Once refused, once a part.
        assert [it.status for it in guarded.requests()] == [401, 200, 200, 200]


def test_a_redirect_to_another_host_carries_no_credential(tmp_path: Path) -> None:
    require("nginx", "docker-registry")
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with Registry() as storage:
        moved = f"location ~ /blobs/ {{ return 307 {storage.url.rstrip('/')}$request_uri; }}\n"
        guard = 'if ($http_authorization = "") { return 401; }\nadd_header WWW-Authenticate Basic always;\n'
        with Nginx(server=guard + moved + proxied("/", storage.direct.rstrip("/"))) as front:
            host = front.url.removeprefix("http://").rstrip("/")
            (tmp_path / "config.json").write_text(json.dumps({"auths": {host: {"auth": encoded}}}))
            digest = storage.push_layers("some/app", "1", [gzipped(ALPINE)])
            wanted = BaseWanted(f"docker-image://{host}/some/app:1", AMD64, contents=True)
            environ = {"DOCKER_CONFIG": str(tmp_path), "HOME": str(tmp_path)}
            image = read(JudgedBase(wanted, digest), session(tmp_path, environ=environ))
            assert image.contents is not None
            assert [it.status for it in front.requests()] == [401, 200, 307, 307]
            assert {it.headers.get("authorization", "") for it in storage.requests()} <= {"", "-"}


def test_a_registry_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    wanted = BaseWanted("docker-image://127.0.0.1:1/some/app:1", AMD64, contents=True)
    image = read(JudgedBase(wanted, "sha256:" + "0" * 64), session(tmp_path))
    assert image.why_not is not None
    assert image.why_not.code == "connection-refused"


def test_several_images_are_read_at_once_and_one_failure_is_its_own(
    registry: Registry, tmp_path: Path
) -> None:
    items = []
    for number in range(6):
        content = layer([file("etc/os-release", f"ID=n{number}\n")])
        digest = registry.push_layers(
            "several", str(number), [gzipped(content) if number != 3 else b"\x1f\x8b" * 99]
        )
        items.append(judged(registry, f"several:{number}", digest))
    found = list(BaseImages(session(tmp_path)).read(items).values())
    assert [it.contents.files["/etc/os-release"] for it in found if it.contents] == [
        f"ID=n{number}\n" for number in range(6) if number != 3
    ]
    assert found[3].why_not is not None
    assert found[3].why_not.code == "base-layer-invalid"


# --- real roots -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["bookworm", "trixie"])
def test_a_root_of_debian_in_two_layers(registry: Registry, tmp_path: Path, suite: str) -> None:
    """What is read is what is in the root; the second layer is a diff of a build."""
    root = require_debian_root(suite)
    top = layer(
        [whiteout("etc/debian_version"), file("etc/apt/apt.conf.d/90x", 'APT::Install-Recommends "0";\n')]
    )
    digest = registry.push_layers("debian", suite, [gzipped(root.read_bytes()), gzipped(top)])
    image = read(judged(registry, f"debian:{suite}", digest), session(tmp_path))
    assert image.contents is not None
    unpacked = debian_root(tmp_path / "root", suite)
    expected = (unpacked / "var/lib/dpkg/status").read_text("utf-8").strip("\n")
    assert image.contents.installed["apt"].strip("\n") == expected
    assert image.contents.files["/etc/os-release"] == (unpacked / "usr/lib/os-release").read_text("utf-8")
    assert "/etc/debian_version" not in image.contents.files
    sources = [path for path in image.contents.files if path.startswith("/etc/apt/")]
    assert "/etc/apt/apt.conf.d/90x" in sources
    for path in set(sources) - {"/etc/apt/apt.conf.d/90x"}:
        assert image.contents.files[path] == Path(f"{unpacked}{path}").read_text("utf-8")


@pytest.mark.slow
def test_reading_a_root_of_debian_takes_less_than_150_megabytes(registry: Registry, tmp_path: Path) -> None:
    root = require_debian_root().read_bytes()
    digest = registry.push_layers("memory", "1", [zstd(root), gzipped(root)])
    program = (
        "import re, sys; from pathlib import Path; from tests.workflows.test_base_images import *\n"
        f"wanted = BaseWanted('docker-image://{registry.host}/memory:1', AMD64, contents=True)\n"
        f"image = read(JudgedBase(wanted, '{digest}'), session(Path(sys.argv[1])))\n"
        "assert image.contents is not None\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert int(done.stdout) < 150 * 1024


@pytest.mark.slow
def test_a_root_that_dnf_makes(registry: Registry, tmp_path: Path) -> None:
    """From packages of our own; rpm in that root is the oracle."""
    require("dnf", "rpmbuild", "rpm", "createrepo_c")
    made = _dnf_root(tmp_path)
    written = tmp_path / "root.tar"
    with tarfile.open(written, "w") as tar:
        tar.add(made, "")
    digest = registry.push_layers("fedora", "1", [gzipped(written.read_bytes())])
    image = read(judged(registry, "fedora:1", digest), session(tmp_path))
    assert image.contents is not None
    database = made / "usr/lib/sysimage/rpm"
    form = "%{NAME}-%{VERSION}-%{RELEASE}\\n"
    printed = subprocess.run(
        ["rpm", "--dbpath", str(database), "-qa", "--qf", form], check=True, capture_output=True, text=True
    ).stdout
    lines = map(json.loads, image.contents.installed["rpm"].splitlines())
    assert sorted(printed.split()) == [f"{it['name']}-{it['version']}-{it['release']}" for it in lines]
    assert image.contents.files["/etc/dnf/vars/release"] == "1\n"


def _dnf_root(tmp_path: Path) -> Path:
    text = "Name: one\nVersion: 1\nRelease: 2\nSummary: x\nLicense: MIT\nBuildArch: noarch\n%description\nx\n"
    text += "%install\nmkdir -p %{buildroot}/etc/dnf/vars\necho 1 > %{buildroot}/etc/dnf/vars/release\n"
    text += "%files\n/etc/dnf/vars/release\n%package -n two\nSummary: x\nRequires: one\n"
    text += "%description -n two\nx\n%files -n two\n"
    (tmp_path / "one.spec").write_text(text)
    top = f"_topdir {tmp_path / 'top'}"
    repository, made = tmp_path / "top" / "RPMS", tmp_path / "made"
    _run("rpmbuild", "-bb", "--quiet", "--define", top, str(tmp_path / "one.spec"))
    _run("createrepo_c", str(repository))
    options = [f"--installroot={made}", f"--repofrompath=own,{repository}", "--repo=own", "--releasever=1"]
    places = [f"--setopt={name}={tmp_path / name}" for name in ("cachedir", "logdir", "persistdir")]
    (tmp_path / "logdir").mkdir()
    _run("dnf", "-y", "--nogpgcheck", "--noplugins", *options, *places, "install", "two")
    # Debian's rpm has it in the home directory.
    (made / "usr/lib/sysimage").mkdir(parents=True)
    next(made.rglob("rpmdb.sqlite")).parent.rename(made / "usr/lib/sysimage/rpm")
    (made / "var/lib").mkdir(parents=True)
    (made / "var/lib/rpm").symlink_to("../../usr/lib/sysimage/rpm")
    return made


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)


# --- engines --------------------------------------------------------------------------------------

ENGINES = ["classic", "sid-containerd", "podman", "buildah", "trixie-podman", "trixie-buildah"]
LAYERS = [
    gzipped(ALPINE),
    gzipped(
        layer(
            [whiteout("etc/alpine-release"), opaque("etc/apk"), file("etc/apk/repositories", "http://b/\n")]
        )
    ),
    gzipped(
        layer(
            [
                link("etc/apk/world", "/opt/world"),
                file("opt/world", "curl\n"),
                file("var/lib/dpkg/status", STATUS),
                file("root/.npmrc", "registry=https://a/\n_authToken=secret\n"),
            ]
        )
    ),
]


def store_of(builders: Builders, name: str) -> Store:
    builder = builders[name]
    environment = builder.environment()
    program = shutil.which(MEMBERS[name].program, path=environment["PATH"])
    assert program
    return Store((program,), environment)


def pulled(builders: Builders, name: str, image: str) -> None:
    insecure = [] if MEMBERS[name].program == "docker" else ["--tls-verify=false"]
    builders[name].run("pull", *insecure, image)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_has_the_image_gives_what_the_registry_gives(
    registry: Registry, builders: Builders, tmp_path: Path, name: str
) -> None:
    digest = registry.push_layers(
        "engine", name, LAYERS, config=CONFIG, media=MediaTypes.DOCKER, created="2026-09-01T01:02:03.04Z"
    )
    item, run = judged(registry, f"engine:{name}", digest), session(tmp_path)
    expected = read(item, run)
    assert expected.contents is not None
    assert expected.contents.files["/etc/apk/world"] == "curl\n"
    assert expected.config.created == "2026-09-01"
    clear_cache()
    store = store_of(builders, name)
    pulled(builders, name, f"{registry.host}/engine:{name}")
    before = len(registry.requests())
    assert read(item, run, store) == expected
    config = judged(registry, f"engine:{name}", digest, contents=False)
    clear_cache()
    assert read(config, run, store).config == expected.config
    assert len(registry.requests()) == before
    # Nothing of the image ran, and nothing of ours is left.
    if MEMBERS[name].program != "buildah":
        assert builders[name].run("ps", "--all", "--quiet").stdout == ""
        assert builders[name].run("volume", "ls", "--quiet").stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ENGINES)
def test_an_image_that_was_made_here_is_read_by_its_name(
    builders: Builders, tmp_path: Path, name: str
) -> None:
    store, builder = store_of(builders, name), builders[name]
    project = tmp_path / "project"
    project.mkdir()
    (project / "os-release").write_text("ID=mine\n")
    (project / "Dockerfile").write_text("FROM scratch\nCOPY os-release /etc/os-release\nENV A=b\n")
    builder.run(*builder.command[1:], "--tag", "mine:1", str(project))
    wanted = BaseWanted("docker-image://docker.io/library/mine:1", AMD64, contents=True)
    image = read(JudgedBase(wanted), session(tmp_path, Policy(offline=True)), store)
    assert image.contents is not None
    assert image.contents.files == {"/etc/os-release": "ID=mine\n"}
    assert ("A", "b") in image.config.environment
    absent = replace_reference(wanted, "docker-image://docker.io/library/absent:1")
    none = read(JudgedBase(absent), session(tmp_path), store)
    assert none.why_not is not None
    assert none.why_not.code == "base-not-known"


def replace_reference(wanted: BaseWanted, reference: str) -> BaseWanted:
    return BaseWanted(reference, wanted.platform, wanted.contents)


PATHS = (
    *(
        "etc",
        "etc/apt",
        "etc/apt/a.list",
        "etc/apt/d",
        "etc/apt/d/x",
        "etc/apk",
        "etc/apk/world",
        "etc/os-release",
    ),
    *(
        "usr/lib",
        "usr/lib/os-release",
        "lib",
        "lib/apk/db/installed",
        "usr/lib/apk/db/installed",
        "opt",
        "opt/x",
    ),
    "var/lib/dpkg/status",
)
MOST_IMAGES, LEAST_ACCEPTED = 40, 20


def random_layer(random: Random, number: int) -> list[Member]:
    """A layer that a runtime accepts, mostly: nothing is below what is not a directory."""
    members: dict[str, Member] = {}
    for path in sorted(random.sample(PATHS, random.randint(1, 6))):
        above = [path[:at] for at, letter in enumerate(path) if letter == "/"]
        if any(members[it].kind != tarfile.DIRTYPE for it in above if it in members):
            continue
        target = random.choice(PATHS)
        members[path] = random.choice(
            [
                *[file(path, f"{number} {path}\n")] * 4,
                *[directory(path)] * 4,
                link(path, random.choice([f"/{target}", "../" * path.count("/") + target])),
                whiteout(path),
                opaque(path),
            ]
        )
        files = [it.name for it in members.values() if it.kind == tarfile.REGTYPE and ".wh." not in it.name]
        if files and random.random() < 0.1:
            members[path] = hard_link(path, files[0]) if files[0] != path else members[path]
    return list(members.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classic", "sid-containerd"])
def test_layers_at_random_are_what_an_engine_makes_of_them(
    registry: Registry, builders: Builders, tmp_path: Path, name: str
) -> None:
    """Docker lays the layers upon each other itself, and shows the files of a container."""
    store, run, accepted = store_of(builders, name), session(tmp_path), 0
    for seed in range(MOST_IMAGES):
        random = Random(seed)
        layers = [random_layer(random, number) for number in range(random.randint(2, 4))]
        blobs = [gzipped(layer(members)) for members in layers]
        digest = registry.push_layers("random", str(seed), blobs, media=MediaTypes.DOCKER)
        image = f"{registry.host}/random:{seed}"
        if builders[name].run("pull", image, check=False).returncode:
            continue
        item = judged(registry, f"random:{seed}", digest)
        ours = read(item, run)
        clear_cache()
        assert ours == read(item, run, store), layers
        clear_cache()
        accepted += 1
    assert accepted >= LEAST_ACCEPTED


@pytest.mark.slow
def test_a_container_that_a_killed_run_left_is_removed(
    registry: Registry, builders: Builders, tmp_path: Path
) -> None:
    """By its label, and only once it is old, where its process is not known here."""
    builder = builders["classic"]
    image = f"{registry.host}/left:1"
    digest = registry.push_layers("left", "1", [gzipped(ALPINE)])
    pulled(builders, "classic", image)
    young = builder.run("create", "--label", "dev.freshlayer.base=1", image, "/x").stdout.strip()
    others = builder.run("create", image, "/x").stdout.strip()
    read(judged(registry, "left:1", digest), session(tmp_path), store_of(builders, "classic"))
    left = builder.run("ps", "--all", "--quiet", "--no-trunc").stdout.split()
    assert set(left) == {young, others}
    builder.run("rm", young, others)


_HOLD = """\
import sys
from freshlayer.builders.docker_containers import container
with container(*sys.argv[1:]) as made:
    print(made, flush=True)
    sys.stdin.read()
"""


@pytest.mark.slow
def test_a_container_of_a_run_that_was_killed_is_removed_by_the_next_one(
    registry: Registry, builders: Builders, tmp_path: Path
) -> None:
    """And that of a run that is still there is left alone."""
    builder = builders["classic"]
    digest = registry.push_layers("killed", "1", [gzipped(ALPINE)])
    pulled(builders, "classic", f"{registry.host}/killed:1")
    socket_ = builder.environment()["DOCKER_HOST"].removeprefix("unix://")
    argv = [sys.executable, "-c", _HOLD, socket_, builder.image_id(f"{registry.host}/killed:1")]
    runs = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    made = [run.stdout.readline().strip() for run in runs if run.stdout]
    runs[0].kill()
    runs[0].communicate()
    read(judged(registry, "killed:1", digest), session(tmp_path), store_of(builders, "classic"))
    left = builder.run("ps", "--all", "--quiet", "--no-trunc").stdout.split()
    runs[1].communicate()
    assert left == [made[1]]
    assert builder.run("ps", "--all", "--quiet").stdout == ""
