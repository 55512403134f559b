"""``freshlayer serve``."""

from __future__ import annotations

from pathlib import Path

from freshlayer.cli import declared
from freshlayer.errors import FreshlayerError, OptionError


@declared.command(
    "serve",
    short_help="a small origin to try things on",
    epilog="\b\nExamples:\n  freshlayer serve --etag '\"v1\"' --port 8000",
)
@declared.argument("directory", required=False, type=declared.FILE, metavar="[DIR]")
@declared.option("--etag", metavar="TAG", help="serve one resource with this entity tag at every path")
@declared.option("--host", default="127.0.0.1", show_default=True)
@declared.option("--port", default=0, type=declared.integer(0, 65535), help="0 takes a free one")
def command(directory: str | None, etag: str | None, host: str, port: int) -> int:
    """Serve DIR, or one resource whose entity tag can be changed while it runs.

    \b
    curl -X PUT -d '"v2"' http://127.0.0.1:PORT/.freshlayer/etag
    curl -X PUT -d 'Tue, 14 Nov 2023 22:13:20 GMT' http://127.0.0.1:PORT/.freshlayer/last-modified

    Prints its address, then one JSON object per request.
    """  # noqa: D301 - click reads the backspace as "do not wrap"
    from freshlayer.demo.origin import Directory, Tagged, serve

    if (directory is None) == (etag is None):
        raise OptionError("serve: needs either DIR or --etag TAG")
    if directory is not None and not Path(directory).is_dir():
        raise FreshlayerError(f"{directory}: is not a directory")
    origin = Directory(Path(directory)) if directory is not None else Tagged(etag or "")
    try:
        serve(origin, host, port)
    except OSError as error:
        raise FreshlayerError(f"{host}:{port}: can't be served: {error.strerror}") from None
    return 0
