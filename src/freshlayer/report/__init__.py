"""What is printed of a run. ``formats`` is the table of formats."""
