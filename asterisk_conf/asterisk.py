"""The Asterisk program: found on the machine or in the package root, with its version and its folders."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from asterisk_conf.packages import PackageRoot
from gridline.errors import Unavailable

OLDEST = 16
"""The oldest major version the rendered files are written for."""


@dataclass(frozen=True)
class Asterisk:
    """How to call one installed Asterisk."""

    argv: tuple[str, ...]
    version: str
    sbin: Path
    modules: Path
    data: Path

    @property
    def major(self) -> int:
        """The major version, as 22."""
        return int(self.version.split(".")[0])


def own() -> Asterisk | None:
    """The machine's own Asterisk when it is recent enough."""
    if program := shutil.which("asterisk"):
        version = _version([program])
        if version and int(version.split(".")[0]) >= OLDEST:
            modules = next(
                (f for pattern in ("/usr/lib/asterisk/modules", "/usr/lib/*/asterisk/modules") for f in _glob(pattern)),
                Path("/usr/lib/asterisk/modules"),
            )
            shared = Path("/usr/share/asterisk")  # Debian's place; built from source, the sounds lie in /var/lib
            data = shared if (shared / "sounds").exists() else Path("/var/lib/asterisk")
            return Asterisk((program,), version, Path(program).parent, modules, data)
    return None


def find(packages: PackageRoot) -> Asterisk:
    """The machine's own Asterisk when it is recent enough, else the package root's.

    Raises Unavailable with the cure when there is neither.
    """
    if found := own():
        return found
    if packages.has("usr/sbin/asterisk"):
        argv = packages.command("usr/sbin/asterisk")
        if version := _version(argv):
            return Asterisk(
                tuple(argv),
                version,
                packages.tree / "usr/sbin",
                packages.libraries / "asterisk/modules",
                packages.tree / "usr/share/asterisk",
            )
    raise Unavailable("Asterisk 16 или новее не найден: выполните make setup.")


def _version(argv: list[str]) -> str | None:
    try:
        done = subprocess.run([*argv, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return None
    found = re.search(r"Asterisk (?:certified/)?(\d+\.\d+(?:\.\d+)?)", done.stdout)
    return found[1] if found else None


def _glob(pattern: str) -> list[Path]:
    return sorted(Path("/").glob(pattern.lstrip("/")))
