"""Pages: one file each, with `add_to(app)`; found by their place, no list to keep."""
