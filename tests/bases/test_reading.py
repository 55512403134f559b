"""An image is read: layer upon layer, links, what is left out, and what only an attacker would send."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest

from freshlayer.bases import limits
from freshlayer.bases.limits import MIB
from freshlayer.model.base_image import BaseContents
from testing.image_blobs import CONFIG, MANIFEST, Blobs, digest_of
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

Layers = tuple[list[Member], ...]


def contents(tmp_path: Path, *layers: list[Member]) -> BaseContents:
    blobs = Blobs(piece=1000)
    found = blobs.read(blobs.image([layer(members) for members in layers]), tmp_path)
    assert found.why_not is None
    assert found.contents is not None
    return found.contents


def files(tmp_path: Path, *layers: list[Member]) -> dict[str, str]:
    return dict(contents(tmp_path, *layers).files)


SOURCES = file("etc/apt/sources.list", "deb http://a/ b main\n")
SOURCES_READ = {"/etc/apt/sources.list": "deb http://a/ b main\n"}


@pytest.mark.parametrize(
    ("layers", "read"),
    [
        (([SOURCES],), SOURCES_READ),
        (([file("etc/apt/sources.list", "old")], [SOURCES]), SOURCES_READ),
        (([SOURCES, file("etc/apt/a.list", "a")], [whiteout("etc/apt/a.list")]), SOURCES_READ),
        (([SOURCES], [whiteout("etc/apt")]), {}),
        (([SOURCES], [whiteout("etc")]), {}),
        (([file("etc/apt/a", "a")], [opaque("etc/apt"), SOURCES]), SOURCES_READ),
        (([file("etc/apt/a", "a")], [SOURCES, opaque("etc/apt")]), SOURCES_READ),
        (([file("etc/apt/a", "a")], [file(".wh..wh..opq"), SOURCES]), SOURCES_READ),
        (([SOURCES], [whiteout("etc/apt")], [SOURCES]), SOURCES_READ),
        (([SOURCES], [file("etc/apt", "a file now")]), {}),
        (([SOURCES], [file("etc/apt", "")], [directory("etc/apt"), SOURCES]), SOURCES_READ),
        (([file("etc", "a file")], [SOURCES]), SOURCES_READ),
        (([SOURCES], [directory("etc/apt")]), SOURCES_READ),
        (([SOURCES], [file("etc/apt/.wh..wh.plnk", "of AUFS")]), SOURCES_READ),
    ],
)
def test_layers_are_applied_as_a_runtime_applies_them(
    tmp_path: Path, layers: Layers, read: dict[str, str]
) -> None:
    assert files(tmp_path, *layers) == read


RELEASE = file("usr/lib/os-release", "ID=debian\n")
RELEASE_READ = {"/usr/lib/os-release": "ID=debian\n", "/etc/os-release": "ID=debian\n"}


@pytest.mark.parametrize(
    "layers",
    [
        ([RELEASE, link("etc/os-release", "../usr/lib/os-release")],),
        ([RELEASE, link("etc/os-release", "/usr/lib/os-release")],),
        ([RELEASE, hard_link("etc/os-release", "usr/lib/os-release")],),
        ([RELEASE, hard_link("etc/os-release", "/usr/lib/os-release")],),
        ([RELEASE, link("etc/os-release", "../../../../usr/lib/os-release")],),
        ([RELEASE, link("etc/os-release", "./../usr/./lib//os-release")],),
        ([link("etc/os-release", "x"), link("etc/x", "../usr/lib/os-release")], [RELEASE]),
        (
            [
                file("opt/r", "ID=debian\n"),
                *(link(it, "/opt/r") for it in ("etc/os-release", "usr/lib/os-release")),
            ],
        ),
        (
            [file("opt/r", "ID=debian\n")],
            [
                hard_link("etc/os-release", "opt/r"),
                link("usr/lib/os-release", "../../opt/l"),
                link("opt/l", "r"),
            ],
        ),
        ([link("lib", "usr/lib"), link("etc/os-release", "/lib/os-release")], [RELEASE]),
    ],
)
def test_links_are_followed_inside_the_image(tmp_path: Path, layers: Layers) -> None:
    assert files(tmp_path, *layers) == RELEASE_READ


def test_a_link_of_a_layer_below_is_hidden_by_the_directory_of_an_entry(tmp_path: Path) -> None:
    """As overlayfs has it (Docker, containerd and podman unpack each layer alone)."""
    below = [
        link("usr/lib", "lib64"),
        file("usr/lib64/os-release", "ID=a"),
        link("etc/os-release", "/usr/lib/x"),
    ]
    assert files(tmp_path, below, [RELEASE]) == {"/usr/lib/os-release": "ID=debian\n"}


@pytest.mark.parametrize(
    "members",
    [
        [link("etc/os-release", "/etc/hostname")],
        [link("etc/os-release", "../../../../../../etc/hostname")],
        [link("etc/apt", "/proc/self/cwd")],
        [link("etc/os-release", "os-release")],
        [link("etc/os-release", "b"), link("etc/b", "os-release")],
        [link("etc/apt", ".")],
        [link("etc/apt/a", "..")],
        [link("etc", "etc")],
        [hard_link("etc/os-release", "etc/os-release")],
        [hard_link("etc/os-release", "../../etc/hostname")],
        [file("../../../etc/os-release", "ID=host\n")],
    ],
)
def test_no_link_leads_out_of_the_image_or_runs_in_a_circle(tmp_path: Path, members: list[Member]) -> None:
    assert files(tmp_path, members) == {}


def test_a_file_of_dev_null_is_empty(tmp_path: Path) -> None:
    masked = link("etc/apt/apt.conf.d/20packagekit", "/dev/null")
    assert files(tmp_path, [masked]) == {"/etc/apt/apt.conf.d/20packagekit": ""}


def test_a_directory_that_a_link_leads_to_is_read_in_another_pass(tmp_path: Path) -> None:
    members = [link("etc/yum.repos.d", "/opt/repos"), file("opt/repos/a.repo", "[a]\n"), file("opt/x", "x")]
    assert files(tmp_path, members) == {"/etc/yum.repos.d/a.repo": "[a]\n"}


def test_links_that_lead_from_file_to_file_end(tmp_path: Path) -> None:
    blobs = Blobs()
    chain = [link("etc/os-release", "/a0/x"), *(link(f"a{n}/x", f"/a{n + 1}/x") for n in range(9))]
    found = blobs.read(blobs.image([layer([*chain, file("a9/x", "ID=a")])]), tmp_path)
    assert found.why_not is not None
    assert found.why_not.code == "base-limit-reached"
    assert found.config is not None


def test_keys_and_credentials_are_left_out(tmp_path: Path) -> None:
    kept = [
        file("etc/apt/a.list", "deb https://me:secret@h/ b main\n"),
        file("etc/apk/repositories", "http://a/\n"),
    ]
    left_out = [
        *(file(f"etc/apt/{name}", "secret") for name in ("auth.conf", "auth.conf.d/a.conf", "trusted.gpg")),
        *(file(f"etc/apt/{name}", "secret") for name in ("keyrings/a.asc", "trusted.gpg.d/a.gpg", "a.pem")),
        file("etc/apk/keys/a.rsa.pub", "secret"),
        file("etc/zypp/credentials.d/SCC", "password=secret"),
        file("etc/shadow", "secret"),
    ]
    settings = [
        file("etc/yum.repos.d/a.repo", "[a]\nbaseurl=https://h/\nusername=me\npassword=secret\nenabled=1\n"),
        file("etc/pip.conf", "[global]\nindex-url = https://u:secret@h/simple\n"),
        file("etc/npmrc", "//h/:_authToken=secret\nregistry=https://h/\n"),
        file("root/.bunfig.toml", "[install]\nregistry = { url = \"https://r/\", token = 'secret'}\n"),
        file("etc/uv/uv.toml", '[[index]]\nurl = "https://u:secret@i/"\n'),
        file(
            "root/.cargo/config.toml", '[registries]\na = { index = "i", token = "secret" }\nb.index = "j"\n'
        ),
        file("etc/dnf/dnf.conf", "[main]\nproxy_password = secret\n"),
    ]
    read = contents(tmp_path, [*kept, *left_out, *settings])
    assert "secret" not in repr(read)
    assert read.files["/etc/apt/a.list"] == "deb https://h/ b main\n"
    assert read.files["/etc/yum.repos.d/a.repo"] == "[a]\nbaseurl=https://h/\nusername=me\nenabled=1\n"
    assert read.files["/etc/npmrc"] == "registry=https://h/\n"
    cargo = '[registries]\na = { index = "i" }\nb.index = "j"\n'
    assert read.files["/root/.cargo/config.toml"] == cargo
    assert read.files["/root/.bunfig.toml"] == '[install]\nregistry = { url = "https://r/"}\n'
    assert read.files["/etc/uv/uv.toml"] == '[[index]]\nurl = "https://i/"\n'
    assert "/etc/shadow" not in read.files


def test_what_is_too_long_or_not_text_is_named(tmp_path: Path) -> None:
    long = file("etc/apt/long.list", "#" * (limits.LARGEST_FILE + 1))
    device = Member("etc/apt/device", tarfile.CHRTYPE)
    read = contents(tmp_path, [long, file("etc/apt/binary", b"\0\1"), device, SOURCES])
    assert read.left_out == ("/etc/apt/binary", "/etc/apt/device", "/etc/apt/long.list")
    assert read.files == SOURCES_READ


def test_the_database_of_dpkg_and_the_files_of_distroless(tmp_path: Path) -> None:
    status = file("var/lib/dpkg/status", "Package: a\nVersion: 1\n\n")
    single = [
        file("var/lib/dpkg/status.d/b", "Package: b\nVersion: 2\n"),
        file("var/lib/dpkg/status.d/b.md5sums", "00 usr/b\n"),
    ]
    assert contents(tmp_path, [status]).installed == {"apt": "Package: a\nVersion: 1\n"}
    both = contents(tmp_path, [status], single).installed
    assert both == {"apt": "Package: a\nVersion: 1\n\nPackage: b\nVersion: 2\n"}


@pytest.mark.parametrize("place", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_the_database_of_apk(tmp_path: Path, place: str) -> None:
    merged = [link("lib", "usr/lib")] if place.startswith("usr") else []
    read = contents(tmp_path, [*merged, file(place, "P:a\nV:1\n\n"), file("etc/apk/world", "a\n")])
    assert read.installed == {"apk": "P:a\nV:1\n\n"}
    assert read.files == {"/etc/apk/world": "a\n"}


def test_compressions_and_pieces_do_not_matter(tmp_path: Path) -> None:
    plain = layer([SOURCES, RELEASE])
    read = []
    forms: list[tuple[Callable[[bytes], bytes], int]] = [(bytes, 1), (gzipped, 1), (zstd, 1), (gzipped, 9999)]
    for number, (form, piece) in enumerate(forms):
        blobs = Blobs(piece=piece)
        read.append(blobs.read(blobs.image([form(plain)]), tmp_path / str(number)).contents)
    assert read == [read[0]] * len(read)
    assert read[0] is not None


def test_the_configuration_is_read_without_a_layer(tmp_path: Path) -> None:
    blobs = Blobs()
    config = {
        "Env": ["A=1=2", "B=", "=x", 3],
        "Shell": ["/bin/bash", "-c"],
        "User": "u",
        "OnBuild": ["RUN a"],
    }
    digest = blobs.image([layer([SOURCES])], config | {"WorkingDir": "/w"})
    found = blobs.read(digest, tmp_path, contents=False)
    assert found.config is not None
    assert found.config.environment == (("A", "1=2"), ("B", ""))
    assert (found.config.shell, found.config.user) == (("/bin/bash", "-c"), "u")
    assert (found.config.directory, found.config.triggers) == ("/w", ("RUN a",))
    assert len(blobs.wanted) == 2


def test_the_newest_layer_comes_first_and_what_it_hides_is_not_requested(tmp_path: Path) -> None:
    blobs = Blobs()
    old, new = layer([file("etc/apt/old", "a")]), layer([file(".wh..wh..opq"), SOURCES])
    found = blobs.read(blobs.image([old, new]), tmp_path)
    assert found.contents is not None
    assert found.contents.files == SOURCES_READ
    assert digest_of(new) in blobs.wanted
    assert digest_of(old) not in blobs.wanted


def test_an_index_is_led_through_to_the_manifest_for_the_platform(tmp_path: Path) -> None:
    blobs = Blobs()
    digest = blobs.image([layer([SOURCES])])
    index = blobs.put(json.dumps({"manifests": [{"digest": digest}]}).encode())
    found = blobs.read(index, tmp_path, chosen=digest)
    assert (found.digest, found.why_not) == (digest, None)
    none = blobs.read(index, tmp_path)
    assert none.why_not is not None


@pytest.mark.parametrize("part", ["manifest", "config", "layer"])
def test_what_does_not_have_its_digest_is_not_used(tmp_path: Path, part: str) -> None:
    blobs = Blobs()
    one = layer([SOURCES])
    digest = blobs.image([one])
    manifest = json.loads(blobs.blobs[digest])
    where = {"manifest": digest, "config": manifest["config"]["digest"], "layer": digest_of(one)}[part]
    blobs.blobs[where] = blobs.blobs[where].replace(b"main", b"evil") + b" "
    found = blobs.read(digest, tmp_path)
    assert found.contents is None
    assert found.why_not is not None
    assert found.why_not.code in {"base-digest-mismatch", "base-limit-reached"}


def test_layers_of_more_bytes_than_allowed_are_not_requested(tmp_path: Path) -> None:
    blobs = Blobs()
    layers = [layer([file("a", "x" * 5000)]), layer([SOURCES])]
    found = blobs.read(blobs.image(layers), tmp_path, most=len(layers[1]) + 1)
    assert found.why_not is not None
    assert (found.why_not.code, found.contents) == ("base-too-large", None)
    assert digest_of(layers[0]) not in blobs.wanted


@pytest.mark.parametrize(
    "kind",
    [
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        "",
    ],
)
def test_layers_of_other_kinds_are_refused(tmp_path: Path, kind: str) -> None:
    blobs = Blobs()
    found = blobs.read(blobs.image([layer([SOURCES])], kind=kind), tmp_path)
    assert found.why_not is not None
    assert found.why_not.code == "base-format-unsupported"
    assert found.config is not None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"{}",
        b"{" * 5000,
        b'{"config": {"digest": "sha256:0", "size": 1}, "layers": []}',
        json.dumps({"config": {"digest": "md5:" + "0" * 32, "size": 1}, "layers": []}).encode(),
        json.dumps({"config": {"digest": "sha256:" + "0" * 64, "size": -1}, "layers": []}).encode(),
        json.dumps(
            {"config": {"mediaType": CONFIG, "digest": "sha256:" + "0" * 64, "size": 1}, "layers": [3]}
        ).encode(),
        json.dumps(
            {"mediaType": MANIFEST, "config": {"digest": "sha256:" + "0" * 64, "size": 1}, "layers": []}
        ).encode(),
    ],
)
def test_manifests_that_are_none_are_refused(tmp_path: Path, document: bytes) -> None:
    blobs = Blobs()
    found = blobs.read(blobs.put(document), tmp_path)
    assert found.why_not is not None
    assert found.why_not.code == "base-format-unsupported"


def test_a_part_that_the_registry_does_not_have(tmp_path: Path) -> None:
    blobs = Blobs()
    one = layer([SOURCES])
    digest = blobs.image([one])
    del blobs.blobs[digest_of(one)]
    found = blobs.read(digest, tmp_path)
    assert found.why_not is not None
    assert (found.why_not.code, found.contents) == ("http-not-found", None)
    assert found.config is not None


def test_a_bomb_ends_at_the_limit(tmp_path: Path) -> None:
    """A gigabyte of zeros takes no memory; a file that matters is refused by its size."""
    blobs = Blobs()
    huge = gzipped(layer([file("var/lib/dpkg/status", bytes(limits.LARGEST_DATABASE + 1))]))
    found = blobs.read(blobs.image([huge]), tmp_path)
    assert len(huge) < MIB
    assert found.why_not is not None
    assert found.why_not.code == "base-limit-reached"


def test_more_files_than_can_matter_are_refused(tmp_path: Path) -> None:
    blobs = Blobs()
    many = layer([file(f"etc/apt/{number}") for number in range(limits.MOST_KEPT + 1)])
    found = blobs.read(blobs.image([gzipped(many)]), tmp_path)
    assert found.why_not is not None
    assert found.why_not.code == "base-limit-reached"


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    blobs = Blobs()
    found = blobs.read(blobs.image([b"<html>" * 200]), tmp_path)
    assert found.why_not is not None
    assert found.why_not.code == "base-layer-invalid"


def test_a_line_of_settings_costs_no_more_than_its_length(tmp_path: Path) -> None:
    started = process_time()
    path = "etc/yum.repos.d/a.repo"
    text = "token" * 100_000 + "\npassword: x\n"
    assert files(tmp_path, [file(path, text)])[f"/{path}"] == "token" * 100_000 + "\n"
    assert process_time() - started < 2
