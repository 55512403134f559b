"""Maven: which version is behind a name that is no release. Pure."""
