"""Requests, answers, and the driver that runs all conversations."""
