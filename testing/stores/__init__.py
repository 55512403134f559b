"""Object stores, registries and other protocols that tests ask: real servers, each with a log."""
