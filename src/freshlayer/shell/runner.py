"""What loops and programs need of the evaluator: a way to run what is inside them."""

from __future__ import annotations

from typing import Protocol

from freshlayer.shell.expand import Expander
from freshlayer.shell.frame import Frame
from freshlayer.shell.status import CommandResult
from freshlayer.shell.syntax.nodes import Statement
from freshlayer.shell.values import Text, Values


class Runner(Protocol):
    """A partial evaluator, as what it calls sees it. Every method raises BudgetError.

    ``at``: the frame in which a program is called.
    """

    at: Frame | None

    @property
    def expander(self) -> Expander:
        """Words to values."""

    def run(self, statement: Statement, frame: Frame, given: Values | None = None) -> CommandResult:
        """Follow a statement with its standard input, where that is known."""

    def script(self, text: str, frame: Frame, given: Values | None = None) -> CommandResult:
        """Follow the text of a script inside this one."""

    def called(self, words: tuple[Text, ...], given: Values | None = None) -> None:
        """Note that a program runs."""


class Lines(Protocol):
    """What divides an input into lines."""

    def lines(self, given: Values | None) -> Values | None:
        """The lines of a known input; None where it is not known."""
