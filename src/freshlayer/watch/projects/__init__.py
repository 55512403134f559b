"""Repositories that the service clones: named by its configuration, or by a list of another server."""
