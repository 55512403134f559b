"""The command line: one module per command. Options → plain values → one call → print → exit code."""
