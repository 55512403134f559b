"""The identities file: what remote inputs were, for machines without a state."""
