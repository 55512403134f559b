from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.indexes.table import DamagedIndexError, TableIndex, write

_DIGEST = sha256(b"file").hexdigest()


def _written(path: Path, entries: dict[str, bytes]) -> TableIndex:
    with open(path, "wb") as stream:
        write(stream, _DIGEST, iter(entries.items()))
    return TableIndex(str(path))


@settings(max_examples=60)
@given(entries=st.dictionaries(st.text(), st.binary(), max_size=60), others=st.lists(st.text(), max_size=10))
def test_it_answers_as_the_dictionary_that_it_was_made_from(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, bytes], others: list[str]
) -> None:
    index = _written(tmp_path_factory.mktemp("index") / "it", entries)
    assert index.digest == _DIGEST
    for key in [*entries, *others]:
        assert index.get(key) == entries.get(key)


def test_a_value_is_a_file_with_a_descriptor(tmp_path: Path) -> None:
    index = _written(tmp_path / "it", {"a": b"text"})
    with index.open("a") as file:
        assert file.fileno() > 2
        assert file.read() == b"text"
    with pytest.raises(KeyError):
        index.open("b")


def test_it_stays_readable_when_its_file_is_removed(tmp_path: Path) -> None:
    index = _written(tmp_path / "it", {"a": b"text"})
    (tmp_path / "it").unlink()
    assert index.get("a") == b"text"


def test_no_damaged_byte_is_taken_for_an_answer(tmp_path: Path) -> None:
    entries = {f"key {number}": bytes([number]) * 20 for number in range(20)}
    _written(tmp_path / "it", entries)
    good = (tmp_path / "it").read_bytes()
    for place in range(len(good)):
        damaged = bytearray(good)
        damaged[place] ^= 0x55
        (tmp_path / "it").write_bytes(damaged)
        try:
            index = TableIndex(str(tmp_path / "it"))
            found = {key: index.get(key) for key in entries}
        except DamagedIndexError:
            continue
        # The salt decides where a key is looked up: then it is not found.
        assert all(found[key] in {None, value} for key, value in entries.items())


def test_a_damaged_file_is_removed(tmp_path: Path) -> None:
    index = _written(tmp_path / "it", {"a": b"text"})
    damaged = (tmp_path / "it").read_bytes().replace(b"text", b"tex!")
    (tmp_path / "it").write_bytes(damaged)
    with pytest.raises(DamagedIndexError):
        index.get("a")
    assert not (tmp_path / "it").exists()


@pytest.mark.parametrize("size", [0, 5, 100])
def test_a_part_of_a_file_is_damaged(tmp_path: Path, size: int) -> None:
    _written(tmp_path / "it", {"a": b"text" * 100})
    (tmp_path / "it").write_bytes((tmp_path / "it").read_bytes()[:size])
    with pytest.raises(DamagedIndexError):
        TableIndex(str(tmp_path / "it"))


def test_the_digest_is_that_of_the_file() -> None:
    with pytest.raises(ValueError, match="non-hexadecimal"):
        write(BytesIO(), "no digest", iter([]))
