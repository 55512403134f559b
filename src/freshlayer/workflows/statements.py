"""The statement about an image: made of the lock file and the image, and pushed beside it."""

from __future__ import annotations

from collections.abc import Sequence

from freshlayer.errors import FreshlayerError
from freshlayer.lock.image_provenance import ImageProofs
from freshlayer.lock.statement import MEDIA_TYPE, PREDICATE_TYPE, KeyedInstruction, Subject, statement
from freshlayer.model.lock import Lock
from freshlayer.model.reasons import Reason
from freshlayer.probe.images.push import Pushed, Referrer, push
from freshlayer.reference import parse, shown
from freshlayer.workflows.image_proof import keyed, provenance_of
from freshlayer.workflows.lock_targets import LockTarget
from freshlayer.workflows.session import Session

_SCHEME = "docker-image://"
_PREDICATE = "in-toto.io/predicate-type"


def statement_about(
    text: str, image: ImageProofs, lock: Lock, targets: Sequence[LockTarget], session: Session
) -> bytes:
    """The statement. ``text``: the image as typed. Raises UnknownInputError."""
    proven = provenance_of(image).keys
    name = _name(text)
    subjects = [Subject(name, it.digest, it.platform) for it in image.images]
    keys = {
        KeyedInstruction(user, key, it.target.request.platforms[0], key in proven)
        for it in targets
        for user, _, key in keyed([it], session)
    }
    return statement(lock, subjects, keys)


def push_statement(text: str, image: ImageProofs, body: bytes, session: Session) -> Pushed:
    """Push a statement as a referrer of what the name of the image leads to. Raises FreshlayerError."""
    referrer = Referrer(
        digest=image.digest,
        media_type=image.media_type,
        size=image.size,
        kind=MEDIA_TYPE,
        body=body,
        body_type=MEDIA_TYPE,
        annotations=((_PREDICATE, PREDICATE_TYPE),),
    )
    found = push(parse(f"{_SCHEME}{text}"), referrer, session.limits, session.keyring)
    if isinstance(found, Reason):
        raise FreshlayerError(f"{shown(text)}: the statement was not pushed: {found}")
    return found


def _name(text: str) -> str:
    """Without tag and digest: the subject is what its digest names."""
    before = text.removeprefix(_SCHEME).partition("@")[0]
    head, slash, last = before.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
