"""``freshlayer demo``: one file changes upstream; what the builder does alone, and with freshlayer."""
