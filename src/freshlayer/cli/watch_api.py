"""Where the API of ``freshlayer watch`` listens, and whether it may."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from freshlayer.errors import OptionError
from freshlayer.reference import shown
from freshlayer.report.terminal import warn
from freshlayer.watch.board import Board
from freshlayer.watch.secrets import secret
from freshlayer.watch.settings import ApiSettings
from freshlayer.watch.urls import is_loopback

if TYPE_CHECKING:
    from freshlayer.model.history import History
    from freshlayer.state import StateStore
    from freshlayer.watch.pages.routes import Histories
    from freshlayer.watch.receivers import Receiver
    from freshlayer.watch.server import Server

_USUAL = "127.0.0.1:8765"
_OFF = "off"
_EXTRA = (
    "watch: the page and the API need freshlayer[watch] (pip install 'freshlayer[watch]', or --listen off)"
)


def is_served(listen: str | None, settings: ApiSettings) -> bool:
    """Whether there is to be an API at all."""
    return (listen or settings.listen) != _OFF


@contextmanager
def served(
    board: Board,
    listen: str | None,
    settings: ApiSettings,
    directory: Path,
    clock: Callable[[], int],
    store: Callable[[], AbstractContextManager[StateStore]],
    receivers: Callable[[], Mapping[str, Receiver]],
) -> Iterator[None]:
    """Serve meanwhile. Where the usual address can't be used, that is a warning. Raises OptionError.

    ``receivers``: what takes something from outside.
    """
    if not is_served(listen, settings):
        yield
        return
    wanted = listen or settings.listen
    token = secret(settings.token, directory)
    try:
        server = _server(board, wanted or _USUAL, token, settings, clock, store, receivers)
    except OptionError as error:
        if wanted:
            raise
        warn(f"{error}; the API is not served")
        yield
        return
    server.start()
    try:
        yield
    finally:
        server.close()


def _server(
    board: Board,
    address: str,
    token: bytes,
    settings: ApiSettings,
    clock: Callable[[], int],
    store: Callable[[], AbstractContextManager[StateStore]],
    receivers: Callable[[], Mapping[str, Receiver]],
) -> Server:
    host, port = _parsed(address)
    _check_proxy(settings)
    if not token and not settings.proxy_header and not is_loopback(host):
        raise OptionError(
            f"--listen {address}: an address that is not loopback needs a token (name [api] token_env)"
        )
    try:
        from freshlayer.watch.access import Proxy
        from freshlayer.watch.server import Server

        found = receivers()
    except ImportError:
        raise OptionError(_EXTRA) from None
    try:
        bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OptionError(f"--listen {address}: can't be used: {error.strerror}") from None
    warn(f"watch: the page and the API are at http://{address}")
    proxies = frozenset(settings.proxies)
    proxy = Proxy(settings.proxy_header, proxies, settings.hosts, settings.root_path, settings.public_badges)
    return Server(board, bound, token, clock, proxy, _histories(store), found)


def _check_proxy(settings: ApiSettings) -> None:
    """Without its addresses, every client could name a user; without its names, every page in a browser."""
    if settings.proxy_header and not (settings.proxies and settings.hosts):
        raise OptionError(
            "[api] proxy_header: it needs proxies and hosts (the addresses of the proxy, its names)"
        )


def _histories(store: Callable[[], AbstractContextManager[StateStore]]) -> Histories:
    from freshlayer.watch.pages.routes import Histories

    def of_input(reference: str, most: int) -> History:
        with store() as opened:
            return opened.history(reference, most)

    def of_image(dockerfile: str, most: int) -> History:
        with store() as opened:
            return opened.history_of_dockerfile(dockerfile, most)

    return Histories(of_input, of_image)


def _parsed(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise OptionError(f"--listen {shown(address, 60)}: not an address (write HOST:PORT, or off)")
    return host.removeprefix("[").removesuffix("]"), int(port)
