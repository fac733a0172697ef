"""The package root: the machine's mirror in both shapes of apt's sources, and how a program of it is called."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from asterisk_conf.packages import PACKAGES, PackageRoot, mirror
from asterisk_conf.secrets import secret
from gridline.errors import Unavailable

DEB822 = """# the machine's own
Types: deb
URIs: http://mirror.internal/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""
FOREIGN = "Types: deb\nURIs: http://packages.internal/node\nSuites: nodistro\nComponents: main\n"


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_deb822_sources_are_read(etc: Path) -> None:
    (etc / "sources.list.d/debian.sources").write_text(DEB822)
    assert mirror(etc) == "http://mirror.internal/debian"


def test_a_foreign_deb822_source_is_passed_over(etc: Path) -> None:
    (etc / "sources.list.d/a-node.sources").write_text(FOREIGN)
    (etc / "sources.list.d/debian.sources").write_text(DEB822)
    assert mirror(etc) == "http://mirror.internal/debian"


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.internal/debian bookworm main",
        "deb [signed-by=/usr/share/keyrings/x.gpg arch=amd64] http://mirror.internal/debian bookworm main",
        "# deb http://old.internal/debian stretch main\ndeb\thttp://mirror.internal/debian bookworm main",
        "deb-src http://src.internal/debian bookworm main\ndeb http://mirror.internal/debian bookworm main",
    ],
)
def test_one_line_sources_are_read(etc: Path, line: str) -> None:
    (etc / "sources.list").write_text(f"{line}\n")
    assert mirror(etc) == "http://mirror.internal/debian"


def test_one_line_sources_may_lie_in_the_folder(etc: Path) -> None:
    (etc / "sources.list.d/debian.list").write_text("deb http://mirror.internal/debian bookworm main\n")
    assert mirror(etc) == "http://mirror.internal/debian"


def test_without_a_mirror_the_cure_is_named(etc: Path) -> None:
    (etc / "sources.list").write_text("# empty\n")
    with pytest.raises(Unavailable, match="зеркало Debian"):
        mirror(etc)


def test_a_root_is_complete_only_with_everything_this_version_wants(tmp_path: Path) -> None:
    root = PackageRoot(tmp_path)
    assert not root.complete
    (tmp_path / "complete.json").write_text(json.dumps(list(PACKAGES[:-1])))
    assert not root.complete
    (tmp_path / "complete.json").write_text(json.dumps(list(PACKAGES)))
    assert root.complete
    root.install(lambda what, done, total: pytest.fail("nothing is left to install"))


def test_a_program_runs_with_the_roots_own_loader(tmp_path: Path) -> None:
    root = PackageRoot(tmp_path)
    loader, option, libraries, program, argument = root.command("usr/sbin/asterisk", "-V")
    assert Path(loader).is_relative_to(root.tree)
    assert option == "--library-path"
    assert str(root.libraries) in libraries
    assert (program, argument) == (str(root.tree / "usr/sbin/asterisk"), "-V")
    assert not root.has("usr/sbin/asterisk")


def test_a_secret_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = secret(folder, "ami")
    assert secret(folder, "ami") == first
    assert secret(folder, "agent-101") != first
    assert len(first) >= 32
    assert stat.S_IMODE((folder / "ami").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_secret_laid_down_by_the_administrator_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ami").write_text("chosen\n")
    assert secret(tmp_path, "ami") == "chosen"
