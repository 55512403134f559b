"""Commands that the plain readers and the grammar of the shell read alike: parts of generated scripts."""

from __future__ import annotations

COMMANDS = (
    *("a", "a b -c", "X=1", 'X="$A"', "Y=", "X=$(a | b)", "export X=1", "X=1 a", "export X", "unset X"),
    *('echo "$A"', "a > f", "a >/dev/null 2>&1", "a <f", "a \\( b \\)", "a {} +", "a 'b;c)'", "a >&2 b"),
    *("a done", "a fi", "a [ b ]", "$A b", '"a"'),
)
