"""What whole calls need: an Asterisk program, ports that are free, a carrier."""

from __future__ import annotations

from pathlib import Path

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
    """The Asterisk that calls are placed on; skips, saying so, where there is none."""
    try:
        return find(packages)
    except Unavailable as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def clips_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test lays the sound files that its Asterisk plays."""
    return tmp_path_factory.mktemp("clips")
