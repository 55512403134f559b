"""npm, yarn, pnpm, bun: which version of a package they would install, named packages alone. Pure."""
