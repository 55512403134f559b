"""Starting a builder, its display, and the derived file that it reads."""
