"""Files on disk: read with bounds, replaced whole, locked, temporary; and where a user's own are."""
