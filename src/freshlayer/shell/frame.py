"""What a script knows at a point of its way: variables, arrays, functions, and how it was left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import IntEnum
from posixpath import join, normpath

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.lazy_regex import compiled
from freshlayer.shell.syntax.nodes import Statement
from freshlayer.shell.values import BLANKS, Hole, Text, Values, Why, alternatives, known, text_of, written

Outer = Callable[[str], Values]
"""The value of a name that the script has not set."""

Array = dict[str, Values]
"""Index, or key, → element."""

PROXIES = tuple(
    name
    for small in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
    for name in (small, small.upper())
)
_KEYED = compiled(r"\[([^\]]*)\]=")


class End(IntEnum):
    """How a statement was left before its end; the greater one leaves more behind."""

    CONTINUE = 1
    BREAK = 2
    RETURN = 3
    EXIT = 4


class Frame(Struct):
    """``ended``: nothing behind this point runs, up to what catches that end.

    ``left``: ways that ended before, and go on where that end is caught. ``anything``: why any name may have
    a value now. ``hidden``: what the ``local`` names of a function were outside of it. ``directory``: the
    working directory, in which an unknown part is as written.
    """

    outer: Outer
    variables: dict[str, Values] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    functions: dict[str, Statement] = field(default_factory=dict)
    arguments: tuple[Values, ...] = ()
    ended: End | None = None
    anything: Hole | None = None
    left: list[Frame] = field(default_factory=list)
    hidden: dict[str, Values | None] = field(default_factory=dict)
    directory: str = "/"
    previous: str = "/"

    def copy(self) -> Frame:
        """One that goes its own way."""
        return replace(
            self,
            variables=dict(self.variables),
            arrays=dict(self.arrays),
            functions=dict(self.functions),
            left=[],
            hidden=dict(self.hidden),
        )

    def get(self, name: str) -> Values:
        """The values that a name can have here."""
        if name in self.variables:
            return self.variables[name]
        values = self.outer(name)
        hole = values[0][0] if values[0] else None
        if self.anything is not None and isinstance(hole, Hole) and hole.why is Why.BASE:
            return ((self.anything,),)
        return values

    def proxies(self) -> tuple[tuple[str, str], ...]:
        """The variables that name a proxy and have one known value."""
        found = ((name, self.get(name)) for name in PROXIES)
        pairs = ((name, known(values[0])) for name, values in found if len(values) == 1)
        return tuple((name, value) for name, value in pairs if value)

    @property
    def going(self) -> bool:
        """Whether what follows runs."""
        return self.ended is None

    @property
    def separators(self) -> str:
        """IFS, where the script has set it."""
        value = known(self.variables["IFS"][0]) if "IFS" in self.variables else None
        return BLANKS if value is None else value

    def enter(self, path: Text) -> None:
        """``cd PATH``. A path that begins with an unknown part is taken for an absolute one."""
        text = written(path)
        absolute = text.startswith("~") or isinstance((path or ("",))[0], Hole)
        found = self.previous if text == "-" else text if absolute else join(self.directory, text)
        self.previous, self.directory = self.directory, normpath(found)

    def hide(self, name: str) -> None:
        """``local NAME``: what it was comes back behind the function."""
        self.hidden.setdefault(name, self.variables.get(name))

    def set(self, name: str, values: Values) -> None:
        """``name=value``, by whatever command: an array of that name is no more."""
        self.variables[name] = values
        self.arrays.pop(name, None)

    def restore(self, name: str, values: Values | None) -> None:
        """What it was before; None where the script had not set it."""
        if values is None:
            self.variables.pop(name, None)
        else:
            self.variables[name] = values

    def set_array(self, name: str, items: list[Text], *, appends: bool) -> None:
        """``name=(…)``; an item may be ``[key]=value``."""
        array = dict(self.arrays.get(name, {})) if appends else {}
        for item in items:
            keyed = _KEYED.match(item[0]) if item and isinstance(item[0], str) else None
            if keyed:
                array[keyed[1].strip("\"'")] = (text_of(str(item[0])[keyed.end() :], *item[1:]),)
            else:
                array[str(len(array))] = (item,)
        self.arrays[name] = array

    def join(self, arms: Iterable[Frame]) -> None:
        """Go on from where the arms that have not ended left off.

        Where all have ended, so has this, and in the way that leaves the least behind.
        """
        every = list(arms)
        going = [arm for arm in every if arm.ended is None]
        ended = [arm for arm in every if arm.ended not in {None, End.EXIT}]
        for arm in every:
            self.left += arm.left
            arm.left = []
        if not going:
            self.ended = min((arm.ended for arm in every if arm.ended is not None), default=None)
            going = [arm for arm in every if arm.ended is self.ended]
            ended = [arm for arm in ended if arm.ended is not self.ended]
        self.left += ended
        self._merge(going)

    def land(self, *ends: End) -> None:
        """Go on behind the loop or the function that was left in one of these ways."""
        back = [way for way in self.left if way.ended in ends]
        if not back and self.ended not in ends:
            return
        self.left = [way for way in self.left if way.ended not in ends]
        for arm in (*back, self):
            arm.ended = None if arm.ended in ends else arm.ended
        self.go_on_from(back)

    def go_on_from(self, others: Iterable[Frame]) -> None:
        """This way or one of the others."""
        arms = [*others, self.copy()]
        self.ended = None
        self.join(arms)

    def _merge(self, arms: list[Frame]) -> None:
        if not arms:
            return
        names = dict.fromkeys(name for arm in arms for name in arm.variables)
        self.variables = {name: _merged([arm.get(name) for arm in arms]) for name in names}
        arrays = dict.fromkeys(name for arm in arms for name in arm.arrays)
        self.arrays = {name: _merged_arrays([arm.arrays.get(name, {}) for arm in arms]) for name in arrays}
        self.functions = {name: body for arm in arms for name, body in arm.functions.items()}
        self.hidden = {name: values for arm in arms for name, values in arm.hidden.items()}
        self.arguments = arms[0].arguments
        self.directory, self.previous = arms[0].directory, arms[0].previous
        self.anything = next((arm.anything for arm in arms if arm.anything), None)


def _merged(found: list[Values]) -> Values:
    return found[0] if len(found) == 1 else alternatives(text for values in found for text in values)


def _merged_arrays(found: list[Array]) -> Array:
    """Element by element."""
    if len(found) == 1:
        return found[0]
    keys = dict.fromkeys(key for array in found for key in array)
    return {key: _merged([array[key] for array in found if key in array]) for key in keys}
