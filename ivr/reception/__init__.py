"""A call from its first line to its last."""
