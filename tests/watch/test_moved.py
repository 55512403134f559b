"""Which references a webhook concerns."""

from __future__ import annotations

import pytest

from freshlayer.reference import parse
from freshlayer.watch.moved import Moved, MovedKind, Moves, clone_urls, concerns

IMAGE, REPOSITORY, OBJECT = MovedKind.IMAGE, MovedKind.REPOSITORY, MovedKind.OBJECT


@pytest.mark.parametrize(
    ("moved", "reference", "wanted"),
    [
        (Moved(IMAGE, "docker.io", "acme/web", "1"), "docker-image://docker.io/acme/web:1", True),
        (Moved(IMAGE, "docker.io", "acme/web", "1"), "docker-image://docker.io/acme/web:2", False),
        (Moved(IMAGE, "docker.io", "acme/web"), "docker-image://docker.io/acme/web:2", True),
        (Moved(IMAGE, "docker.io", "acme/web"), "docker-image://ghcr.io/acme/web:2", False),
        (Moved(IMAGE, "", "acme/web"), "docker-image://ghcr.io/acme/web:2", True),
        (Moved(IMAGE, "x:5000", "web", "1"), "docker-image://x:5000/web:1", True),
        (Moved(IMAGE, "x", "web"), f"docker-image://x/web@sha256:{'0' * 64}", False),
        (Moved(IMAGE, "", ""), "docker-image://x/web:1", False),
        (Moved(REPOSITORY, "github.com", "acme/tool"), "git+https://github.com/acme/tool", True),
        (Moved(REPOSITORY, "github.com", "acme/tool"), "git+https://github.com/acme/tool.git#main", True),
        (Moved(REPOSITORY, "github.com", "acme/tool"), "git+ssh://git@github.com/acme/tool.git", True),
        (Moved(REPOSITORY, "github.com", "acme/tool"), "git+https://github.com/acme/tools", False),
        (Moved(REPOSITORY, "github.com", "acme/tool"), "git+https://x.example/acme/tool", False),
        (
            Moved(REPOSITORY, "github.com", "acme/tool"),
            "https://raw.githubusercontent.com/acme/tool/main/x",
            True,
        ),
        (
            Moved(REPOSITORY, "github.com", "acme/tool"),
            "https://api.github.com/repos/acme/tool/releases",
            True,
        ),
        (Moved(REPOSITORY, "gitlab.x", "a/b"), "https://gitlab.x/api/v4/projects/a%2Fb/releases", True),
        (Moved(REPOSITORY, "gitlab.x", "a/b"), "https://gitlab.x/a/b/-/raw/main/x", True),
        (Moved(REPOSITORY, "gitlab.x:8443", "a/b"), "git+ssh://git@gitlab.x/a/b", True),
        (Moved(REPOSITORY, "gitlab.x:8443", "a/b"), "git+https://gitlab.x:8443/a/b", True),
        (Moved(OBJECT, "", "bucket/a/b c"), "s3://bucket/a/b%20c", True),
        (Moved(OBJECT, "", "bucket/a"), "s3://bucket/b", False),
        (Moved(OBJECT, "", "bucket/a"), "https://bucket.s3.eu-west-1.amazonaws.com/a", True),
        (Moved(OBJECT, "", "bucket/a"), "http://minio:9000/bucket/a", True),
        (Moved(OBJECT, "", "bucket/a"), "http://minio:9000/bucket/ab", False),
    ],
)
def test_a_webhook_concerns_what_may_have_changed(moved: Moved, reference: str, *, wanted: bool) -> None:
    assert concerns(moved, parse(reference)) is wanted
    assert (
        Moves([moved, Moved(REPOSITORY, "other", "x"), Moved(IMAGE, "", "")]).concern(parse(reference))
        is wanted
    )


def test_a_repository_that_was_pushed_has_the_urls_by_which_it_is_cloned() -> None:
    assert clone_urls(Moved(REPOSITORY, "gitlab.x:8443", "a/b")) == (
        "https://gitlab.x:8443/a/b",
        "http://gitlab.x:8443/a/b",
        "ssh://git@gitlab.x/a/b",
        "git@gitlab.x:a/b",
    )
    assert clone_urls(Moved(IMAGE, "docker.io", "a/b")) == clone_urls(Moved(REPOSITORY, "", "a/b")) == ()
