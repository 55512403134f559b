"""What managers share that install one version of each package that a command names. Pure."""
