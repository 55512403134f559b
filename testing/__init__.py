"""Real origins and engines for the tests; not shipped."""
