"""Every error that freshlayer raises on purpose has this one root.

A failed probe is not an error: it is a value (``model.Observation`` with ``ProbeOutcome.UNKNOWN``).
"""


class FreshlayerError(Exception):
    """The root. Its text is one message for the user: ``PLACE: SUBJECT: what happened (what to do)``."""


class DockerfileError(FreshlayerError):
    """The Dockerfile can't be read as the builder would read it.

    ``line`` counts from 1; 0 where it is not of one line.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class ReferenceInvalidError(FreshlayerError):
    """A text that is not a reference. ``subject``: the text, safe to print; ``what``: the error in it."""

    def __init__(self, subject: str, what: str) -> None:
        super().__init__(f"{subject}: {what}")
        self.what = what


class ContextError(FreshlayerError):
    """The build context or the Dockerfile's place in it can't be used."""


class StateError(FreshlayerError):
    """The state or the lock file can't be used."""


class BuilderError(FreshlayerError):
    """No builder was found, or it does not answer."""


class OptionError(FreshlayerError):
    """An option of freshlayer, or a setting, is not valid."""


class UnknownInputError(FreshlayerError):
    """``--on-unknown fail``: an input could not be probed."""


class NotAsLockedError(UnknownInputError):
    """``--locked``: something is not as the lock file has it, or no lock covers it."""


class InstallError(FreshlayerError):
    """The plugin or the alias can't be added to docker's directory, or removed from it."""


class ReentryError(FreshlayerError):
    """A program that freshlayer started has started freshlayer."""

    building = True


def internal(error: Exception) -> str:
    """A clause of a message, for a fault that is none of the user's."""
    return f"an error of freshlayer itself ({type(error).__name__}: {error})"
