"""Builds the page's scripts from frontend/ with npm, and only when something there has changed."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

from agent_console.web.assets import FOLDER as STATIC
from gridline.errors import Misconfigured, Unavailable

FRONTEND: Final = Path(__file__).parent.parent / "frontend"
DIST: Final = STATIC / "dist"
STAMP: Final = DIST / ".built"
LIMIT_S: Final = 600


def is_built() -> bool:
    """Whether the scripts in static/dist were made of exactly what is in frontend/ now."""
    return STAMP.exists() and STAMP.read_text() == _wanted()


def build() -> bool:
    """Install what the lock file names and bundle; False when nothing had to be done.

    Raises Misconfigured without node and npm, Unavailable when one of the steps fails.
    """
    with (FRONTEND / "package.json").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two test runs at once: the second finds it done
        return _build()


def _build() -> bool:
    if is_built():
        return False
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise Misconfigured(
            "Сценарии консоли не собраны: нет node и npm (нужен Node.js 18 или новее). "
            "Поставьте их (sudo apt-get install -y nodejs npm) и повторите gridline setup."
        )
    wanted, installed = _wanted(), FRONTEND / "node_modules/.installed"
    lock = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != lock:
        _run("npm", "ci", "--no-audit", "--no-fund")
        installed.write_text(lock)
    _run("npm", "run", "--silent", "build")
    STAMP.write_text(wanted)
    return True


def _wanted() -> str:
    made_of = [FRONTEND / "package-lock.json", FRONTEND / "build.mjs", *sorted((FRONTEND / "src").rglob("*.js"))]
    digest = hashlib.sha256()
    for file in made_of:
        digest.update(f"{file.relative_to(FRONTEND)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=FRONTEND, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        raise Unavailable(f"{' '.join(command)}:\n{(done.stderr or done.stdout).strip()[-1500:]}")
