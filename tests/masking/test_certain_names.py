"""A quick look at a whole path misses none of the names whose next segment is a secret."""

import pytest

from freshlayer.masking import public_path
from freshlayer.masking.names import is_certain_name, may_hold_certain_name

_NAMES = """
token secret secrets password passwort passwd passphrase passcode pass_word passPhrase PassWord userpwd JWT
hmac bearer oAuth2_Bearer signature Credentials credential cookies authorization api_key apiKey API-KEY
rlkey tempauth %74oken to%256ben token[] token_12 db_password to\u212aen accessToken
""".split()


@pytest.mark.parametrize("name", _NAMES)
def test_what_follows_a_certain_name_is_hidden(name: str) -> None:
    assert is_certain_name(name)
    assert may_hold_certain_name(name)
    assert public_path("example.org", f"/a/{name}/hunter-22-x") == f"/a/{name}/***"


def test_a_path_without_such_a_name_is_not_looked_at_in_parts() -> None:
    assert not may_hold_certain_name("/owner/tool/releases/download/v1.2.3/tool.tgz")
