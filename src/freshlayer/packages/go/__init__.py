"""go: which version of a module a package comes from, by a module proxy. Pure."""
