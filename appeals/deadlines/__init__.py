"""Deadlines: rules that are data, and the arithmetic on them."""
