"""One module per program, or family of programs, that reads something remote."""
