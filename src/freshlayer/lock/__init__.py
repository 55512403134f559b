"""The lock file: what the remote inputs of Dockerfiles were when they were locked."""

from freshlayer.lock.lock_file import NAME, change_lock, find_lock, place_of_lock, read_lock
from freshlayer.lock.reading import parse_lock
from freshlayer.lock.writing import lock_text

__all__ = ["NAME", "change_lock", "find_lock", "lock_text", "parse_lock", "place_of_lock", "read_lock"]
