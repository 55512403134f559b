"""AWS: keys, region and endpoint, from the environment and the files that every SDK reads.

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import sys
from collections.abc import Mapping

from freshlayer.credentials.model import Keyring, Private
from freshlayer.files.bounded_read import read_file
from freshlayer.model.reasons import Reason
from freshlayer.reference import shown

_LARGEST = 1024 * 1024
_FIRST_REGION = "us-east-1"
_SOURCES = (
    "role_arn",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "web_identity_token_file",
)
_SHORT_ATTEMPT = {"AWS_METADATA_SERVICE_TIMEOUT": "1", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"}
"""Outside EC2 there is no metadata service: one short attempt."""


class Keys(Private, frozen=True):
    """What a request is signed with. ``token``: sent with temporary keys."""

    user: str
    secret: str
    token: str = ""


class Chain(Private, frozen=True):
    """A program that tries the whole credential chain of botocore, and prints what it found."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    defaults: Mapping[str, str]


def keys(keyring: Keyring) -> Keys | None:
    """Keys of the environment, else those in the profile."""
    environ = keyring.environ
    user, secret = environ.get("AWS_ACCESS_KEY_ID", ""), environ.get("AWS_SECRET_ACCESS_KEY", "")
    if user and secret:
        return Keys(user, secret, environ.get("AWS_SESSION_TOKEN", ""))
    return _of_profile(_profile(keyring))


def chain(keyring: Keyring) -> Chain | None:
    """The program that tries roles, SSO, processes and instances; None where botocore is not installed."""
    if not keyring.environ or importlib.util.find_spec("botocore") is None:
        return None
    environment = {name: value for name, value in keyring.environ.items() if name.startswith("AWS_")}
    program = (sys.executable, "-P", "-m", "freshlayer.credentials.aws_chain")
    return Chain(program, {**environment, "HOME": keyring.home}, _SHORT_ATTEMPT)


def printed(output: str) -> tuple[Keys | None, Reason | None]:
    """The output of the chain's program: keys, or why it failed; neither if it found none."""
    try:
        found = json.loads(output)
        if found.get("error"):
            detail = f"AWS has no credentials ({shown(str(found['error']), 120)})"
            return None, Reason("no-credentials", detail=detail)
        return (Keys(found["user"], found["secret"], found["token"]) if found else None), None
    except (ValueError, KeyError, AttributeError):
        return None, Reason(
            "credential-program-failed", detail="botocore, which looks for credentials, failed"
        )


def region(keyring: Keyring) -> str:
    """The region of the first request."""
    environ = keyring.environ
    named = environ.get("AWS_REGION", "") or environ.get("AWS_DEFAULT_REGION", "")
    return named or _profile(keyring).get("region", "") or _FIRST_REGION


def endpoint(keyring: Keyring) -> str:
    """The URL of an S3 other than AWS's, without a slash at its end; empty if none is named."""
    environ = keyring.environ
    named = environ.get("AWS_ENDPOINT_URL_S3", "") or environ.get("AWS_ENDPOINT_URL", "")
    return (named or _profile(keyring).get("endpoint_url", "")).rstrip("/")


def _of_profile(profile: Mapping[str, str]) -> Keys | None:
    """The keys in a profile; None where the profile gets them from elsewhere."""
    user, secret = profile.get("aws_access_key_id", ""), profile.get("aws_secret_access_key", "")
    if not (user and secret) or any(profile.get(name) for name in _SOURCES):
        return None
    return Keys(user, secret, profile.get("aws_session_token", ""))


def _profile(keyring: Keyring) -> Mapping[str, str]:
    """The settings of the profile; the file of credentials overrides that of the configuration."""
    environ = keyring.environ
    name = environ.get("AWS_PROFILE", "") or environ.get("AWS_DEFAULT_PROFILE", "") or "default"
    config = _path(keyring, "AWS_CONFIG_FILE", "config")
    secrets = _path(keyring, "AWS_SHARED_CREDENTIALS_FILE", "credentials")
    section = name if name == "default" else f"profile {name}"
    return {**keyring.of_file(config, _ini).get(section, {}), **keyring.of_file(secrets, _ini).get(name, {})}


def _path(keyring: Keyring, variable: str, usual: str) -> str:
    """The path of a file: that of a variable, which may start with ``~``, else in the home directory."""
    named = keyring.environ.get(variable, "") or f"~/.aws/{usual}"
    return os.path.join(keyring.home, named[2:]) if named.startswith("~/") else named


def _ini(path: str) -> Mapping[str, Mapping[str, str]]:
    """Sections and their settings; a file that can't be read or parsed has none."""
    # "default" is a section like the others here, and a "%" is literal.
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(read_file(path, _LARGEST).decode("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}
