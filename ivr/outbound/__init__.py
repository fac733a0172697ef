"""Calls that we place: to whom, how many at once, what they heard and pressed."""
