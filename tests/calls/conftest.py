"""Fixtures of whole calls: this working tree's packages and the Asterisk program."""

from __future__ import annotations

import pytest

from asterisk_conf.asterisk import Asterisk, find
from asterisk_conf.packages import PackageRoot
from gridline.errors import Unavailable
from gridline.settings import HOUSE


@pytest.fixture(scope="session")
def packages() -> PackageRoot:
    """The package root of this working tree (`make setup` fills it)."""
    return PackageRoot(HOUSE / ".packages")


@pytest.fixture(scope="session")
def asterisk_program(packages: PackageRoot) -> Asterisk:
    """The Asterisk that calls are placed on; skips with a reason where there is none."""
    try:
        return find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))
