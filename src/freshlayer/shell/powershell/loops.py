"""``foreach``, ``for``, ``while`` and ``do``: unrolled where what they go over is known."""

from __future__ import annotations

from typing import Protocol

from freshlayer.shell.powershell import nodes
from freshlayer.shell.powershell.compute import Computer, single
from freshlayer.shell.powershell.frame import Frame, distinct, short_name
from freshlayer.shell.powershell.values import Value, items
from freshlayer.shell.status import BudgetError

_MOST_TURNS = 200


class Host(Protocol):
    """The evaluator, as loops see it. Every method raises BudgetError."""

    computer: Computer

    def run(self, statement: nodes.Statement, frame: Frame) -> list[Frame]:
        """Every way through a statement."""

    def output(self, statement: nodes.Statement, frame: Frame) -> list[tuple[Frame, tuple[Value, ...]]]:
        """Every way through a statement, with what it outputs."""

    def decided(self, condition: nodes.Statement, frame: Frame) -> list[tuple[Frame, bool | None]]:
        """Every way through a condition, with its answer; None where that is not known."""


class Loops:
    """Goes round and round, as long as a round brings something new."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def over_items(self, node: nodes.ForEach, frame: Frame) -> list[Frame]:
        """``foreach ($name in items)``."""
        only = single(node.items)
        value = self._host.computer.value(only, frame) if only else None
        ways = [(frame, items(value))] if only else self._host.output(node.items, frame)
        done: list[Frame] = []
        for way, found in ways:
            done += self._rounds(node, found, way)
        return distinct(done)

    def _rounds(self, node: nodes.ForEach, found: tuple[Value, ...], frame: Frame) -> list[Frame]:
        ways, done = [frame], list[Frame]()
        for item in found:
            following: list[Frame] = []
            for way in ways:
                way.set(short_name(node.name), item)
                following += self._host.run(node.body, way)
            ways, broken = _turned(following)
            done += broken
        return distinct([*done, *ways]) if done or ways else [frame]

    def under_condition(self, node: nodes.Loop, frame: Frame) -> list[Frame]:
        """``for``, ``while`` and ``do``."""
        ways = self._host.run(node.start, frame) if node.start else [frame]
        done: list[Frame] = []
        for turn in range(_MOST_TURNS):
            entered: list[Frame] = []
            for way in ways:
                if way.ended:
                    done.append(way)
                else:
                    entered += self._entered(node, way, done, turn)
            if not entered:
                return distinct(done)
            before = [way.copy() for way in entered]
            following = [one for way in entered for one in self._host.run(node.body, way)]
            ways, broken = _turned(following)
            done += broken
            if node.after:
                ways = [
                    one for way in ways for one in ([way] if way.ended else self._host.run(node.after, way))
                ]
            if any(way in before for way in ways) or self._undecided(node, ways):
                return distinct([*done, *ways])
        raise BudgetError

    def _entered(self, node: nodes.Loop, way: Frame, done: list[Frame], turn: int) -> list[Frame]:
        """The ways into the body; those that leave the loop are added to ``done``."""
        if node.condition is None or (node.first and turn == 0):
            return [way.copy()]
        entered: list[Frame] = []
        for after, answer in self._host.decided(node.condition, way):
            goes_on = answer if answer is None or not node.until else not answer
            if goes_on is not True:
                done.append(after.copy())
            if goes_on is not False:
                entered.append(after)
        return entered

    def _undecided(self, node: nodes.Loop, ways: list[Frame]) -> bool:
        """Whether another round would see the same: the body has run once, and the condition is open."""
        if node.condition is None or not ways:
            return True
        return any(answer is None for _, answer in self._host.decided(node.condition, ways[0].copy()))


def _turned(ways: list[Frame]) -> tuple[list[Frame], list[Frame]]:
    """The ways that go on with the next round, and those that have left the loop."""
    going, left = list[Frame](), list[Frame]()
    for way in distinct(ways) if ways else []:
        if way.ended in {None, "continue"}:
            way.ended = None
            going.append(way)
        else:
            way.ended = None if way.ended == "break" else way.ended
            left.append(way)
    return going, left
