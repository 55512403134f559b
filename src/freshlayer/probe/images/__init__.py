"""Image registries."""
