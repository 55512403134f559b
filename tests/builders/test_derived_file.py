"""A derived Dockerfile with the files that its RUNs see."""

from __future__ import annotations

import csv
from pathlib import Path

from freshlayer.builders.base import DerivedFile
from freshlayer.builders.run.derived_file import derived, secret_options


def test_a_secret_is_beside_the_dockerfile_and_named_by_a_line_of_csv() -> None:
    file = DerivedFile(b"FROM a\n", "Dockerfile", None, secrets={"fl-pins-0": b"text"})
    with derived(file) as path:
        option, line = secret_options(file, path)
        (fields,) = csv.reader([line])
        assert (option, fields[0]) == ("--secret", "id=fl-pins-0")
        source = Path(fields[1].removeprefix("src="))
        assert source.read_bytes() == b"text"
    assert not source.exists()


def test_a_path_may_hold_commas_and_quotes() -> None:
    file = DerivedFile(b"", "Dockerfile", None, secrets={"s": b""})
    _, line = secret_options(file, '/tmp/a,"b"/Dockerfile')
    assert list(csv.reader([line])) == [["id=s", 'src=/tmp/a,"b"/s']]
