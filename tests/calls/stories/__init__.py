"""What callers do and hear: every action by every exit, every menu by every key, a hang-up at every prompt."""

from tests.calls.telling import Book

BOOK = Book()
"""Told on the usual street."""
DISTRESS = Book()
"""Told where the database is away, speech cannot be made and nothing can be kept."""
