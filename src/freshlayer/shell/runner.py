"""What loops, branches and programs need of the evaluator: a way to follow what is inside them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from freshlayer.shell.expand import Expander
from freshlayer.shell.frame import Frame
from freshlayer.shell.script_runs import ScriptRuns
from freshlayer.shell.status import CommandResult
from freshlayer.shell.syntax.nodes import Statement
from freshlayer.shell.values import Text, Values


class Runner(Protocol):
    """A partial evaluator, as what it calls sees it. Every method raises BudgetError.

    ``platform``: ``os/arch[/variant]``. ``fetchers``: programs whose output is the answer of a server.
    """

    @property
    def platform(self) -> str:
        """The target's."""

    @property
    def fetchers(self) -> frozenset[str]:
        """Names of programs."""

    @property
    def runs(self) -> ScriptRuns:
        """Files of the image, and the script file that is being followed."""

    @property
    def expander(self) -> Expander:
        """Words to values."""

    def run(self, statement: Statement, frame: Frame) -> CommandResult:
        """Follow a statement."""

    def spend(self, steps: int) -> None:
        """Count work."""

    def script(self, text: str, frame: Frame) -> CommandResult:
        """Follow the text of a script in this shell: ``eval``, ``.``."""

    def child(
        self, text: str, frame: Frame, name: Values | None, arguments: tuple[Values, ...]
    ) -> CommandResult:
        """Follow the text of a script in another shell that this one runs, with ``$0`` and arguments.

        It sees exported variables alone, starts in the working directory, and changes nothing here.
        """

    def command(self, fields: tuple[Text, ...], frame: Frame) -> CommandResult:
        """Follow one command after its expansion."""

    def apart(self) -> AbstractContextManager[None]:
        """Count the work of a downloaded script by itself: its length is not the user's."""

    def enter_function(self) -> None:
        """Count how deep functions call each other."""

    def leave_function(self) -> None:
        """The other end of it."""

    def called(self, words: tuple[Text, ...], frame: Frame) -> None:
        """Note that a program runs."""
