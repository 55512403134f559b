"""botocore's whole chain of credentials, as a program of its own.

It may ask SSO, STS, another program or the instance that it runs on, and so take seconds: the transfers go
on meanwhile. It prints one JSON object, empty where the chain holds nothing; whoever runs it reads a secret.
"""

from __future__ import annotations

import json
import sys

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

_BRIEF = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 1})


def main() -> int:
    """Print what the chain holds, or its error."""
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
