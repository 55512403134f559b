"""Parsed index files of package repositories, on disk, shared by all Dockerfiles and processes.

``table.py`` is the format, ``compressed.py`` reads what was transferred, ``cache.py`` is the directory.
"""

from freshlayer.indexes.cache import IndexCache, KnownManifest

__all__ = ["IndexCache", "KnownManifest"]
