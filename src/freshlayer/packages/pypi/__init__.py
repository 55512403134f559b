"""pip and uv: which file of an index they would install for a requirement, named packages alone. Pure."""
