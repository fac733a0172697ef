"""Personal data: what is kept for what, and its erasure."""
