"""Exports, read by the libraries of their formats; the source policy is tried on BuildKit end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cyclonedx
import jsonschema
from cyclonedx.model.bom import Bom
from msgspec.structs import replace
from packageurl import PackageURL

from freshlayer.lock.exports import EXPORTS, export_format
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock
from tests.lock.locks import ADD, ADDED, APT, BRANCH, COMMIT, IMAGE, WHOLE, B, C, an_input

CREATED = "2024-01-02T03:04:05Z"


def text_of(name: str, lock: Lock = WHOLE) -> str:
    return export_format(name).export(lock, CREATED).text


def left_out(name: str, lock: Lock = WHOLE) -> dict[str, str]:
    return dict(export_format(name).export(lock, CREATED).left_out)


def test_the_order_of_the_values_does_not_matter() -> None:
    shuffled = replace(WHOLE, packages=WHOLE.packages[::-1])
    for row in EXPORTS:
        assert text_of(row.name, shuffled) == text_of(row.name)


def test_a_source_policy_pins_what_a_builder_fetches_itself() -> None:
    document = json.loads(text_of("source-policy"))
    assert document["version"] == 1
    found = {rule["selector"]["identifier"]: rule for rule in document["rules"]}
    assert {name: rule["updates"] for name, rule in found.items()} == {
        IMAGE.reference: {"identifier": f"{IMAGE.reference}@sha256:{B}"},
        "git://example.org/lib.git#refs/heads/main": {"identifier": f"git://example.org/lib.git#{COMMIT}"},
        ADDED.reference: {"identifier": ADDED.reference, "attrs": {"http.checksum": f"sha256:{C}"}},
    }
    assert all(rule["selector"]["match_type"] == "EXACT" for rule in found.values())
    assert all(rule["selector"]["matchType"] == "EXACT" for rule in found.values())


def test_what_a_source_policy_leaves_out_has_its_reason() -> None:
    found = left_out("source-policy")
    assert found["https://example.org/by-tag"] == "only a RUN reads it, where no policy is applied"
    assert found["https://example.org/by-date"].startswith("its SHA-256 is not known")


def test_an_image_with_a_manifest_for_each_platform_needs_its_index() -> None:
    arm = replace(IMAGE, platform="linux/arm64", identity=Identity("manifest", C, Strength.CONTENT), index="")
    both = Lock(inputs=(replace(IMAGE, index=""), arm))
    assert json.loads(text_of("source-policy", both))["rules"] == []
    assert left_out("source-policy", both) == {IMAGE.reference: "its digest is not known"}
    (rule,) = json.loads(text_of("source-policy", Lock(inputs=(arm,))))["rules"]
    assert rule["updates"]["identifier"].endswith(f"@sha256:{C}")


def test_what_names_its_content_needs_no_rule() -> None:
    pinned = replace(IMAGE, reference=f"{IMAGE.reference}@sha256:{B}")
    commit = replace(BRANCH, reference=f"git+https://example.org/lib.git#{COMMIT}")
    assert json.loads(text_of("source-policy", Lock(inputs=(pinned, commit))))["rules"] == []


def test_hermeto_gets_files_with_their_checksum_under_names_of_their_own() -> None:
    again = replace(ADDED, reference="https://example.org/other/latest.tar.gz")
    lock = replace(WHOLE, inputs=(*WHOLE.inputs, again))
    assert text_of("hermeto", lock) == (
        '---\nmetadata:\n  version: "1.0"\nartifacts:\n'
        f'  - download_url: "{ADDED.reference}"\n'
        f'    checksum: "sha256:{C}"\n'
        '    filename: "latest.tar.gz"\n'
        f'  - download_url: "{again.reference}"\n'
        f'    checksum: "sha256:{C}"\n'
        f'    filename: "{C[:12]}-latest.tar.gz"\n'
    )
    assert text_of("hermeto", Lock()).endswith("artifacts: []\n")
    assert IMAGE.reference in left_out("hermeto")


def test_hermeto_gets_no_name_that_leaves_its_directory() -> None:
    for path, name in (("..%2F..%2Fetc%2Fpasswd", "passwd"), ("a/%2E%2E", "file"), ("a%0Ab", "file")):
        bad = replace(ADDED, reference=f"https://example.org/{path}")
        assert f'filename: "{name}"' in text_of("hermeto", Lock(inputs=(bad,)))


def test_the_bill_of_cyclonedx_is_valid_and_read_by_its_library() -> None:
    document: dict[str, Any] = json.loads(text_of("cyclonedx"))
    schemas = Path(cyclonedx.__file__).parent / "schema" / "_res"
    schema = json.loads((schemas / "bom-1.6.SNAPSHOT.schema.json").read_text(encoding="utf-8"))
    local = {k: v for k, v in document.items() if k != "$schema"}
    without_references = json.loads(json.dumps(schema).replace("spdx.SNAPSHOT.schema.json", "#"))
    jsonschema.Draft7Validator(without_references).validate(local)
    read = Bom.from_json(document)  # type: ignore[attr-defined] # a decorator adds it
    assert read is not None
    by_name = {it.name: it for it in read.components}
    assert str(by_name["curl"].purl) == "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=bookworm"
    assert {str(it.content) for it in by_name["latest.tar.gz"].hashes} == {C}
    assert not list(by_name["by-tag"].hashes)


def test_the_bill_of_spdx_is_valid_by_its_library(tmp_path: Path) -> None:
    # A second of imports, which is for this test alone.
    from spdx_tools.spdx.parser.parse_anything import parse_file
    from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

    path = tmp_path / "bill.spdx.json"
    path.write_text(text_of("spdx"), encoding="utf-8")
    document = parse_file(str(path))
    assert [str(it.validation_message) for it in validate_full_spdx_document(document)] == []
    assert {it.name for it in document.packages} >= {"curl", "tzdata", "lib", "latest.tar.gz"}
    assert document.creation_info.created.isoformat() == "2024-01-02T03:04:05"


def test_every_package_url_of_a_bill_is_one() -> None:
    for item in json.loads(text_of("cyclonedx"))["components"]:
        assert PackageURL.from_string(item["purl"]).name


def test_a_lock_of_nothing_is_an_empty_document() -> None:
    for row in EXPORTS:
        assert text_of(row.name, Lock())


def test_text_of_a_server_stays_text() -> None:
    odd = an_input('https://example.org/a"%0A- x: y', "etag:x", IMAGE.strength, ADD)
    lock = Lock(inputs=(replace(odd, sha256=C),), packages=(APT,))
    for row in EXPORTS:
        assert "\n- x: y" not in text_of(row.name, lock)
