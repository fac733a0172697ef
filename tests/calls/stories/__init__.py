"""What callers do and hear: every action by every exit, every menu by every key, a hang-up at every prompt."""

from importlib import import_module
from pkgutil import iter_modules

from tests.calls.telling import Book

BOOK = Book()
"""Told on the usual street."""
DISTRESS = Book()
"""Told where the database is away, speech cannot be made and nothing can be kept."""


def load() -> None:
    """Import every module of this folder, which registers its stories."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
