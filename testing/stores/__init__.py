"""Object stores, registries and other protocols that tests use: real servers, each with a log."""
