"""Values that were set in the same arm stay together; a name has one value in all its places."""

from __future__ import annotations

import pytest

from freshlayer.discover.commands import of_script
from freshlayer.discover.syntaxes.found import Found
from testing.scripts import surroundings

ONE = "if p; then x=1; else x=3; fi"
TWO = "if p; then x=1 y=a; else x=3 y=b; fi"

CASES = {
    f"{ONE}; curl h/$x/$x": ["1/1", "3/3"],
    f'{ONE}; curl h/"${{x#"${{x}}"}}7"': ["7"],
    f"{ONE}; z=v$x; curl h/$z/$x": ["v1/1", "v3/3"],
    f"{ONE}; if q; then y=a; else y=b; fi; curl h/$x/$y": ["1/a", "1/b", "3/a", "3/b"],
    f"{TWO}; curl h/$x/$y": ["1/a", "3/b"],
    f"{TWO}; z=$x.0; w=$z; curl h/$w-$y": ["1.0-a", "3.0-b"],
    f"{TWO}; z=$x/$y; case $y in a*) curl h/$z;; esac": ["1/a"],
    f"{TWO}; case $y in a*) eval 'curl h/$'x;; esac": ["1"],
    f"{TWO}; [ $x = 1 ] && curl h/$y": ["a"],
    f"{TWO}; if [ $x = 1 ]; then curl h/$y; fi; curl h/z$y": ["a", "za", "zb"],
    'x=a; if p; then x="$x-b"; fi; x="$x-c"; curl h/$x/$x': ["a-b-c/a-b-c", "a-c/a-c"],
}


@pytest.mark.parametrize(("script", "paths"), CASES.items())
def test_no_url_mixes_two_arms(script: str, paths: list[str]) -> None:
    found = [it.text for _, it in of_script(script, surroundings({})) if isinstance(it, Found)]
    assert found == [f"http://h/{path}" for path in paths]
