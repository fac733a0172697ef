"""Erasure by a person's request."""
