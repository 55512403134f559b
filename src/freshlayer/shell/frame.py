"""What a script knows at a point of its way: variables, arrays, functions, and how it was left."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from posixpath import join, normpath

from msgspec import Struct, field
from msgspec.structs import replace

from freshlayer.shell.arms import Groups, differing, grouped, merged, merged_arguments, merged_input
from freshlayer.shell.arrays import Array, merged_arrays, with_items
from freshlayer.shell.outside import PROXIES, Outer, Outside, having
from freshlayer.shell.syntax.nodes import Statement
from freshlayer.shell.values import (
    BLANKS,
    UNSET,
    Hole,
    Text,
    Values,
    Why,
    expanded,
    known,
    written,
)

_PROXIES = frozenset(PROXIES)
_SETTINGS = (
    *("CARGO_", "COMPOSER_", "CONDA_", "MAMBA_", "PIP_", "UV_", "NPM_CONFIG_", "npm_config_", "RUSTUP_"),
    *("GO", "PHP_VERSION", "NVM_", "N_", "FNM_", "SDKMAN_", "NUGET_", "DOTNET_", "MAVEN_", "CRAN"),
)
"""Beginnings of the names of variables that configure package managers."""
_TWO_LETTERS = frozenset(name[:2] for name in _SETTINGS)


class End(IntEnum):
    """How a statement was left before its end; the greater one leaves more behind."""

    CONTINUE = 1
    BREAK = 2
    RETURN = 3
    EXIT = 4


class Frame(Struct):
    """The state of one shell.

    ``ended``: nothing behind this point runs, up to what catches that end. ``left``: ways that ended before,
    and go on where that end is caught; ``levels``: how many more loops ``break N`` leaves.
    ``anything``: why any name may have a value now. ``hidden``: what the ``local`` names of a function were
    outside of it. ``directory``: the working directory, in which an unknown part is as written.

    ``name`` is ``$0``; ``exported`` names reach child shells, and so do those of the environment that are
    not ``withheld``; ``integers`` are those of ``declare -i``.
    ``options``: letters of ``set``, and ``pipefail``. ``tested``: a failure ends nothing here, even under
    ``set -e``. ``given``: what is known of standard input; ``touched``: a part of it has been read.
    ``heard``: what is written to standard output is used. ``groups``: names that got their values together.
    ``certain``: what runs here runs in every build.
    """

    outer: Outer
    variables: dict[str, Values] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    functions: dict[str, Statement] = field(default_factory=dict)
    arguments: tuple[Values, ...] = ()
    ended: End | None = None
    levels: int = 0
    anything: Hole | None = None
    left: list[Frame] = field(default_factory=list)
    hidden: dict[str, tuple[Values | None, Array | None]] = field(default_factory=dict)
    directory: str = "/"
    previous: str = "/"
    home: str = "/root"
    name: Values | None = None
    exported: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    integers: frozenset[str] = frozenset()
    associative: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    tested: bool = False
    given: Values | None = None
    touched: bool = False
    heard: bool = False
    groups: Groups = ()
    certain: bool = True

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

    def branch(self) -> Frame:
        """One of several ways, of which one is taken."""
        arm = self.copy()
        arm.certain = False
        return arm

    def child(self, name: Values | None, arguments: tuple[Values, ...]) -> Frame:
        """The start of another shell that this one runs: exported variables alone reach it."""
        variables = {key: values for key, values in self.variables.items() if self.exports(key)}
        variables |= dict.fromkeys(self.withheld - self.exported, (UNSET,))
        return Frame(
            self.outer,
            variables,
            arguments=arguments,
            name=name,
            anything=self.anything,
            directory=self.directory,
            previous=self.previous,
            home=self.home_directory,
            exported=self.exported,
            withheld=self.withheld,
            given=self.given,
            touched=self.touched,
            heard=self.heard,
        )

    def without_environment(self) -> Frame:
        """The same where no variable is exported: ``env -i``."""
        return replace(self.copy(), outer=_unset, variables={}, arrays={}, exported=frozenset())

    @property
    def home_directory(self) -> str:
        """What ``~`` means: HOME as the script sets it, else that of the user."""
        values = self.variables.get("HOME", ())
        return (known(values[0]) if len(values) == 1 and values != (UNSET,) else None) or self.home

    def exports(self, name: str) -> bool:
        """Whether a child process sees the name: by ``export``, or because the environment had it."""
        if name in self.exported or self.variables.get(name) == (UNSET,):
            return True
        if name in self.withheld:
            return False
        hole = (self.outer(name)[0] or ("",))[0]
        return not isinstance(hole, Hole) or hole.why > Why.BASE

    def raw(self, name: str) -> Values:
        """The values that a name can have here, and UNSET where the script has unset it."""
        values = self.variables.get(name)
        if values is not None:
            return values
        values = self.outer(name)
        if self.anything is None:
            return values
        hole = values[0][0] if values[0] else None
        if isinstance(hole, Hole) and hole.why is Why.BASE:
            return ((Hole(self.anything.why, self.anything.reason, f"${{{name}}}"),),)
        return values

    def get(self, name: str) -> Values:
        """The values that a name can have here, as an expansion gives them."""
        return expanded(self.raw(name))

    def proxies(self) -> tuple[tuple[str, str], ...]:
        """The variables that name a proxy and have one known value."""
        outer = self.outer
        unchanged = self.anything is None and (not self.variables or _PROXIES.isdisjoint(self.variables))
        if unchanged and type(outer) is Outside:
            return outer.proxies() if (found := outer.known_proxies) is None else found
        return having(PROXIES, self.get)

    def settings(self) -> tuple[tuple[str, str], ...]:
        """What the script sets of the variables that configure package managers."""
        names = [name for name in self.variables if name[:2] in _TWO_LETTERS and name.startswith(_SETTINGS)]
        if not names:
            return ()
        found = ((name, self.get(name)) for name in names)
        return tuple((name, (known(values[0]) if len(values) == 1 else "") or "") for name, values in found)

    @property
    def going(self) -> bool:
        """Whether what follows runs."""
        return self.ended is None

    @property
    def separators(self) -> str:
        """IFS, where the script has set it."""
        values = self.variables.get("IFS")
        if values is None:
            return BLANKS
        value = known(values[0]) if values and values[0] != UNSET else None
        return BLANKS if value is None else value

    def enter(self, path: Text) -> None:
        """``cd PATH``. A path that begins with an unknown part is taken for an absolute one."""
        text = written(path)
        absolute = text.startswith("~") or isinstance((path or ("",))[0], Hole)
        found = self.previous if text == "-" else text if absolute else join(self.directory, text)
        self.previous, self.directory = self.directory, normpath(found)

    def hide(self, name: str) -> None:
        """``local NAME``: what it was comes back behind the function."""
        self.hidden.setdefault(name, (self.variables.get(name), self.arrays.get(name)))

    def reveal(self) -> None:
        """Behind a function: its ``local`` names are what they were before."""
        for name, (values, array) in self.hidden.items():
            self.restore(name, values)
            if array is None:
                self.arrays.pop(name, None)
            else:
                self.arrays[name] = array

    def set(self, name: str, values: Values) -> None:
        """``name=value``, by whatever command; of an array it is the first element."""
        if "a" in self.options:
            self.exported |= {name}
        if name in self.arrays:
            self.arrays[name] = {**self.arrays[name], "0": values}
        else:
            self.variables[name] = values

    def unset(self, name: str) -> None:
        """``unset name``."""
        self.arrays.pop(name, None)
        self.variables[name] = (UNSET,)
        self.withhold(name)
        self.integers -= {name}
        self.associative -= {name}

    def withhold(self, name: str) -> None:
        """``unset NAME`` and ``export -n NAME``: child processes no longer see it, whatever it is set to."""
        self.exported -= {name}
        self.withheld |= {name}

    def restore(self, name: str, values: Values | None) -> None:
        """What it was before; None where the script had not set it."""
        if values is None:
            self.variables.pop(name, None)
        else:
            self.variables[name] = values

    def set_array(self, name: str, *ways: Iterable[Text], appends: bool) -> None:
        """``name=(…)``, in each way in which its words can be; an item may be ``[key]=value``."""
        before = self.arrays.get(name)
        if before is None and appends and name in self.variables:
            before = {"0": self.variables[name]}
        self.variables.pop(name, None)
        associative = name in self.associative
        kept = before or {} if appends else {}
        self.arrays[name] = merged_arrays([with_items(kept, way, associative=associative) for way in ways])

    def join(self, arms: Iterable[Frame]) -> None:
        """Go on from where the arms that have not ended left off.

        Where all have ended, so has this, and in the way that leaves the least behind.
        """
        every = list(arms)
        going: list[Frame] = []
        ended: list[Frame] = []
        for arm in every:
            if arm.left:
                self.left += arm.left
                arm.left = []
            if arm.ended is None:
                going.append(arm)
            elif arm.ended is not End.EXIT:
                ended.append(arm)
        if not going:
            self.ended = min((arm.ended for arm in every if arm.ended is not None), default=None)
            going = [arm for arm in every if arm.ended is self.ended]
            ended = [arm for arm in ended if arm.ended is not self.ended]
            self.levels = max((arm.levels for arm in going), default=0)
        self.left += ended
        self._merge(going)

    def join_with(self, arm: Frame) -> None:
        """Go on from here or, where it has not ended, from where an arm left off."""
        if arm.left:
            self.left += arm.left
            arm.left = []
        if arm.ended is None:
            self._merge([self, arm])
        elif arm.ended is not End.EXIT:
            self.left.append(arm)

    def land(self, *ends: End) -> None:
        """Go on behind the loop or the function that was left in one of these ways."""
        back = [way for way in self.left if way.ended in ends]
        if not back and self.ended not in ends:
            return
        self.left = [way for way in self.left if way.ended not in ends]
        for arm in (*back, self):
            if arm.ended in ends and arm.levels > 0:
                arm.levels -= 1
            elif arm.ended in ends:
                arm.ended = None
        self.go_on_from(back)

    def go_on_from(self, others: Iterable[Frame]) -> None:
        """This way or one of the others."""
        arms = [*others, self.copy()]
        self.ended = None
        self.join(arms)

    def _merge(self, arms: list[Frame]) -> None:
        if len(arms) == 1:
            self._take(arms[0])
        elif arms:
            self._take_variables(arms)
            self._take_settings(arms)

    def _take(self, arm: Frame) -> None:
        """All that one way knows."""
        self.variables, self.arrays = dict(arm.variables), dict(arm.arrays)
        self.functions, self.hidden = dict(arm.functions), dict(arm.hidden)
        self.groups, self.arguments, self.name = arm.groups, arm.arguments, arm.name
        self.directory, self.previous = arm.directory, arm.previous
        self.exported, self.withheld = arm.exported, arm.withheld
        self.integers, self.associative, self.options = arm.integers, arm.associative, arm.options
        self.given, self.touched, self.anything = arm.given, arm.touched, arm.anything

    def _take_variables(self, arms: list[Frame]) -> None:
        """What one of several ways knows; most change no variable."""
        first, *others = arms
        groups, variables = first.groups, dict(first.variables)
        arrays, functions, hidden = dict(first.arrays), dict(first.functions), dict(first.hidden)
        differ = False
        for arm in others:
            if arm.variables != first.variables:
                differ = True
                variables |= arm.variables
            if arm.groups is not groups:
                groups = tuple([one for one in groups if any(other is one for other in arm.groups)])
            if arm.arrays or arm.functions or arm.hidden:
                arrays |= arm.arrays
                functions |= arm.functions
                hidden |= arm.hidden
        self.functions, self.hidden = functions, hidden
        self.arrays = arrays and {
            name: merged_arrays([arm.arrays.get(name, {}) for arm in arms]) for name in arrays
        }
        if differ:
            variables |= first.variables
            names = differing(variables, [arm.variables for arm in arms])
            rows = [{name: arm.raw(name) for name in names} for arm in arms]
            found = {name: merged([row[name] for row in rows]) for name in names}
            variables |= found
            groups = grouped(groups, found, rows)
        self.variables, self.groups = variables, groups

    def _take_settings(self, arms: list[Frame]) -> None:
        """What one of several ways has set; most set nothing, and have the very values of the first."""
        first, *others = arms
        same_arguments = same_input = True
        for arm in others:
            same_arguments &= arm.arguments is first.arguments
            same_input &= arm.given is first.given
        self.arguments = (
            first.arguments if same_arguments else merged_arguments([it.arguments for it in arms])
        )
        self.given = first.given if same_input else merged_input([arm.given for arm in arms])
        self.name, self.directory, self.previous = first.name, first.directory, first.previous
        self.exported, self.withheld = first.exported, first.withheld
        self.integers, self.associative, self.options = first.integers, first.associative, first.options
        self.touched, self.anything = first.touched, first.anything
        for arm in others:
            if arm.exported is not first.exported:
                self.exported |= arm.exported
            if arm.withheld is not first.withheld:
                self.withheld &= arm.withheld
            if arm.integers is not first.integers:
                self.integers |= arm.integers
            if arm.associative is not first.associative:
                self.associative |= arm.associative
            if arm.options is not first.options:
                self.options &= arm.options
            self.touched |= arm.touched
            self.anything = self.anything or arm.anything


def _unset(_name: str) -> Values:
    return (UNSET,)
