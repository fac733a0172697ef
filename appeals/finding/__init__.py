"""Lists and search over the register."""
