"""Random scripts, run in real shells with a ``curl`` that only notes its arguments, and followed by ours.

Every URL that a shell asks for is found or reported as not watched, and no other is found.
``python -m testing.random_scripts --seed N --count M`` runs any number.
"""
