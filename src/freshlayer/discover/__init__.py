"""Which remote inputs the instructions name. Pure.

``reading`` makes the analysis of a Dockerfile. ``analysis`` is what it is, as values: nothing that reads is
loaded for them. One module per syntax; ``commands.SYNTAXES`` is the table of those in a RUN.
"""
