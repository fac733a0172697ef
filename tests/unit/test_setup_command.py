"""`gridline setup` on machines that have, or lack, what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from asterisk_conf.packages import PackageRoot
from gridline.errors import Unavailable
from service.cli import setup


def program(folder: Path, name: str, says: str = "") -> None:
    """An executable of this name."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def test_nothing_is_downloaded_where_the_machine_has_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert not setup._machine_has_all()
    program(tmp_path / "bin", "asterisk", "Asterisk 20.9.3")
    assert not setup._machine_has_all()
    program(tmp_path / "bin", "RHVoice-test")
    assert setup._machine_has_all()
    program(tmp_path / "bin", "asterisk", "Asterisk 13.1.0")
    assert not setup._machine_has_all()


def test_without_apt_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="Нет программы apt-get: поставьте Asterisk 16 или новее и RHVoice сами"):
        PackageRoot(tmp_path / "packages").install(lambda *_: None)
