"""Servers that other people wrote, each run unchanged on loopback with a configuration of its own."""
