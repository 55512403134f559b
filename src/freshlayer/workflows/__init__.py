"""The order of things. Only these modules know it."""
