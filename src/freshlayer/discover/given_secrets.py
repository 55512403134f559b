"""Values that a Dockerfile gives to names of secrets: hidden wherever an instruction uses them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from msgspec.structs import replace

from freshlayer.discover.syntaxes.found import Missed
from freshlayer.dockerfile.model import Instruction
from freshlayer.dockerfile.scope import Environment
from freshlayer.masking import (
    assigned,
    is_secret_name,
    may_assign_secret,
    secret_values,
    url_without_values,
    without_values,
)
from freshlayer.reference import KINDS, Reference, requested
from freshlayer.request_form import NOT_FOLLOWED

_MOST_NAMES = 100
_NONE: frozenset[str] = frozenset()
_OF_BUILDER = frozenset(
    f"{of}{name}" for of in ("TARGET", "BUILD") for name in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
"""The ARGs that it sets itself: none is a secret."""
_OF_URLS = frozenset(kind.name for kind in KINDS if kind.is_url)


class GivenSecrets:
    """What of ARG, ENV, build args, the base and a script's own assignments is a secret, by instruction."""

    def __init__(self, environments: Mapping[int, Environment]) -> None:
        # Most instructions see one environment, and most environments share what knows their names.
        every: dict[int, dict[str, int]] = {}
        before = None
        for seen in environments.values():
            if seen is before:
                continue
            before = seen
            every[id(seen.args.places)] = seen.args.places
            every[id(seen.env.places)] = seen.env.places
        own = [names for names in every.values() if names and not names.keys() <= _OF_BUILDER]
        named = (name for names in own for name in names if is_secret_name(name))
        self._names = tuple(islice(dict.fromkeys(named), _MOST_NAMES)) if own else ()
        self._environments = environments
        self._found: dict[int, tuple[str, ...]] = {}

    def hidden(self, known: Reference | Missed, instruction: Instruction) -> Reference | Missed:
        """The same without them in what is printed and stored; a reference is requested as it was."""
        values = self._of(instruction)
        if not values:
            return known
        if isinstance(known, Missed):
            reason = known.reason.changed(lambda text: without_values(text, values))
            return replace(known, text=without_values(known.text, values), reason=reason)
        form = known.form.hiding(values)
        if form != known.form:
            known = requested(known, form, redirects=known.text.endswith(NOT_FOLLOWED))
        if known.kind not in _OF_URLS:
            return known
        return replace(known, text=url_without_values(known.text, values))

    def _of(self, instruction: Instruction) -> tuple[str, ...]:
        found = self._found.get(instruction.number)
        if found is None:
            named = self._named(instruction) if self._names else []
            if instruction.name == "RUN" and "=" in (instruction.original or instruction.rest):
                named += assigned(instruction.text) if may_assign_secret(instruction.text) else ()
            found = self._found[instruction.number] = secret_values(named) if named else ()
        return found

    def _named(self, instruction: Instruction) -> list[tuple[str, str]]:
        seen = self._environments[instruction.number]
        return [(name, value) for name in self._names if isinstance(value := seen.lookup(name), str)]


def mounted_secrets(instruction: Instruction) -> frozenset[str]:
    """Variables that a ``RUN --mount=type=secret,env=NAME`` fills."""
    if not instruction.flags:
        return _NONE
    names: set[str] = set()
    for flag in instruction.flags:
        if flag.startswith("--mount=") and "type=secret" in flag:
            fields = dict(item.partition("=")[::2] for item in flag.removeprefix("--mount=").split(","))
            names.update(value for key, value in fields.items() if key == "env" and value)
    return frozenset(names)
