"""R: which version of a package it would install from CRAN-like repositories. Pure."""
