"""conda, mamba, micromamba: which builds they would install, by the repodata of channels. Pure."""
