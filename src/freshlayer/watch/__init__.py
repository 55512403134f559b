"""The service that knows what is stale: when to probe, when to trigger, and how a trigger is delivered."""
