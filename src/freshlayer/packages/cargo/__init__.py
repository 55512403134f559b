"""cargo: which version of a crate it would install, named crates alone. Pure."""
