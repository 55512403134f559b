"""botocore's whole chain of credentials, as a separate program.

It may send requests to SSO, STS or the metadata service, or run another program, and so take seconds; the
transfers continue meanwhile. It prints one JSON object, which holds a secret; empty if the chain has none.
"""

from __future__ import annotations

import json
import sys

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

_BRIEF = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})


def main() -> int:
    """Print the keys of the chain, or its error."""
    try:
        found = _found()
    except (BotoCoreError, ClientError, ValueError, OSError) as error:
        found = {"error": str(error)}
    sys.stdout.write(json.dumps(found))
    return 0


def _found() -> dict[str, str]:
    session = Session()
    session.set_default_client_config(_BRIEF)
    credentials = session.get_credentials()
    if credentials is None:
        return {}
    keys = credentials.get_frozen_credentials()
    return {"user": keys.access_key or "", "secret": keys.secret_key or "", "token": keys.token or ""}


if __name__ == "__main__":
    sys.exit(main())
