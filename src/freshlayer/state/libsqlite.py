"""SQLite, by the module in C of ``sqlite3``, which adds what reads and writes dates: no query has one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
else:
    try:
        import _sqlite3 as sqlite3
    except ImportError:
        # Of another interpreter.
        import sqlite3

__all__ = ["sqlite3"]
