"""The metadata of all tables of all packages."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

from gridline.db import Base

PACKAGES = ("gridline", "appeals", "grid", "worklist", "outreach", "ivr", "recordings", "quality", "agent_console")


def metadata() -> MetaData:
    """Import every module named `models` in our packages, and return the tables they declare."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if module.name.endswith(".models"):
                import_module(module.name)
    return Base.metadata
