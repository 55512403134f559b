"""What known programs do to values."""
