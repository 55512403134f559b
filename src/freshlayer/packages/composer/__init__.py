"""composer: which version of a package it would install, named packages alone. Pure."""
