"""The home directory of the user that an instruction runs as: what ``~`` means in a RUN."""

from __future__ import annotations

from collections.abc import Callable

from freshlayer.dockerfile.model import Instruction, Stage
from freshlayer.dockerfile.scope import Environment
from freshlayer.shell import written
from freshlayer.shell.files import FilesSeen, FileText

_ROOT = "/root"
_PASSWD = "/etc/passwd"
_USER, _NUMBER, _HOME = 0, 2, 5


class Homes:
    """Follows USER. A stage that continues another starts as the user that the other ended with."""

    def __init__(self) -> None:
        self._users: dict[int, str] = {}
        self._stage = -1
        self._given: tuple[Environment, object] | None = None

    def begin(self, stage: Stage, parent: Stage | None, user: str) -> None:
        """``user``: of the base image; empty where it is not known, which is root in most images."""
        self._stage = stage.number
        self._users[stage.number] = self._users.get(parent.number, "") if parent else user

    def see(self, instruction: Instruction, expand: Callable[[str], str | None]) -> None:
        """An instruction that may be a USER."""
        if instruction.name == "USER":
            self._users[self._stage] = expand(" ".join(instruction.words)) or ""

    def home(self, environment: Environment, files: FilesSeen) -> str:
        """HOME of the environment, else what a runtime takes of ``/etc/passwd``."""
        if self._given is None or self._given[0] is not environment:
            self._given = environment, environment.lookup("HOME")
        given = self._given[1]
        if isinstance(given, str) and given.startswith("/"):
            return given
        written_user = self._users.get(self._stage)
        if not written_user:
            return _ROOT
        user = written_user.partition(":")[0]
        if user in {"", "root", "0"}:
            return _ROOT
        found = files.find(_PASSWD)
        text = written(found.text[-1]) if isinstance(found, FileText) else ""
        known = _of_passwd(text, user)
        # A name that the image does not have is that of a user which an earlier instruction added.
        return known or ("/" if user.isdecimal() else f"/home/{user}")


def _of_passwd(text: str, user: str) -> str:
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > _HOME and user in {fields[_USER], fields[_NUMBER]}:
            return fields[_HOME]
    return ""
