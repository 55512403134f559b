"""libcurl, by pycurl without its interface for asyncio."""

from freshlayer.lean_libraries import load_lean

load_lean("pycurl")

import pycurl  # noqa: E402 - after the line above

__all__ = ["pycurl"]
