"""Files on disk: bounded reads, atomic replacement, locks, temporary directories, user directories."""
