"""Asterisk for Gridline: find or install it, render its configuration, run it."""
