"""The shipped companies in a folder of their own, to be spoilt or added to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gridline.settings import HOUSE


@pytest.fixture
def dialplan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped dialplan, which the command reads; its `var` is empty."""
    folder = tmp_path / "dialplan"
    shutil.copytree(HOUSE / "dialplan", folder)
    monkeypatch.setenv("GRIDLINE_DIALPLAN", str(folder))
    monkeypatch.setenv("GRIDLINE_VAR", str(tmp_path / "var"))
    return folder
