"""Every model of the house in one metadata: migrations alone may look upward from the ground floor."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

from gridline.db import Base

PACKAGES = ("appeals", "grid", "ivr", "recordings", "agent_console")


def metadata() -> MetaData:
    """Import each module named `models*` directly in a package of the house, and return what they declared."""
    for package in PACKAGES:
        for module in pkgutil.iter_modules(import_module(package).__path__):
            if module.name.startswith("models"):
                import_module(f"{package}.{module.name}")
    return Base.metadata
