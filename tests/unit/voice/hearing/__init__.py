"""The caller's voice as an answer."""
