"""An image whose provenance states the bytes that its build received."""

from __future__ import annotations

from freshlayer.lock.image_provenance import ImageProofs, PlatformImage
from freshlayer.lock.provenance import Material, Provenance
from freshlayer.model.evidence import Identity, Strength
from freshlayer.model.lock import Lock, LockedInput, LockUser
from freshlayer.report.image_proofs import document, lines, markdown
from freshlayer.workflows.image_proof import compared

USER = LockUser("Dockerfile", "0", "ADD")
DIGEST = "sha256:" + "d" * 64
URL = "https://example.org/"


def locked(name: str, sha256: str) -> LockedInput:
    tag = Identity("etag", "v1", Strength.STRONG)
    return LockedInput(reference=URL + name, identity=tag, used_by=(USER,), sha256=sha256)


def test_other_bytes_than_the_locked_ones_are_named() -> None:
    same, other = "a" * 64, "b" * 64
    materials = (
        Material(f"{URL}other", other),
        Material(f"{URL}same", same),
        Material(f"{URL}twice", other),
        Material(f"{URL}twice", same),
        Material(f"{URL}unlocked", other),
    )
    provenance = Provenance(frozenset({"0" * 16}), complete=True, materials=materials)
    image = ImageProofs(DIGEST, "", 0, (PlatformImage(DIGEST, "", provenance),))
    names = {"other": same, "same": same, "twice": same, "absent": same, "unlocked": ""}
    lock = Lock(inputs=tuple(locked(name, sha256) for name, sha256 in names.items()))
    found = compared("app", image, [], lock)
    assert found.other_bytes == (f"{URL}other", f"{URL}twice")
    assert document(found)["other_bytes"] == [f"{URL}other", f"{URL}twice"]
    for text in ("\n".join(line for _, line in lines(found)), markdown(found)):
        assert text.count("received other bytes than the locked ones") == 2
