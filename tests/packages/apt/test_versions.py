from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshlayer.packages.apt.versions import satisfies, version_key

UPSTREAM = st.text("0123456789abzAZ.+~", max_size=8).map(lambda text: f"1{text}")
REVISION = st.text("0123456789ab.+~", min_size=1, max_size=4)
VERSIONS = st.builds(
    lambda epoch, upstream, revision: f"{epoch}{upstream}{revision}",
    st.sampled_from(["", "", "0:", "1:", "12:"]),
    UPSTREAM,
    st.one_of(st.just(""), REVISION.map(lambda text: f"-{text}")),
)
RELATIONS = {"<<": "lt", "<=": "le", "=": "eq", ">=": "ge", ">>": "gt", "!=": "ne"}


@given(VERSIONS, VERSIONS, st.sampled_from(sorted(RELATIONS)))
@settings(max_examples=300, deadline=None)
def test_versions_are_ordered_as_dpkg_orders_them(one: str, other: str, operator: str) -> None:
    done = subprocess.run(["dpkg", "--compare-versions", one, RELATIONS[operator], other], check=False)
    assert satisfies(one, operator, other) == (done.returncode == 0)


@pytest.mark.parametrize(
    "versions",
    [
        ["1.0~~", "1.0~~a", "1.0~", "1.0", "1.0a", "1.0+b1"],
        ["1.0-1", "1.0-1+deb12u1", "1.0-1.1", "1.0-10", "2", "1:0.1"],
        ["7.88.1-10+deb12u5", "7.88.1-10+deb12u14"],
    ],
)
def test_an_order_that_is_known(versions: list[str]) -> None:
    assert [*sorted({*versions}, key=version_key)] == versions


def test_a_missing_epoch_and_a_missing_revision_are_zero() -> None:
    assert version_key("0:1.0-0") == version_key("1.0")
    assert satisfies("1.0", "=", "0:1.0-0")


def test_a_number_of_any_length_is_no_error() -> None:
    assert version_key("9" * 10000) > version_key("1")
