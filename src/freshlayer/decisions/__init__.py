"""What is decided from values: verdicts, plans, keys, causes. Pure."""
