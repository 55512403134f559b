"""How a command ends: every failure is one message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from freshlayer.cli.exit_codes import DONE, FAILED, INTERRUPTED, TROUBLE
from freshlayer.errors import FreshlayerError
from freshlayer.interrupts import raise_again


def ended(run: Callable[[], int]) -> int:
    """The exit code of what runs. Every message to the user about a failure passes through here."""
    raise_again()
    try:
        return run()
    except KeyboardInterrupt:
        return INTERRUPTED
    except FreshlayerError as error:
        from freshlayer.cli.echo import echo

        echo(f"freshlayer: {error}", err=True)
        return FAILED if getattr(error, "building", False) else TROUBLE
    except SystemExit as end:
        # click ends so where the reader of our output has closed it; 1 would mean "stale".
        return TROUBLE if end.code else DONE
    except BrokenPipeError:
        sys.stderr.close()
        return TROUBLE
    except Exception as error:  # noqa: BLE001 - exit code 1 means "stale", so no fault may end with it
        message = f"freshlayer: an error of freshlayer itself: {type(error).__name__}: {error}\n"
        sys.stderr.write(message.encode("ascii", "backslashreplace").decode())
        return TROUBLE
