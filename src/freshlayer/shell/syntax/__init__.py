"""Script text to nodes."""
