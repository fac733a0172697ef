"""Marks: what listeners note at a second of a recording."""
