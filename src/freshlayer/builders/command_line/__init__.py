"""How builders read their command lines."""
