"""Provenance of BuildKit: its two forms, the metadata file, and what nobody wrote as it should be."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from freshlayer.lock.provenance import (
    LARGEST,
    Material,
    Provenance,
    joined,
    of_metadata_file,
    read_provenance,
)

KEY, OTHER = "0123456789abcdef", "fedcba9876543210"
SECRETS = [{"id": f"fl-{KEY}", "optional": True}, {"id": "npmrc"}, {"id": "fl-short"}]
HEX = "ab" * 32
DEPENDENCIES = [
    {"uri": "pkg:docker/debian@bookworm", "digest": {"sha256": HEX}},
    {"uri": "https://example.org/a", "digest": {"sha256": HEX}},
    {"uri": "https://example.org/by-tag", "digest": {}},
    {"uri": "https://github.com/a/b", "digest": {"sha1": "cd" * 20}},
]
OLD: dict[str, Any] = {
    "buildType": "https://mobyproject.org/buildkit@v1",
    "materials": DEPENDENCIES,
    "invocation": {"parameters": {"frontend": "dockerfile.v0", "secrets": SECRETS}},
    "buildConfig": {"llbDefinition": []},
}
NEW: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
        "externalParameters": {"request": {"frontend": "dockerfile.v0", "secrets": SECRETS}},
        "internalParameters": {"buildConfig": {"llbDefinition": []}},
        "resolvedDependencies": DEPENDENCIES,
    },
    "runDetails": {},
}
READ = Provenance(
    keys=frozenset({KEY}),
    complete=True,
    materials=(Material("https://example.org/a", HEX), Material("pkg:docker/debian@bookworm", HEX)),
)


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


def test_both_forms_are_read_alone_and_in_a_statement() -> None:
    for predicate in (OLD, NEW):
        assert read_provenance(encoded(predicate)) == READ
        statement = {"_type": "https://in-toto.io/Statement/v0.1", "predicate": predicate}
        assert read_provenance(encoded(statement)) == READ


def test_without_its_parameters_a_key_that_is_missing_says_nothing() -> None:
    old = {"materials": DEPENDENCIES, "invocation": {"parameters": {"frontend": "dockerfile.v0"}}}
    found = read_provenance(encoded(old))
    assert found is not None
    assert not found.complete
    assert found.materials == READ.materials


def test_a_metadata_file_has_it_for_a_build_a_platform_and_a_target() -> None:
    assert of_metadata_file(encoded({"buildx.build.provenance": NEW})) == (READ,)
    by_platform = {"buildx.build.provenance/linux/amd64": NEW, "buildx.build.provenance/linux/arm64": OLD}
    assert of_metadata_file(encoded(by_platform)) == (READ, READ)
    assert of_metadata_file(encoded({"app": {"buildx.build.provenance": OLD}})) == (READ,)


def test_several_are_complete_if_all_are() -> None:
    other = Provenance(keys=frozenset({OTHER}), complete=False)
    assert joined([READ, other]) == Provenance(frozenset({KEY, OTHER}), False, READ.materials)
    assert not joined([]).complete


def test_a_secret_in_an_address_is_not_kept() -> None:
    uri = "https://user:hunter2@example.org/a?X-Amz-Signature=00ff"
    document = {**OLD, "materials": [{"uri": uri, "digest": {"sha256": HEX}}]}
    found = read_provenance(encoded(document))
    assert found is not None
    assert "hunter2" not in found.materials[0].uri
    assert "00ff" not in found.materials[0].uri


def test_what_is_not_provenance_is_none() -> None:
    for body in (
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        encoded({"predicate": []}),
        b" " * (LARGEST + 1),
    ):
        assert read_provenance(body) is None
        assert of_metadata_file(body) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("predicate", "buildDefinition", "externalParameters", "request", "secrets", "id"),
                    *("invocation", "parameters", "materials", "uri", "digest", "sha256", "buildConfig"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(VALUES)
def test_any_document_is_read_or_refused(document: object) -> None:
    body = encoded(document)
    read_provenance(body)
    of_metadata_file(encoded({"buildx.build.provenance": document, "a": document}))
