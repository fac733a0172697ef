"""Stored calls as the console shows them."""
