"""Real builders for the tests, each with a storage of its own: every release that this machine can run."""
