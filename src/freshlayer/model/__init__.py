"""The values that travel between modules. Frozen; they hold and name, and do nothing else."""
