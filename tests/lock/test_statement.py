"""The statement about an image: its claims, its form by the published classes, and its bytes."""

from __future__ import annotations

import json
from typing import Any

from in_toto_attestation.v1.resource_descriptor import (  # type: ignore[import-untyped]
    ResourceDescriptor,
)
from in_toto_attestation.v1.statement import Statement  # type: ignore[import-untyped]
from msgspec.structs import replace

from freshlayer.lock.statement import KeyedInstruction, Subject, statement
from freshlayer.model.lock import Lock
from tests.lock.locks import COMMIT, RUN, WHOLE, A, B, C

SUBJECTS = (Subject("registry.example.org/app", f"sha256:{A}", "linux/amd64"),)
KEYS = (KeyedInstruction(RUN, "0123456789abcdef", proven=True), KeyedInstruction(RUN, "00" * 8))


def document(lock: Lock = WHOLE) -> dict[str, Any]:
    found = json.loads(statement(lock, SUBJECTS, KEYS))
    assert isinstance(found, dict)
    return found


def inputs() -> dict[str, dict[str, Any]]:
    return {item["uri"]: item for item in document()["predicate"]["inputs"]}


def test_it_is_a_statement_by_the_published_classes() -> None:
    made = document()
    subjects = [ResourceDescriptor(name=it["name"], digest=it["digest"]).pb for it in made["subject"]]
    Statement(subjects, made["predicateType"], made["predicate"]).validate()
    for item in made["predicate"]["inputs"]:
        descriptor = ResourceDescriptor(
            uri=item["uri"],
            digest=item.get("digest"),
            download_location=item.get("downloadLocation", ""),
            annotations=item["annotations"],
        )
        descriptor.validate()


def test_only_what_is_known_of_the_bytes_is_a_digest() -> None:
    found = {uri: item.get("digest") for uri, item in inputs().items()}
    assert found["docker-image://docker.io/library/debian:bookworm"] == {"sha256": A}
    assert found["https://example.org/tool/latest.tar.gz"] == {"sha256": C}
    assert found["https://example.org/by-tag"] is None
    assert found["https://example.org/by-date"] is None
    assert found["git+https://example.org/lib.git#refs/heads/main"] == {"gitCommit": COMMIT}
    assert found["https://example.org/nightly"] is None


def test_a_validator_is_an_annotation_with_its_strength() -> None:
    notes = inputs()["https://example.org/by-tag"]["annotations"]
    assert notes == {"identity": "etag:x", "strength": "strong", "usedBy": ["Dockerfile 0 RUN"]}
    assert inputs()["https://example.org/nightly"]["annotations"]["reason"] == "http-unauthorized"
    assert (
        inputs()["docker-image://docker.io/library/debian:bookworm"]["annotations"]["index"] == f"sha256:{B}"
    )


def test_packages_are_package_urls_with_versions() -> None:
    found = inputs()
    assert found["pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5?arch=amd64&distro=bookworm"]["digest"] == {
        "sha256": C
    }
    assert "pkg:deb/debian/libgcc-s1@1:12.2.0-14?arch=amd64&distro=bookworm" in found
    assert "digest" not in found["pkg:deb/debian/tzdata@2024a?arch=all"]
    assert found["pkg:npm/%40scope/a@1.2.3"]["digest"] == {"sha512": "e" * 128}


def test_what_is_not_covered_and_the_keys_are_in_it() -> None:
    predicate = document()["predicate"]
    assert predicate["notCovered"] == [
        {"usedBy": "Dockerfile 0 RUN", "reason": "not-followed", "text": "luarocks install x"}
    ]
    assert predicate["keys"] == [
        {"usedBy": "Dockerfile 0 RUN", "key": "0000000000000000", "inProvenance": False},
        {"usedBy": "Dockerfile 0 RUN", "key": "0123456789abcdef", "inProvenance": True},
    ]


def test_the_bytes_depend_on_the_values_alone() -> None:
    shuffled = replace(WHOLE, inputs=WHOLE.inputs[::-1], packages=WHOLE.packages[::-1])
    assert statement(shuffled, SUBJECTS[::-1], KEYS[::-1]) == statement(WHOLE, SUBJECTS, KEYS)


def test_an_input_of_two_blocks_is_there_once_with_both_users() -> None:
    other = replace(RUN, dockerfile="other/Dockerfile")
    twice = replace(WHOLE, packages=(*WHOLE.packages, replace(WHOLE.packages[1], used_by=other)))
    found = [it for it in document(twice)["predicate"]["inputs"] if it["uri"] == "pkg:npm/%40scope/a@1.2.3"]
    assert [it["annotations"]["usedBy"] for it in found] == [["Dockerfile 0 RUN", "other/Dockerfile 0 RUN"]]
